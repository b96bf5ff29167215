//! The delays of a blue/green switchover.

use std::time::Duration;

/// The clocks of a blue/green switchover.
///
/// AWS documents the order of its actions and a downtime of typically less than a minute, but
/// neither when the RDS API shows the new names nor when DNS does, nor whether a name is ever
/// without an answer (AWS docs: "Switching a blue/green deployment"). So the last six run apart
/// from each other, and a test can put them in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchoverPace {
    /// From the start until writes are blocked and connections dropped: the guardrail checks.
    pub checks: Duration,
    /// From then until green has caught up and names begin to move.
    pub catch_up: Duration,
    /// From the begin of the move until both accept connections and green takes writes.
    pub open: Duration,
    /// From the begin of the move until the RDS API shows the new names.
    pub shown: Duration,
    /// From the begin of the move until the first name of blue is taken out of DNS.
    pub dns: Duration,
    /// How much later each further name is.
    pub dns_step: Duration,
    /// How long a name answers nothing before it answers green.
    pub gap: Duration,
    /// From the begin of the move until the switchover is reported as complete, or as long as it
    /// takes to open and to be shown.
    pub completed: Duration,
}

impl SwitchoverPace {
    /// A switchover of half a minute.
    pub fn real() -> SwitchoverPace {
        SwitchoverPace {
            checks: Duration::from_secs(10),
            catch_up: Duration::from_secs(10),
            open: Duration::from_secs(12),
            shown: Duration::from_secs(6),
            dns: Duration::from_secs(8),
            dns_step: Duration::from_secs(2),
            gap: Duration::from_secs(3),
            completed: Duration::from_secs(20),
        }
    }

    /// The same story in seconds.
    pub fn brisk() -> SwitchoverPace {
        SwitchoverPace {
            checks: Duration::from_millis(500),
            catch_up: Duration::from_millis(500),
            open: Duration::from_millis(900),
            shown: Duration::from_millis(500),
            dns: Duration::from_millis(700),
            dns_step: Duration::from_millis(150),
            gap: Duration::from_millis(250),
            completed: Duration::from_millis(1500),
        }
    }

    /// From the start of a switchover of a cluster of the simulation's size, of four instances at
    /// most, until nothing moves any more.
    pub(crate) fn whole(&self) -> Duration {
        let names = 2 + 4;
        let dns = self.dns + self.dns_step * names + self.gap;
        self.checks + self.catch_up + self.end().max(dns)
    }

    /// From the begin of the move until all is done but DNS.
    pub fn end(&self) -> Duration {
        self.completed.max(self.open).max(self.shown)
    }
}
