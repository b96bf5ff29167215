//! The driver on a virtual clock, and what the tests of its parts share.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::pacer::{Class, Pacer};
use super::reads::Reads;
use crate::ports::Clock;

/// A clock that advances when everything waits for it.
#[derive(Debug, Clone, Default)]
pub(super) struct VirtualClock(Arc<Mutex<Sleepers>>);

#[derive(Debug, Default)]
struct Sleepers {
    now: Duration,
    asleep: BTreeMap<(Duration, u64), Waker>,
    slept: u64,
}

impl VirtualClock {
    /// Runs a future that waits for nothing but time.
    pub(super) fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let awake = Arc::new(Awake(AtomicBool::new(true)));
        let waker = Waker::from(awake.clone());
        loop {
            while awake.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(output) =
                    future.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return output;
                }
            }
            let woken = {
                let mut sleepers = self.0.lock().expect("no test panics in here");
                let ((when, _), woken) = sleepers.asleep.pop_first().expect("somebody sleeps");
                sleepers.now = sleepers.now.max(when);
                woken
            };
            woken.wake();
        }
    }

    /// A future that takes so long to give its output.
    pub(super) async fn after<T>(&self, millis: u64, output: T) -> T {
        self.sleep(Duration::from_millis(millis)).await;
        output
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.0.lock().expect("no test panics in here").now
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        Sleep { until: self.now().saturating_add(duration), clock: self.clone(), place: None }
    }
}

/// A wait until a moment. When it is dropped, nobody is woken for it.
struct Sleep {
    until: Duration,
    clock: VirtualClock,
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (clock, until) = (self.clock.clone(), self.until);
        let mut sleepers = clock.0.lock().expect("no test panics in here");
        if sleepers.now >= until {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            sleepers.slept += 1;
            sleepers.slept
        });
        sleepers.asleep.insert((until, place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let mut sleepers = self.clock.0.lock().expect("no test panics in here");
            sleepers.asleep.remove(&(self.until, place));
        }
    }
}

struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes an urgent reading with full buckets and all the time there is.
pub(super) fn reading<T>(read: impl AsyncFnOnce(&Reads<'_, VirtualClock>) -> T) -> T {
    let (clock, pacer) = (VirtualClock::default(), Pacer::default());
    let reads = Reads { clock: &clock, pacer: &pacer, class: Class::Urgent, end: Duration::MAX };
    clock.run(read(&reads))
}
