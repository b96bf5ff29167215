//! A scenario as data: the databases behind the link, what happens when, and how it should end.
//!
//! ```toml
//! [[scenario]]
//! name = "register-throttled"
//! title = "RegisterTargets is throttled while an Aurora cluster fails over"
//! steps = [
//!     { at = 5, do.api = { calls = ["RegisterTargets"], answer = "throttled", times = 3 } },
//!     { at = 5, do.fail-over = "orders" },
//! ]
//! ```
//!
//! Times are seconds of the region. A database is named by what the region calls it: `orders` (an
//! Aurora cluster of three), `billing` (a Multi-AZ instance), `ledger` (a Multi-AZ DB cluster),
//! `parcels` (a dual-stack Aurora cluster of two), or `db-01` to `db-20` (clusters of two, all of
//! whose writers are in zone a).

use std::net::IpAddr;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use super::check::check;
use crate::place::FileError;
use crate::scene::Standby;
use crate::world::pace::Delays;
use crate::world::rds::Network;

/// Scenarios of `writerlink lab run`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Scenarios")]
struct File {
    #[serde(default)]
    scenario: Vec<Scenario>,
}

/// A failover or another change of the databases.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scenario {
    /// Its name, as it is asked for.
    pub name: String,
    /// What happens, as a sentence without its full stop.
    pub title: String,
    /// The databases behind the link.
    #[serde(default)]
    pub databases: Region,
    /// What is behind the link, if it is not the databases' writer: `cluster/orders/readers`, or
    /// `proxy/front` with a proxy of that name before them. `dns/HOST` needs no databases: three
    /// machines have that name.
    #[serde(default)]
    pub source: Option<String>,
    /// Every member of `orders` also has a target group, a binding and a listener port of its own,
    /// from 5441 on, and a second application has these ports and chooses the writer by itself.
    #[serde(default)]
    pub member_ports: bool,
    /// Whether the standby of an instance behind the link is to be a target too: `warm`.
    #[serde(default)]
    pub standby: Standby,
    /// The configuration has no binding: the program has to find them by the tags of the groups,
    /// and the databases have the tag of consent.
    #[serde(default)]
    pub tagged: bool,
    /// How the region's delays differ from [`Pace::real`](crate::world::Pace::real).
    #[serde(default)]
    pub pace: Delays,
    /// The groups' deregistration delay, in seconds.
    #[serde(default = "usual_drain")]
    pub drain: u32,
    /// The port that the target groups were created with, where it is not the databases'.
    #[serde(default)]
    pub group_port: Option<u16>,
    /// How many invocations may run at once: 1, where that is reserved.
    #[serde(default = "one")]
    pub environments: usize,
    /// What happens, and when.
    #[serde(default)]
    pub steps: Vec<ScriptStep>,
    /// How it should end.
    #[serde(default)]
    pub expect: Expectation,
    /// When it ends at the latest.
    #[serde(default = "usual_length")]
    pub lasts: f64,
}

impl Scenario {
    /// Whether the servers behind the link are those of one database, which keeps its name.
    pub(super) fn has_servers_of_one_database(&self) -> bool {
        let is_other = |source: &String| source.starts_with("proxy/") || source.starts_with("dns/");
        let moves = |act: &Act| {
            matches!(
                act,
                Act::SwitchOver(_)
                    | Act::Rename { .. }
                    | Act::Demote(_)
                    | Act::Promote(_)
                    | Act::AddGreen(_)
                    | Act::ReuseStandby { .. }
                    | Act::StandbyListens(_)
            )
        };
        !self.source.as_ref().is_some_and(is_other)
            && !self.steps.iter().any(|step| moves(&step.act))
    }
}

/// The databases behind the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// `orders`, an Aurora PostgreSQL cluster of three.
    #[default]
    Aurora,
    /// `billing`, a Multi-AZ PostgreSQL instance.
    MultiAz,
    /// `orders` and `billing`.
    AuroraAndMultiAz,
    /// `ledger`, a Multi-AZ DB cluster of PostgreSQL.
    MultiAzCluster,
    /// The same, with an endpoint that answers the writer's address and is not an alias.
    MultiAzClusterByAddress,
    /// `orders`, the primary of an Aurora Global Database, which has a secondary in another Region.
    GlobalPrimary,
    /// `orders`, and `orders-next` with as many members, which is to take its name.
    TwoClusters,
    /// `parcels`, a dual-stack Aurora PostgreSQL cluster of two, behind an ipv6 group.
    DualStack,
    /// `db-01` to `db-20`, Aurora clusters of two whose writers share a zone.
    Twenty,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptStep {
    /// When, since the beginning.
    pub at: f64,
    /// What.
    #[serde(rename = "do")]
    pub act: Act,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Someone requests a failover of this database (FailoverDBCluster, or RebootDBInstance with
    /// failover).
    FailOver(String),
    /// The writer of this database is lost, and the database fails over by itself.
    LoseWriter(String),
    /// A zone is lost, with every writer in it: `a`, `b` or `c`.
    LoseZone(char),
    /// Someone changes the network type of this cluster: `IPV4` or `DUAL`.
    ChangeNetwork {
        /// The cluster.
        of: String,
        /// The type.
        to: Network,
    },
    /// A member of this name is added to the cluster `to`.
    AddMember {
        /// The new instance's name.
        name: String,
        /// The cluster.
        to: String,
    },
    /// A reader of this name is removed from its cluster.
    RemoveMember(String),
    /// The blue/green deployment of this database, which begins with one, is switched over.
    SwitchOver(String),
    /// The switchover of this database's blue/green deployment is cancelled, and all is as before.
    CancelSwitchOver(String),
    /// This cluster gets another name.
    Rename {
        cluster: String,
        /// Its new name.
        to: String,
    },
    /// An instance gets a read replica of this name, which has its security groups.
    AddReplica {
        name: String,
        /// The instance.
        of: String,
        #[serde(default)]
        multi_az: bool,
    },
    /// A blue/green deployment of this database is made; green has its security groups.
    AddGreen(String),
    /// The standby of this instance gets another host, and its address goes to `to`, another
    /// database, which is made with it.
    ReuseStandby { of: String, to: String },
    /// The standby of this instance accepts connections from now on.
    StandbyListens(String),
    /// An instance gets a standby, or loses it (ModifyDBInstance).
    ChangeMultiAz { of: String, to: bool },
    /// Health checks do not reach the targets in the group of this database any more.
    BlockChecks(String),
    /// The tag with which this database consents to its publication is removed.
    TakeConsent(String),
    /// The writer of this primary of a global database moves to another Region.
    Demote(String),
    /// The writer comes back to this secondary of a global database, which was its primary.
    Promote(String),
    /// AWS replaces a node of this proxy in a zone, and sends no event.
    MoveNode {
        /// The proxy.
        of: String,
        /// The zone: `a`, `b` or `c`.
        zone: char,
    },
    /// DNS answers for this proxy's name list this many of its addresses, other ones for each
    /// query; all of them, when not given.
    TellNodes {
        /// The proxy.
        of: String,
        /// How many.
        at_a_time: Option<usize>,
    },
    /// A name outside RDS resolves to these machines from now on; the others keep running.
    MoveHost {
        /// The name.
        of: String,
        /// The machines.
        to: Vec<IpAddr>,
    },
    /// The RDS API shows an instance as `storage-optimization`, while it serves.
    OptimizeStorage(String),
    /// API calls go wrong.
    Api {
        /// The operations.
        calls: Vec<String>,
        answer: ApiAnswer,
        /// How many of each; all of them, when not given.
        times: Option<u32>,
        /// For how many seconds; until the end, when not given.
        lasts: Option<f64>,
    },
    /// DNS gives a wrong answer for the endpoint of a database.
    Name {
        /// The database.
        of: String,
        /// What is answered instead.
        answer: NameAnswer,
        /// For how many seconds; until the end, when not given.
        lasts: Option<f64>,
    },
    /// The next messages to the function are lost or repeated.
    Messages {
        /// What happens to each.
        fate: Fate,
        /// How many of them.
        times: u32,
    },
    /// Someone registers a target in the group of a database.
    Register {
        /// The database.
        of: String,
        /// The address, or the name of an instance for that instance's address.
        target: String,
        /// The port, if it is not the database's.
        port: Option<u16>,
    },
    /// The program is killed when it next makes this call, which is not carried out.
    KillAt(String),
}

/// What an API call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApiAnswer {
    /// HTTP 400, `Throttling`.
    Throttled,
    /// HTTP 403: a permission is missing.
    Denied,
    /// HTTP 500, and nothing was done.
    ServerError,
    /// HTTP 500, although it was done.
    ServerErrorAfterwards,
}

/// What a name is answered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NameAnswer {
    /// It does not exist.
    NxDomain,
    /// These addresses.
    Addresses(Vec<IpAddr>),
}

/// What happens to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It never arrives.
    Lost,
    /// It arrives this many times more.
    Repeated(u32),
}

/// How a scenario should end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// Every group holds exactly the writer.
    #[default]
    Follows,
    /// Every group holds exactly the writer and its standby.
    Warm,
    /// Every group holds what it held at the beginning, all the time.
    Untouched,
}

/// The scenarios that come with the program.
///
/// # Panics
///
/// Never: a test reads them.
pub fn scenarios() -> Vec<Scenario> {
    let file: File = toml::from_str(include_str!("scenarios.toml"))
        .expect("the built-in scenarios are well-formed");
    file.scenario
}

/// Reads scenarios from a file of this name.
///
/// # Errors
///
/// The place of the first mistake, what was found there, and what is allowed.
pub fn read(text: &str, file: &str) -> Result<Vec<Scenario>, FileError> {
    let read: File =
        toml::from_str(text).map_err(|error| FileError::of_toml(text, file, &error))?;
    check(&read.scenario).map_err(|mistake| FileError::of(text, file, &mistake))?;
    Ok(read.scenario)
}

/// The JSON Schema of a file of scenarios.
pub fn schema() -> Schema {
    schemars::schema_for!(File)
}

fn usual_drain() -> u32 {
    30
}

fn one() -> usize {
    1
}

fn usual_length() -> f64 {
    300.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_scenarios_are_well_formed_and_each_is_named_as_a_sentence() {
        for scenario in scenarios() {
            let is_sentence = scenario.title.contains(' ') && !scenario.title.ends_with('.');
            assert!(is_sentence, "{}: {}", scenario.name, scenario.title);
            let steps = &scenario.steps;
            assert!(
                steps.is_sorted_by(|a, b| a.at <= b.at)
                    && steps.iter().all(|step| step.at < scenario.lasts),
                "{}: its steps are in order, and within its time",
                scenario.name
            );
        }
    }

    #[test]
    fn what_has_no_postgresql_is_known_by_its_source_or_its_acts() {
        let built_in_only: Vec<String> = scenarios()
            .into_iter()
            .filter(|scenario| !scenario.has_servers_of_one_database())
            .map(|scenario| scenario.name)
            .collect();
        assert_eq!(
            built_in_only,
            [
                "proxy-node-replaced",
                "proxy-tells-a-part",
                "host-moves",
                "host-unknown",
                "blue-green",
                "blue-green-instance",
                "blue-green-cancelled",
                "renamed-away",
                "name-taken-over",
                "global-writer-leaves",
                "global-writer-returns",
                "warm-green",
                "warm-address-reused",
                "warm-standby-listens",
            ]
        );
    }
}
