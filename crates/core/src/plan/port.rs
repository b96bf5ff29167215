//! The port of the targets.

use super::Hold;
use crate::config::{Binding, PortDiffers};
use crate::evidence::Facts;
use crate::mechanism::Mechanism;

/// The port that RDS reports of a database. A proxy's port is that of its engine family, and no
/// field of the API.
pub(super) fn reported_port(binding: &Binding, facts: Option<&Facts>) -> Option<u16> {
    facts.filter(|_| binding.source.is_database())?.port
}

/// Whether the binding accepts only the port that RDS reports.
pub(super) fn port_must_match(binding: &Binding) -> bool {
    binding.port_differs == PortDiffers::Held
}

/// The port of the targets: the binding's, or else the database's own.
///
/// Nobody listens on a written port that RDS does not report, unless the binding says that it is
/// meant. Without this rule:
///
/// 1. A template has `port = 5432` as its default, and the database is MySQL's, on 3306.
/// 2. The writer is registered on 5432. The right target, on 3306, is then on another port than the
///    binding's, and is left alone or removed.
pub(super) fn port_of(binding: &Binding, facts: Option<&Facts>) -> Result<u16, Hold> {
    match (binding.port, reported_port(binding, facts)) {
        (Some(written), Some(reported))
            if written != reported
                && port_must_match(binding)
                && Mechanism::PortDiffersHolds.is_on() =>
        {
            Err(Hold::PortDiffers { written, reported })
        }
        (Some(written), _) => Ok(written),
        // From the facts, and not `reported_port`, which leaves out a proxy's port.
        (None, _) => facts.and_then(|facts| facts.port).ok_or(Hold::NoPort),
    }
}
