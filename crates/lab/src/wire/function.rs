//! The one function of the region: its queue, the invocation that runs, and the record of those that ended.
//!
//! One environment takes one invocation at a time, as with a reserved concurrency of 1. Asynchronous invocations wait in a
//! queue; a synchronous one is refused while another runs (AWS docs: "Lambda function scaling", "Understanding retry behavior
//! in Lambda"; errors are not retried here, as with `MaximumRetryAttempts: 0`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::clock::Clock;
use super::invocation::{Ending, Invocation, Invoked, Kind, Refusal};
use crate::world::ids;

/// How many invocations that ended, and errors of environments that could not start, are remembered.
const KEPT: usize = 10_000;

/// The function and its invocations.
pub(super) struct Function {
    arn: String,
    timeout: Duration,
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

/// An invocation that is handed to an environment.
pub(super) struct Taken {
    pub(super) request_id: String,
    pub(super) payload: String,
    pub(super) timeout: Duration,
}

/// Whether an ending was of the invocation that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    Yes,
    UnknownRequestId,
}

impl Function {
    pub(super) fn new(arn: String, timeout: Duration, clock: Clock) -> Function {
        Function {
            arn,
            timeout,
            clock,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    /// Whether a name, a partial or whole ARN, with or without a version, is this function's.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let own = self.arn.rsplit(':').next();
        let after_function = name.rsplit_once("function:").map_or(name, |(_, rest)| rest);
        after_function.split(':').next() == own
    }

    /// Queues an invocation that nobody waits for.
    pub(super) fn enqueue(&self, payload: String) {
        self.add(payload, Kind::Async);
    }

    /// Invokes the function of that name.
    pub(super) async fn invoke(&self, name: &str, payload: &str, kind: Kind) -> Result<Invoked, Refusal> {
        if !self.is_called(name) {
            return Err(Refusal::NotFound(name.to_owned()));
        }
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(payload) {
            return Err(Refusal::NotJson(error.to_string()));
        }
        let serial = self.add(payload.to_owned(), kind).ok_or(Refusal::Busy)?;
        let request_id = self.request_id(serial);
        match kind {
            Kind::Async => Ok(Invoked::Queued(request_id)),
            Kind::Sync => {
                let ending = self.wait(|state| state.ending_of(serial)).await;
                Ok(Invoked::Ended(request_id, ending))
            }
        }
    }

    /// Waits for work, and hands it out. Asking for work while an invocation runs means that its environment is gone.
    pub(super) async fn next(&self) -> Taken {
        self.end_running(Ending::Crashed);
        self.wait(|state| state.take(self.clock.now(), self.timeout)).await
    }

    /// The invocation that runs has ended.
    pub(super) fn end(&self, request_id: &str, ending: Ending) -> Accepted {
        let running = self.lock().running.as_ref().map(|running| running.serial);
        if running.map(|serial| self.request_id(serial)).as_deref() != Some(request_id) {
            return Accepted::UnknownRequestId;
        }
        self.end_running(ending);
        Accepted::Yes
    }

    /// Ends the invocation that runs, if its time is over.
    pub(super) fn expire(&self) {
        let is_over = self
            .lock()
            .running
            .as_ref()
            .is_some_and(|running| running.deadline <= Instant::now());
        if is_over {
            self.end_running(Ending::TimedOut);
        }
    }

    /// An environment could not start.
    pub(super) fn init_failed(&self, document: String) {
        let mut state = self.lock();
        if state.init_errors.len() < KEPT {
            state.init_errors.push(document);
        }
    }

    pub(super) fn init_errors(&self) -> Vec<String> {
        self.lock().init_errors.clone()
    }

    pub(super) fn invocations(&self) -> Vec<Invocation> {
        self.lock().all.values().cloned().collect()
    }

    /// Waits until no invocation is queued or running.
    pub(super) async fn quiet(&self) {
        self.wait(|state| (state.queue.is_empty() && state.running.is_none()).then_some(()))
            .await;
    }

    /// Adds an invocation to the queue; gives its number, or nothing if it is synchronous and the environment is taken. A
    /// synchronous one goes before those that nobody waits for.
    fn add(&self, payload: String, kind: Kind) -> Option<u64> {
        let mut state = self.lock();
        if kind == Kind::Sync && state.is_taken() {
            return None;
        }
        state.serial += 1;
        let serial = state.serial;
        match kind {
            Kind::Async => state.queue.push_back(serial),
            Kind::Sync => state.queue.push_front(serial),
        }
        let invocation = Invocation {
            request_id: self.request_id(serial),
            kind,
            payload,
            queued: self.clock.now(),
            taken: None,
            ended: None,
            ending: None,
        };
        state.all.insert(serial, invocation);
        state.forget_the_oldest();
        drop(state);
        self.changed.notify_waiters();
        Some(serial)
    }

    fn request_id(&self, serial: u64) -> String {
        ids::uuid(ids::hash(&self.arn).wrapping_add(serial))
    }

    fn end_running(&self, ending: Ending) {
        self.lock().end_running(ending, self.clock.now());
        self.changed.notify_waiters();
    }

    /// Looks at the state until it has what is wanted.
    async fn wait<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            // Registered before the look, so that a change between the look and the wait is not missed.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    serial: u64,
    queue: VecDeque<u64>,
    running: Option<Running>,
    all: BTreeMap<u64, Invocation>,
    init_errors: Vec<String>,
}

struct Running {
    serial: u64,
    deadline: Instant,
}

impl State {
    /// Whether an invocation runs, or a synchronous one is about to.
    fn is_taken(&self) -> bool {
        let first = self.queue.front().and_then(|serial| self.all.get(serial));
        self.running.is_some() || first.is_some_and(|first| first.kind == Kind::Sync)
    }

    fn take(&mut self, now: Duration, timeout: Duration) -> Option<Taken> {
        if self.running.is_some() {
            return None;
        }
        let serial = self.queue.pop_front()?;
        self.running = Some(Running {
            serial,
            deadline: Instant::now() + timeout,
        });
        let invocation = self.all.get_mut(&serial)?;
        invocation.taken = Some(now);
        Some(Taken {
            request_id: invocation.request_id.clone(),
            payload: invocation.payload.clone(),
            timeout,
        })
    }

    fn end_running(&mut self, ending: Ending, now: Duration) {
        let Some(running) = self.running.take() else {
            return;
        };
        if let Some(invocation) = self.all.get_mut(&running.serial) {
            invocation.ended = Some(now);
            invocation.ending = Some(ending);
        }
    }

    fn ending_of(&self, serial: u64) -> Option<Ending> {
        self.all.get(&serial)?.ending.clone()
    }

    /// Forgets the oldest invocation that ended, once too many are remembered; those that wait or run stay.
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
