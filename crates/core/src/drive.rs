//! The loop that performs a run's effects over the ports, and gives the run what comes back and the
//! time that has passed. It decides nothing about a target group.
//!
//! What it decides is how a reading is made of calls: which pages are read, which calls are made
//! again or a second time (`drive/reads.rs`), which effects begin first (`drive/queue.rs`), and at
//! what pace (`drive/pacer.rs`). All of that only delays a reading, and the walk covers any delay.

mod batches;
mod descriptions;
mod pacer;
mod pages;
mod queue;
mod reads;
mod retry;
mod standby;
mod tagged_groups;
mod topology;

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use self::descriptions::Descriptions;
use self::pacer::{Class, Pacer};
use self::queue::{Queue, Task};
use self::reads::{Reads, Tokens};
pub use self::retry::retry;
use self::tagged_groups::read_tagged_groups;
use crate::config::Share;
use crate::discover::TaggedGroup;
use crate::failure::{CallError, Failure, Rejection};
use crate::ports::{
    Clock, Journal, Rds, Resolver, StandbyRead, TargetGroupRead, TargetGroupWrite, action,
};
use crate::report::Report;
use crate::run::{BindingIndex, Effect, Input, Reaction, Run};
use crate::target::TargetGroupArn;
use crate::topology::{Scope, Topology};

/// The ports that only read, and what a process remembers about them. They are used with one clock,
/// because their pace is kept in its time.
#[derive(Debug, Clone)]
pub struct ReadPorts<R, D, G, S> {
    /// The RDS API.
    pub rds: R,
    /// DNS.
    pub dns: D,
    /// Target groups.
    pub groups: G,
    /// What proves a standby's address.
    pub standby: S,
    pacer: Pacer,
    descriptions: Descriptions,
}

impl<R, D, G, S> ReadPorts<R, D, G, S> {
    /// Ports that use the default share of the account's budgets of calls.
    pub fn new(rds: R, dns: D, groups: G, standby: S) -> Self {
        let (pacer, descriptions) = (Pacer::default(), Descriptions::default());
        Self { rds, dns, groups, standby, pacer, descriptions }
    }

    /// The same ports with another share of the account's budgets.
    pub fn with_share(self, share: Share) -> Self {
        Self { pacer: Pacer::of(share), ..self }
    }

    fn reads<'a, C>(&'a self, class: Class, clock: &'a C, end: Duration) -> Reads<'a, C> {
        Reads { clock, pacer: &self.pacer, class, end }
    }
}

impl<R, D, G: TargetGroupRead, S> ReadPorts<R, D, G, S> {
    /// Every group of the Region that carries a tag of ours, in the order of their ARNs. It may
    /// take long: an account's groups are many, and its budget of calls is shared.
    ///
    /// # Errors
    /// When a page of groups, or the tags of any group that still exists, cannot be read.
    pub async fn tagged_groups(&self, clock: &impl Clock) -> Result<Vec<TaggedGroup>, CallError> {
        let reads = self.reads(Class::Routine, clock, Duration::MAX);
        read_tagged_groups(&self.groups, &reads).await
    }
}

/// Reads the lists of the Region that `scope` asks for, all at once and each to its last page.
///
/// Clusters and instances are only useful together, so if one list fails, both do. Custom endpoints
/// and proxies each fail by themselves, inside the topology.
///
/// # Errors
/// When clusters or instances cannot be read, unless `scope` asks for proxies: the bindings of
/// proxies can go on, and the topology says why it has no databases.
pub async fn read_topology(
    rds: &impl Rds,
    scope: Scope,
    clock: &impl Clock,
) -> Result<Topology, CallError> {
    let pacer = Pacer::default();
    let reads = Reads { clock, pacer: &pacer, class: Class::Urgent, end: Duration::MAX };
    topology::read_topology(rds, scope, &reads).await
}

/// Drives a run to its end and returns its report. Without a writer nothing can be written,
/// whatever the run wants.
///
/// Dropping the future at any await leaves the run where it is: a write that was sent may still
/// take effect, and the next run reads the outcome.
pub async fn drive<R, D, G, S, W>(
    run: Run,
    ports: &ReadPorts<R, D, G, S>,
    writer: Option<&W>,
    clock: &impl Clock,
    journal: &mut impl Journal,
) -> Report
where
    R: Rds,
    D: Resolver,
    G: TargetGroupRead,
    S: StandbyRead,
    W: TargetGroupWrite,
{
    drive_to_end(run, ports, writer, clock, journal).await.report()
}

/// Like [`drive`], but returns the run itself, whose memory the next run of a process can take.
pub async fn drive_to_end<R, D, G, S, W>(
    mut run: Run,
    ports: &ReadPorts<R, D, G, S>,
    writer: Option<&W>,
    clock: &impl Clock,
    journal: &mut impl Journal,
) -> Run
where
    R: Rds,
    D: Resolver,
    G: TargetGroupRead,
    S: StandbyRead,
    W: TargetGroupWrite,
{
    let end = clock.now().saturating_add(run.left());
    let mut queue = Queue::default();
    let mut under_way = FuturesUnordered::new();
    let mut last = clock.now();
    let mut inputs = VecDeque::from([Input::Start]);
    while !run.is_over() {
        let input = inputs.pop_front().unwrap_or(Input::Tick);
        if let Input::Topology(read) = &input {
            journal.topology(read);
        }
        let now = clock.now();
        let Reaction { effects, notes } = run.step(now.saturating_sub(last), input);
        last = now;
        for note in notes {
            journal.note(&note.cleaned());
        }
        for effect in effects {
            match known(&effect, ports) {
                Some(input) => inputs.push_back(input),
                None => queue.push(effect),
            }
        }
        // The effects of the last step never begin, so their calls are not made.
        if run.is_over() {
            break;
        }
        // Only when the run has taken everything in is it known which effect is the most urgent.
        if inputs.is_empty() {
            let (tasks, ask_again) = queue.begin(&ports.pacer, now);
            under_way.extend(
                tasks.into_iter().map(|task| Box::pin(perform(task, ports, writer, clock, end))),
            );
            let sleep = run.sleeps_for().min(ask_again.unwrap_or(Duration::MAX));
            inputs.extend(next(&mut under_way, clock, sleep).await);
        }
    }
    run
}

/// What the process knows already. That takes no call.
fn known<R, D, G, S>(effect: &Effect, ports: &ReadPorts<R, D, G, S>) -> Option<Input> {
    match effect {
        Effect::ReadGroup(index, group, _) => {
            Some(Input::Group(*index, Ok(ports.descriptions.of(group)?)))
        }
        _ => None,
    }
}

/// The next that comes back, or nothing but time.
async fn next<F: Future<Output = Vec<Input>>>(
    under_way: &mut FuturesUnordered<Pin<Box<F>>>,
    clock: &impl Clock,
    sleep: Duration,
) -> Vec<Input> {
    let asleep = pin!(clock.sleep(sleep));
    // An empty `FuturesUnordered` is ready at once, so the loop would spin.
    if under_way.is_empty() {
        asleep.await;
        return Vec::new();
    }
    match select(under_way.next(), asleep).await {
        Either::Left((inputs, _)) => inputs.unwrap_or_default(),
        Either::Right(((), _)) => Vec::new(),
    }
}

/// Performs a task, and gives what came of it.
async fn perform<R, D, G, S, W>(
    task: Task,
    ports: &ReadPorts<R, D, G, S>,
    writer: Option<&W>,
    clock: &impl Clock,
    end: Duration,
) -> Vec<Input>
where
    R: Rds,
    D: Resolver,
    G: TargetGroupRead,
    S: StandbyRead,
    W: TargetGroupWrite,
{
    let effect = match task {
        Task::Perform(effect) => effect,
        Task::Describe(class, wanted) => {
            return describe(wanted, ports, &ports.reads(class, clock, end)).await;
        }
    };
    let input = match effect {
        Effect::ReadTopology(scope) => {
            let reads = ports.reads(Class::Urgent, clock, end);
            Input::Topology(topology::read_topology(&ports.rds, scope, &reads).await)
        }
        Effect::ReadTags => {
            let reads = ports.reads(Class::Routine, clock, end);
            Input::Tags(read_tagged_groups(&ports.groups, &reads).await)
        }
        Effect::ReadGroup(index, group, priority) => {
            let reads = ports.reads(priority.into(), clock, end);
            return describe(vec![(index, group)], ports, &reads).await;
        }
        Effect::ReadTargets(index, group, priority) => {
            let reads = ports.reads(priority.into(), clock, end);
            let read =
                reads.read(action::TARGETS, Tokens::Taken, || ports.groups.targets(&group)).await;
            ports.descriptions.hear(&group, &read);
            Input::Targets(index, read)
        }
        Effect::Resolve(index, names, family) => {
            // At the same time, and once: a lookup asks its servers again by itself.
            let answers = join_all(names.iter().map(|name| ports.dns.lookup(name, family))).await;
            Input::Answers(index, names.into_iter().zip(answers).collect())
        }
        Effect::ReadInterfaces(vpc) => {
            let reads = ports.reads(Class::Routine, clock, end);
            let read = standby::interfaces(&ports.standby, &vpc, &reads);
            let read = standby::soon(action::INTERFACES, clock, read).await;
            Input::Interfaces(vpc, read)
        }
        Effect::ReadRouting(index, group) => {
            let reads = ports.reads(Class::Routine, clock, end);
            let read = standby::routing(&ports.standby, &group, &reads);
            Input::Routing(index, standby::soon(action::GROUP_ATTRIBUTES, clock, read).await)
        }
        Effect::Permit(index, _) => Input::Permitted(index),
        Effect::Register(index, group, target) => {
            let taken = clock.now();
            let written = match writer {
                Some(writer) => writer.register(&group, &target).await,
                None => Err(no_writer(action::REGISTER)),
            };
            ports.pacer.hear(action::REGISTER, taken, clock.now(), &written);
            Input::Written(index, written)
        }
        Effect::Deregister(index, group, targets) => {
            let taken = clock.now();
            let written = match writer {
                Some(writer) => writer.deregister(&group, &targets).await,
                None => Err(no_writer(action::DEREGISTER)),
            };
            ports.pacer.hear(action::DEREGISTER, taken, clock.now(), &written);
            Input::Written(index, written)
        }
    };
    vec![input]
}

/// Describes the groups of these bindings.
async fn describe<R, D, G: TargetGroupRead, S>(
    wanted: Vec<(BindingIndex, TargetGroupArn)>,
    ports: &ReadPorts<R, D, G, S>,
    reads: &Reads<'_, impl Clock>,
) -> Vec<Input> {
    let groups: Vec<_> = wanted.iter().map(|(_, group)| group.clone()).collect();
    let described = ports.descriptions.describe(&ports.groups, reads, &groups).await;
    let answer = |(index, group)| Some(Input::Group(index, described.get(&group)?.clone()));
    wanted.into_iter().filter_map(answer).collect()
}

fn no_writer(call: &'static str) -> CallError {
    CallError::new(call, Failure::Rejected(Rejection::AccessDenied), "this program only reads")
}

#[cfg(test)]
mod tests;
