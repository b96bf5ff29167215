//! What the RDS API says of a database beside its name, role and place (botocore rds 2014-10-31).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::SubnetGroup;
use super::subnet::subnet_groups;
use crate::world::World;
use crate::world_file::Text;

/// What a world's file says of a cluster, an instance or a proxy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabaseFacts {
    /// The names or ids of its security groups; one of its own, when not given.
    pub security_groups: Option<Vec<String>>,
    /// The name of its DB subnet group; `default`, when not given.
    pub subnet_group: Option<String>,
    pub publicly_accessible: bool,
    pub certificate_valid_till: Option<Timestamp>,
    pub maintenance_window: Option<String>,
    pub auto_minor_version_upgrade: Option<bool>,
    pub iam_authentication: Option<bool>,
    /// The name of the instance that it replicates.
    pub replica_of: Option<String>,
    /// What a pending change will modify, by the names of `PendingModifiedValues`.
    pub pending: BTreeMap<String, String>,
}

/// Maintenance that RDS will carry out.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Maintenance {
    /// `cluster/NAME` or `instance/NAME`.
    pub database: String,
    /// Such as `system-update`, `db-upgrade` or `ca-certificate-rotation`.
    pub action: String,
    pub description: Option<String>,
    /// When it will be carried out at the latest.
    pub forced_on: Option<Text<Timestamp>>,
    /// When it will be carried out, in a maintenance window after that.
    pub applied_after: Option<Text<Timestamp>>,
}

/// The certificate authority of every database.
pub const AUTHORITY: &str = "rds-ca-rsa2048-g1";

/// When a server certificate ends that the file says nothing of: one of this authority is renewed
/// every year (AWS docs: "Certificate authorities").
const A_YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

const WINDOW: &str = "sun:03:00-sun:03:30";

/// What the API shows for what the file does not say.
pub fn facts(world: &World, resource_id: &str) -> DatabaseFacts {
    let written = world.surroundings.databases.get(resource_id).cloned().unwrap_or_default();
    let began = world.timestamp_at(std::time::Duration::ZERO);
    let year = began.checked_add(A_YEAR).unwrap_or(Timestamp::MAX);
    DatabaseFacts {
        certificate_valid_till: written.certificate_valid_till.or(Some(year)),
        maintenance_window: written.maintenance_window.or_else(|| Some(WINDOW.to_owned())),
        auto_minor_version_upgrade: written.auto_minor_version_upgrade.or(Some(true)),
        iam_authentication: written.iam_authentication.or(Some(true)),
        ..written
    }
}

/// The subnet group of a database.
pub fn subnet_group(world: &World, facts: &DatabaseFacts) -> SubnetGroup {
    let groups = subnet_groups(world);
    let name = facts.subnet_group.as_deref().unwrap_or(crate::world::vpc::SUBNET_GROUP);
    let found = groups.into_iter().find(|group| group.name == name);
    found.unwrap_or_else(|| SubnetGroup { name: name.to_owned(), zones: Vec::new() })
}

/// The ARN of a maintenance's database.
pub fn resource(world: &World, maintenance: &Maintenance) -> String {
    match maintenance.database.split_once('/') {
        Some(("cluster", name)) => world.cluster_arn(name),
        Some((_, name)) => world.instance_arn(name),
        None => maintenance.database.clone(),
    }
}

/// The quotas of the account: the name, how much of it is used, and how much there is. The numbers
/// are AWS's defaults (AWS docs: "Quotas in Amazon RDS").
pub fn quotas(world: &World) -> Vec<(&'static str, usize, u32)> {
    let rds = &world.rds;
    let used = [
        ("DBInstances", rds.instances().count(), 40),
        ("DBClusters", rds.clusters().count(), 40),
        ("EventSubscriptions", world.events.subscriptions().count(), 20),
        ("DBSubnetGroups", subnet_groups(world).len(), 50),
    ];
    let max = |name: &str, usual| *world.surroundings.quotas.get(name).unwrap_or(&usual);
    used.into_iter().map(|(name, used, usual)| (name, used, max(name, usual))).collect()
}
