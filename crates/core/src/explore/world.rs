//! The world: one database of two to four members, what its keys report, and one target group.
//!
//! A *place* is a member and its address: A is member `a` at 10.0.0.1, and so on.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::evidence::{Answer, Answers};
use crate::failure::LookupError;
use crate::ports::longest_write;
use crate::source::Identifier;
use crate::target::{Family, Target, TargetGroup, TargetState};
use crate::topology::{Cluster, Form, HostName, Instance, Member, Standby, Topology};

pub(super) const PORT: u16 = 5432;
pub(super) const MOST_PLACES: usize = 4;

/// A member and its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place(pub(super) usize);

impl Place {
    pub(super) fn all(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(Self)
    }

    pub(super) fn address(self) -> SocketAddr {
        let last = u8::try_from(self.0 + 1).expect("few places");
        SocketAddr::new(IpAddr::from([10, 0, 0, last]), PORT)
    }

    /// The place that has this address, if one has.
    pub(super) fn of(address: SocketAddr) -> Option<Self> {
        Self::all(MOST_PLACES).find(|place| place.address() == address)
    }

    pub(super) fn member(self) -> Identifier {
        ["a", "b", "c", "d"][self.0].parse().expect("an identifier")
    }

    pub(super) fn name(self) -> HostName {
        ["a.db", "b.db", "c.db", "d.db"][self.0].parse().expect("a name")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["A", "B", "C", "D"][self.0])
    }
}

/// The third place in worlds of two members: an address that no member has.
pub(super) const NOBODY: Place = Place(2);

/// A set of places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Places(u8);

impl Places {
    pub(super) fn one(place: Place) -> Self {
        Self(1 << place.0)
    }

    pub(super) fn first(count: usize) -> Self {
        Self((1 << count) - 1)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Place> {
        Place::all(MOST_PLACES).filter(move |place| self.has(*place))
    }

    pub(super) fn count(self) -> usize {
        self.iter().count()
    }

    pub(super) fn has(self, place: Place) -> bool {
        self.0 & 1 << place.0 != 0
    }

    pub(super) fn add(&mut self, place: Place) {
        self.0 |= 1 << place.0;
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.0 &= !(1 << place.0);
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: Vec<String> = self.iter().map(|place| place.to_string()).collect();
        write!(f, "{{{}}}", held.join(", "))
    }
}

/// The state of the group at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    Absent,
    Draining,
    Initial,
    Healthy,
    Unhealthy,
}

/// The group's targets on the binding's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Group(pub(super) [Slot; MOST_PLACES]);

impl Group {
    /// Every group of these places, each of them absent, draining, `initial` or healthy.
    pub(super) fn all(places: usize) -> Vec<Self> {
        let slots = [Slot::Absent, Slot::Draining, Slot::Initial, Slot::Healthy];
        let mut groups = vec![Self([Slot::Absent; MOST_PLACES])];
        for place in Place::all(places) {
            groups = groups
                .into_iter()
                .flat_map(|group| slots.map(|slot| group.with(place, slot)))
                .collect();
        }
        groups
    }

    pub(super) fn only(place: Place) -> Self {
        Self([Slot::Absent; MOST_PLACES]).with(place, Slot::Healthy)
    }

    pub(super) fn with(mut self, place: Place, slot: Slot) -> Self {
        self.0[place.0] = slot;
        self
    }

    pub(super) fn slot(self, place: Place) -> Slot {
        self.0[place.0]
    }

    pub(super) fn present(self) -> Places {
        self.where_is(|slot| !matches!(slot, Slot::Absent | Slot::Draining))
    }

    pub(super) fn where_is(self, holds: impl Fn(Slot) -> bool) -> Places {
        let mut places = Places::default();
        for place in Place::all(MOST_PLACES).filter(|place| holds(self.slot(*place))) {
            places.add(place);
        }
        places
    }

    /// The group as DescribeTargetHealth shows it, with one more target, whose address and port are
    /// not ours.
    pub(super) fn targets(self) -> Vec<Target> {
        let state = |slot| match slot {
            Slot::Absent => None,
            Slot::Draining => Some(TargetState::Draining),
            Slot::Initial => Some(TargetState::Initial),
            Slot::Healthy => Some(TargetState::Healthy),
            Slot::Unhealthy => Some(TargetState::Unhealthy),
        };
        let target = |address, state| Target { address, zone: None, state, reason: None };
        let ours = Place::all(MOST_PLACES)
            .filter_map(|place| Some(target(place.address(), state(self.slot(place))?)));
        let foreign = SocketAddr::new(IpAddr::from([10, 0, 0, 99]), PORT + 1);
        ours.chain([target(foreign, TargetState::Healthy)]).collect()
    }
}

/// A write to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Write {
    Register(Place),
    Deregister(Places),
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(place) => write!(f, "register {place}"),
            Self::Deregister(places) => write!(f, "deregister {places}"),
        }
    }
}

/// The two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Topology,
    Dns,
}

impl Key {
    pub(super) const BOTH: [Self; 2] = [Self::Topology, Self::Dns];
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Topology => "topology",
            Self::Dns => "DNS",
        })
    }
}

/// The kind of source that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A cluster, whose readers accept connections: every target is healthy in the end.
    Cluster,
    /// An instance: only the place that serves accepts connections.
    Instance(Standby),
    /// A cluster's readers, or its writer while it has none.
    Readers,
}

impl Kind {
    /// The places that must be in the group, given the members of the database.
    pub(super) fn wants(self, listing: Listing) -> Places {
        let writer = Places::one(listing.writer);
        let readers = listing.up.without(writer);
        match self {
            Self::Readers if !readers.is_empty() => readers,
            Self::Cluster | Self::Instance(_) | Self::Readers => writer,
        }
    }

    /// The keys that are evidence for this kind.
    pub(super) fn keys(self) -> &'static [Key] {
        match self {
            Self::Cluster | Self::Instance(_) => &Key::BOTH,
            Self::Readers => &[Key::Topology],
        }
    }
}

/// The members of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Listing {
    pub(super) writer: Place,
    /// The members that accept connections, including the writer. They change only for
    /// [`Kind::Readers`].
    pub(super) up: Places,
}

/// The world at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) now: Listing,
    /// The members before the last failover, or before a member was last added or removed.
    pub(super) former: Listing,
    /// The time since that failover, up to a bound. It stays zero if time does not matter.
    pub(super) since_failover: Duration,
    /// What each key reports, if keys can lag but cannot say anything at will.
    pub(super) keys: [Listing; 2],
    pub(super) group: Group,
    /// The group before it was last changed: what a stale reading shows.
    pub(super) before: Group,
    /// A member whose own name gives the address of [`NOBODY`].
    pub(super) false_name: Option<Place>,
    /// A write of a killed run that has not landed yet.
    pub(super) late_write: Option<Write>,
    /// A write whose answer its run lost and that may still land, and for how long it has been
    /// under way.
    pub(super) under_way: Option<(Write, Duration)>,
}

impl World {
    /// The place to which a member's own name resolves.
    pub(super) fn address_of(&self, member: Place) -> Place {
        if self.false_name == Some(member) { NOBODY } else { member }
    }

    /// The places to which the members' own names resolve.
    pub(super) fn addresses_of(&self, members: Places) -> Places {
        let mut addresses = Places::default();
        members.iter().for_each(|member| addresses.add(self.address_of(member)));
        addresses
    }

    /// Lets time pass for a write that is under way. It lands before it is older than the longest
    /// write, or never.
    pub(super) fn ages(&mut self, passed: Duration) {
        let older = self.under_way.map(|(write, age)| (write, age + passed));
        self.under_way = older.filter(|(_, age)| *age < longest_write());
    }

    pub(super) fn carry_out(&mut self, write: Write) {
        let before = self.group;
        match write {
            Write::Register(place) => {
                if !self.group.present().has(place) {
                    self.group = self.group.with(place, Slot::Initial);
                }
            }
            Write::Deregister(places) => {
                for place in
                    Place::all(MOST_PLACES).filter(|place| places.and(before.present()).has(*place))
                {
                    self.group = self.group.with(place, Slot::Draining);
                }
            }
        }
        if self.group != before {
            self.before = before;
        }
    }
}

pub(super) fn describe_group() -> TargetGroup {
    TargetGroup {
        target_type: "ip".to_owned(),
        protocol: "TCP".to_owned(),
        family: Family::V4,
        vpc: None,
        in_use: true,
    }
}

/// A reading of the RDS API: these members are up on a port, and this one, or none, is the writer.
pub(super) fn topology(kind: Kind, port: u16, up: Places, writer: Option<Place>) -> Topology {
    let instance = |name: HostName, cluster: Option<&str>, standby| Instance {
        engine: "postgres".to_owned(),
        resource_id: None,
        status: "available".to_owned(),
        publish: None,
        endpoint: Some(name),
        port: Some(port),
        cluster: cluster.map(|id| id.parse().expect("an identifier")),
        vpc: None,
        standby,
        network: None,
        placement: Default::default(),
    };
    match kind {
        Kind::Cluster | Kind::Readers => Topology {
            clusters: BTreeMap::from([(
                "db".parse().expect("an identifier"),
                Cluster {
                    engine: "aurora-postgresql".to_owned(),
                    resource_id: None,
                    form: Form::Instances,
                    status: "available".to_owned(),
                    publish: None,
                    endpoint: Some(source_name()),
                    port: Some(port),
                    members: up
                        .iter()
                        .map(|place| Member {
                            instance: place.member(),
                            writer: writer == Some(place),
                        })
                        .collect(),
                    replicates: false,
                },
            )]),
            instances: up
                .iter()
                .map(|place| (place.member(), instance(place.name(), Some("db"), Standby::Unknown)))
                .collect(),
            ..Topology::default()
        },
        Kind::Instance(standby) => Topology {
            clusters: BTreeMap::new(),
            instances: BTreeMap::from([(
                "db".parse().expect("an identifier"),
                instance(source_name(), None, standby),
            )]),
            ..Topology::default()
        },
    }
}

/// DNS answers in which the source's own name resolves to `said`, and every member's name resolves
/// as it does in this world.
pub(super) fn answers(
    kind: Kind,
    names: &[HostName],
    said: Option<Place>,
    world: &World,
) -> Answers {
    let of = |place: Place, aliases| Answer {
        aliases,
        addresses: vec![world.address_of(place).address().ip()],
        ttl: Duration::from_secs(5),
    };
    let answer =
        |name: &HostName| match (Place::all(MOST_PLACES).find(|place| place.name() == *name), said)
        {
            (Some(place), _) => Ok(of(place, Vec::new())),
            (None, None) => Err(LookupError::Timeout),
            (None, Some(place)) if kind == Kind::Cluster => Ok(of(place, vec![place.name()])),
            (None, Some(place)) => Ok(of(place, Vec::new())),
        };
    names.iter().map(|name| (name.clone(), answer(name))).collect()
}

/// DNS answers in which every member's name resolves to the member, except one that times out.
pub(super) fn members_answers(names: &[HostName], silent: Option<Place>) -> Answers {
    let answer = |name: &HostName| {
        let place = Place::all(MOST_PLACES).find(|place| place.name() == *name);
        let place = place.filter(|place| silent != Some(*place));
        let addresses = vec![place.ok_or(LookupError::Timeout)?.address().ip()];
        Ok(Answer { addresses, ..Answer::default() })
    };
    names.iter().map(|name| (name.clone(), answer(name))).collect()
}

fn source_name() -> HostName {
    "db".parse().expect("a name")
}
