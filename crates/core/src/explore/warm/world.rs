//! The world of a warm binding: an instance, its standby, the interfaces as EC2 lists them, and
//! other databases.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::world::{Group, PORT, Place, Places};
use crate::evidence::{Answer, Answers};
use crate::failure::LookupError;
use crate::standby::{DESCRIPTION, Interface, Placement, REQUESTER};
use crate::topology::{HostName, Instance, Standby, Topology};

pub(super) const A: Place = Place(0);
pub(super) const B: Place = Place(1);
/// The standby's address after its host was replaced.
pub(super) const C: Place = Place(2);
/// The address of the instance beside it.
pub(super) const D: Place = Place(3);

/// The instance beside it, which has the same security groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Neighbour {
    SingleAz,
    MultiAz,
}

/// The world at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) writer: Place,
    /// `None` when the instance is not Multi-AZ.
    pub(super) standby: Option<Place>,
    /// The writer before the last failover.
    pub(super) former: Place,
    /// Since the last failover, up to a bound.
    pub(super) since: Duration,
    /// The places of the interfaces that EC2 lists, without the neighbour's.
    pub(super) listed: Places,
    /// Another database at a former address of the instance, which accepts connections.
    pub(super) reused: Option<Place>,
    pub(super) group: Group,
    /// Since a failover with both targets in the group, the new writer has not been healthy.
    pub(super) awaits_writer: bool,
}

impl World {
    /// Where RDS has an interface, without the neighbour's.
    pub(super) fn interfaces(&self) -> Places {
        let mut places = Places::one(self.writer);
        self.standby.into_iter().chain(self.reused).for_each(|place| places.add(place));
        places
    }

    /// Whether this place accepts connections.
    pub(super) fn accepts(&self, place: Place, standby_accepts: bool) -> bool {
        place == self.writer
            || place == D
            || self.reused == Some(place)
            || (standby_accepts && self.standby == Some(place))
    }

    /// What RDS lists.
    pub(super) fn topology(&self, neighbour: Neighbour) -> Topology {
        let multi_az = |is: bool, zones: [&str; 2]| Placement {
            multi_az: Some(is),
            zone: Some(zones[0].to_owned()),
            secondary_zone: is.then(|| zones[1].to_owned()),
            subnets: ["a", "b"].map(str::to_owned).into(),
            security_groups: [("sg".to_owned(), "active".to_owned())].into(),
            ..Placement::default()
        };
        let instance = |name: &str, is_multi_az: bool, zones| Instance {
            engine: "postgres".to_owned(),
            resource_id: None,
            status: "available".to_owned(),
            publish: None,
            endpoint: Some(name.parse().expect("a name")),
            port: Some(PORT),
            cluster: None,
            vpc: Some("vpc".to_owned()),
            standby: if is_multi_az { Standby::RefusesTcp } else { Standby::Unknown },
            network: None,
            placement: multi_az(is_multi_az, zones),
        };
        let own = instance("db", self.standby.is_some(), ["a", "b"]);
        let beside = instance("d.db", neighbour == Neighbour::MultiAz, ["b", "a"]);
        let mut instances = BTreeMap::from([("db", own), ("d", beside)]);
        if self.reused.is_some() {
            instances.insert("e", instance("e.db", false, ["b", "a"]));
        }
        let id = |text: &str| text.parse().expect("an identifier");
        let instances = instances.into_iter().map(|(name, it)| (id(name), it)).collect();
        Topology { instances, ..Topology::default() }
    }

    /// What EC2 lists.
    pub(super) fn interface_list(&self) -> Vec<Interface> {
        let mut places = self.listed;
        places.add(D);
        let interface = |place: Place| {
            let zone = if place == A { "a" } else { "b" };
            Interface {
                addresses: [place.address().ip()].into(),
                subnet: zone.to_owned(),
                zone: zone.to_owned(),
                security_groups: ["sg".to_owned()].into(),
                in_use: true,
                requester_managed: true,
                requester: Some(REQUESTER.to_owned()),
                description: DESCRIPTION.to_owned(),
            }
        };
        places.iter().map(interface).collect()
    }

    /// What these names resolve to, if the instance's own name gives `said`, or nothing.
    pub(super) fn answers(&self, names: &[HostName], said: Option<Place>) -> Answers {
        let answer = |name: &HostName| {
            let place = match name.as_str() {
                "db" => said,
                "d.db" => Some(D),
                _ => self.reused,
            };
            let address = place.ok_or(LookupError::Timeout)?.address().ip();
            let ttl = Duration::from_secs(5);
            Ok(Answer { aliases: Vec::new(), addresses: vec![address], ttl })
        };
        names.iter().map(|name| (name.clone(), answer(name))).collect()
    }
}
