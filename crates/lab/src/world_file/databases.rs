//! The databases of a world's file.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use writerlink_core::source::Identifier;

use super::{Text, every_zone};
use crate::world::rds::{CustomKind, EndpointRole, Engine, EngineFamily, Network};
use crate::world::vpc::Zone;

/// A DB cluster.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cluster {
    pub name: Text<Identifier>,
    /// `mysql` and `postgres` are those of a Multi-AZ DB cluster.
    pub engine: Engine,
    /// Its instances, of which the first is the writer. A Multi-AZ DB cluster has three by itself,
    /// `NAME-instance-1` to `-3`.
    #[serde(default)]
    pub members: Vec<Member>,
    #[serde(default)]
    pub network: Network,
    /// The engine's usual port, when not given.
    pub port: Option<u16>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The global database whose primary it is. Its secondary is in another Region.
    pub global_database: Option<Text<Identifier>>,
    /// Custom endpoints.
    #[serde(default)]
    pub endpoint: Vec<CustomEndpoint>,
    /// The names or ids of its security groups; one of its own, when not given.
    pub security_groups: Option<Vec<String>>,
    /// Its DB subnet group; `default`, which has every zone, when not given.
    pub subnet_group: Option<String>,
    #[serde(default)]
    pub publicly_accessible: bool,
    /// When its members' server certificates end, such as `2026-12-31T00:00:00Z`; in a year, when
    /// not given.
    pub certificate_valid_till: Option<Text<Timestamp>>,
    /// In UTC, such as `sun:03:00-sun:03:30`.
    pub maintenance_window: Option<String>,
    pub auto_minor_version_upgrade: Option<bool>,
    pub iam_authentication: Option<bool>,
    /// What a pending change will modify, such as `{ MultiAZ = "true" }`.
    #[serde(default)]
    pub pending: BTreeMap<String, String>,
}

/// An instance of a cluster.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ name = \"orders-1\", zone = \"a\" }`"
)]
pub struct Member {
    pub name: Text<Identifier>,
    pub zone: Zone,
    /// From 0, which is promoted first, to 15.
    #[serde(default = "first_tier")]
    pub promotion_tier: u8,
}

/// A custom endpoint of an Aurora cluster.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table with `name` and `type`"
)]
pub struct CustomEndpoint {
    pub name: Text<Identifier>,
    #[serde(rename = "type")]
    pub kind: CustomKind,
    /// The members that belong to it; all that are eligible, when neither list names anybody.
    #[serde(default)]
    pub members: Vec<Text<Identifier>>,
    /// The members that do not.
    #[serde(default)]
    pub excluded: Vec<Text<Identifier>>,
}

/// A DB instance that belongs to no cluster. It is in the zone with the fewest databases.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Instance {
    pub name: Text<Identifier>,
    pub engine: Engine,
    /// Whether it has a standby, in the next zone.
    #[serde(default)]
    pub multi_az: bool,
    #[serde(default)]
    pub network: Network,
    /// The engine's usual port, when not given.
    pub port: Option<u16>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The instance that it replicates.
    pub replica_of: Option<Text<Identifier>>,
    /// The names or ids of its security groups; one of its own, when not given.
    pub security_groups: Option<Vec<String>>,
    /// Its DB subnet group; `default`, which has every zone, when not given.
    pub subnet_group: Option<String>,
    #[serde(default)]
    pub publicly_accessible: bool,
    /// When its server certificate ends, such as `2026-12-31T00:00:00Z`; in a year, when not given.
    pub certificate_valid_till: Option<Text<Timestamp>>,
    /// In UTC, such as `sun:03:00-sun:03:30`.
    pub maintenance_window: Option<String>,
    pub auto_minor_version_upgrade: Option<bool>,
    pub iam_authentication: Option<bool>,
    /// What a pending change will modify, such as `{ MultiAZ = "true" }`.
    #[serde(default)]
    pub pending: BTreeMap<String, String>,
}

/// An RDS Proxy. The database behind it is not modelled.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Proxy {
    pub name: Text<Identifier>,
    pub engine_family: EngineFamily,
    /// The zones of its nodes, two at least.
    #[serde(default = "every_zone")]
    pub zones: Vec<Zone>,
    /// Endpoints beside the default one.
    #[serde(default)]
    pub endpoint: Vec<ProxyEndpoint>,
    /// The names or ids of its security groups; one of its own, when not given.
    pub security_groups: Option<Vec<String>>,
}

/// An endpoint of a proxy.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ name = \"front-ro\", role = \"READ_ONLY\" }`"
)]
pub struct ProxyEndpoint {
    pub name: Text<Identifier>,
    #[serde(default)]
    pub role: EndpointRole,
}

/// A name outside RDS, and the machines that it resolves to.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Host {
    pub name: String,
    pub port: u16,
    pub addresses: Vec<IpAddr>,
}

/// A blue/green deployment whose green side is ready.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BlueGreen {
    /// The Aurora cluster or the instance that is blue.
    pub source: Text<Identifier>,
}

fn first_tier() -> u8 {
    1
}
