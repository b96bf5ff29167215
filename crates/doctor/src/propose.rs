//! Proposes a configuration for a Region: which of its target groups belongs to which database.
//!
//! 1. [`read`](crate::survey::region::read) reads the Region once, and gives a [`Region`].
//! 2. The databases' names say whose each target's address is, and one table decides what the
//!    targets of a group say.
//! 3. [`propose`] makes an [`Entry`] of each group: a binding, or the reason why there is none.
//! 4. [`toml`] and [`parameters`] write the entries as a configuration, or as the parameters of
//!    `infra/`.
//!
//! What could not be read becomes a [`Value::Blank`], which the configuration refuses by its name.
//! An `allow` holds exactly the networks of the database's subnets, and never a wider one.

mod allow;
pub(crate) mod database;
mod decide;
mod entry;
mod members;
pub(crate) mod owner;
pub mod parameters;
pub mod region;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
pub mod toml;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use writerlink_aws::account::GroupDetail;
use writerlink_core::config::Mode;
use writerlink_core::source::Source;

pub use self::allow::Allowed;
pub use self::database::Database;
use self::entry::Maker;
use self::members::Members;
pub use self::members::{MemberPorts, Place};
pub use self::region::Region;
use crate::account::Account;
use crate::read::{Gap, Read};

/// What a person asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Only this database.
    pub database: Option<Source>,
    /// Only the target group with this ARN or name.
    pub group: Option<String>,
    /// The port of the targets, in place of the database's own.
    pub port: Option<u16>,
    /// The name of the binding, in place of the group's.
    pub name: Option<String>,
    pub mode: Mode,
    /// Also a binding for each member of the cluster that is asked for, with the listener port of
    /// the first; the others have the next ones.
    pub member_ports: Option<u16>,
    /// The DNS servers that were asked; the system's own if there are none.
    pub dns_servers: Vec<SocketAddr>,
}

/// What the Region suggests.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The account's number, if it is known.
    pub account: Option<String>,
    pub region: String,
    pub dns_servers: Vec<SocketAddr>,
    /// One for each target group, in the order of their names.
    pub entries: Vec<Entry>,
    /// The members of a cluster with a listener port for each, if they were asked for.
    pub members: Option<MemberPorts>,
    /// What could not be read and belongs to no single entry.
    pub gaps: Vec<Gap>,
}

/// A target group, or a database without one.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The name of the group, or the source that has none.
    pub title: String,
    /// What was found, in sentences.
    pub comments: Vec<String>,
    pub binding: Option<Proposed>,
    /// Whether a person must decide, or must look up what could not be read.
    pub is_open: bool,
}

/// A binding.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub name: String,
    pub source: Source,
    /// The ARN of the target group.
    pub target_group: Value<String>,
    pub mode: Mode,
    /// The port of the targets; the database's own if it is not set.
    pub port: Option<u16>,
    pub allow: Value<Vec<Allowed>>,
    /// Whether a person must decide before the binding can be used.
    pub is_doubtful: bool,
    /// What RDS says of the database.
    pub database: Read<Database>,
    /// The ARN of the load balancer in front of the group, if there is exactly one.
    pub balancer: Option<String>,
}

/// A value, or the blank in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<T> {
    Known(T),
    /// Nothing that was read says it. The name is written in its place, such as
    /// `<allow-of-orders>`, which no reader of a configuration takes for a value.
    Blank {
        name: String,
        gap: Gap,
    },
}

impl<T> Value<T> {
    /// The value, or the blank for `key` of a database.
    pub(crate) fn of_read(key: &str, of: &str, read: Read<T>) -> Self {
        match read {
            Ok(value) => Self::Known(value),
            Err(gap) => Self::Blank { name: format!("<{key}-of-{of}>"), gap },
        }
    }

    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Blank { .. } => None,
        }
    }
}

impl Proposed {
    /// The blanks in it: their names, and why they are blank.
    pub fn blanks(&self) -> Vec<(&str, &Gap)> {
        fn blank<T>(value: &Value<T>) -> Option<(&str, &Gap)> {
            match value {
                Value::Known(_) => None,
                Value::Blank { name, gap } => Some((name, gap)),
            }
        }
        [blank(&self.target_group), blank(&self.allow)].into_iter().flatten().collect()
    }
}

impl Proposal {
    /// The bindings that need no decision.
    pub fn bindings(&self) -> impl Iterator<Item = &Proposed> {
        let bindings = self.entries.iter().filter_map(|entry| entry.binding.as_ref());
        bindings.filter(|binding| !binding.is_doubtful)
    }

    /// Whether everything was read, and nothing is left to decide.
    pub fn is_complete(&self) -> bool {
        let has_blank = |entry: &Entry| entry.binding.iter().any(|own| !own.blanks().is_empty());
        self.gaps.is_empty() && self.entries.iter().all(|entry| !entry.is_open && !has_blank(entry))
    }
}

/// Why nothing can be proposed for what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("RDS lists no {0} in {1}: check the name, `--region` and `--profile`")]
    NoDatabase(Source, String),
    #[error("instance {0} is a member of cluster {1}: give `--cluster {1}`")]
    Member(String, String),
    #[error(
        "there is no target group {0:?} in {1}: give its name or its ARN, and check `--region`"
    )]
    NoGroup(String, String),
    #[error(
        "target group {name} is of the type {kind} and the protocol {protocol}: a binding needs a \
         group of the type ip for TCP"
    )]
    OtherKind { name: String, kind: String, protocol: String },
    #[error("`--member-ports` gives a port to each member of a cluster: name it with `--cluster`")]
    NoCluster,
    #[error(
        "`--member-ports {first}`: the ports of {count} members without a listener would reach \
         beyond 65535: name a lower first port"
    )]
    Beyond { first: u16, count: usize },
    #[error(
        "`--member-ports {first}`: {writer} would be a member's port, and is the writer's: name a \
         first port from which no member comes to it"
    )]
    Writer { first: u16, writer: u16 },
    #[error(
        "`--name` and `--port` are for one binding, and do not go with `--member-ports`: leave \
         them out"
    )]
    ForOneBinding,
    #[error(
        "`--name` and `--port` are for one binding, and {0} are proposed: name one group with \
         `--target-group`"
    )]
    Several(usize),
}

/// Makes the proposal.
///
/// # Errors
/// When what was asked for does not exist, as far as everything that could tell was read.
pub fn propose(region: &Region, request: &Request) -> Result<Proposal, Refused> {
    let account = &region.account;
    let maker = Maker::new(region, request);
    if let Some(source) = &request.database {
        check(source, account)?;
    }
    let mut groups = wanted(region, request)?;
    groups.sort_by(|one, other| (&one.name, &one.arn).cmp(&(&other.name, &other.arn)));
    let members = Members::of(request, &maker)?;
    groups.retain(|group| members.as_ref().is_none_or(|members| !members.have(&group.arn)));
    groups.retain(|group| maker.concerns(group));
    let mut entries: Vec<Entry> = groups.iter().map(|group| maker.of_group(group)).collect();
    if let Some(source) = &request.database
        && request.group.is_none()
        && !groups.iter().any(|group| maker.holds(group, source))
    {
        entries.push(maker.without_group(source));
    }
    let members = members
        .map(|members| {
            let mut bindings = entries.iter().filter_map(|entry| entry.binding.as_ref());
            let writer =
                bindings.find(|binding| Some(&binding.source) == request.database.as_ref());
            members.places(&maker, writer.and_then(|writer| writer.balancer.as_deref()))
        })
        .transpose()?;
    entries.extend(members.iter().flat_map(|members| members.entries(&maker)));
    finish(&mut entries, request)?;
    Ok(Proposal {
        account: account.number.clone().ok(),
        region: account.region.clone(),
        dns_servers: request.dns_servers.clone(),
        entries,
        members,
        gaps: gaps(region, request, &maker),
    })
}

/// Refuses a database that is not there, or that no source of its own follows.
fn check(source: &Source, account: &Account) -> Result<(), Refused> {
    if let Ok(None) = database::find(source, account) {
        return Err(Refused::NoDatabase(source.clone(), account.region.clone()));
    }
    let instances = account.databases.instances.as_ref().ok();
    match (source, instances) {
        (Source::Instance(id), Some(instances)) => {
            let cluster = instances.get(id.as_str()).and_then(|instance| instance.cluster.clone());
            cluster.map_or(Ok(()), |cluster| Err(Refused::Member(id.to_string(), cluster)))
        }
        _ => Ok(()),
    }
}

fn wanted<'a>(region: &'a Region, request: &Request) -> Result<Vec<&'a GroupDetail>, Refused> {
    let Ok(groups) = &region.account.links.groups else { return Ok(Vec::new()) };
    let Some(wanted) = &request.group else {
        return Ok(groups.values().filter(|group| region::can_follow(group)).collect());
    };
    let found = groups.values().find(|group| group.arn == *wanted || group.name == *wanted);
    match found {
        Some(group) if region::can_follow(group) => Ok(vec![group]),
        Some(group) => Err(Refused::OtherKind {
            name: group.name.clone(),
            kind: group.target_type.clone(),
            protocol: group.protocol.clone(),
        }),
        None => Err(Refused::NoGroup(wanted.clone(), region.account.region.clone())),
    }
}

/// Gives the binding its asked name, and every binding a name of its own.
fn finish(entries: &mut [Entry], request: &Request) -> Result<(), Refused> {
    let mut bindings: Vec<&mut Proposed> =
        entries.iter_mut().filter_map(|entry| entry.binding.as_mut()).collect();
    if bindings.len() > 1 && (request.name.is_some() || request.port.is_some()) {
        return Err(Refused::Several(bindings.len()));
    }
    let mut taken = BTreeSet::new();
    for binding in &mut bindings {
        let wanted = request.name.clone().unwrap_or_else(|| binding.name.clone());
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        binding.name = names.find(|name| taken.insert(name.clone())).unwrap_or(wanted.clone());
    }
    Ok(())
}

/// What could not be read and bears on what was asked.
fn gaps(region: &Region, request: &Request, maker: &Maker) -> Vec<Gap> {
    let Account { databases, links, .. } = &region.account;
    let mut gaps = owner::unread(databases, request.database.as_ref());
    gaps.extend(links.groups.as_ref().err().cloned());
    gaps.extend(links.balancers.as_ref().err().cloned());
    gaps.extend(links.listeners.values().filter_map(|read| read.as_ref().err().cloned()));
    gaps.extend(region.tagged.as_ref().err().filter(|_| request.group.is_none()).cloned());
    gaps.extend(maker.unresolved().cloned());
    gaps.sort();
    gaps.dedup();
    gaps
}
