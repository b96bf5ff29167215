//! Whether a record can be true. One from a file may have been written by anybody.

use std::iter::once;

use super::{Between, Lasted, Moment, Record, Seconds};

/// Why a record cannot be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// The moment and the record's beginning are too far apart.
    #[error("{0} is more than a day from {1}, when the recording began")]
    Far(Moment, Moment),
    /// An interval, a gap or the recording ends before it begins.
    #[error("something ends at {1} that begins at {0}")]
    Backwards(Moment, Moment),
    /// A time that the figures do not give.
    #[error("its {0} is not the one that its own figures give")]
    Time(&'static str),
}

/// The seconds of a day.
const DAY: f64 = 86_400.0;

/// A record writes its moments without the part below a millisecond, and its times are rounded.
const ROUNDED: f64 = 0.0015;

impl Record {
    /// Looks for what cannot be so: moments more than a day apart, an end before its beginning, a
    /// time in `seconds` that is not the one between the figures.
    ///
    /// # Errors
    /// The first that is found.
    pub fn check(&self) -> Result<(), Impossible> {
        let began = self.began;
        if let Some(far) = self.moments().find(|at| at.since(began).abs() > DAY) {
            return Err(Impossible::Far(far, began));
        }
        let gaps = self.gaps.iter().map(|gap| (gap.from, gap.to));
        let intervals = self.intervals().filter_map(|one| Some((one.after?, one.by)));
        let mut all = once((began, self.ended)).chain(intervals).chain(gaps);
        if let Some((from, to)) = all.find(|(from, to)| from > to) {
            return Err(Impossible::Backwards(from, to));
        }
        let given = Seconds::of(&self.cause, &self.figures).named();
        for ((name, told), (_, given)) in self.seconds.named().into_iter().zip(given) {
            // A record that does not tell a time says nothing wrong.
            if told.is_some_and(|told| !agree(told, given)) {
                return Err(Impossible::Time(name));
            }
        }
        Ok(())
    }

    fn intervals(&self) -> impl Iterator<Item = Between> {
        let figures = &self.figures;
        let figures = [
            figures.topology,
            figures.dns,
            figures.dns_steady,
            figures.registered,
            figures.healthy,
            figures.old_draining,
            figures.old_gone,
            figures.link,
        ];
        figures.into_iter().flatten().chain(self.states.iter().map(|state| state.since))
    }

    fn moments(&self) -> impl Iterator<Item = Moment> {
        let cause = [Some(self.cause.received), self.cause.rds, self.cause.sns, Some(self.ended)];
        let intervals = self.intervals().flat_map(|one| [one.after, Some(one.by)]);
        let gaps = self.gaps.iter().flat_map(|gap| [Some(gap.from), Some(gap.to)]);
        cause.into_iter().chain(intervals).chain(gaps).flatten()
    }
}

fn agree(told: Lasted, given: Option<Lasted>) -> bool {
    let near = |one: f64, other: f64| (one - other).abs() <= ROUNDED;
    let given = given.unwrap_or(Lasted { at_least: 0.0, at_most: None });
    let is_end_near = match (told.at_most, given.at_most) {
        (Some(told), Some(given)) => near(told, given),
        (told, given) => told.is_none() && given.is_none(),
    };
    near(told.at_least, given.at_least) && is_end_near
}
