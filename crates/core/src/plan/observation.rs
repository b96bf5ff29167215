//! What a plan is made from, besides the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::TrustInDns;
use crate::evidence::{Evidence, Facts};
use crate::failure::CallError;
use crate::standby::{StandbyReading, Unsafe};
use crate::target::{Target, TargetGroup};

/// One look at the world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Observation {
    /// What the keys say now; where a person's trust in DNS counts, with DNS's word in the place of
    /// the RDS API's.
    pub evidence: Evidence,
    /// What the RDS API says of the source besides, as last read in this run; absent before the
    /// first reading that has it.
    pub facts: Option<Facts>,
    /// The group.
    pub group: TargetGroup,
    /// All its targets.
    pub targets: Vec<Target>,
    /// What the run's earlier looks add to this one.
    pub earlier: EarlierRounds,
    /// What is known of the standby, where the binding is warm.
    pub standby: StandbySeen,
}

/// What is known of a warm binding's standby.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct StandbySeen {
    /// The last reading of it that began before the targets were read.
    pub before: Option<Arc<StandbyReading>>,
    /// The last one that began after they were read.
    pub after: Option<Arc<StandbyReading>>,
    /// What keeps the group from holding it, or why that is not known; absent before it was read.
    pub safety: Option<Result<BTreeSet<Unsafe>, CallError>>,
    /// The run is a sweep, and the sweep before it in this process saw this address proven, and
    /// everything else in place, at every look.
    pub seen_before: Option<IpAddr>,
    /// For how long every reading has shown a target healthy beside the healthy writer, while
    /// neither key moved and no event had the binding watched; up to the settle time.
    pub beside: BTreeMap<SocketAddr, Duration>,
    /// An address that has taken connections beside the writer in this process, so that it is not
    /// registered again.
    pub barred: Option<IpAddr>,
}

/// What the run's earlier looks and writes add to the present look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EarlierRounds {
    /// An event has the binding watched, because it names the source, or announces a move and names
    /// no database; its patience is not over.
    pub event: bool,
    /// How many readings of the topology in a row named the present one; 2 means two or more.
    pub topology_named: u8,
    /// For how long DNS has given the present addresses.
    pub steady_for: Duration,
    /// For how long the keys have agreed on the present addresses; for how long a name has answered
    /// without a break, where it stands for a set. A person who vouches for DNS agrees with it for
    /// as long as it has stayed.
    pub agreed_for: Duration,
    /// A failover was seen: the agreed target was not present when the run began, or the topology
    /// moved during the run.
    pub failover: bool,
    /// Where the agreed writer's other members are or were in this run, and the instances that a
    /// blue/green deployment has replaced, by their own names. A target there is a former writer's.
    pub former: BTreeSet<IpAddr>,
    /// Whether a key that named one address has named another.
    pub key_change: KeyChange,
    /// Whether DNS names another writer than the topology did when it could last be read, or than
    /// DNS did earlier in this run; said only while the topology cannot be read.
    pub dns_move: KeyChange,
    /// What a person's trust in DNS comes to.
    pub trust: TrustInDns,
    /// What is known of the agreed target's registration; of a set's, what is known best.
    pub registration_proof: RegistrationProof,
    /// How long ago an answer of this run last gave each address of a name, within the settle time.
    pub recent: BTreeMap<IpAddr, Duration>,
    /// What ELBv2 would not take in this run.
    pub refused: BTreeSet<SocketAddr>,
    /// A removal of this round was acknowledged.
    pub removed_this_round: bool,
    /// The keys were read again after the targets were read, and said the same.
    pub reread: bool,
}

/// Whether a key that named one address in this run has named another. A key that says nothing for
/// a while has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyChange {
    /// No key has.
    None,
    /// A key has, and no event had the binding watched.
    Unexplained,
    /// A key has, and an event had the binding watched, so that a disagreement may pass.
    AfterEvent,
}

/// What is known of a target's registration. A reading of the group may be stale, so one reading is
/// not enough to remove another target on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RegistrationProof {
    /// Nothing.
    Unproven,
    /// The last reading showed it healthy, and those before it not for long enough.
    HealthyBriefly,
    /// All readings have shown it healthy for a while, or ELBv2 acknowledged its registration in
    /// this run.
    Proven,
}
