//! The loop that performs a run's effects over the ports, and gives the run what comes back and the
//! time that has passed. It decides nothing about a target group.
//!
//! What it decides is how a reading is made of calls: which pages are read, which calls are made
//! again after a failure ([`retry()`]), and at what pace. All of that only delays a reading, and
//! the walk covers any delay.

mod pace;
mod pages;
mod retry;
mod tagged_groups;
mod topology;

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use self::pace::Pace;
pub use self::retry::retry;
use self::tagged_groups::read_tagged_groups;
pub use self::topology::read_topology;
use crate::discover::TaggedGroup;
use crate::failure::{CallError, Failure, Rejection};
use crate::ports::{Clock, Journal, Rds, Resolver, TargetGroupRead, TargetGroupWrite, action};
use crate::report::Report;
use crate::run::{Effect, Input, Reaction, Run};

/// The ports that only read. They are used with one clock, because their pace is kept in its time.
#[derive(Debug, Clone)]
pub struct ReadPorts<R, D, G> {
    /// The RDS API.
    pub rds: R,
    /// DNS.
    pub dns: D,
    /// Target groups.
    pub groups: G,
    pace: Pace,
}

impl<R, D, G: TargetGroupRead> ReadPorts<R, D, G> {
    /// Ports whose reading of tags begins with a whole burst of calls.
    pub fn new(rds: R, dns: D, groups: G) -> Self {
        Self { rds, dns, groups, pace: Pace::default() }
    }

    /// Every group of the Region that carries a tag of ours, in the order of their ARNs. It may
    /// take long: an account's groups are many, and its budget of calls is shared.
    ///
    /// # Errors
    /// When a page of groups, or the tags of any group that still exists, cannot be read.
    pub async fn tagged_groups(&self, clock: &impl Clock) -> Result<Vec<TaggedGroup>, CallError> {
        read_tagged_groups(&self.groups, &self.pace, clock).await
    }
}

/// Drives a run to its end and returns its report. Without a writer nothing can be written,
/// whatever the run wants.
///
/// Dropping the future at any await leaves the run where it is: a write that was sent may still
/// take effect, and the next run reads the outcome.
pub async fn drive<R: Rds, D: Resolver, G: TargetGroupRead, W: TargetGroupWrite>(
    run: Run,
    ports: &ReadPorts<R, D, G>,
    writer: Option<&W>,
    clock: &impl Clock,
    journal: &mut impl Journal,
) -> Report {
    drive_to_end(run, ports, writer, clock, journal).await.report()
}

/// Like [`drive`], but returns the run itself, whose memory the next run of a process can take.
pub async fn drive_to_end<R: Rds, D: Resolver, G: TargetGroupRead, W: TargetGroupWrite>(
    mut run: Run,
    ports: &ReadPorts<R, D, G>,
    writer: Option<&W>,
    clock: &impl Clock,
    journal: &mut impl Journal,
) -> Run {
    let mut under_way = FuturesUnordered::new();
    let mut last = clock.now();
    let mut input = Input::Start;
    while !run.is_over() {
        if let Input::Topology(read) = &input {
            journal.topology(read);
        }
        let now = clock.now();
        let Reaction { effects, notes } = run.step(now.saturating_sub(last), input);
        last = now;
        for note in notes {
            journal.note(&note.cleaned());
        }
        under_way.extend(
            effects.into_iter().map(|effect| Box::pin(perform(effect, ports, writer, clock))),
        );
        // The effects of the last step are never polled, so their calls are not made.
        if run.is_over() {
            break;
        }
        input = next(&mut under_way, clock, run.sleeps_for()).await;
    }
    run
}

/// The next thing that comes back, or nothing but time.
async fn next<F: Future<Output = Input>>(
    under_way: &mut FuturesUnordered<Pin<Box<F>>>,
    clock: &impl Clock,
    sleep: Duration,
) -> Input {
    let asleep = std::pin::pin!(clock.sleep(sleep));
    // An empty `FuturesUnordered` is ready at once, so the loop would spin.
    if under_way.is_empty() {
        asleep.await;
        return Input::Tick;
    }
    match select(under_way.next(), asleep).await {
        Either::Left((input, _)) => input.unwrap_or(Input::Tick),
        Either::Right(((), _)) => Input::Tick,
    }
}

async fn perform<R: Rds, D: Resolver, G: TargetGroupRead, W: TargetGroupWrite>(
    effect: Effect,
    ports: &ReadPorts<R, D, G>,
    writer: Option<&W>,
    clock: &impl Clock,
) -> Input {
    match effect {
        Effect::ReadTopology(scope) => {
            Input::Topology(read_topology(&ports.rds, scope, clock).await)
        }
        Effect::ReadGroup(index, group, _) => {
            Input::Group(index, retry(clock, || ports.groups.group(&group)).await)
        }
        Effect::ReadTags => Input::Tags(ports.tagged_groups(clock).await),
        Effect::ReadTargets(index, group, _) => {
            Input::Targets(index, retry(clock, || ports.groups.targets(&group)).await)
        }
        Effect::Resolve(index, names, family) => {
            // At the same time, and without `retry`: a lookup asks its servers again by itself.
            let answers = join_all(names.iter().map(|name| ports.dns.lookup(name, family))).await;
            Input::Answers(index, names.into_iter().zip(answers).collect())
        }
        Effect::Register(index, group, target) => {
            let written = match writer {
                Some(writer) => writer.register(&group, &target).await,
                None => Err(no_writer(action::REGISTER)),
            };
            Input::Written(index, written)
        }
        Effect::Deregister(index, group, targets) => {
            let written = match writer {
                Some(writer) => writer.deregister(&group, &targets).await,
                None => Err(no_writer(action::DEREGISTER)),
            };
            Input::Written(index, written)
        }
    }
}

fn no_writer(call: &'static str) -> CallError {
    CallError::new(call, Failure::Rejected(Rejection::AccessDenied), "this program only reads")
}

#[cfg(test)]
mod tests;
