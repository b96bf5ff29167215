//! The faults that the simulation injects: the table of them, and what its columns mean.

mod call;
mod table;

pub use self::table::InjectedFault;

use std::time::Duration;

use super::begin::{Begun, Drawn, Site};
use super::step::RunStep;
use crate::dice::Dice;
use crate::world::{ApiError, Pace};

/// A row of the table.
struct Row {
    words: &'static str,
    family: Family,
    steps: Steps,
    lasts: Lasts,
    begin: Begin,
}

/// How the region changes when a fault begins, and how that is undone.
type Begin = fn(&Drawn, &mut Site<'_>) -> Result<Begun, ApiError>;

/// For how long a fault lasts.
type Lasts = fn(&mut Dice, &Pace) -> Duration;

/// What a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// The hosts of databases.
    Hosts,
    /// The names of databases: one moves to another database, for good or for a while.
    Names,
    /// The members of sets.
    Sets,
    /// Messages.
    Messages,
    /// Answers of the RDS API.
    RdsApi,
    /// Answers of DNS.
    Dns,
    /// Answers to reads of groups, and of network interfaces.
    Reads,
    /// What the targets of a group look like.
    Targets,
    /// Answers to writes of groups.
    Writes,
    /// The function itself.
    Function,
}

/// The steps of a run that a fault can strike.
#[derive(Clone, Copy)]
enum Steps {
    Only(&'static [RunStep]),
    AllBut(&'static [RunStep]),
}

/// Steps that faults have in common.
mod steps {
    use super::RunStep::{self, *};
    use super::Steps::{self, AllBut, Only};

    /// A run that has begun asks at once, so nothing happens between. Few runs prove a standby.
    pub(super) const ANY: Steps = AllBut(&[Begin, Proof]);
    pub(super) const RDS: Steps = Only(&[Topology, TopologyAgain]);
    pub(super) const DNS: Steps = Only(&[Names, NamesAgain]);
    pub(super) const READS: Steps = Only(&[Group, Targets, ReadBack]);
    pub(super) const TARGETS: Steps = Only(&[Targets, ReadBack]);
    pub(super) const WRITES: Steps = Only(&[Register, Deregister]);
    pub(super) const GROUP: Steps = Only(&[Group, Targets, Register, ReadBack, Deregister]);
    pub(super) const AWS: Steps = AllBut(&[Idle, Begin, Names, NamesAgain, Pause, Proof]);
    /// A run asks before it waits for the first time.
    pub(super) const RUNNING: Steps = AllBut(&[Idle, Begin, Proof]);
    /// A write ends before its run's time does, or it is not begun.
    pub(super) const NO_WRITE: Steps = AllBut(&[Idle, Begin, Register, Deregister, Proof]);
    pub(super) const ALIVE: Steps = AllBut(&[Idle, Proof]);
    /// Only a run with a warm binding is ever in it.
    pub(super) const PROOF: Steps = Only(&[Proof]);

    pub(super) const fn only(step: &'static [RunStep; 1]) -> Steps {
        Only(step)
    }
}

/// How long faults last.
mod lasts {
    use super::{Dice, Duration, Pace};

    pub(super) fn usual(dice: &mut Dice, _: &Pace) -> Duration {
        dice.seconds(1, 60)
    }

    /// Some readings of a run, or longer.
    pub(super) fn short_or_usual(dice: &mut Dice, pace: &Pace) -> Duration {
        if dice.percent(30) { dice.seconds(0, 4) } else { usual(dice, pace) }
    }

    pub(super) fn deadline(dice: &mut Dice, _: &Pace) -> Duration {
        if dice.percent(40) {
            Duration::from_millis(dice.below(150) as u64)
        } else {
            dice.seconds(0, 20)
        }
    }
}

impl InjectedFault {
    /// The words of its row.
    pub fn words(self) -> &'static str {
        self.row().words
    }

    /// Whether it can strike a run in this step.
    pub fn can_strike(self, step: RunStep) -> bool {
        match self.row().steps {
            Steps::Only(steps) => steps.contains(&step),
            Steps::AllBut(steps) => !steps.contains(&step),
        }
    }

    pub(super) fn family(self) -> Family {
        self.row().family
    }

    /// Draws for how long it lasts.
    pub(super) fn lasts(self, dice: &mut Dice, pace: &Pace) -> Duration {
        (self.row().lasts)(dice, pace)
    }

    /// Begins it.
    pub(super) fn begin(self, drawn: &Drawn, site: &mut Site<'_>) -> Result<Begun, ApiError> {
        (self.row().begin)(drawn, site)
    }
}

impl Family {
    /// Whether it is a change of databases.
    pub(super) fn is_of_databases(self) -> bool {
        matches!(self, Family::Hosts | Family::Names | Family::Sets)
    }

    /// Whether its faults can happen to a binding whose source is not a database.
    pub(super) fn is_of_any_source(self) -> bool {
        matches!(
            self,
            Family::Dns | Family::Reads | Family::Targets | Family::Writes | Family::Function
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_strike_somewhere() {
        for fault in InjectedFault::ALL {
            assert!(RunStep::ALL.into_iter().any(|step| fault.can_strike(step)), "{fault:?}");
        }
    }
}
