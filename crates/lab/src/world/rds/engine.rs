//! The database engines.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// What runs in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Aurora with PostgreSQL's protocol; always in a cluster.
    AuroraPostgresql,
    /// Aurora with MySQL's protocol; always in a cluster.
    AuroraMysql,
    Mysql,
    Mariadb,
    /// PostgreSQL.
    Postgres,
    /// Oracle Enterprise Edition.
    OracleEe,
    /// SQL Server Enterprise Edition.
    SqlserverEe,
    /// Neptune, which DescribeDBClusters lists too.
    Neptune,
    /// DocumentDB, which DescribeDBClusters lists too.
    Docdb,
}

/// Whether an engine's instances are members of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Instances share a cluster's storage: one writer, the others readers.
    Cluster,
    /// An instance is standalone, with or without a standby, or a node of a Multi-AZ DB cluster.
    Instance,
}

impl Engine {
    /// The RDS API's name.
    pub fn name(self) -> &'static str {
        match self {
            Engine::AuroraPostgresql => "aurora-postgresql",
            Engine::AuroraMysql => "aurora-mysql",
            Engine::Mysql => "mysql",
            Engine::Mariadb => "mariadb",
            Engine::Postgres => "postgres",
            Engine::OracleEe => "oracle-ee",
            Engine::SqlserverEe => "sqlserver-ee",
            Engine::Neptune => "neptune",
            Engine::Docdb => "docdb",
        }
    }

    /// The port unless another is given (AWS docs: CreateDBInstance, Port).
    pub fn port(self) -> u16 {
        match self {
            Engine::AuroraPostgresql | Engine::Postgres => 5432,
            Engine::AuroraMysql | Engine::Mysql | Engine::Mariadb => 3306,
            Engine::OracleEe => 1521,
            Engine::SqlserverEe => 1433,
            Engine::Neptune => 8182,
            Engine::Docdb => 27017,
        }
    }

    /// A version the engine has.
    pub fn version(self) -> &'static str {
        match self {
            Engine::AuroraPostgresql | Engine::Postgres => "16.6",
            Engine::AuroraMysql => "8.0.mysql_aurora.3.08.0",
            Engine::Mysql => "8.0.40",
            Engine::Mariadb => "10.11.10",
            Engine::OracleEe => "19.0.0.0.ru-2024-10.rur-2024-10.r1",
            Engine::SqlserverEe => "15.00.4410.1.v1",
            Engine::Neptune => "1.3.4.0",
            Engine::Docdb => "5.0.0",
        }
    }

    /// Whether it has Multi-AZ DB clusters (AWS docs: "Creating a Multi-AZ DB cluster": "only for
    /// the MySQL and PostgreSQL DB engines").
    pub fn has_multi_az_clusters(self) -> bool {
        matches!(self, Engine::Mysql | Engine::Postgres)
    }

    /// Whether it is Aurora, and not one of the others whose clusters share a storage.
    pub fn is_aurora(self) -> bool {
        matches!(self, Engine::AuroraPostgresql | Engine::AuroraMysql)
    }

    /// Whether its instances are members of a cluster.
    pub fn layout(self) -> Layout {
        match self {
            Engine::AuroraPostgresql | Engine::AuroraMysql | Engine::Neptune | Engine::Docdb => {
                Layout::Cluster
            }
            Engine::Mysql
            | Engine::Mariadb
            | Engine::Postgres
            | Engine::OracleEe
            | Engine::SqlserverEe => Layout::Instance,
        }
    }

    /// Whether the standby of a Multi-AZ instance answers on its port. SQL Server's is a mirroring
    /// or Always On partner that listens; the others' does not (AWS docs: "Multi-AZ deployments for
    /// Amazon RDS for Microsoft SQL Server").
    pub fn standby_accepts_tcp(self) -> bool {
        self == Engine::SqlserverEe
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
