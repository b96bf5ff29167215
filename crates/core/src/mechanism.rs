//! The safety mechanisms by name, each with the harm that it prevents.
//!
//! In the product they are all on: [`Mechanism::is_on`] is `true` and compiled away. The unit tests
//! of this crate can switch one off, and the exhaustive walk (`explore/`) must then find a broken
//! promise; its history is kept in `explore/snapshots/`, and `docs/semantics.md` shows them. A
//! mechanism that nothing misses does not belong here, nor into the code.

/// A safety mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// A draining target is absent.
    DrainingIsAbsent,
    /// Both keys must name the writer, where there are two.
    BothKeys,
    /// An unknown key removes nothing.
    UnknownHolds,
    /// The keys are read again after the targets.
    Reread,
    /// Only keys that were read after the last reading of the targets count as read again.
    RereadAfterTargets,
    /// The agreed target is registered again, unless it is known to be registered.
    RegistrationProof,
    /// Readings that show a target healthy make it known to be registered only when they have done
    /// so for a while.
    SeenForLong,
    /// Nothing from before a removal was sent vouches for the removed target.
    RemovalVoidsProof,
    /// A write is read back.
    ReadBack,
    /// The agreed target is registered before others are removed.
    RegisterFirst,
    /// Topology alone registers only when it says so twice.
    TopologyTwice,
    /// A stale extra is removed only after the agreement has lasted.
    Settling,
    /// What is at no other member's address is no former writer, and is removed only after the
    /// agreement has lasted.
    LeftoversSettle,
    /// An instance's extra is removed only when no target is being registered.
    InitialHolds,
    /// A set loses at most half of its targets in a round.
    HalfPerRound,
    /// A write that goes wrong again and again is given up.
    GivesUp,
    /// A binding whose port is not the one that RDS reports writes nothing.
    PortDiffersHolds,
    /// A write that was acknowledged and that the last reading does not show is told.
    MissingWriteIsReported,
}

impl Mechanism {
    /// Whether it is at work.
    #[cfg(not(test))]
    #[inline]
    pub(crate) const fn is_on(self) -> bool {
        true
    }

    #[cfg(test)]
    pub(crate) fn is_on(self) -> bool {
        OFF.get() != Some(self)
    }

    /// Does something without this mechanism.
    #[cfg(test)]
    pub(crate) fn without<T>(self, act: impl FnOnce() -> T) -> T {
        OFF.set(Some(self));
        let done = act();
        OFF.set(None);
        done
    }
}

#[cfg(test)]
thread_local! {
    static OFF: std::cell::Cell<Option<Mechanism>> = const { std::cell::Cell::new(None) };
}
