//! The safety mechanisms by name.
//!
//! In the product all of them are on: [`Mechanism::is_on`] is `true` and compiled away. The unit
//! tests of this crate can switch one off. The exhaustive walk (`explore/`) must then find a
//! history that breaks a promise; `explore/snapshots/` keeps that history, and `docs/semantics.md`
//! shows it. A mechanism whose absence breaks nothing does not belong here, nor in the code.

/// A safety mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// A draining target counts as absent.
    DrainingIsAbsent,
    /// Where a source has two keys, both must name the writer.
    BothKeys,
    /// While a key is unknown, nothing is removed.
    UnknownHolds,
    /// Before a removal, the keys are read again.
    Reread,
    /// Keys count as read again only if they were read after the last reading of the targets.
    RereadAfterTargets,
    /// Before a removal, the agreed target is registered again, unless its registration is proven.
    RegistrationProof,
    /// Readings that show a target healthy prove its registration only when they have done so for a
    /// while.
    SeenForLong,
    /// A write takes its part of the account's budget of calls before the keys are read again.
    PermitBeforeReread,
    /// While a removal whose answer was lost may still take effect, no removal is sent.
    LostRemovalWaits,
    /// Once a removal was sent, nothing from before it proves the registration of its target.
    RemovalVoidsProof,
    /// A write is read back.
    ReadBack,
    /// The agreed target is registered before others are removed.
    RegisterFirst,
    /// The topology alone registers an address only when two readings name it.
    TopologyTwice,
    /// While the RDS API cannot be read, an address is registered only when DNS has named it for
    /// the settle time.
    DnsAloneStays,
    /// While the RDS API cannot be read, an address is registered only in a run in which an event
    /// has the binding watched.
    DnsAloneEvent,
    /// While a person vouches for DNS, nothing is done before DNS has named the same member for the
    /// settle time.
    TrustStays,
    /// A target that does not belong in the group, and that no failover explains, is removed only
    /// after the agreement has lasted.
    Settling,
    /// A target at no other member's address is no former writer, and is removed only after the
    /// agreement has lasted.
    LeftoversSettle,
    /// An instance's other targets are removed only when no target is being registered.
    InitialHolds,
    /// A set loses at most half of its targets in a round.
    HalfPerRound,
    /// After three writes to a group that were acknowledged and did not last, a run writes no more
    /// to it.
    GivesUp,
    /// A binding whose port is not the one that RDS reports writes nothing.
    PortDiffersHolds,
    /// A target that may be a warm binding's standby is removed only when it is shown not to be.
    StandbyIsSpared,
    /// That it is not must be shown before and after the targets were read.
    ContradictedTwice,
    /// Network interfaces that cannot be read show nothing.
    UnprovenHolds,
    /// A standby is registered only when the sweep before saw it and all else in place, too.
    TwoSweeps,
    /// While a warm binding's writer is not healthy, no target is removed.
    UnhealthyFreezes,
    /// A target that stays healthy beside the healthy writer is no standby.
    BesideLeaves,
    /// A write that was acknowledged and that the last reading does not show is reported.
    MissingWriteIsReported,
}

impl Mechanism {
    /// Whether it is on: always, in the product.
    #[cfg(not(test))]
    #[inline]
    pub(crate) const fn is_on(self) -> bool {
        true
    }

    #[cfg(test)]
    pub(crate) fn is_on(self) -> bool {
        OFF.get() != Some(self)
    }

    /// Runs `act` without this mechanism.
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
