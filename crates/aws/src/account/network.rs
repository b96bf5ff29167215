//! Subnets, security groups, network ACLs and endpoint services (EC2, API version 2016-11-15).

use ipnet::IpNet;

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    /// The zone's name, such as `eu-west-1a`.
    pub zone: String,
    /// Its networks: the IPv4 network first, if it has one, then its associated IPv6 networks.
    pub networks: Vec<IpNet>,
}

/// A security group and its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub vpc: String,
    pub ingress: Vec<Rule>,
    pub egress: Vec<Rule>,
}

/// One permission of a security group. It admits every one of `peers` on the ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol's number, or `-1` for every protocol.
    pub protocol: String,
    /// Every port if it is not set.
    pub ports: Option<PortRange>,
    pub peers: Vec<Peer>,
}

/// The ports from `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    pub from: u16,
    pub to: u16,
}

/// Whom a rule admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    Network(IpNet),
    /// The network interfaces of the security group with this id, which can be another account's.
    Group(String),
    /// The networks of the managed prefix list with this id.
    PrefixList(String),
}

/// A network ACL, and the subnets that it guards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAcl {
    pub id: String,
    pub subnets: Vec<String>,
    /// In the order of the answer. AWS evaluates them by number, lowest first; the first that
    /// matches decides.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclEntry {
    pub number: u32,
    pub egress: bool,
    pub allow: bool,
    /// A protocol's number (6 is TCP), or `-1` for every protocol.
    pub protocol: String,
    /// Every port if it is not set.
    pub ports: Option<PortRange>,
    pub network: IpNet,
}

/// An endpoint service of PrivateLink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointService {
    /// Such as `vpce-svc-0123456789abcdef0`.
    pub id: String,
    /// The name that a consumer gives, such as `com.amazonaws.vpce.eu-west-1.vpce-svc-…`.
    pub name: String,
    /// `Pending`, `Available`, `Deleting`, `Deleted` or `Failed`.
    pub state: String,
    pub acceptance_required: bool,
    /// The ARNs of its Network Load Balancers.
    pub load_balancers: Vec<String>,
    /// The zones' names.
    pub zones: Vec<String>,
    /// The Regions from which consumers may connect.
    pub regions: Vec<String>,
    /// `ipv4`, `ipv6`.
    pub address_types: Vec<String>,
    /// The private DNS name, if the service has one.
    pub private_name: Option<String>,
    /// The state of its domain verification: `pendingVerification`, `verified` or `failed`.
    pub private_name_state: Option<String>,
}

/// A consumer's endpoint at an endpoint service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointConnection {
    /// The id of the endpoint service.
    pub service: String,
    /// The id of the endpoint.
    pub endpoint: String,
    /// The account that owns the endpoint.
    pub owner: String,
    /// `pendingAcceptance`, `pending`, `available`, `deleting`, `deleted`, `rejected`, `failed`,
    /// `expired` or `partial`; AWS spells the first letter in either case.
    pub state: String,
    /// The Region of the endpoint, if the answer names it.
    pub region: Option<String>,
}
