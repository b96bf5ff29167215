//! The table: what each kind of source asks for before an address is added or removed.
//!
//! | row | admit | alone | DNS alone | expel | health | most |
//! |---|---|---|---|---|---|---|
//! | cluster's writer | named | twice, with event | moved and stayed, with event | settled, or \
//!   failover | proves nothing | all |
//! | instance | named | never | never | settled | gates | all |
//! | instance, standby unknown | steady | never | never | settled | gates | all |
//! | instance, warm | as it is cold | never | never | contradicted, then settled | gates | all |
//! | members of a cluster | twice | twice | never | reread | proves nothing | half |
//! | nodes of a proxy | named | never | never | caches expired | proves nothing | half |
//! | addresses of a name | steady | never | never | caches expired | proves nothing | half |
//!
//! A new kind of source, or a target in another role beside the writer, is a new row.

use crate::config::StandbyMode;
use crate::evidence::{Evidence, Facts, Key};
use crate::topology::Standby;

/// One row.
#[derive(Debug)]
pub(super) struct Rules {
    /// What admits an address that all keys name.
    pub(super) admit: Admit,
    /// What admits an address that topology names while the keys do not agree.
    pub(super) alone: Alone,
    /// What admits an address that DNS names while the RDS API cannot be read.
    pub(super) dns_alone: DnsAlone,
    /// What expels an address that no key names, while the keys agree.
    pub(super) expel: Expel,
    /// What the load balancer's health checks say of this kind.
    pub(super) health: Health,
    /// How many may leave at once.
    pub(super) most: Most,
}

/// What admits an address that all keys name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Admit {
    /// Being named. Either a second key confirms it, or a wrong target takes no connections.
    Named,
    /// Two readings in a row. One reading can be an old one, and a wrong target is a reader that
    /// takes its share of the connections:
    ///
    /// 1. The cluster fails over: B, a reader, becomes the writer.
    /// 2. One reading still lists B as a reader.
    /// 3. B is registered among the readers.
    Twice,
    /// DNS has given the same addresses for [`STEADY`](super::STEADY). DNS is the only key, and a
    /// wrong target may take connections:
    ///
    /// 1. The instance fails over from A to B. DNS names B, and A is removed.
    /// 2. DNS goes back to A for a few seconds.
    /// 3. A is registered, and takes connections: it is a standby that accepts them, or somebody
    ///    else's machine.
    Steady(Changes),
}

/// What it means that DNS gives other addresses than it gave before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changes {
    /// A failover, which passes.
    Failover,
    /// The name rotates its answers. It will go on doing so, and somebody should look.
    Rotation,
}

/// What admits an address that topology names while the keys do not agree.
#[derive(Debug, Clone, Copy)]
pub(super) enum Alone {
    /// Nothing: topology is no key of this kind.
    Never,
    /// Two readings in a row, and an event, or a group that has nothing to lose. Without the event,
    /// a reader that one key names by mistake would take half of a writer's new connections.
    TwiceWithEvent,
    /// Two readings in a row. The members are equals: those that are known belong in the set,
    /// whatever another member's name fails to say.
    Twice,
}

/// What admits an address that DNS names while the RDS API cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DnsAlone {
    /// Nothing. The source has no second key, or the RDS API is its only one.
    Never,
    /// An event has the binding watched, DNS names another writer than was last known, and it has
    /// done so for the settle time. After a failover the answer goes back and forth for 20 to 30 s
    /// (aws-mysql-jdbc, issue 377). Without that time:
    ///
    /// 1. The cluster fails over from A to B, and the RDS API is away. DNS names B.
    /// 2. B is registered. DNS goes back, and names A, and then C: the failover to B was given up.
    /// 3. B, a reader, has a part of the connections until the RDS API is back.
    MovedAndStayed,
}

/// What expels an address that no key names, while the keys agree.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expel {
    /// The agreement has lasted for the settle time. Without it, DNS that goes back for a moment
    /// removes the new writer:
    ///
    /// 1. A and B are targets. The database fails over from A to B.
    /// 2. DNS names B. Topology lags, and names A.
    /// 3. DNS goes back to A for a moment. The keys agree on A, and B looks like a leftover.
    Settled,
    /// The same, but at once where a failover explains what would leave. A former writer that is a
    /// reader now accepts TCP, so the load balancer goes on sending it connections that write.
    SettledUnlessFailover,
    /// The same, and two complete readings, one before the targets were read and one after,
    /// contradict that it is the standby. A target that may be the standby's is spared.
    Contradicted,
    /// A reading before the targets were read, and one after, omit it. (The second is the step
    /// [`Reread`](super::Step::Reread), which every removal needs.)
    Reread,
    /// The name has answered for the settle time and not given it. An answer may hold only a part
    /// of the addresses, and a cache may go on giving an old one.
    CachesExpired,
}

/// What the load balancer's health checks say of a kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// Nothing. A reader accepts TCP and is healthy as a writer's target. To wait for the writer's
    /// target to become healthy would leave writes on a reader for a minute or more.
    ProvesNothing,
    /// That the instance serves. It has one key, so this takes the place of the second, except
    /// against what a blue/green deployment has replaced, which is still up.
    Gates,
}

/// How many may leave at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Most {
    /// All: one target stays, which is the only one that is wanted.
    All,
    /// Half of what is present, rounded up, in one round. A list that omits most of a set by
    /// mistake then costs half of the set before the key is read twice more.
    Half,
}

/// A cluster's writer: two keys, and readers that accept TCP.
pub(super) const WRITER: Rules = Rules {
    admit: Admit::Named,
    alone: Alone::TwiceWithEvent,
    dns_alone: DnsAlone::MovedAndStayed,
    expel: Expel::SettledUnlessFailover,
    health: Health::ProvesNothing,
    most: Most::All,
};

/// An instance whose standby refuses TCP: a wrong target takes no connections.
pub(super) const INSTANCE: Rules = Rules {
    admit: Admit::Named,
    alone: Alone::Never,
    dns_alone: DnsAlone::Never,
    expel: Expel::Settled,
    health: Health::Gates,
    most: Most::All,
};

/// An instance of whose standby nothing is known: a wrong target may take connections.
pub(super) const INSTANCE_STANDBY_UNKNOWN: Rules =
    Rules { admit: Admit::Steady(Changes::Failover), ..INSTANCE };

/// An instance whose standby is a target too.
pub(super) const INSTANCE_WARM: Rules = Rules { expel: Expel::Contradicted, ..INSTANCE };

/// The same, where nothing is known of the standby, such as in a reading that no longer shows one.
pub(super) const INSTANCE_WARM_STANDBY_UNKNOWN: Rules =
    Rules { expel: Expel::Contradicted, ..INSTANCE_STANDBY_UNKNOWN };

/// A set that topology lists: a cluster's readers, a custom endpoint's members.
pub(super) const MEMBERS: Rules = Rules {
    admit: Admit::Twice,
    alone: Alone::Twice,
    dns_alone: DnsAlone::Never,
    expel: Expel::Reread,
    health: Health::ProvesNothing,
    most: Most::Half,
};

/// A set that DNS lists, whose nodes are all equally good.
pub(super) const PROXY: Rules = Rules {
    admit: Admit::Named,
    alone: Alone::Never,
    dns_alone: DnsAlone::Never,
    expel: Expel::CachesExpired,
    health: Health::ProvesNothing,
    most: Most::Half,
};

/// A set that DNS lists, and of which nothing else is known.
pub(super) const NAME: Rules = Rules { admit: Admit::Steady(Changes::Rotation), ..PROXY };

impl Rules {
    /// The row of a source, by its evidence, by what its standby does with a connection, and by
    /// what the binding does about the standby.
    pub(super) fn of(
        evidence: &Evidence,
        facts: Option<&Facts>,
        standby: StandbyMode,
    ) -> &'static Self {
        // Facts that were never read say nothing of the standby: then the stricter row holds.
        let is_harmless = facts.is_some_and(|facts| facts.standby != Standby::Unknown);
        let is_warm = standby == StandbyMode::Warm;
        match (evidence, is_harmless) {
            (Evidence::Cluster { .. }, _) => &WRITER,
            (Evidence::Instance { .. }, true) if is_warm => &INSTANCE_WARM,
            (Evidence::Instance { .. }, false) if is_warm => &INSTANCE_WARM_STANDBY_UNKNOWN,
            (Evidence::Instance { .. }, true) => &INSTANCE,
            (Evidence::Instance { .. }, false) => &INSTANCE_STANDBY_UNKNOWN,
            (Evidence::Set { key: Key::Topology, .. }, _) => &MEMBERS,
            // Of these sets, only a proxy's facts say that an extra target is harmless
            // (`Standby::Equal`).
            (Evidence::Set { key: Key::Dns, .. }, true) => &PROXY,
            (Evidence::Set { key: Key::Dns, .. }, false) => &NAME,
        }
    }
}
