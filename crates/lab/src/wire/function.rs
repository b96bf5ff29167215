//! The region's only Lambda function: its queue, its running invocations, and the record of those
//! that ended.
//!
//! An environment takes one invocation at a time, and there are as many environments as the
//! function's reserved concurrency allows: with one, nothing runs side by side. Asynchronous
//! invocations wait in a queue, from which they are tried again (`crate::retry`); a synchronous one
//! is refused while every environment is taken (AWS docs: "Lambda function scaling", "Understanding
//! retry behavior in Lambda").

mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Options;
use super::clock::Clock;
use super::invocation::{Ending, Invocation, Invoked, Kind, Refusal};
use crate::world::ids;
use state::State;

/// How many invocations that ended, and errors of environments that could not start, are
/// remembered.
const KEPT: usize = 10_000;

/// The function and its invocations.
pub(super) struct Function {
    arn: String,
    timeout: Duration,
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

/// One of the function's environments, as its own runtime API sees it.
#[derive(Clone, Copy)]
pub(super) struct Environment<'a> {
    function: &'a Function,
    number: usize,
}

/// An invocation that is handed to an environment.
pub(super) struct Taken {
    pub(super) request_id: String,
    pub(super) payload: String,
    pub(super) timeout: Duration,
}

/// Whether an ending was of the invocation that runs in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    Yes,
    UnknownRequestId,
}

impl Function {
    pub(super) fn new(arn: String, options: &Options, clock: Clock) -> Function {
        Function {
            arn,
            timeout: options.timeout,
            clock,
            state: Mutex::new(State::new(options)),
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

    /// Queues an asynchronous invocation.
    pub(super) fn enqueue(&self, payload: String) {
        self.add(payload, Kind::Async);
    }

    /// Invokes the function of that name.
    pub(super) async fn invoke(
        &self,
        name: &str,
        payload: &str,
        kind: Kind,
    ) -> Result<Invoked, Refusal> {
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

    /// Whether a program polls, or has done so a moment ago: between two invocations it does not,
    /// and neither does one that is started again. One that is being started has a second.
    pub(super) async fn is_attended(&self) -> bool {
        let attended = self.wait(|state| state.is_attended(Instant::now()).then_some(()));
        tokio::time::timeout(Duration::from_secs(1), attended).await.is_ok()
    }

    /// How many environments there are: one at least.
    pub(super) fn environments(&self) -> usize {
        self.lock().environments()
    }

    /// The environment of that number; they are counted from 0.
    pub(super) fn environment(&self, number: usize) -> Environment<'_> {
        Environment { function: self, number }
    }

    /// Ends every invocation whose time is over, and tries those whose next try has come.
    pub(super) fn expire(&self) {
        let (mut state, now) = (self.lock(), self.clock.now());
        let is_changed = state.expire(Instant::now(), now) | state.has_one_to_take(now);
        drop(state);
        if is_changed {
            self.changed.notify_waiters();
        }
    }

    /// The environments whose invocation took too long since this was last asked. Lambda stops the
    /// program in them (AWS docs, "Understanding the Lambda execution environment lifecycle").
    pub(super) fn take_timed_out(&self) -> Vec<usize> {
        std::mem::take(&mut self.lock().timed_out)
    }

    pub(super) fn init_errors(&self) -> Vec<String> {
        self.lock().init_errors.clone()
    }

    pub(super) fn invocations(&self) -> Vec<Invocation> {
        self.lock().all.values().cloned().collect()
    }

    /// Waits until no invocation is queued or running.
    pub(super) async fn quiet(&self) {
        self.wait(|state| state.is_quiet().then_some(())).await;
    }

    /// Adds an invocation to the queue; gives its number, or nothing if it is synchronous and there
    /// is no environment for it.
    fn add(&self, payload: String, kind: Kind) -> Option<u64> {
        let mut state = self.lock();
        if kind == Kind::Sync && !state.has_a_free_environment() {
            return None;
        }
        let serial = state.queue(self.clock.now(), |serial| Invocation {
            request_id: self.request_id(serial),
            kind,
            payload,
            queued: self.clock.now(),
            taken: None,
            environment: None,
            ended: None,
            ending: None,
        });
        drop(state);
        self.changed.notify_waiters();
        Some(serial)
    }

    fn request_id(&self, serial: u64) -> String {
        ids::uuid(ids::hash(&self.arn).wrapping_add(serial))
    }

    /// Looks at the state until it has what is wanted.
    async fn wait<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            // Registered before the look, so that a change between the look and the wait is not
            // missed.
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

/// A program that waits for work. It may go away instead of getting any.
struct Poll<'a>(&'a Function);

impl<'a> Poll<'a> {
    fn begin(function: &'a Function) -> Poll<'a> {
        function.lock().polls += 1;
        function.changed.notify_waiters();
        Poll(function)
    }
}

impl Drop for Poll<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.polls -= 1;
        state.polled = Some(Instant::now());
    }
}

impl Environment<'_> {
    pub(super) fn function_arn(&self) -> &str {
        self.function.arn()
    }

    /// Waits for work, and takes it. Asking for work while an invocation runs here means that the
    /// process that had it is gone; what runs in other environments goes on.
    pub(super) async fn next(&self) -> Taken {
        self.end_running(&mut self.function.lock(), Ending::Crashed);
        let Environment { function, number } = *self;
        let _poll = Poll::begin(function);
        function.wait(|state| state.take(number, function.clock.now(), function.timeout)).await
    }

    /// The invocation that runs here has ended.
    pub(super) fn end(&self, request_id: &str, ending: Ending) -> Accepted {
        let mut state = self.function.lock();
        if state.running_in(self.number) != Some(request_id) {
            return Accepted::UnknownRequestId;
        }
        self.end_running(&mut state, ending);
        Accepted::Yes
    }

    /// It could not start.
    pub(super) fn init_failed(&self, document: String) {
        let mut state = self.function.lock();
        if state.init_errors.len() < KEPT {
            state.init_errors.push(document);
        }
    }

    fn end_running(&self, state: &mut State, ending: Ending) {
        state.end(self.number, ending, self.function.clock.now());
        self.function.changed.notify_waiters();
    }
}
