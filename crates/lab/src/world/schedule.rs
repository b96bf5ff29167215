//! The scheduled changes of the world, in the order in which they fall due.

use std::collections::BTreeMap;
use std::time::Duration;

/// Changes by the moment they are due; those of one moment in the order they were scheduled.
#[derive(Clone, Debug)]
pub struct Schedule<T> {
    entries: BTreeMap<(Duration, u64), T>,
    next: u64,
}

impl<T> Default for Schedule<T> {
    fn default() -> Self {
        Schedule { entries: BTreeMap::new(), next: 0 }
    }
}

impl<T> Schedule<T> {
    /// Adds a change that is due at `when`.
    pub fn push(&mut self, when: Duration, change: T) {
        self.entries.insert((when, self.next), change);
        self.next += 1;
    }

    /// Takes the first change that is due at or before `until`, with its moment.
    pub fn pop_due(&mut self, until: Duration) -> Option<(Duration, T)> {
        let entry = self.entries.first_entry()?;
        let (when, _) = *entry.key();
        (when <= until).then(|| (when, entry.remove()))
    }

    /// When the first change is due.
    pub fn next_due(&self) -> Option<Duration> {
        self.entries.first_key_value().map(|(&(when, _), _)| when)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_one_moment_keep_the_order_they_were_scheduled_in() {
        let mut schedule = Schedule::default();
        let second = Duration::from_secs(1);
        for name in ["z", "a", "m"] {
            schedule.push(second, name);
        }
        schedule.push(Duration::ZERO, "first");
        let order: Vec<_> =
            std::iter::from_fn(|| schedule.pop_due(second)).map(|(_, name)| name).collect();
        assert_eq!(order, ["first", "z", "a", "m"]);
    }
}
