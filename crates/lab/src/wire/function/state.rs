//! The function's state behind its lock: the queue, the invocation that each environment runs, and
//! the record.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::{KEPT, Taken};
use crate::dice::{Dice, Subject};
use crate::retry::{Busy, Tries};
use crate::wire::Options;
use crate::wire::invocation::{Ending, Invocation, Kind};

/// What a function's lock guards. Times of the world are given as `now`.
pub(super) struct State {
    serial: u64,
    queue: VecDeque<Queued>,
    retries: usize,
    busy: Busy,
    dice: Dice,
    /// One place for each environment.
    running: Vec<Option<Running>>,
    pub(super) all: BTreeMap<u64, Invocation>,
    pub(super) init_errors: Vec<String>,
    /// How many programs wait for work.
    pub(super) polls: usize,
    /// When the last of them stopped waiting.
    pub(super) polled: Option<Instant>,
    /// The environments whose invocation took too long, until somebody asks for them.
    pub(super) timed_out: Vec<usize>,
}

/// How long a program that has just polled counts as one that will poll again.
const GRACE: Duration = Duration::from_secs(5);

struct Queued {
    serial: u64,
    tries: Tries,
}

struct Running {
    queued: Queued,
    deadline: Instant,
}

impl State {
    /// Nothing queued or running; with one environment, when none are asked for.
    pub(super) fn new(options: &Options) -> State {
        State {
            serial: 0,
            queue: VecDeque::new(),
            retries: options.retries,
            busy: options.busy,
            dice: Dice::new(options.seed, Subject::Queue),
            running: (0..options.environments.max(1)).map(|_| None).collect(),
            all: BTreeMap::new(),
            init_errors: Vec::new(),
            polls: 0,
            polled: None,
            timed_out: Vec::new(),
        }
    }

    pub(super) fn is_attended(&self, clock: Instant) -> bool {
        self.polls > 0
            || self.running.iter().any(Option::is_some)
            || self.polled.is_some_and(|polled| clock < polled + GRACE)
    }

    pub(super) fn environments(&self) -> usize {
        self.running.len()
    }

    /// Whether an environment is free for a synchronous invocation: none runs in it, and no queued
    /// synchronous one will.
    pub(super) fn has_a_free_environment(&self) -> bool {
        let running = self.running.iter().flatten().count();
        running + self.awaited() < self.environments()
    }

    /// Queues an invocation, and gives its number. A synchronous one goes before the asynchronous
    /// ones.
    pub(super) fn queue(
        &mut self,
        now: Duration,
        invocation: impl FnOnce(u64) -> Invocation,
    ) -> u64 {
        let serial = self.add(Tries::new(now), invocation);
        self.put_off(now);
        serial
    }

    fn add(&mut self, tries: Tries, invocation: impl FnOnce(u64) -> Invocation) -> u64 {
        self.serial += 1;
        let serial = self.serial;
        let invocation = invocation(serial);
        let queued = Queued { serial, tries };
        match invocation.kind {
            Kind::Async => self.queue.push_back(queued),
            Kind::Sync => self.queue.insert(self.awaited(), queued),
        }
        self.all.insert(serial, invocation);
        self.forget_the_oldest();
        serial
    }

    /// Refuses the asynchronous invocations that are due while every environment is taken.
    fn put_off(&mut self, now: Duration) {
        if self.busy == Busy::AtOnce || self.running.iter().any(Option::is_none) {
            return;
        }
        let awaited = self.awaited();
        let due = self.queue.iter_mut().skip(awaited).filter(|queued| queued.tries.is_due(now));
        due.for_each(|queued| queued.tries.put_off(now, &mut self.dice));
    }

    /// Whether an environment is free and an invocation is due.
    pub(super) fn has_one_to_take(&self, now: Duration) -> bool {
        self.running.iter().any(Option::is_none) && self.first_due(now).is_some()
    }

    /// The place in the queue of the invocation that is taken next: a synchronous one, else the one
    /// whose try has come first.
    fn first_due(&self, now: Duration) -> Option<usize> {
        if self.awaited() > 0 {
            return Some(0);
        }
        let due = self.queue.iter().enumerate().filter(|(_, queued)| queued.tries.is_due(now));
        due.min_by_key(|(_, queued)| queued.tries.next()).map(|(place, _)| place)
    }

    /// The next invocation, for an environment in which none runs.
    pub(super) fn take(
        &mut self,
        environment: usize,
        now: Duration,
        timeout: Duration,
    ) -> Option<Taken> {
        if self.running.get(environment)?.is_some() {
            return None;
        }
        let queued = self.queue.remove(self.first_due(now)?)?;
        let serial = queued.serial;
        self.running[environment] = Some(Running { queued, deadline: Instant::now() + timeout });
        let invocation = self.all.get_mut(&serial)?;
        invocation.taken = Some(now);
        invocation.environment = Some(environment);
        Some(Taken {
            request_id: invocation.request_id.clone(),
            payload: invocation.payload.clone(),
            timeout,
        })
    }

    /// The request id of the invocation that runs in an environment.
    pub(super) fn running_in(&self, environment: usize) -> Option<&str> {
        let running = self.running.get(environment)?.as_ref()?;
        Some(&self.all.get(&running.queued.serial)?.request_id)
    }

    /// Ends the invocation that runs in an environment, if one does. An asynchronous one that ended
    /// in an error goes back to the queue, with the same request id, if it has a try left.
    pub(super) fn end(&mut self, environment: usize, ending: Ending, now: Duration) {
        let Some(running) = self.running.get_mut(environment).and_then(Option::take) else {
            return;
        };
        let Some(invocation) = self.all.get_mut(&running.queued.serial) else {
            return;
        };
        let is_error = !matches!(ending, Ending::Answered(_));
        invocation.ended = Some(now);
        invocation.ending = Some(ending);
        let tries = running.queued.tries.after_error(now, self.retries);
        if let Some(tries) = tries.filter(|_| is_error && invocation.kind == Kind::Async) {
            let again = Invocation {
                queued: now,
                taken: None,
                environment: None,
                ended: None,
                ending: None,
                ..invocation.clone()
            };
            self.add(tries, |_| again);
        }
    }

    /// Ends every invocation whose deadline has passed, and puts off what is due while every
    /// environment is taken; says whether one had passed.
    pub(super) fn expire(&mut self, clock: Instant, now: Duration) -> bool {
        let is_over = |running: &Running| running.deadline <= clock;
        let over: Vec<usize> = (0..self.environments())
            .filter(|&environment| self.running[environment].as_ref().is_some_and(is_over))
            .collect();
        for &environment in &over {
            self.end(environment, Ending::TimedOut, now);
            self.timed_out.push(environment);
        }
        self.put_off(now);
        !over.is_empty()
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.running.iter().all(Option::is_none)
    }

    pub(super) fn ending_of(&self, serial: u64) -> Option<Ending> {
        self.all.get(&serial)?.ending.clone()
    }

    /// How many synchronous invocations are queued; they stand before the others.
    fn awaited(&self) -> usize {
        let is_awaited = |queued: &&Queued| {
            self.all.get(&queued.serial).is_some_and(|invocation| invocation.kind == Kind::Sync)
        };
        self.queue.iter().take_while(is_awaited).count()
    }

    /// Forgets the oldest invocation that ended, once too many are remembered; those that wait or
    /// run stay.
    fn forget_the_oldest(&mut self) {
        if self.all.len() <= KEPT {
            return;
        }
        let ended = self.all.iter().find(|(_, invocation)| invocation.ending.is_some());
        if let Some(serial) = ended.map(|(serial, _)| *serial) {
            self.all.remove(&serial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(environments: usize) -> State {
        State::new(&Options { environments, ..Options::default() })
    }

    fn queue(state: &mut State, kind: Kind) -> u64 {
        state.queue(Duration::ZERO, |serial| invocation(kind, &serial.to_string()))
    }

    fn invocation(kind: Kind, id: &str) -> Invocation {
        Invocation {
            request_id: id.to_owned(),
            kind,
            payload: "{}".to_owned(),
            queued: Duration::ZERO,
            taken: None,
            environment: None,
            ended: None,
            ending: None,
        }
    }

    fn take(state: &mut State, environment: usize) -> Option<String> {
        let taken = state.take(environment, Duration::ZERO, Duration::from_secs(1));
        taken.map(|taken| taken.request_id)
    }

    #[test]
    fn an_environment_has_no_second_invocation_before_the_first_has_ended() {
        let mut state = state(2);
        let [first, second] =
            [Kind::Async, Kind::Async].map(|kind| queue(&mut state, kind).to_string());
        assert_eq!(take(&mut state, 1), Some(first.clone()));
        assert_eq!(take(&mut state, 1), None);
        assert_eq!(state.running_in(1), Some(first.as_str()));
        state.end(1, Ending::Crashed, Duration::ZERO);
        assert_eq!(take(&mut state, 1), Some(second));
    }

    #[test]
    fn an_environment_that_does_not_exist_gets_nothing() {
        let mut state = state(1);
        queue(&mut state, Kind::Async);
        assert_eq!(take(&mut state, 1), None);
        assert_eq!(state.running_in(1), None);
    }

    /// What becomes of an event's invocation that ends after 10 s, and of another event's that
    /// comes after 1 s, by Lambda's settings: when each is tried again.
    #[test]
    fn an_invocation_is_tried_again_as_the_functions_settings_say() {
        let failed = || Ending::Failed { error_type: String::new(), document: String::new() };
        let answered = || Ending::Answered(String::new());
        let seconds = Duration::from_secs;
        for (retries, busy, ending, again, second) in [
            (0, Busy::AtOnce, failed(), None, 10..=10),
            (2, Busy::AtOnce, failed(), Some(70), 10..=10),
            (2, Busy::AtOnce, Ending::TimedOut, Some(70), 10..=10),
            (2, Busy::AtOnce, Ending::Crashed, Some(70), 10..=10),
            (2, Busy::AtOnce, answered(), None, 10..=10),
            // Refused at 1, 2, 4 and 8 s, give or take a quarter of each pause, and then taken.
            (0, Busy::Backoff, answered(), None, 13..=20),
        ] {
            let case = format!("{retries}, {busy:?}, {ending:?}");
            let mut state = State::new(&Options { retries, busy, ..Options::default() });
            queue(&mut state, Kind::Async);
            state.take(0, seconds(0), seconds(1)).expect("it is due");
            let other = state.queue(seconds(1), |_| invocation(Kind::Async, "other"));
            // Every environment is taken until then.
            for tenth in 10..100 {
                state.put_off(Duration::from_millis(tenth * 100));
            }
            state.end(0, ending, seconds(10));
            let mut taken = (10..=200).filter_map(|now| {
                let one = state.take(0, seconds(now), seconds(1))?;
                state.end(0, answered(), seconds(now));
                Some((now, one.request_id))
            });
            let (at, id) = taken.next().expect("the other event's");
            assert_eq!(id, "other", "{case}");
            assert!(second.contains(&at), "{case}: {at}");
            assert_eq!(taken.next().map(|(at, _)| at), again, "{case}");
            assert!(state.all[&other].taken.is_some());
        }
    }

    #[test]
    fn of_too_many_the_oldest_that_ended_is_forgotten_and_what_runs_is_kept() {
        let mut state = state(2);
        let [running, ended] = [Kind::Async, Kind::Async].map(|kind| queue(&mut state, kind));
        take(&mut state, 0);
        take(&mut state, 1);
        state.end(1, Ending::TimedOut, Duration::ZERO);
        while state.all.len() < KEPT {
            queue(&mut state, Kind::Async);
        }
        assert!(state.all.contains_key(&ended));
        queue(&mut state, Kind::Async);
        assert!(state.all.contains_key(&running) && !state.all.contains_key(&ended));
    }
}
