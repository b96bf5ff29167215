//! The state of a region that changes during a history.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use writerlink_core::topology::HostName;

use crate::simulate::begin::{Drawn, Undo, When};
use crate::simulate::coverage::Coverage;
use crate::simulate::incident::Incident;
use crate::simulate::injected_fault::{Family, InjectedFault};
use crate::simulate::judge::Judge;
use crate::simulate::record::{KillPoint, Record};
use crate::simulate::step::RunStep;
use crate::simulate::transcript::Transcript;

/// What changes while it is played. Never lock the region while this is locked: the region reports
/// to its observer while it is locked itself.
pub(in crate::simulate) struct State {
    pub(in crate::simulate) runs: BTreeMap<u64, Record>,
    pub(in crate::simulate) judge: Judge,
    pub(in crate::simulate) coverage: Coverage,
    pub(in crate::simulate) transcript: Transcript,
    pub(super) pending: Vec<Incident>,
    pub(super) active: Vec<Active>,
    /// What strikes the next messages, in their order.
    pub(super) messages: VecDeque<InjectedFault>,
    /// How the next runs are killed, and how little time they get.
    pub(super) kill_points: VecDeque<usize>,
    pub(super) deadlines: VecDeque<Duration>,
    /// The true members of each link, and since when.
    pub(super) members: Vec<(BTreeSet<SocketAddr>, Duration)>,
    /// The run that last removed a target from its group.
    pub(super) removals: BTreeMap<(usize, SocketAddr), u64>,
    pub(in crate::simulate) is_gone: Vec<bool>,
    /// Since when no database has the name that a binding follows.
    pub(super) nameless: Vec<Option<Duration>>,
    /// The names of all instances that RDS has listed to a run.
    pub(in crate::simulate) listed: BTreeSet<HostName>,
    /// When a host of a warm binding's instance was last at each address.
    pub(super) pairs: Vec<BTreeMap<SocketAddr, Duration>>,
    /// Since when a warm binding with both of its targets fails over, and which they are, until
    /// its new writer is healthy; not if a write was under way then.
    pub(in crate::simulate) failed_over: Vec<Option<(Duration, BTreeSet<SocketAddr>)>>,
    /// Where hosts of each binding's database have ever been.
    pub(super) homes: Vec<BTreeSet<SocketAddr>>,
    /// The longest that the load balancer has taken to its first check of a target.
    pub(in crate::simulate) slowest_registration: Duration,
    /// Until when databases move.
    pub(in crate::simulate) moves_until: Duration,
    pub(super) is_calm: bool,
    pub(super) calls: u64,
    pub(in crate::simulate) counts: Counts,
}

/// What happened, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs that began.
    pub runs: u64,
    /// Runs that were killed.
    pub killed: u64,
    /// Failovers of single databases and of zones.
    pub failovers: u64,
    /// Writes that were sent.
    pub writes: u64,
}

/// An incident that has begun and is not over.
pub(super) struct Active {
    pub(super) incident: Incident,
    pub(super) until: Duration,
    pub(super) undo: Option<Undo>,
    pub(super) name: Option<String>,
}

impl State {
    /// The steps in which runs are, or that none is alive.
    pub(in crate::simulate) fn steps(&self) -> Vec<RunStep> {
        if self.runs.is_empty() {
            return vec![RunStep::Idle];
        }
        self.runs.values().flat_map(Record::steps).collect()
    }

    pub(in crate::simulate) fn mark_all(&mut self, fault: InjectedFault, steps: &[RunStep]) {
        for step in steps {
            self.coverage.mark(fault, *step);
        }
    }

    /// Marks the faults that are going on and that show in an answer of this step.
    pub(in crate::simulate) fn mark_active(
        &mut self,
        step: RunStep,
        shows: impl Fn(InjectedFault, usize, Option<&str>) -> bool,
    ) {
        let State { active, coverage, .. } = self;
        for Active { incident, name, .. } in active.iter() {
            if shows(incident.fault, incident.place, name.as_deref()) {
                coverage.mark(incident.fault, step);
            }
        }
    }

    /// Where the next run is killed, and how little time it gets.
    pub(in crate::simulate) fn next_kill(&mut self) -> (Option<KillPoint>, Option<Duration>) {
        let kill_point = self.kill_points.pop_front().map(KillPoint::AfterWakes);
        (kill_point, self.deadlines.pop_front())
    }

    pub(super) fn kill_point(&mut self, drawn: &Drawn) {
        match drawn.when {
            // The runs that are in that step.
            When::In(step, _) => {
                for record in self.runs.values_mut() {
                    if record.steps().contains(&step) {
                        record.kill_point = Some(KillPoint::Now);
                    }
                }
            }
            When::At(_) if drawn.form.is_multiple_of(2) => {
                for record in self.runs.values_mut() {
                    record.kill_point = Some(KillPoint::AfterWakes((drawn.form / 2) % 8));
                }
            }
            // From the first await of a run on, later ones less often.
            When::At(_) => {
                let most = 1 << (1 + (drawn.form / 2) % 8);
                self.kill_points.push_back((drawn.form / 16) % most);
            }
        }
    }

    /// Whether the database is changing already in a way that this cannot be added to: one name
    /// moves at a time, and what a failover amid a switchover comes to is not documented.
    pub(super) fn moves_already(&self, incident: &Incident, now: Duration) -> bool {
        let of = incident.fault;
        let moves_name = |fault: InjectedFault| fault.family() == Family::Names;
        if moves_name(of) && now < self.moves_until {
            return true;
        }
        self.active.iter().map(|active| &active.incident).any(|other| {
            let (renames, moves) =
                (other.fault == InjectedFault::RdsRenamed, moves_name(other.fault));
            let changes = matches!(of.family(), Family::Names | Family::Hosts)
                || of == InjectedFault::RdsRenamed;
            let is_here = other.place == incident.place || of == InjectedFault::ZoneLost;
            is_here && (moves && changes || renames && moves_name(of))
        })
    }

    /// The faults that have begun and are not undone yet.
    pub(in crate::simulate) fn lasting(&self) -> Vec<InjectedFault> {
        self.active.iter().map(|active| active.incident.fault).collect()
    }

    pub(super) fn take_due(&mut self, now: Duration) -> Vec<Incident> {
        let due =
            |incident: &mut Incident| matches!(incident.drawn.when, When::At(at) if at <= now);
        self.pending.extract_if(.., due).collect()
    }

    pub(super) fn take_waiting(&mut self, step: RunStep, now: Duration) -> Vec<Incident> {
        let waiting = |incident: &mut Incident| match incident.drawn.when {
            When::In(of, from) => of == step && from <= now,
            When::At(_) => false,
        };
        self.pending.extract_if(.., waiting).collect()
    }

    pub(super) fn take_over(&mut self, now: Duration) -> Vec<Active> {
        self.active.extract_if(.., |active| active.until <= now).collect()
    }
}
