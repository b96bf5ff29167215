//! The search, as in `explore/walk.rs`: breadth first, with 128-bit fingerprints.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "no order of the fingerprints is ever looked at, and how long a walk took is only \
        printed"
)]

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::time::{Duration, Instant};

use siphasher::sip128::{Hasher128, SipHasher13};

use super::super::S;
use super::super::history::Shown;
use super::super::world::{MOST_PLACES, Place, Places, Slot};
use super::monitor::Promise;
use super::moves::{Broken, Moment, Move, Outcome, Setup, write_of};
use super::world::{D, Neighbour};
use crate::ports::with_longest_write;
use crate::run::Effect;

/// The result of a walk.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) moments: usize,
    moves: usize,
    worlds: usize,
    took: Duration,
    /// The shortest history for each broken promise.
    pub(super) broken: BTreeMap<Promise, Vec<String>>,
}

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { moments, moves, worlds, .. } = self;
        let seconds = self.took.as_secs_f64();
        write!(f, "{moments} moments, {moves} moves, {worlds} worlds swept, in {seconds:.1} s")?;
        for (promise, steps) in &self.broken {
            write!(f, "\n{promise:?} is broken:\n{}", steps.join("\n"))?;
        }
        Ok(())
    }
}

type Print = u128;

/// How a moment was first reached.
#[derive(Clone, Copy)]
enum Origin {
    Start(usize),
    By(Print, Move),
}

/// Walks through everything that can happen, or until `enough`.
pub(super) fn walk(setup: &Setup, enough: impl Fn(&Walked) -> bool) -> Walked {
    with_longest_write(3 * S, || search(setup, enough))
}

fn search(setup: &Setup, enough: impl Fn(&Walked) -> bool) -> Walked {
    let started = Instant::now();
    let mut walked = Walked::default();
    let mut origins: HashMap<Print, Origin> = HashMap::new();
    let mut calmed: HashSet<Print> = HashSet::new();
    let mut level: Vec<(Print, Moment)> = Vec::new();
    for (number, moment) in setup.starts().into_iter().enumerate() {
        let print = print_of(&moment);
        origins.insert(print, Origin::Start(number));
        level.push((print, moment));
    }
    'walk: while !level.is_empty() {
        let mut next = Vec::new();
        for (print, moment) in level {
            if enough(&walked) {
                break 'walk;
            }
            walked.moments += 1;
            let calm = moment.calmed(setup);
            if calmed.insert(print_of(&calm)) {
                walked.worlds += 1;
                for (promise, how) in sweeps_mend(setup, calm) {
                    walked.breaks(promise, how, || history(setup, &origins, print, None));
                }
            }
            for made in setup.moves(&moment) {
                walked.moves += 1;
                let (after, broken) = setup.after(moment.clone(), made);
                for (promise, how) in broken {
                    walked.breaks(promise, how, || history(setup, &origins, print, Some(made)));
                }
                let after_print = print_of(&after);
                if let Entry::Vacant(place) = origins.entry(after_print) {
                    place.insert(Origin::By(print, made));
                    next.push((after_print, after));
                }
            }
        }
        level = next;
    }
    walked.took = started.elapsed();
    walked
}

impl Walked {
    fn breaks(&mut self, promise: Promise, how: String, steps: impl FnOnce() -> Vec<String>) {
        self.broken.entry(promise).or_insert_with(|| {
            let mut steps = steps();
            steps.push(format!("     {how}"));
            steps
        });
    }
}

fn print_of(moment: &Moment) -> Print {
    let mut hasher = SipHasher13::new();
    moment.hash(&mut hasher);
    hasher.finish128().as_u128()
}

/// The moves that led to a moment, and one more, as numbered sentences.
fn history(
    setup: &Setup,
    origins: &HashMap<Print, Origin>,
    to: Print,
    then: Option<Move>,
) -> Vec<String> {
    let mut moves = Vec::from_iter(then);
    let mut at = to;
    let start = loop {
        match origins[&at] {
            Origin::Start(number) => break number,
            Origin::By(before, made) => {
                moves.push(made);
                at = before;
            }
        }
    };
    let mut moment = setup.starts().swap_remove(start);
    let group = Shown(moment.world.group);
    let mut steps = vec![format!("A is the writer, B its standby; the targets are {group}")];
    for made in moves.into_iter().rev() {
        steps.push(made.describe(&moment));
        moment = setup.after(moment, made).0;
    }
    steps.iter().zip(1..).map(|(step, number)| format!("{number:>3}. {step}")).collect()
}

/// When nothing goes wrong any more: one sweep leaves the writer and at most its standby, three of
/// them leave both, and a fourth writes nothing.
fn sweeps_mend(setup: &Setup, mut moment: Moment) -> Broken {
    let world = &moment.world;
    let (writer, standby) = (world.writer, world.standby);
    let was_beside = standby.is_some_and(|standby| world.group.present().has(standby));
    let (_, mut broken) = sweep(setup, &mut moment);
    let mut most = Places::one(writer);
    standby.into_iter().for_each(|place| most.add(place));
    let present = moment.world.group.present();
    let is_right = present.has(writer)
        && present.without(most).is_empty()
        && !(setup.standby_accepts && was_beside && present != Places::one(writer));
    if !is_right {
        let how = format!("L1: after a calm sweep the targets are {}", Shown(moment.world.group));
        broken.push((Promise::L1, how));
    }
    if setup.standby_accepts {
        return broken;
    }
    for _ in 0..2 {
        broken.extend(sweep(setup, &mut moment).1);
    }
    let may_be_alone = standby.is_some_and(|standby| moment.barred.has(standby));
    let is_clear = setup.neighbour == Neighbour::SingleAz && !may_be_alone;
    if is_clear && moment.world.group.present() != most {
        let group = Shown(moment.world.group);
        broken.push((Promise::L1, format!("L1: after three calm sweeps the targets are {group}")));
    }
    let (writes, _) = sweep(setup, &mut moment);
    if writes > 0 {
        broken.push((Promise::L2, "L2: a fourth calm sweep writes".to_owned()));
    }
    // The other promises are judged where the history is told to its end.
    broken.retain(|(promise, _)| matches!(promise, Promise::L1 | Promise::L2));
    broken
}

/// Plays a sweep to its end, and counts its writes.
fn sweep(setup: &Setup, moment: &mut Moment) -> (usize, Broken) {
    let mut writes = 0;
    let mut broken = setup.begin(moment);
    while let Some(live) = &moment.live {
        let effect = live.waiting.first().cloned();
        let world = &mut moment.world;
        for place in Place::all(MOST_PLACES) {
            let accepts = world.accepts(place, setup.standby_accepts) || place == D;
            let slot = match (world.group.slot(place), accepts) {
                (Slot::Initial | Slot::Unhealthy, true) => Slot::Healthy,
                (Slot::Initial | Slot::Healthy, false) => Slot::Unhealthy,
                (slot, _) => slot,
            };
            world.group = world.group.with(place, slot);
        }
        let made = match effect {
            None => Move::Sleeps,
            Some(Effect::Resolve(_, names, _)) if names.iter().any(|n| n.as_str() == "db") => {
                Move::Answered(Outcome::Named(world.writer))
            }
            Some(effect) => {
                writes += usize::from(write_of(&effect).is_some());
                Move::Answered(Outcome::Done)
            }
        };
        let (next, more) = setup.after(moment.clone(), made);
        *moment = next;
        broken.extend(more);
    }
    (writes, broken)
}
