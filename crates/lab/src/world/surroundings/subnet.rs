//! Subnets, subnet groups and network ACLs (botocore ec2 2016-11-15, rds 2014-10-31).

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use schemars::JsonSchema;
use serde::Deserialize;

use super::id_of;
use crate::world::World;
use crate::world::vpc::{SUBNET_GROUP, Zone};

/// A subnet. Each zone has one by itself; one without an `id` takes its place.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Subnet {
    pub zone: Zone,
    /// Such as `subnet-0123456789abcdef0`; that of the zone's own subnet, when not given.
    pub id: Option<String>,
    /// Its IPv4 network; that of the zone, when not given.
    #[schemars(with = "Option<String>")]
    pub cidr: Option<IpNet>,
    /// How many addresses are free in it.
    pub available_addresses: Option<u32>,
}

/// A DB subnet group.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SubnetGroup {
    pub name: String,
    /// The zones whose subnets it has.
    pub zones: Vec<Zone>,
}

/// A network ACL. AWS's own rules at its end deny everything else.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkAcl {
    pub name: String,
    /// The zones whose subnets it guards.
    pub zones: Vec<Zone>,
    #[serde(default)]
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ number = 100, action = \"allow\", network = \"0.0.0.0/0\" }`"
)]
pub struct AclEntry {
    /// The lowest number that matches decides.
    pub number: u32,
    pub action: AclAction,
    /// Whether it is about what leaves the subnet.
    #[serde(default)]
    pub egress: bool,
    /// A protocol's number (`6` is TCP); `-1`, every protocol, when not given.
    pub protocol: Option<String>,
    /// The first and the last port; every port, when not given.
    pub ports: Option<(u16, u16)>,
    #[schemars(with = "String")]
    pub network: IpNet,
}

/// What becomes of a packet that an entry matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AclAction {
    Allow,
    Deny,
}

/// A subnet as it is.
#[derive(Clone, Debug)]
pub struct SubnetSeen {
    pub id: String,
    pub zone: Zone,
    pub network: IpNet,
    pub ipv6: String,
    pub available_addresses: u32,
}

/// A network ACL as it is.
#[derive(Clone, Debug)]
pub struct AclSeen {
    pub id: String,
    pub is_default: bool,
    /// The ids of the subnets that it guards.
    pub subnets: Vec<String>,
    pub entries: Vec<AclEntry>,
}

/// The number of the rules at the end of an ACL, which deny everything (AWS docs: "Control subnet
/// traffic with network access control lists": "an asterisk"; the API shows it as this).
const LAST: u32 = 32_767;

/// All subnets, by id.
pub fn subnets(world: &World) -> Vec<SubnetSeen> {
    let written = &world.surroundings.subnets;
    let has_own = |zone: &Zone| !written.iter().any(|one| one.zone == *zone && one.id.is_none());
    let own = Zone::ALL.into_iter().filter(has_own);
    let own = own.map(|zone| Subnet { zone, id: None, cidr: None, available_addresses: None });
    let seen = |subnet: Subnet| SubnetSeen {
        id: subnet.id.unwrap_or_else(|| subnet.zone.subnet_id()),
        zone: subnet.zone,
        network: subnet.cidr.unwrap_or_else(|| subnet.zone.network()),
        ipv6: format!("2001:db8:20:{}::/64", subnet.zone.number()),
        // AWS keeps five addresses of a /24, and databases and nodes take a few.
        available_addresses: subnet.available_addresses.unwrap_or(240),
    };
    let mut all: Vec<_> = own.chain(written.iter().cloned()).map(seen).collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}

/// All DB subnet groups, by name.
pub fn subnet_groups(world: &World) -> Vec<SubnetGroup> {
    let default = SubnetGroup { name: SUBNET_GROUP.to_owned(), zones: Zone::ALL.to_vec() };
    let written = &world.surroundings.subnet_groups;
    let mut all = super::beside(vec![default], written, |group| &group.name);
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// All network ACLs, by id.
pub fn network_acls(world: &World) -> Vec<AclSeen> {
    let written = &world.surroundings.network_acls;
    let subnets = subnets(world);
    let guarded = |acl: &NetworkAcl| {
        let own = subnets.iter().filter(|subnet| acl.zones.contains(&subnet.zone));
        own.map(|subnet| subnet.id.clone()).collect::<Vec<_>>()
    };
    let seen = |acl: &NetworkAcl| AclSeen {
        id: id_of("acl", &acl.name),
        is_default: false,
        subnets: guarded(acl),
        entries: with_last(acl.entries.clone()),
    };
    let mut all: Vec<_> = written.iter().map(seen).collect();
    let of_others: Vec<_> = written.iter().flat_map(guarded).collect();
    let rest = subnets.iter().filter(|subnet| !of_others.contains(&subnet.id));
    all.push(AclSeen {
        id: id_of("acl", "default"),
        is_default: true,
        subnets: rest.map(|subnet| subnet.id.clone()).collect(),
        entries: with_last(both_ways(100, AclAction::Allow)),
    });
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}

fn with_last(entries: Vec<AclEntry>) -> Vec<AclEntry> {
    entries.into_iter().chain(both_ways(LAST, AclAction::Deny)).collect()
}

/// Entries of this number for IPv4, and of the next for IPv6, as AWS numbers its own.
fn both_ways(number: u32, action: AclAction) -> Vec<AclEntry> {
    let networks = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    let of = |(number, network, egress)| AclEntry {
        number,
        action,
        egress,
        protocol: None,
        ports: None,
        network,
    };
    let numbered = (number..).zip(networks);
    numbered
        .flat_map(|(number, network)| [true, false].map(|out| of((number, network, out))))
        .collect()
}
