//! Lambda's own queue for asynchronous invocations (`crate::retry`), and one environment that takes
//! them: reserved concurrency 1. A cold start takes no time here.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, pending, select};
use serde_json::{Value, json};
use writerlink_core::event::{Message, Trigger, TriggerKind};
use writerlink_core::ports::Clock;
use writerlink_core::report::Report;

use super::process::{Played, Process};
use crate::dice::{Dice, Subject};
pub(super) use crate::retry::Busy as Retry;
use crate::retry::Tries;

/// How often the schedule invokes the function.
pub(super) const PERIOD: Duration = Duration::from_secs(60);

/// How often Lambda retries what ended in an error, by default.
const RETRIES: usize = 2;

/// An invocation that has ended.
pub(super) struct Invocation {
    pub(super) trigger: Trigger,
    /// When it reached Lambda.
    pub(super) arrived: Duration,
    pub(super) began: Duration,
    pub(super) played: Played,
}

impl Invocation {
    /// Whether it is of an event.
    pub(super) fn is_of_event(&self) -> bool {
        !self.trigger.is_sweep()
    }
}

/// An invocation that waits.
struct Waiting {
    payload: Value,
    arrived: Duration,
    tries: Tries,
}

type Running<'a> = Pin<Box<dyn Future<Output = Invocation> + 'a>>;

/// Lambda, with one environment for the function.
pub(super) struct Lambda<'a> {
    pub(super) process: &'a Process,
    retry: Retry,
    next_sweep: Duration,
    waiting: Vec<Waiting>,
    /// What the environment works on.
    running: Option<(Waiting, Running<'a>)>,
    dice: Dice,
    /// What has ended, in order.
    pub(super) ended: Vec<Invocation>,
    /// Whether nothing waits and nothing runs.
    pub(super) is_idle: bool,
}

impl<'a> Lambda<'a> {
    /// A Lambda whose schedule invokes the function at a moment, and then every minute.
    pub(super) fn new(process: &'a Process, retry: Retry, next_sweep: Duration) -> Self {
        Self::seeded(process, retry, next_sweep, 1)
    }

    /// The same; the seed decides the pauses of the queue.
    pub(super) fn seeded(
        process: &'a Process,
        retry: Retry,
        next_sweep: Duration,
        seed: u64,
    ) -> Self {
        let dice = Dice::new(seed, Subject::Queue);
        let (waiting, ended) = (Vec::new(), Vec::new());
        Lambda { process, retry, next_sweep, waiting, running: None, dice, ended, is_idle: true }
    }

    /// Invokes the function with what comes, until it is enough or a moment has come.
    pub(super) fn serve(&mut self, latest: Duration, is_enough: impl FnMut(&Self) -> bool) {
        let time = self.process.time.clone();
        time.run(self.serving(latest, is_enough));
    }

    async fn serving(&mut self, latest: Duration, mut is_enough: impl FnMut(&Self) -> bool) {
        let process = self.process;
        let mut running = self.running.take();
        loop {
            self.collect();
            if running.is_some() {
                self.put_off();
            } else if let Some(next) = self.take() {
                running = Some(next);
            }
            self.is_idle = running.is_none() && self.waiting.is_empty();
            if process.now() >= latest || is_enough(self) {
                self.running = running;
                return;
            }
            let until = self.next_moment(running.is_some()).min(latest);
            let asleep = pin!(process.time.sleep(until.saturating_sub(process.now())));
            let next_end = async {
                match &mut running {
                    Some((_, invocation)) => invocation.await,
                    None => pending().await,
                }
            };
            let ended = match select(pin!(next_end), asleep).await {
                Either::Left((invocation, _)) => Some(invocation),
                Either::Right(_) => None,
            };
            if let Some(invocation) = ended
                && let Some((waiting, _)) = running.take()
            {
                self.end(waiting, invocation);
            }
        }
    }

    /// Queues what has reached the function, and the schedule's sweep.
    fn collect(&mut self) {
        let now = self.process.now();
        let deliveries = self.process.world().sns.take_deliveries();
        let mut payloads: Vec<Value> = deliveries.into_iter().map(|one| one.payload).collect();
        if now >= self.next_sweep {
            self.next_sweep += PERIOD;
            payloads.push(json!({"trigger": "sweep"}));
        }
        self.waiting.extend(payloads.into_iter().map(|payload| Waiting {
            payload,
            arrived: now,
            tries: Tries::new(now),
        }));
    }

    /// Begins the invocation that is due first.
    fn take(&mut self) -> Option<(Waiting, Running<'a>)> {
        let began = self.process.now();
        let due = self.waiting.iter().enumerate().filter(|(_, one)| one.tries.is_due(began));
        let (first, _) = due.min_by_key(|(_, one)| one.tries.next())?;
        let waiting = self.waiting.remove(first);
        let trigger = trigger(&waiting.payload);
        let (process, arrived) = (self.process, waiting.arrived);
        let invocation = Box::pin(async move {
            let played = process.invoke(&trigger).await;
            Invocation { trigger, arrived, began, played }
        });
        Some((waiting, invocation))
    }

    /// An invocation has ended; one that failed is tried again later.
    fn end(&mut self, waiting: Waiting, invocation: Invocation) {
        if is_error(&invocation.played.report)
            && let Some(tries) = waiting.tries.after_error(self.process.now(), RETRIES)
        {
            self.waiting.push(Waiting { tries, ..waiting });
        }
        self.ended.push(invocation);
    }

    /// Refuses what is due while the environment is taken.
    fn put_off(&mut self) {
        let now = self.process.now();
        if self.retry == Retry::AtOnce {
            return;
        }
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.tries.is_due(now)) {
            waiting.tries.put_off(now, &mut self.dice);
        }
    }

    /// When something happens next, besides the end of what is running.
    fn next_moment(&self, is_taken: bool) -> Duration {
        let is_tried = !is_taken || self.retry == Retry::Backoff;
        let tries = self.waiting.iter().filter(|_| is_tried).map(|waiting| waiting.tries.next());
        tries.chain(self.process.world().next_due()).fold(self.next_sweep, Duration::min)
    }
}

/// The trigger in what SNS or the schedule sends.
fn trigger(payload: &Value) -> Trigger {
    let text = payload["Records"][0]["Sns"]["Message"].as_str();
    match text.map(Message::read) {
        Some(Ok(Message::Event(event))) => {
            Trigger { events: vec![event], ..Trigger::sweep(TriggerKind::Sns) }
        }
        Some(Ok(Message::Hello) | Err(_)) => Trigger::sweep(TriggerKind::Sns),
        None => Trigger::sweep(TriggerKind::Schedule),
    }
}

/// Whether the function answers with an error, as `answer` in `writerlink-lambda` decides.
fn is_error(report: &Report) -> bool {
    if report.sweep { report.nothing_readable } else { !report.ok }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::process::Fleet;
    use crate::fault::{DeliveryFault, Effect, Fault};
    use crate::world::Pace;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn an_invocation_that_fails_is_tried_again_after_one_minute_and_after_two_more() {
        let process = Fleet::of_one(Pace::real()).start();
        process.world().faults.add(Fault::on("*", Effect::AccessDenied));
        let began = process.now();
        let mut lambda = Lambda::new(&process, Retry::AtOnce, began);
        lambda.serve(began + 5 * MINUTE, |_| false);
        let first = lambda.ended.iter().filter(|one| one.arrived == began);
        let tries: Vec<_> = first.map(|one| (one.began, one.began + one.played.took)).collect();
        let [(_, failed), (second, failed_again), (third, _)] = tries[..] else {
            panic!("three tries, not {tries:?}")
        };
        assert!(second >= failed + MINUTE && second < failed + 2 * MINUTE, "{tries:?}");
        assert!(third >= failed_again + 2 * MINUTE, "{tries:?}");
    }

    #[test]
    fn an_invocation_that_finds_the_environment_taken_waits_for_its_next_try_or_not_at_all() {
        let waits = [Retry::Backoff, Retry::AtOnce].map(|retry| {
            let process = Fleet::of_one(Pace::real()).start();
            let began = process.now();
            // The first event comes twice, and the second time while its run watches the failover.
            process.world().faults.add_delivery(DeliveryFault::Duplicate(1));
            process.world().faults.add_delivery(DeliveryFault::Lose);
            let mut lambda = Lambda::new(&process, retry, began + 10 * MINUTE);
            process.world().failover_db_cluster("db-0000", None).expect("it has a reader");
            lambda.serve(began + 10 * MINUTE, |lambda| lambda.ended.len() == 2);
            let ends = lambda.ended.iter().map(|one| (one.arrived, one.began, one.played.took));
            let [(_, first, took), (arrived, second, _)] = ends.collect::<Vec<_>>()[..] else {
                panic!("two events")
            };
            let free = first + took;
            assert!(second >= free && arrived < free, "{arrived:?} {free:?} {second:?}");
            second - free
        });
        assert!(waits[0] > Duration::ZERO && waits[1].is_zero(), "{waits:?}");
    }
}
