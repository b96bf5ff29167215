//! A read that survives a slow or throttled AWS: it takes its tokens, is made again after a
//! failure, and is made a second time while the first is slow.
//!
//! For a run, all this is a read that takes longer. A run waits for a read however long it takes,
//! and the walk explores every such delay, so nothing here can make it unsafe.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::pacer::{Class, Pacer};
use super::retry::Attempts;
use crate::failure::CallError;
use crate::ports::Clock;

/// After this time without an answer, a read is sent a second time while the first goes on. Most
/// calls take a tenth of it, and a server that is slow for one request answers the next at once.
const SLOW: Duration = Duration::from_secs(1);

/// How the reads of one reading are made.
#[derive(Debug)]
pub(crate) struct Reads<'a, C> {
    pub(super) clock: &'a C,
    pub(super) pacer: &'a Pacer,
    pub(super) class: Class,
    /// When the caller must have the result.
    pub(super) end: Duration,
}

/// Whether the first attempt of a read must still take its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// They were taken at this moment.
    Taken,
    /// It waits for them.
    Due,
}

impl<C: Clock> Reads<'_, C> {
    /// Makes a read until it gives a usable answer, for about ten seconds.
    ///
    /// # Errors
    /// The answer that refuses it, or the error of the last attempt.
    pub(crate) async fn read<T, F>(
        &self,
        call: &'static str,
        tokens: Tokens,
        make: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let clock = self.clock;
        if tokens == Tokens::Due {
            self.pacer.turn(call, self.class, clock).await;
        }
        let mut attempts = Attempts::new(clock.now(), self.end);
        let attempt = |taken| {
            let made = make();
            async move { (taken, made.await) }
        };
        let mut under_way = FuturesUnordered::new();
        under_way.push(attempt(clock.now()));
        loop {
            let slow = pin!(clock.sleep(SLOW));
            match select(under_way.next(), slow).await {
                Either::Left((Some((taken, result)), _)) => {
                    self.pacer.hear(call, taken, clock.now(), &result);
                    let error = match result {
                        Err(error) if error.is_retryable() => error,
                        result => return result,
                    };
                    if !under_way.is_empty() {
                        continue;
                    }
                    let Some(pause) = attempts.pause(clock.now()) else {
                        return Err(error);
                    };
                    clock.sleep(pause).await;
                    self.pacer.turn(call, self.class, clock).await;
                    under_way.push(attempt(clock.now()));
                }
                Either::Left((None, _)) | Either::Right(_) => {
                    let now = clock.now();
                    // A second request is a help and not a need: it waits for no token.
                    if under_way.len() < 2
                        && attempts.may_begin(now)
                        && self.pacer.take(call, self.class, now).is_ok()
                    {
                        under_way.push(attempt(now));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
