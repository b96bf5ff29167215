//! The loop that performs a session's reads over the ports. No port here can write.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::{SignedDuration, Timestamp};

use super::course::When;
use super::link::{Front, LinkProbe};
use super::session::{Came, Session, Wish};
use super::{Moment, Record};
use crate::drive::{Class, ReadPorts, Tokens, topology};
use crate::failure::LookupError;
use crate::ports::{Clock, Rds, Resolver, TargetGroupRead, action};
use crate::target::Family;

/// Drives a session to its end. `now` is the time by the wall at its beginning. Each record goes to
/// `out` as soon as it is finished.
///
/// Every read is one attempt: one that fails is a gap, and the next comes a second later.
pub async fn record<R: Rds, D: Resolver, G: TargetGroupRead, S, P: LinkProbe>(
    mut session: Session,
    ports: &ReadPorts<R, D, G, S>,
    probe: Option<&P>,
    clock: &impl Clock,
    now: Timestamp,
    out: &mut impl FnMut(&Session, &Record),
) -> Session {
    let started = clock.now();
    let moment = |at: Duration| {
        let passed = SignedDuration::try_from(at.saturating_sub(started)).unwrap_or_default();
        Moment(now.checked_add(passed).unwrap_or(Timestamp::MAX))
    };
    let mut under_way = FuturesUnordered::new();
    loop {
        let at = clock.now();
        let may_read = || ports.pacer().take(action::TARGETS, Class::Urgent, at).is_ok();
        for wish in session.wishes(moment(at), may_read) {
            under_way.push(Box::pin(async move {
                let began = clock.now();
                let came = perform(wish, ports, probe, clock).await;
                (came, began, clock.now())
            }));
        }
        let sleep = pin!(clock.sleep(session.sleeps_for(moment(at))));
        let came = match under_way.is_empty() {
            true => {
                sleep.await;
                None
            }
            false => match select(under_way.next(), sleep).await {
                Either::Left((came, _)) => came,
                Either::Right(((), _)) => None,
            },
        };
        if let Some((came, began, ended)) = came {
            session.take(came, When { began: moment(began), ended: moment(ended) });
        }
        let is_over = session.is_over(moment(clock.now()));
        if is_over {
            session.end_all(moment(clock.now()));
        }
        for record in session.take_records() {
            out(&session, &record);
        }
        if is_over {
            return session;
        }
    }
}

async fn perform<R: Rds, D: Resolver, G: TargetGroupRead, S, P: LinkProbe>(
    wish: Wish,
    ports: &ReadPorts<R, D, G, S>,
    probe: Option<&P>,
    clock: &impl Clock,
) -> Came {
    // An end that is past allows no second attempt.
    let reads = ports.reads(Class::Urgent, clock, Duration::ZERO);
    match wish {
        Wish::Topology(scope) => {
            Came::Topology(topology::read_topology(&ports.rds, scope, &reads).await)
        }
        Wish::Names(index, names, family) => {
            let answers = join_all(names.iter().map(|name| ports.dns.lookup(name, family))).await;
            Came::Names(index, names.into_iter().zip(answers).collect())
        }
        Wish::Targets(index, group) => {
            let read = || ports.groups.targets(&group);
            Came::Targets(index, reads.read(action::TARGETS, Tokens::Taken, read).await)
        }
        Wish::Front(index, group) => match probe {
            Some(probe) => Came::Front(index, probe.front(&group).await),
            None => Came::Front(index, Ok(None)),
        },
        Wish::Connect(index, front, family) => {
            Came::Connected(index, connect(&front, family, &ports.dns, probe).await)
        }
    }
}

/// Whether any address of a load balancer accepts a connection.
async fn connect(
    Front { name, port }: &Front,
    family: Family,
    dns: &impl Resolver,
    probe: Option<&impl LinkProbe>,
) -> Result<bool, LookupError> {
    let addresses = dns.lookup(name, family).await?.addresses;
    let Some(probe) = probe else {
        return Ok(false);
    };
    let connects = addresses.iter().map(|ip| probe.connects(SocketAddr::new(*ip, *port)));
    Ok(join_all(connects).await.contains(&true))
}
