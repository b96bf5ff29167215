//! The source types that have events, and the categories of those events.
//!
//! AWS docs: "Amazon RDS event categories and event messages"; the same for Aurora; botocore rds
//! 2014-10-31, SourceType.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// What an event happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceType {
    DbInstance,
    /// A parameter group.
    DbParameterGroup,
    DbSecurityGroup,
    /// A snapshot of an instance.
    DbSnapshot,
    DbCluster,
    /// A snapshot of a cluster.
    DbClusterSnapshot,
    /// An engine version of one's own.
    CustomEngineVersion,
    /// A proxy.
    DbProxy,
    BlueGreenDeployment,
    /// A shard group.
    DbShardGroup,
    /// A zero-ETL integration.
    ZeroEtl,
}

impl SourceType {
    /// All of them, in the API's order.
    pub const ALL: [SourceType; 11] = [
        SourceType::DbInstance,
        SourceType::DbParameterGroup,
        SourceType::DbSecurityGroup,
        SourceType::DbSnapshot,
        SourceType::DbCluster,
        SourceType::DbClusterSnapshot,
        SourceType::CustomEngineVersion,
        SourceType::DbProxy,
        SourceType::BlueGreenDeployment,
        SourceType::DbShardGroup,
        SourceType::ZeroEtl,
    ];

    /// The source type of that name.
    pub fn named(name: &str) -> Option<SourceType> {
        SourceType::ALL.into_iter().find(|source| source.name() == name)
    }

    /// The API's name.
    pub fn name(self) -> &'static str {
        match self {
            SourceType::DbInstance => "db-instance",
            SourceType::DbParameterGroup => "db-parameter-group",
            SourceType::DbSecurityGroup => "db-security-group",
            SourceType::DbSnapshot => "db-snapshot",
            SourceType::DbCluster => "db-cluster",
            SourceType::DbClusterSnapshot => "db-cluster-snapshot",
            SourceType::CustomEngineVersion => "custom-engine-version",
            SourceType::DbProxy => "db-proxy",
            SourceType::BlueGreenDeployment => "blue-green-deployment",
            SourceType::DbShardGroup => "db-shard-group",
            SourceType::ZeroEtl => "zero-etl",
        }
    }

    /// The categories its events fall into.
    ///
    /// Working templates write Aurora Global's category `global-failover`; the docs print it with a
    /// blank.
    pub fn categories(self) -> &'static [&'static str] {
        match self {
            SourceType::DbInstance => &[
                "availability",
                "backtrack",
                "backup",
                "configuration change",
                "creation",
                "deletion",
                "failover",
                "failure",
                "low storage",
                "maintenance",
                "notification",
                "read replica",
                "recovery",
                "restoration",
                "security",
                "security patching",
            ],
            SourceType::DbParameterGroup => &["configuration change"],
            SourceType::DbSecurityGroup => &["configuration change", "failure"],
            SourceType::DbSnapshot => &["creation", "deletion", "notification", "restoration"],
            SourceType::DbCluster => &[
                "configuration change",
                "creation",
                "deletion",
                "failover",
                "failure",
                "global-failover",
                "maintenance",
                "notification",
                "serverless",
            ],
            SourceType::DbClusterSnapshot => &["backup", "notification"],
            SourceType::CustomEngineVersion => &["creation", "failure", "restoration"],
            SourceType::DbProxy => &["configuration change", "creation", "deletion", "failure"],
            SourceType::BlueGreenDeployment => &["creation", "deletion", "failure", "notification"],
            SourceType::DbShardGroup => &["maintenance", "notification"],
            SourceType::ZeroEtl => &["notification"],
        }
    }

    /// The part of an ARN that tells the type.
    pub fn arn_part(self) -> &'static str {
        match self {
            SourceType::DbInstance => "db",
            SourceType::DbParameterGroup => "pg",
            SourceType::DbSecurityGroup => "secgrp",
            SourceType::DbSnapshot => "snapshot",
            SourceType::DbCluster => "cluster",
            SourceType::DbClusterSnapshot => "cluster-snapshot",
            SourceType::CustomEngineVersion => "cev",
            SourceType::DbProxy => "db-proxy",
            SourceType::BlueGreenDeployment => "deployment",
            SourceType::DbShardGroup => "shard-group",
            SourceType::ZeroEtl => "integration",
        }
    }
}

impl fmt::Display for SourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The category of an event by its number; `notification` for those that are in no other.
pub fn category_of(id: u16) -> &'static str {
    match id {
        4 | 6 | 22 => "availability",
        5 | 170 | 203 | 206 | 244 => "creation",
        3 | 171 | 205 | 208 | 246 => "deletion",
        12 | 14 | 24 | 25 | 29 | 30 | 204 | 207 => "configuration change",
        13 | 15 | 34 | 49..=51 | 65 | 69..=73 => "failover",
        245 | 249 | 252 | 261 | 310 | 314 => "failure",
        20 | 21 | 52 | 53 | 361 | 362 => "recovery",
        26 | 27 | 47 | 173 | 176..=178 | 266..=268 | 286..=290 | 388 | 417 | 422 | 501 | 502 => {
            "maintenance"
        }
        181..=187 | 238 | 239 | 397 | 423 => "global-failover",
        _ => "notification",
    }
}
