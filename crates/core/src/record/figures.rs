//! The figures of a record: moments between which something came to be so, and how long it took.

use serde::{Deserialize, Serialize};

use super::{Cause, Moment};

/// When something came to be so.
///
/// Readings of DNS, and of an API that answers from several places, can go back and forth. The two
/// moments are those of the readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Between {
    /// When the last reading began that showed that it was not so; none if the first reading
    /// already showed that it was.
    pub after: Option<Moment>,
    /// When the first reading had ended that showed that it was so.
    pub by: Moment,
}

impl Between {
    /// Exactly this moment.
    pub fn at(moment: Moment) -> Self {
        Self { after: Some(moment), by: moment }
    }

    /// The earlier of two: it cannot lie before both were possible.
    fn earlier(self, other: Self) -> Self {
        let after = self.after.zip(other.after).map(|(one, other)| one.min(other));
        Self { after, by: self.by.min(other.by) }
    }
}

/// When things happened. A figure is absent if no reading showed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Figures {
    /// The RDS API named the new writer; absent for an instance.
    pub topology: Option<Between>,
    /// DNS gave the new writer's address for the first time.
    pub dns: Option<Between>,
    /// DNS gave it for good, as far as was seen.
    pub dns_steady: Option<Between>,
    /// The new writer was a target.
    pub registered: Option<Between>,
    /// The new target was healthy for the first time.
    pub healthy: Option<Between>,
    /// The old target drained, or was gone.
    pub old_draining: Option<Between>,
    /// The group did not list the old target any more.
    pub old_gone: Option<Between>,
    /// A connection to the load balancer succeeded again, for good as far as was seen, after one
    /// had failed. If it is absent, `link_end` says why.
    pub link: Option<Between>,
}

impl Figures {
    /// The first evidence of the new writer, by the RDS API or DNS.
    pub fn evidence(&self) -> Option<Between> {
        match (self.topology, self.dns) {
            (Some(topology), Some(dns)) => Some(topology.earlier(dns)),
            (one, other) => one.or(other),
        }
    }

    /// When the new writer was registered, unless the first reading already showed it as a target,
    /// before there was evidence of the failover: then it was registered for another reason.
    fn registered_for_it(&self) -> Option<Between> {
        let before = self.evidence().and_then(|evidence| evidence.after);
        let was_there = |registered: &Between| {
            registered.after.is_none() && before.is_some_and(|before| registered.by <= before)
        };
        self.registered.filter(|registered| !was_there(registered))
    }

    /// When the failover began: the time of an event that announces it. Without such an event it is
    /// the first evidence, or the event's time if that is earlier.
    fn began(&self, cause: &Cause) -> Option<Between> {
        let evidence = self.evidence();
        match cause.rds {
            Some(rds) if cause.announces => Some(Between::at(rds)),
            Some(rds) => evidence.map(|evidence| Between {
                after: evidence.after.filter(|after| *after < rds),
                by: evidence.by.min(rds),
            }),
            None => evidence,
        }
    }
}

/// How long things took, in seconds. A time is absent if one of its ends was not seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Seconds {
    /// From the event's time until the recorder received it.
    pub event_lag: Option<Lasted>,
    /// From the first evidence until the new writer was a target.
    pub evidence_to_registered: Option<Lasted>,
    /// From then until the target was healthy; absent if it was a target before the failover, as a
    /// warm standby is.
    pub registered_to_healthy: Option<Lasted>,
    /// From the beginning of the failover until the new target was healthy. It begins at the time
    /// of an event that announces it, else at the first evidence, or at the event's time if that is
    /// earlier.
    pub failover_to_healthy: Option<Lasted>,
}

/// How long something took: no less and no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Lasted {
    /// Seconds, at least.
    pub at_least: f64,
    /// Seconds, at most; absent if the beginning was before the first reading.
    pub at_most: Option<f64>,
}

/// A time that is known less exactly than this is no measurement, in seconds.
const EXACT: f64 = 15.0;

impl Lasted {
    /// A time that is known.
    pub fn of(seconds: f64) -> Self {
        let seconds = milliseconds(seconds.max(0.0));
        Self { at_least: seconds, at_most: Some(seconds) }
    }

    /// The time from one to the other, unless nothing is known of it.
    pub fn between(from: Between, to: Between) -> Option<Self> {
        let at_least = to.after.map_or(0.0, |after| after.since(from.by).max(0.0));
        let at_most = from.after.map(|after| milliseconds(to.by.since(after).max(0.0)));
        let at_least = milliseconds(at_least);
        (at_least > 0.0 || at_most.is_some()).then_some(Self { at_least, at_most })
    }

    /// The middle, if the time is known to within 15 seconds: the value of a metric.
    pub fn measured(self) -> Option<f64> {
        let at_most = self.at_most.filter(|at_most| at_most - self.at_least <= EXACT)?;
        Some(milliseconds(f64::midpoint(self.at_least, at_most)))
    }
}

fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

impl Seconds {
    /// The times between these figures.
    pub fn of(cause: &Cause, figures: &Figures) -> Self {
        let from_to = |from: Option<Between>, to: Option<Between>| Lasted::between(from?, to?);
        Self {
            event_lag: cause.rds.map(|rds| Lasted::of(cause.received.since(rds))),
            evidence_to_registered: from_to(figures.evidence(), figures.registered),
            registered_to_healthy: from_to(figures.registered_for_it(), figures.healthy),
            failover_to_healthy: from_to(figures.began(cause), figures.healthy),
        }
    }

    /// Each by the name of its metric, in the order in which they happen.
    pub fn named(&self) -> [(&'static str, Option<Lasted>); 4] {
        [
            ("EventLag", self.event_lag),
            ("EvidenceToRegistered", self.evidence_to_registered),
            ("RegisteredToHealthy", self.registered_to_healthy),
            ("FailoverToHealthy", self.failover_to_healthy),
        ]
    }
}
