//! Databases, and what RDS says of their surroundings (RDS, API version 2014-10-31).

use jiff::Timestamp;

/// A DB instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    pub arn: String,
    /// Such as `postgres`, `aurora-mysql`, `sqlserver-ee`.
    pub engine: String,
    pub engine_version: String,
    pub status: String,
    /// The host name; absent while the instance is being created.
    pub endpoint: Option<String>,
    pub port: Option<u16>,
    pub multi_az: bool,
    pub zone: Option<String>,
    /// The zone of the standby.
    pub secondary_zone: Option<String>,
    /// The cluster that it belongs to.
    pub cluster: Option<String>,
    /// The instance or cluster that it replicates, if it is a read replica.
    pub replica_of: Option<String>,
    pub subnet_group: Option<SubnetGroup>,
    /// The ids of its VPC security groups that are active or being added.
    pub security_groups: Vec<String>,
    pub publicly_accessible: bool,
    /// `IPV4` or `DUAL`.
    pub network_type: Option<String>,
    pub iam_authentication: bool,
    pub certificate: Option<Certificate>,
    /// In UTC, such as `sun:04:00-sun:04:30`.
    pub maintenance_window: Option<String>,
    pub auto_minor_version_upgrade: bool,
    /// The names of what a pending change will modify, such as `MultiAZ`.
    pub pending: Vec<String>,
}

/// A server certificate of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate authority, such as `rds-ca-rsa2048-g1`.
    pub authority: Option<String>,
    pub valid_till: Option<Timestamp>,
}

/// A DB subnet group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetGroup {
    pub name: String,
    pub vpc: Option<String>,
    pub subnets: Vec<SubnetOfGroup>,
}

/// A subnet of a DB subnet group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetOfGroup {
    pub id: String,
    /// The zone's name.
    pub zone: Option<String>,
}

/// A DB cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    pub id: String,
    pub arn: String,
    pub engine: String,
    pub status: String,
    pub endpoint: Option<String>,
    pub reader_endpoint: Option<String>,
    pub port: Option<u16>,
    pub members: Vec<ClusterMember>,
    /// The name of its DB subnet group.
    pub subnet_group: Option<String>,
    /// The ids of its VPC security groups that are active or being added.
    pub security_groups: Vec<String>,
    pub iam_authentication: bool,
    pub maintenance_window: Option<String>,
}

/// A member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterMember {
    pub instance: String,
    pub is_writer: bool,
    /// From 0, which is promoted first, to 15.
    pub promotion_tier: Option<i32>,
}

/// An RDS Proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    pub name: String,
    pub status: String,
    /// `POSTGRESQL`, `MYSQL` or `SQLSERVER`.
    pub engine_family: String,
    pub endpoint: Option<String>,
    pub vpc: Option<String>,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
}

/// An endpoint of an RDS Proxy beside its default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyEndpoint {
    pub name: String,
    pub proxy: String,
    pub status: String,
    pub endpoint: Option<String>,
    pub vpc: Option<String>,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
}

/// Maintenance that RDS will carry out on a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// The ARN of the instance or cluster.
    pub resource: String,
    /// Such as `system-update`, `db-upgrade`, `ca-certificate-rotation`.
    pub action: String,
    pub description: Option<String>,
    /// When it will be carried out, as far as RDS says.
    pub date: Option<Timestamp>,
}
