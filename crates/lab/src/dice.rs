//! Numbers drawn from a seed.
//!
//! They are those of PCG XSH RR 64/32 (O'Neill 2014, <https://www.pcg-random.org>), whose sequence
//! is fixed by its paper, so that a seed gives the same history on every machine and after every
//! update.

use std::time::Duration;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// Dice whose throws a seed decides.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Pcg32);

/// What dice are thrown for. Each subject has its own sequence, so that a further throw for one
/// leaves the others as they were.
#[derive(Clone, Copy)]
pub(crate) enum Subject {
    /// The region and the function in it.
    Setting,
    /// What is going to happen.
    Script,
    /// The Multi-AZ DB cluster, where the region has one.
    MultiAzCluster,
    /// The dual-stack database, where the region has one.
    DualStack,
    /// The set of equals, where the region has one, and what happens to it.
    Set,
    /// The names that move from one database to another.
    Moves,
    /// The calls that a storm strikes.
    Storm,
    /// How long Lambda's queue waits between two attempts.
    Queue,
    /// The targets that nodes draw for a client's connections.
    Client,
    /// The warm standby, where a setting has one, and what happens to it.
    Warm,
}

impl Dice {
    pub(crate) fn new(seed: u64, subject: Subject) -> Dice {
        Dice(Pcg32::new(seed, subject as u64))
    }

    /// A number below `sides`, each as likely as the others but for a part in 2^32.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        let throw = u64::from(self.0.next_u32());
        let sides = sides as u64;
        ((throw * sides) >> 32) as usize
    }

    /// Whether something happens that does so this many times in a hundred.
    pub(crate) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A whole number of milliseconds between two numbers of seconds.
    pub(crate) fn seconds(&mut self, from: u64, to: u64) -> Duration {
        let millis = usize::try_from((to - from) * 1000).expect("a span of hours at most");
        Duration::from_secs(from) + Duration::from_millis(self.below(millis + 1) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_of_a_seed_is_the_one_that_it_has_always_been() {
        let throws = |seed, subject| {
            let mut dice = Dice::new(seed, subject);
            (0..6).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(1, Subject::Setting), throws(1, Subject::Setting));
        assert_ne!(throws(1, Subject::Setting), throws(1, Subject::Script));
        assert_ne!(throws(1, Subject::Setting), throws(2, Subject::Setting));
        assert_eq!(throws(42, Subject::Script), [304, 896, 347, 952, 903, 417]);
    }

    #[test]
    fn the_numbers_are_those_of_the_reference_implementation() {
        // The output of pcg32-demo, in the C library of PCG's author.
        let mut dice = Dice(Pcg32::new(42, 54));
        let numbers: Vec<_> = (0..3).map(|_| dice.0.next_u32()).collect();
        assert_eq!(numbers, [0xa15c_02b7, 0x7b47_f409, 0xba1d_3330]);
    }

    #[test]
    fn a_span_of_seconds_holds_both_of_its_ends() {
        let mut dice = Dice::new(7, Subject::Script);
        let throws: Vec<_> = (0..20_000).map(|_| dice.seconds(2, 3)).collect();
        assert!(throws.iter().all(|throw| (2..=3).contains(&throw.as_secs())));
        assert!(
            throws.contains(&Duration::from_secs(2)) && throws.contains(&Duration::from_secs(3))
        );
    }
}
