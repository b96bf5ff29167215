//! When each step of a failover happened, under the names that the recorder gives to the same
//! figures (docs/recorder.md). The recorder has an interval for each; here they are exact.

use serde::Serialize;

use super::{addresses, host};
use crate::scenario::recording::{LinkRecording, Span};
use crate::scenario::stopwatch::milliseconds;

/// When things happened in the last failover of a database with one writer, in seconds since the
/// beginning. A figure is null if it did not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The RDS API named the new writer.
    pub topology: Option<f64>,
    /// DNS gave the new writer's address for the first time.
    pub dns: Option<f64>,
    /// DNS gave it for good.
    pub dns_steady: Option<f64>,
    /// The new writer was a target.
    pub registered: Option<f64>,
    /// The new target was healthy for the first time.
    pub healthy: Option<f64>,
    /// The old target drained, or was gone.
    pub old_draining: Option<f64>,
    /// The group did not list the old target any more.
    pub old_gone: Option<f64>,
}

/// How long things took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// From the first evidence until all that belongs there was a target.
    pub evidence_to_registered: Option<f64>,
    /// From then until the new target was healthy; absent if it was a target before the failover,
    /// as a warm standby is.
    pub registered_to_healthy: Option<f64>,
    /// From the moment at which the former writer stopped serving until the new target was healthy.
    pub failover_to_healthy: Option<f64>,
}

impl Figures {
    /// The figures of a link's last failover, if its database had one writer before and after it.
    pub fn of(link: &LinkRecording) -> Option<Figures> {
        let one = |span: &Span| match addresses(&span.what).as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        let last = link.wanted.last()?;
        let new = one(last)?;
        let mut before = link.wanted.iter().rev().filter_map(one);
        let old = before.find(|writer| *writer != new)?;
        let since = last.from;
        let first = |spans: &[Span]| {
            let named = |span: &&Span| span.to > since && host(&span.what) == host(&new);
            spans.iter().find(named).map(|span| span.from.max(since))
        };
        let steady = link.dns.last().filter(|span| span.what == host(&new));
        let new_in = |is_so: fn(&str) -> bool| {
            let of_new = link.targets.iter().filter(|span| span.target == new && span.to > since);
            of_new.filter(|span| is_so(&span.state)).map(|span| span.from).reduce(f64::min)
        };
        let end = link.wanted.last().map_or(0.0, |span| span.to);
        let old_until = |is_so: fn(&str) -> bool| {
            let of_old = link.targets.iter().filter(|span| span.target == old);
            let until = of_old.filter(|span| is_so(&span.state)).map(|span| span.to);
            until.reduce(f64::max).filter(|until| *until < end)
        };
        Some(Figures {
            topology: first(&link.topology),
            dns: first(&link.dns),
            dns_steady: steady.map(|span| span.from.max(since)),
            registered: new_in(|state| state != "draining"),
            healthy: new_in(|state| state == "healthy"),
            old_draining: old_until(|state| state != "draining"),
            old_gone: old_until(|_| true),
        })
    }
}

impl Seconds {
    /// The times of a link, of which `evidence_to_registered` is known.
    pub(super) fn of(link: &LinkRecording, evidence_to_registered: Option<f64>) -> Seconds {
        let figures = Figures::of(link).unwrap_or_default();
        let from_to = |from: Option<f64>, to: Option<f64>| Some(milliseconds(to? - from?).max(0.0));
        let began = began(link);
        let registered = figures.registered.filter(|at| began.is_none_or(|began| *at >= began));
        Seconds {
            evidence_to_registered,
            registered_to_healthy: from_to(registered, figures.healthy),
            failover_to_healthy: from_to(began, figures.healthy),
        }
    }
}

/// When the writer before the last one stopped serving.
fn began(link: &LinkRecording) -> Option<f64> {
    let changed = link.wanted.last().filter(|_| link.wanted.len() > 1)?.from;
    let down = link.serving.iter().rfind(|span| span.what == "down" && span.from <= changed);
    Some(down.filter(|span| span.to >= changed).map_or(changed, |span| span.from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::recording::TargetSpan;

    const A: &str = "10.20.1.10:5432";
    const B: &str = "10.20.2.10:5432";

    #[test]
    fn a_failovers_steps_are_told_under_the_recorders_names() {
        let span = |from, to, what: &str| Span { from, to, what: what.to_owned() };
        let target = |target: &str, from, to, state: &str| TargetSpan {
            target: target.to_owned(),
            from,
            to,
            state: state.to_owned(),
        };
        let mut link = LinkRecording {
            wanted: vec![span(0.0, 20.0, A), span(20.0, 100.0, B)],
            serving: vec![span(0.0, 12.0, "up"), span(12.0, 20.0, "down"), span(20.0, 100.0, "up")],
            topology: vec![span(0.0, 25.0, A), span(25.0, 100.0, B)],
            dns: vec![
                span(0.0, 23.0, "10.20.1.10"),
                span(23.0, 24.0, "10.20.2.10"),
                span(24.0, 30.0, "10.20.1.10"),
                span(30.0, 100.0, "10.20.2.10"),
            ],
            targets: vec![
                target(A, 0.0, 40.0, "healthy"),
                target(A, 40.0, 70.0, "draining"),
                target(B, 27.0, 90.0, "initial"),
                target(B, 90.0, 100.0, "healthy"),
            ],
            ..LinkRecording::default()
        };
        let figures = Figures {
            topology: Some(25.0),
            dns: Some(23.0),
            dns_steady: Some(30.0),
            registered: Some(27.0),
            healthy: Some(90.0),
            old_draining: Some(40.0),
            old_gone: Some(70.0),
        };
        assert_eq!(Figures::of(&link), Some(figures));
        let seconds = Seconds::of(&link, Some(4.0));
        assert_eq!(
            (seconds.registered_to_healthy, seconds.failover_to_healthy),
            (Some(63.0), Some(78.0))
        );
        // A standby that was a target before.
        link.targets[2].from = 5.0;
        assert_eq!(Seconds::of(&link, Some(0.0)).registered_to_healthy, None);
    }
}
