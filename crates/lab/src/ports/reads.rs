//! Reads: how a fault shows in an answer, and how a list comes in pages.

use std::collections::BTreeMap;
use std::time::Duration;

use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::{Clock, Page};

use super::{CALL, InProcess, refused};
use crate::fault::Effect;
use crate::world::paging::PageRequest;
use crate::world::{ApiError, World};

/// How long one attempt of a read waits for an answer that does not come, as in `writerlink-aws`.
const READ_TIMEOUT: Duration = Duration::from_secs(12);

impl<C: Clock + Sync> InProcess<C> {
    /// A page of a list, whose entries come in the order of their keys.
    pub(super) async fn page<K: Ord + ToString, T>(
        &self,
        name: &'static str,
        size: usize,
        marker: Option<String>,
        list: impl Fn(&World) -> BTreeMap<K, T>,
    ) -> Result<Page<(K, T)>, CallError> {
        let request = PageRequest { max_records: None, marker };
        let cut = |world: &World| {
            let entries = list(world).into_iter().collect();
            let page = request.cut(entries, size, |(key, _)| key.to_string());
            Ok(Page { entries: page.items, next: page.marker })
        };
        self.read(name, "", cut, cut, |page: &mut Page<(K, T)>| every_other(&mut page.entries))
            .await
    }

    /// A call that changes nothing. `thin` takes entries out of an answer of which a page is lost,
    /// `lag` tells what a reading that lags behind would.
    pub(super) async fn read<T: Default>(
        &self,
        name: &'static str,
        resource: &str,
        act: impl FnOnce(&World) -> Result<T, ApiError>,
        lag: impl FnOnce(&World) -> Result<T, ApiError>,
        thin: impl FnOnce(&mut T),
    ) -> Result<T, CallError> {
        let admitted = self.admits(name);
        self.clock.sleep(CALL).await;
        if !admitted {
            return Err(CallError::new(name, Failure::Throttled, "Rate exceeded"));
        }
        let (fault, answer) = {
            let mut shared = self.lock();
            let fault = self.fault(&mut shared, name, resource);
            let answer = match fault {
                Some(Effect::Stale) => lag(&shared.world),
                _ => act(&shared.world),
            };
            (fault, answer.map_err(|error| refused(name, &error)))
        };
        let fail = |failure, why: &str| Err(CallError::new(name, failure, why));
        match fault {
            Some(Effect::Throttle) => fail(Failure::Throttled, "Rate exceeded"),
            Some(Effect::AccessDenied) => {
                fail(Failure::Rejected(Rejection::AccessDenied), "not authorized")
            }
            Some(Effect::Error(error)) => Err(refused(name, &error)),
            Some(
                Effect::ServerErrorBefore
                | Effect::ServerErrorAfter
                | Effect::ResetBefore
                | Effect::ResetAfter
                | Effect::MalformedXml
                | Effect::Truncated,
            ) => fail(Failure::Unreachable, "no usable answer"),
            Some(Effect::Hang) => {
                self.clock.sleep(READ_TIMEOUT).await;
                fail(Failure::Unreachable, "no answer in time")
            }
            Some(Effect::Delay(delay)) if delay >= READ_TIMEOUT => {
                self.clock.sleep(READ_TIMEOUT).await;
                fail(Failure::Unreachable, "no answer in time")
            }
            Some(Effect::Delay(delay)) => {
                self.clock.sleep(delay).await;
                answer
            }
            Some(Effect::EmptyPage) => Ok(T::default()),
            Some(Effect::LostPage) => answer.map(|mut answer| {
                thin(&mut answer);
                answer
            }),
            Some(Effect::Stale | Effect::Partial | Effect::Late(_) | Effect::Ignored) | None => {
                answer
            }
        }
    }
}

/// Leaves of a list what is left when a part of it is lost.
pub(super) fn every_other<T>(entries: &mut Vec<T>) {
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        at % 2 == 1
    });
}
