//! A virtual clock that advances only when every task waits for it.
//!
//! [`VirtualTime::run`] polls a future until it waits for nothing but time, then moves the clock to
//! the earliest moment that is waited for. A minute takes as long as what happens in it, and the
//! same future always sees the same times.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use writerlink_core::ports::Clock;

/// A clock that stops until every task waits for it.
#[derive(Clone, Debug, Default)]
pub struct VirtualTime(Arc<Mutex<Sleepers>>);

#[derive(Debug, Default)]
struct Sleepers {
    now: Duration,
    asleep: BTreeMap<(Duration, u64), Waker>,
    slept: u64,
}

impl VirtualTime {
    /// Runs a future to its end.
    ///
    /// # Panics
    /// When the future waits for something that is not time: nothing here would ever wake it.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let awake = Arc::new(Awake(AtomicBool::new(true)));
        let waker = Waker::from(awake.clone());
        let mut context = Context::from_waker(&waker);
        loop {
            while awake.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return output;
                }
            }
            let woken = self.sleepers().advance();
            woken.into_iter().for_each(Waker::wake);
        }
    }

    fn sleepers(&self) -> MutexGuard<'_, Sleepers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleepers {
    /// Moves the clock to the earliest moment that is waited for; returns the tasks that wait for
    /// it, in the order they came.
    fn advance(&mut self) -> Vec<Waker> {
        let first = self.asleep.first_key_value();
        let (&(when, _), _) = first.expect("what runs in virtual time waits for time only");
        self.now = when;
        let later = self.asleep.split_off(&(when + Duration::from_nanos(1), 0));
        std::mem::replace(&mut self.asleep, later).into_values().collect()
    }
}

impl Clock for VirtualTime {
    fn now(&self) -> Duration {
        self.sleepers().now
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        let until = self.now().saturating_add(duration);
        Sleep { time: self.clone(), until, place: None }
    }
}

/// A wait until a moment. Dropped before it, it no longer holds time up.
struct Sleep {
    time: VirtualTime,
    until: Duration,
    place: Option<(Duration, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let time = self.time.clone();
        let mut sleepers = time.sleepers();
        if sleepers.now >= self.until {
            return Poll::Ready(());
        }
        let until = self.until;
        let place = *self.place.get_or_insert_with(|| {
            sleepers.slept += 1;
            (until, sleepers.slept)
        });
        sleepers.asleep.insert(place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.time.sleepers().asleep.remove(&place);
        }
    }
}

struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleepers_wake_in_the_order_of_their_times_and_the_clock_shows_it() {
        let time = VirtualTime::default();
        let log = Mutex::new(Vec::new());
        let wait = async |name: &str, seconds| {
            time.sleep(Duration::from_secs(seconds)).await;
            log.lock().expect("log").push((name.to_owned(), time.now().as_secs()));
        };
        time.run(async {
            futures_util::join!(wait("late", 3600), wait("soon", 1), wait("later", 60));
        });
        let log = log.into_inner().expect("log");
        assert_eq!(log, [("soon".into(), 1), ("later".into(), 60), ("late".into(), 3600)]);
    }

    #[test]
    fn a_wait_that_is_given_up_holds_nothing_up() {
        let time = VirtualTime::default();
        time.run(async {
            let long = pin!(time.sleep(Duration::from_secs(60)));
            let short = pin!(time.sleep(Duration::from_secs(1)));
            futures_util::future::select(long, short).await;
            time.sleep(Duration::from_secs(1)).await;
        });
        assert_eq!(time.now(), Duration::from_secs(2));
    }
}
