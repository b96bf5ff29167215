//! What the tests of the readings share: a clock that never waits, and a way to run a future.

use std::cell::Cell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::ports::Clock;

/// A clock that every wait moves on at once.
#[derive(Debug, Default)]
pub(super) struct TestClock(Cell<Duration>);

impl Clock for TestClock {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        self.0.set(self.0.get() + duration);
        std::future::ready(())
    }
}

/// Runs a future that never waits.
pub(super) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}
