//! The function's state behind its lock: the queue, the invocation that each environment runs, and
//! the record.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::{KEPT, Taken};
use crate::wire::invocation::{Ending, Invocation, Kind};

/// What a function's lock guards. Times of the world are given as `now`.
pub(super) struct State {
    serial: u64,
    queue: VecDeque<u64>,
    /// One place for each environment.
    running: Vec<Option<Running>>,
    pub(super) all: BTreeMap<u64, Invocation>,
    pub(super) init_errors: Vec<String>,
    /// How many programs wait for work.
    pub(super) polls: usize,
    /// When the last of them stopped waiting.
    pub(super) polled: Option<Instant>,
}

/// How long a program that has just polled counts as one that will poll again.
const GRACE: Duration = Duration::from_secs(5);

struct Running {
    serial: u64,
    deadline: Instant,
}

impl State {
    /// Nothing queued or running in so many environments; in one, when none are asked for.
    pub(super) fn new(environments: usize) -> State {
        State {
            serial: 0,
            queue: VecDeque::new(),
            running: (0..environments.max(1)).map(|_| None).collect(),
            all: BTreeMap::new(),
            init_errors: Vec::new(),
            polls: 0,
            polled: None,
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
    pub(super) fn queue(&mut self, invocation: impl FnOnce(u64) -> Invocation) -> u64 {
        self.serial += 1;
        let serial = self.serial;
        let invocation = invocation(serial);
        match invocation.kind {
            Kind::Async => self.queue.push_back(serial),
            Kind::Sync => self.queue.insert(self.awaited(), serial),
        }
        self.all.insert(serial, invocation);
        self.forget_the_oldest();
        serial
    }

    /// The next invocation, for an environment in which none runs.
    pub(super) fn take(
        &mut self,
        environment: usize,
        now: Duration,
        timeout: Duration,
    ) -> Option<Taken> {
        let place = self.running.get_mut(environment)?;
        if place.is_some() {
            return None;
        }
        let serial = self.queue.pop_front()?;
        *place = Some(Running { serial, deadline: Instant::now() + timeout });
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
        Some(&self.all.get(&running.serial)?.request_id)
    }

    /// Ends the invocation that runs in an environment, if one does.
    pub(super) fn end(&mut self, environment: usize, ending: Ending, now: Duration) {
        let Some(running) = self.running.get_mut(environment).and_then(Option::take) else {
            return;
        };
        if let Some(invocation) = self.all.get_mut(&running.serial) {
            invocation.ended = Some(now);
            invocation.ending = Some(ending);
        }
    }

    /// Ends every invocation whose deadline has passed; says whether one had.
    pub(super) fn expire(&mut self, clock: Instant, now: Duration) -> bool {
        let is_over = |running: &Running| running.deadline <= clock;
        let over: Vec<usize> = (0..self.environments())
            .filter(|&environment| self.running[environment].as_ref().is_some_and(is_over))
            .collect();
        for &environment in &over {
            self.end(environment, Ending::TimedOut, now);
        }
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
        let is_awaited =
            |serial: &&u64| self.all.get(serial).is_some_and(|queued| queued.kind == Kind::Sync);
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

    fn queue(state: &mut State, kind: Kind) -> u64 {
        state.queue(|serial| Invocation {
            request_id: serial.to_string(),
            kind,
            payload: "{}".to_owned(),
            queued: Duration::ZERO,
            taken: None,
            environment: None,
            ended: None,
            ending: None,
        })
    }

    fn take(state: &mut State, environment: usize) -> Option<String> {
        let taken = state.take(environment, Duration::ZERO, Duration::from_secs(1));
        taken.map(|taken| taken.request_id)
    }

    #[test]
    fn an_environment_has_no_second_invocation_before_the_first_has_ended() {
        let mut state = State::new(2);
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
        let mut state = State::new(1);
        queue(&mut state, Kind::Async);
        assert_eq!(take(&mut state, 1), None);
        assert_eq!(state.running_in(1), None);
    }

    #[test]
    fn of_too_many_the_oldest_that_ended_is_forgotten_and_what_runs_is_kept() {
        let mut state = State::new(2);
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
