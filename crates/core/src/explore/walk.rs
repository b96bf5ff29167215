//! The walk: a breadth-first search that visits every reachable moment once.
//!
//! It stores 128-bit fingerprints of moments, so that millions fit into memory. Two different
//! moments with one fingerprint are less likely than a hardware error. Each fingerprint has the
//! move that led to it, so that a broken promise comes with the shortest history that breaks it.

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

use super::history::{Invocation, Moment, Move, Outcome, Setup, Shown};
use super::monitor::{Breach, Promise};
use super::world::{Kind, MOST_PLACES, Place, Slot};
use crate::ports::with_longest_write;
use crate::run::Effect;

/// The result of a walk.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) moments: usize,
    pub(super) moves: usize,
    /// The number of worlds from which a sweep without faults was tried.
    pub(super) worlds: usize,
    /// The longest time of such a sweep until the group was right.
    pub(super) longest_sweep: Duration,
    pub(super) took: Duration,
    /// The shortest history for each broken promise.
    pub(super) broken: BTreeMap<Promise, Trace>,
}

/// A history that breaks a promise.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) steps: Vec<String>,
    pub(super) breach: Breach,
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:>3}. {step}", number + 1)?;
        }
        write!(f, "     {}", self.breach)
    }
}

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        write!(
            f,
            "{} moments, {} moves, {} worlds swept (the longest sweep: {:.1} s), in {seconds:.1} s",
            self.moments,
            self.moves,
            self.worlds,
            self.longest_sweep.as_secs_f64(),
        )?;
        for (promise, trace) in &self.broken {
            write!(f, "\n{promise:?} is broken:\n{trace}")?;
        }
        Ok(())
    }
}

type Fingerprint = u128;

/// How a moment was first reached. A start has its number.
#[derive(Clone, Copy)]
enum Origin {
    Start(usize),
    By(Fingerprint, Move),
}

/// Walks through everything that can happen, or until `enough`.
pub(super) fn walk(setup: &Setup, enough: impl Fn(&Walked) -> bool) -> Walked {
    with_longest_write(setup.longest_write, || walk_to_the_end(setup, enough))
}

fn walk_to_the_end(setup: &Setup, enough: impl Fn(&Walked) -> bool) -> Walked {
    let started = Instant::now();
    let mut walked = Walked::default();
    let mut origins: HashMap<Fingerprint, Origin> = HashMap::new();
    let mut calmed: HashSet<Fingerprint> = HashSet::new();
    let mut level: Vec<(Fingerprint, Moment)> = Vec::new();
    for (number, moment) in setup.starts().into_iter().enumerate() {
        let print = fingerprint(&moment);
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
            let moves = setup.moves(&moment);
            let calm = moment.calmed();
            if setup.is_on_a_wrong_port() {
                // The group cannot become right until a person changes the binding.
            } else if !setup.sweeps {
                let right = moment.world.group.present() == setup.kind.wants(moment.world.now);
                if moves.is_empty() && !right {
                    let how = format!(
                        "nobody looks any more, and the targets are {}",
                        Shown(moment.world.group)
                    );
                    let breach = Breach { promise: Promise::L1, how };
                    walked.breaks(breach, || history(setup, &origins, print, None));
                }
            } else if calmed.insert(fingerprint(&calm)) {
                walked.worlds += 1;
                match sweep_mends(setup, &calm) {
                    Ok(took) => walked.longest_sweep = walked.longest_sweep.max(took),
                    Err(breach) => walked.breaks(breach, || history(setup, &origins, print, None)),
                }
            }
            let mut before = Some(moment);
            for (number, made) in moves.iter().copied().enumerate() {
                walked.moves += 1;
                let last = number + 1 == moves.len();
                let moment = if last { before.take() } else { before.clone() };
                let (after, breaches) =
                    setup.after(moment.expect("only the last move takes it"), made);
                for breach in breaches {
                    walked.breaks(breach, || history(setup, &origins, print, Some(made)));
                }
                let after_print = fingerprint(&after);
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
    fn breaks(&mut self, breach: Breach, steps: impl FnOnce() -> Vec<String>) {
        self.broken.entry(breach.promise).or_insert_with(|| Trace { steps: steps(), breach });
    }
}

fn fingerprint(moment: &Moment) -> Fingerprint {
    let mut hasher = SipHasher13::new();
    moment.hash(&mut hasher);
    hasher.finish128().as_u128()
}

/// The moves that led to a moment, and one more, as sentences.
fn history(
    setup: &Setup,
    origins: &HashMap<Fingerprint, Origin>,
    to: Fingerprint,
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
    let database = match setup.kind {
        Kind::Cluster | Kind::Instance(_) => "A is the writer".to_owned(),
        Kind::Member => "the member is at A".to_owned(),
        Kind::Readers => format!("the set is {}", setup.kind.wants(moment.world.now)),
    };
    let mut steps = vec![format!("{database}; the targets are {}", Shown(moment.world.group))];
    for made in moves.into_iter().rev() {
        steps.push(made.describe(setup.kind, &moment));
        moment = setup.after(moment, made).0;
    }
    steps
}

/// Checks L1 and L2: when nothing goes wrong any more and no run is active, one sweep makes the
/// group right, and the next sweep writes nothing. Returns how long the first sweep took. It is
/// tried with a load balancer that shows every new target as healthy at once, and where health
/// proves nothing also with one that never does.
fn sweep_mends(setup: &Setup, calm: &Moment) -> Result<Duration, Breach> {
    let paces: &[bool] = match setup.kind {
        Kind::Cluster | Kind::Member | Kind::Readers => &[true, false],
        Kind::Instance(_) => &[true],
    };
    let mut longest = Duration::ZERO;
    for heals in paces {
        let mut moment = calm.clone();
        // A late write has landed by then.
        if moment.world.late_write.is_some() {
            moment = setup.after(moment, Move::LateWriteLands).0.calmed();
        }
        if moment.world.under_way.is_some() {
            moment = setup.after(moment, Move::LostWriteLands).0.calmed();
        }
        let swept = sweep(setup, &mut moment, *heals);
        let wanted = setup.kind.wants(moment.world.now);
        if moment.world.group.present() != wanted {
            let database = match setup.kind {
                Kind::Cluster | Kind::Instance(_) => {
                    format!("the writer is {}", moment.world.now.writer)
                }
                Kind::Member => format!("the member is at {}", moment.world.now.writer),
                Kind::Readers => format!("the set is {wanted}"),
            };
            return Err(Breach {
                promise: Promise::L1,
                how: format!(
                    "after a calm sweep {database} and the targets are {}",
                    Shown(moment.world.group)
                ),
            });
        }
        let (took, _) = swept?;
        let mut again = moment.calmed();
        let (_, writes) = sweep(setup, &mut again, *heals)?;
        if writes > 0 {
            return Err(Breach { promise: Promise::L2, how: "a second sweep writes".to_owned() });
        }
        longest = longest.max(took);
    }
    Ok(longest)
}

/// Plays a sweep to its end. Returns the time until its last write, and the number of its writes.
fn sweep(setup: &Setup, moment: &mut Moment, heals: bool) -> Result<(Duration, usize), Breach> {
    let (mut now, mut last, mut writes) = (Duration::ZERO, Duration::ZERO, 0);
    let mut breaches = setup.begin(moment, Invocation::Sweep);
    while !moment.is_over() {
        let world = &mut moment.world;
        for place in Place::all(MOST_PLACES) {
            let accepts = setup.accepts(place, world);
            match world.group.slot(place) {
                Slot::Initial | Slot::Unhealthy if heals && accepts => {
                    world.group = world.group.with(place, Slot::Healthy);
                }
                Slot::Initial | Slot::Healthy if !accepts => {
                    world.group = world.group.with(place, Slot::Unhealthy)
                }
                _ => {}
            }
        }
        let outcome = match moment.asks(0) {
            None => {
                now += moment.sleeps_for(0);
                let (next, broken) = setup.after(moment.clone(), Move::TimePasses(0));
                *moment = next;
                breaches.extend(broken);
                continue;
            }
            Some(Effect::ReadTopology(_))
                if matches!(setup.kind, Kind::Instance(_) | Kind::Member) =>
            {
                Outcome::Read
            }
            Some(Effect::Resolve(..)) if setup.kind == Kind::Readers => Outcome::Read,
            Some(Effect::ReadTopology(_) | Effect::Resolve(..)) => {
                Outcome::Named(Some(moment.world.now))
            }
            Some(Effect::Permit(..)) => Outcome::Done,
            Some(Effect::Register(..) | Effect::Deregister(..)) => {
                (writes, last) = (writes + 1, now);
                Outcome::Done
            }
            Some(_) => Outcome::Read,
        };
        breaches.extend(setup.answer(moment, 0, outcome));
    }
    match breaches.into_iter().next() {
        Some(breach) => Err(breach),
        None => Ok((last, writes)),
    }
}
