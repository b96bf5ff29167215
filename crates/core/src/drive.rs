//! The loop that performs a run's effects over the ports. It decides nothing: what a run wants is
//! asked for, what comes back is handed in, and time passes in between.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::failure::{CallError, Failure, Rejection};
use crate::ports::{Clock, Journal, Rds, Resolver, TargetGroupRead, TargetGroupWrite};
use crate::report::Report;
use crate::run::{Effect, Input, Reaction, Run};

/// The ports that only read.
#[derive(Debug, Clone)]
pub struct ReadPorts<R, D, G> {
    /// The RDS API.
    pub rds: R,
    /// DNS.
    pub dns: D,
    /// Target groups.
    pub groups: G,
}

/// Drives a run to its end and returns its report. Without a writer nothing can be written,
/// whatever the run wants.
///
/// Dropping the future at any await leaves the run where it is: what was sent may still be done,
/// and the next run reads what came of it.
pub async fn drive<R: Rds, D: Resolver, G: TargetGroupRead, W: TargetGroupWrite>(
    mut run: Run,
    ports: &ReadPorts<R, D, G>,
    writer: Option<&W>,
    clock: &impl Clock,
    journal: &mut impl Journal,
) -> Report {
    let mut under_way = FuturesUnordered::new();
    let mut last = clock.now();
    let mut input = Input::Start;
    while !run.is_over() {
        let now = clock.now();
        let Reaction { effects, notes } = run.step(now.saturating_sub(last), input);
        last = now;
        for note in notes {
            journal.note(&note.cleaned());
        }
        under_way
            .extend(effects.into_iter().map(|effect| Box::pin(perform(effect, ports, writer))));
        if run.is_over() {
            break;
        }
        input = next(&mut under_way, clock, run.sleeps_for()).await;
    }
    run.report()
}

/// The next thing that comes back, or nothing but time.
async fn next<F: Future<Output = Input>>(
    under_way: &mut FuturesUnordered<Pin<Box<F>>>,
    clock: &impl Clock,
    sleep: Duration,
) -> Input {
    let asleep = std::pin::pin!(clock.sleep(sleep));
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
) -> Input {
    match effect {
        Effect::ReadTopology(scope) => Input::Topology(ports.rds.topology(scope).await),
        Effect::ReadGroup(index, group) => Input::Group(index, ports.groups.group(&group).await),
        Effect::ReadTags => Input::Tags(ports.groups.tagged().await),
        Effect::ReadTargets(index, group) => {
            Input::Targets(index, ports.groups.targets(&group).await)
        }
        Effect::Resolve(index, names, family) => {
            let answers = join_all(names.iter().map(|name| ports.dns.lookup(name, family))).await;
            Input::Answers(index, names.into_iter().zip(answers).collect())
        }
        Effect::Register(index, group, target) => {
            let write = async |writer: &W| writer.register(&group, &target).await;
            Input::Written(
                index,
                match writer {
                    Some(writer) => write(writer).await,
                    None => Err(no_writer("elasticloadbalancing:RegisterTargets")),
                },
            )
        }
        Effect::Deregister(index, group, targets) => {
            let write = async |writer: &W| writer.deregister(&group, &targets).await;
            Input::Written(
                index,
                match writer {
                    Some(writer) => write(writer).await,
                    None => Err(no_writer("elasticloadbalancing:DeregisterTargets")),
                },
            )
        }
    }
}

fn no_writer(call: &'static str) -> CallError {
    CallError::new(call, Failure::Rejected(Rejection::AccessDenied), "this program only reads")
}
