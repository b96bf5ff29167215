//! The script of a history, drawn from a seed: failovers, faults around them, and the moment when
//! all faults end.

use std::time::Duration;

use writerlink_core::source::Source;

use super::begin::{Drawn, When};
use super::incident::Incident;
use super::injected_fault::InjectedFault;
use super::setting::Setting;
use super::step::RunStep;
use crate::dice::Dice;

/// What will happen in one history.
pub(super) struct Script {
    /// In no order.
    pub(super) incidents: Vec<Incident>,
    /// When nothing more goes wrong.
    pub(super) calm: Duration,
}

/// What happens by itself in a setting, and what only a setting can have: it is drawn with that.
const NOT_DRAWN_HERE: [InjectedFault; 3] =
    [InjectedFault::FailOver, InjectedFault::TwoAtOnce, InjectedFault::ClockSkew];

impl Script {
    /// Draws what will happen. Few kinds of fault a history, each perhaps several times, find
    /// more than a little of all.
    pub(super) fn draw(dice: &mut Dice, setting: &Setting) -> Script {
        let start = setting.world.now();
        let length = dice.seconds(150, 500);
        let mut script = Script { incidents: Vec::new(), calm: start + length };
        let failovers = 1 + dice.below(4);
        let mut moments = Vec::new();
        for _ in 0..failovers {
            // Some come soon after the one before, as a failback does.
            let at = match moments.last() {
                Some(last) if dice.percent(40) => *last + dice.seconds(1, 70),
                _ => start + dice.seconds(5, 5 + length.as_secs() * 3 / 4),
            };
            moments.push(at);
            let when = script.when(dice, InjectedFault::FailOver, at);
            script.add(dice, setting, InjectedFault::FailOver, when);
        }
        for _ in 0..dice.below(7) {
            let fault = loop {
                let drawn = *dice.pick(InjectedFault::COMMON);
                if !NOT_DRAWN_HERE.contains(&drawn) {
                    break drawn;
                }
            };
            for _ in 0..1 + dice.below(3) {
                let near = *dice.pick(&moments) + dice.seconds(0, 90);
                let at = near.saturating_sub(Duration::from_secs(20)).max(start);
                let when = script.when(dice, fault, at);
                script.add(dice, setting, fault, when);
            }
        }
        script.end_at_calm();
        script
    }

    /// Draws what happens to the set, beside what happens to the others.
    pub(super) fn add_set(&mut self, dice: &mut Dice, setting: &Setting) {
        let Some(place) = setting.set() else { return };
        let source = &setting.bounds[place].link.source;
        let start = setting.world.now();
        let length = (self.calm - start).as_secs();
        let moves: &[InjectedFault] = match source {
            Source::Name(_) => {
                &[InjectedFault::HostMoved, InjectedFault::HostMoved, InjectedFault::DnsPartial]
            }
            Source::Proxy(..) => &[
                InjectedFault::NodeReplaced,
                InjectedFault::NodeReplaced,
                InjectedFault::DnsPartial,
            ],
            _ => &[
                InjectedFault::FailOver,
                InjectedFault::FailOver,
                InjectedFault::ScaledOut,
                InjectedFault::ScaledIn,
                InjectedFault::ScaledIn,
                InjectedFault::ReadersGone,
            ],
        };
        let mut moments = Vec::new();
        for _ in 0..1 + dice.below(5) {
            let fault = *dice.pick(moves);
            let at = start + dice.seconds(5, 5 + length * 3 / 4);
            moments.push(at);
            let when = self.when(dice, fault, at);
            self.add_at(dice, setting, fault, when, place);
        }
        for _ in 0..dice.below(5) {
            let fault = loop {
                let drawn = *dice.pick(InjectedFault::COMMON);
                let fits = match source {
                    Source::Name(_) | Source::Proxy(..) => drawn.family().is_of_any_source(),
                    _ => true,
                };
                if fits && !NOT_DRAWN_HERE.contains(&drawn) {
                    break drawn;
                }
            };
            let near = *dice.pick(&moments) + dice.seconds(0, 60);
            let at = near.saturating_sub(Duration::from_secs(20)).max(start);
            let when = self.when(dice, fault, at);
            self.add_at(dice, setting, fault, when, place);
        }
        self.end_at_calm();
    }

    /// Draws how names move, beside what happens by itself.
    pub(super) fn add_moves(&mut self, dice: &mut Dice, setting: &Setting) {
        let Some(moved) = &setting.moved else { return };
        let start = setting.world.now();
        let length = (self.calm - start).as_secs();
        let moves: &[InjectedFault] = if moved.is_global {
            &[
                InjectedFault::Demoted,
                InjectedFault::Demoted,
                InjectedFault::Demoted,
                InjectedFault::MadeAgain,
            ]
        } else {
            &[
                InjectedFault::SwitchedOver,
                InjectedFault::SwitchedOver,
                InjectedFault::SwitchoverCancelled,
                InjectedFault::RdsRenamed,
                InjectedFault::MadeAgain,
            ]
        };
        for _ in 0..1 + dice.below(3) {
            let fault = *dice.pick(moves);
            let at = start + dice.seconds(5, 5 + length * 3 / 4);
            let when = self.when(dice, fault, at);
            self.add_at(dice, setting, fault, when, moved.place);
        }
        self.end_at_calm();
    }

    /// Draws what happens to the warm standby, beside what happens by itself.
    pub(super) fn add_warm(&mut self, dice: &mut Dice, setting: &Setting) {
        let Some(place) = setting.warm else { return };
        const KINDS: [InjectedFault; 7] = [
            InjectedFault::FailOver,
            InjectedFault::InterfacesDenied,
            InjectedFault::InterfacesThrottled,
            InjectedFault::InterfacesUnread,
            InjectedFault::StandbyReplaced,
            InjectedFault::AddressReused,
            InjectedFault::NeighbourAdded,
        ];
        let start = setting.world.now();
        let length = (self.calm - start).as_secs();
        for _ in 0..1 + dice.below(4) {
            let fault = *dice.pick(&KINDS);
            let at = start + dice.seconds(5, 5 + length * 3 / 4);
            let when = self.when(dice, fault, at);
            self.add_at(dice, setting, fault, when, place);
        }
        self.end_at_calm();
    }

    fn end_at_calm(&mut self) {
        let calm = self.calm;
        self.incidents.retain(|incident| match incident.drawn.when {
            When::At(at) | When::In(_, at) => at < calm,
        });
    }

    /// At a moment, or in the first step after it that the fault can strike.
    fn when(&self, dice: &mut Dice, fault: InjectedFault, at: Duration) -> When {
        let steps: Vec<RunStep> = RunStep::ALL
            .into_iter()
            .filter(|step| {
                !matches!(step, RunStep::Idle | RunStep::Begin | RunStep::Pause)
                    && fault.can_strike(*step)
            })
            .collect();
        let in_step = match fault {
            InjectedFault::LateWrite => true,
            InjectedFault::FailOver => dice.percent(30),
            _ => dice.percent(50),
        };
        if in_step && !steps.is_empty() { When::In(*dice.pick(&steps), at) } else { When::At(at) }
    }

    /// Adds it to a binding that follows a writer. What happens to the set is drawn apart.
    fn add(&mut self, dice: &mut Dice, setting: &Setting, fault: InjectedFault, when: When) {
        let lasts = fault.lasts(dice, &setting.world.pace);
        let writers = setting.set().unwrap_or(setting.bounds.len());
        let clusters: Vec<usize> =
            (0..writers).filter(|index| setting.bounds[*index].is_cluster()).collect();
        let place = match fault {
            InjectedFault::RdsStale | InjectedFault::RdsNoWriter | InjectedFault::RdsTwoWriters => {
                *dice.pick(&clusters)
            }
            _ => dice.below(writers),
        };
        let form = dice.below(1 << 16);
        self.incidents.push(Incident { fault, place, drawn: Drawn { when, lasts, form } });
    }

    fn add_at(
        &mut self,
        dice: &mut Dice,
        setting: &Setting,
        fault: InjectedFault,
        when: When,
        place: usize,
    ) {
        let lasts = fault.lasts(dice, &setting.world.pace);
        let form = dice.below(1 << 16);
        self.incidents.push(Incident { fault, place, drawn: Drawn { when, lasts, form } });
    }
}
