//! Whether a group ended right, according to the region itself.

use std::net::SocketAddr;

use serde::Serialize;
use writerlink_lab::World;

use super::observer::ObservedGroup;
use writerlink_lab::scene::Link;

/// How one group ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct GroupVerdict {
    pub(super) binding: String,
    pub(super) database: String,
    /// The group's ARN.
    pub(super) target_group: String,
    pub(super) ok: bool,
    /// What is wrong, if anything.
    pub(super) fault: Option<String>,
    /// Where the writer actually listens.
    pub(super) writer: Option<SocketAddr>,
    /// The targets that are not draining.
    pub(super) targets: Vec<SocketAddr>,
    /// Seconds from the promotion until the new writer was a target.
    pub(super) registered_after: Option<f64>,
    /// Seconds from the promotion until the new writer was the only target, and stayed it.
    pub(super) right_after: Option<f64>,
}

impl GroupVerdict {
    /// Compares a group with the actual writer.
    pub(super) fn of(link: &Link, seen: &ObservedGroup, world: &World) -> Self {
        let writer = link.writer(world).map(|writer| writer.address);
        let targets: Vec<SocketAddr> =
            link.present(world).into_iter().map(|(address, _)| address).collect();
        let after = |moment: Option<f64>| Some(hundredths(moment? - seen.promoted?));
        let fault = fault(writer, &targets, seen);
        Self {
            binding: link.name.clone(),
            database: link.database().to_owned(),
            target_group: link.group.clone(),
            ok: fault.is_none(),
            fault,
            writer,
            targets,
            registered_after: after(seen.registered),
            right_after: after(seen.right),
        }
    }
}

fn fault(
    writer: Option<SocketAddr>,
    targets: &[SocketAddr],
    seen: &ObservedGroup,
) -> Option<String> {
    let list = || {
        let texts: Vec<String> = targets.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    let Some(writer) = writer else {
        return Some("the database has no writer".to_owned());
    };
    if seen.promoted.is_none() {
        return Some("the database did not fail over".to_owned());
    }
    if let Some(when) = seen.emptied {
        return Some(format!("the group was empty at {when} s"));
    }
    match targets {
        [only] if *only == writer => None,
        [] => Some(format!("{writer} is the writer and the group is empty")),
        _ => Some(format!("{writer} is the writer and the group holds {}", list())),
    }
}

fn hundredths(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "10.20.2.4:5432";
    const OLD: &str = "10.20.1.4:5432";

    fn judged(targets: &[&str], seen: ObservedGroup) -> Option<String> {
        let parse = |text: &&str| text.parse().expect("an address");
        let targets: Vec<SocketAddr> = targets.iter().map(parse).collect();
        fault(Some(parse(&NEW)), &targets, &seen)
    }

    fn failed_over() -> ObservedGroup {
        ObservedGroup { promoted: Some(1.0), ..ObservedGroup::default() }
    }

    #[test]
    fn only_exactly_the_writer_is_right() {
        for (targets, right) in [
            (vec![NEW], true),
            (vec![OLD], false),
            (vec![NEW, OLD], false),
            (vec![], false),
            (vec!["10.20.2.4:5433"], false),
        ] {
            let fault = judged(&targets, failed_over());
            assert_eq!(fault.is_none(), right, "{targets:?}: {fault:?}");
        }
    }

    #[test]
    fn a_group_that_was_empty_for_a_moment_is_wrong_however_it_ends() {
        let seen = ObservedGroup { emptied: Some(4.2), ..failed_over() };
        let fault = judged(&[NEW], seen);
        assert_eq!(fault.as_deref(), Some("the group was empty at 4.2 s"));
    }

    #[test]
    fn a_demo_in_which_nothing_happened_is_a_failure() {
        assert!(judged(&[NEW], ObservedGroup::default()).is_some());
    }
}
