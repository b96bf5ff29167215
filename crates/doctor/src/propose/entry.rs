//! What is proposed for one target group.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use writerlink_aws::account::{Balancer, GroupDetail, Listener, TargetSeen};
use writerlink_core::source::Source;
use writerlink_core::target::Family;

use super::allow::allow;
use super::database::{self, Database};
use super::decide::{Decision, decide};
use super::owner::{Owner, Owners, same_database, unread};
use super::region::family;
use super::{Entry, Proposed, Region, Request, Value};
use crate::account::Account;
use crate::read::{Gap, Read};

/// Makes the entries of one Region.
pub(super) struct Maker<'a> {
    region: &'a Region,
    request: &'a Request,
    v4: Owners,
    v6: Owners,
}

impl<'a> Maker<'a> {
    pub(super) fn new(region: &'a Region, request: &'a Request) -> Self {
        let databases = &region.account.databases;
        let asked = request.database.as_ref();
        let of = |family| Owners::new(databases, region.names.of(family), asked);
        Self { region, request, v4: of(Family::V4), v6: of(Family::V6) }
    }

    pub(super) fn account(&self) -> &'a Account {
        &self.region.account
    }

    fn owners(&self, group: &GroupDetail) -> &Owners {
        match family(group) {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The listeners that were read.
    pub(super) fn listeners(&self) -> impl Iterator<Item = &'a Listener> + use<'a> {
        self.account().links.listeners.values().flatten().flatten()
    }

    /// The group's tag `writerlink:source`.
    pub(super) fn tag(&self, group: &GroupDetail) -> Option<&'a str> {
        self.region.tagged.as_ref().ok()?.get(&group.arn).map(String::as_str)
    }

    /// The targets that are not draining.
    fn targets(&self, group: &GroupDetail) -> Read<Vec<&'a TargetSeen>> {
        match self.account().links.targets.get(&group.arn) {
            Some(Ok(targets)) => {
                Ok(targets.iter().filter(|target| target.state != "draining").collect())
            }
            Some(Err(gap)) => Err(gap.clone()),
            None => Err(Gap::unread(
                "elasticloadbalancing:DescribeTargetHealth",
                "its targets were not read",
                "Look at the group's targets.",
            )),
        }
    }

    /// The names of databases that were not resolved.
    pub(super) fn unresolved(&self) -> impl Iterator<Item = &Gap> {
        self.v4.unresolved.iter().chain(&self.v6.unresolved)
    }

    /// Whether the group must be looked at for the database that was asked for. Every group must if
    /// it was named, or if no database was.
    pub(super) fn concerns(&self, group: &GroupDetail) -> bool {
        let Some(asked) = &self.request.database else { return true };
        let Ok(targets) = self.targets(group) else { return true };
        let decision = decide(&addresses(&targets), self.owners(group));
        self.request.group.is_some() || decision == Decision::Unknown || self.holds(group, asked)
    }

    /// Whether the group has a target at an address of this database.
    pub(super) fn holds(&self, group: &GroupDetail, database: &Source) -> bool {
        let targets = self.targets(group).unwrap_or_default();
        let mut owners = targets.iter().flat_map(|target| self.owners(group).of(target.address));
        owners.any(|owner| owner.source().is_some_and(|own| same_database(&own, database)))
    }

    /// Whether the group has targets, and all are at the addresses of this instance's own name.
    pub(super) fn is_at(&self, group: &GroupDetail, instance: &str) -> bool {
        let targets = self.targets(group).unwrap_or_default();
        let instances = self.account().databases.instances.as_ref().ok();
        let name = instances.and_then(|all| all.get(instance)?.endpoint.as_deref());
        let names = self.region.names.of(family(group));
        let own = name.and_then(|name| names.get(name)?.as_ref().ok());
        let is_own =
            |target: &&TargetSeen| own.is_some_and(|own| own.addresses.contains(&target.address));
        !targets.is_empty() && targets.iter().all(is_own)
    }

    /// That a listener has its port, in a sentence.
    pub(super) fn in_use(&self, listener: &Listener) -> String {
        let links = &self.account().links;
        let balancers = links.balancers.as_ref().ok();
        let balancer = balancers.and_then(|all| all.get(&listener.load_balancer));
        let balancer = balancer.map_or(&*listener.load_balancer, |balancer| &*balancer.name);
        let groups = links.groups.as_ref().ok();
        let names = listener.forwards.iter().map(|forward| {
            let group = groups.and_then(|all| all.get(&forward.group));
            group.map_or(&*forward.group, |group| &*group.name)
        });
        let names = names.collect::<Vec<_>>().join(", ");
        let whom = if names.is_empty() { "no group that was read".to_owned() } else { names };
        format!(
            "Port {} is passed over: load balancer {balancer} listens on it for {whom} ({}).",
            listener.port, listener.arn
        )
    }

    pub(super) fn of_group(&self, group: &GroupDetail) -> Entry {
        let mut entry = self.examined(group);
        if entry.binding.is_none() {
            entry.comments.insert(0, group.arn.clone());
        }
        entry
    }

    fn examined(&self, group: &GroupDetail) -> Entry {
        let mut entry = Entry {
            title: group.name.clone(),
            comments: Vec::new(),
            binding: None,
            is_open: false,
        };
        if let Some(tag) = self.tag(group).filter(|_| self.request.group.is_none()) {
            let is_source = tag.parse::<Source>().is_ok();
            entry.is_open = !is_source;
            entry.comments.push(match is_source {
                true => format!(
                    "Its tag writerlink:source says {tag:?}: with `discover` in the configuration \
                     the tag makes its binding (docs/discovery.md). A binding here would replace \
                     the tag."
                ),
                false => format!("Its tag writerlink:source says {tag:?}, which is no source."),
            });
            return entry;
        }
        let owners = self.owners(group);
        let (targets, decision) = match self.targets(group) {
            Ok(targets) => {
                entry.comments.push(listed(&targets, owners));
                let decision = decide(&addresses(&targets), owners);
                entry.comments.extend(reason(&decision).map(str::to_owned));
                (targets, decision)
            }
            Err(gap) => {
                entry.comments.push(format!("Its targets could not be read. {}", told(&gap)));
                entry.is_open = true;
                (Vec::new(), Decision::Unknown)
            }
        };
        let (source, doubt) = self.choose(&decision);
        let is_settled = matches!(decision, Decision::Empty | Decision::Foreign);
        let is_named = self.request.group.is_some();
        entry.is_open |= doubt.is_some() || source.is_none() && (!is_settled || is_named);
        let Some(source) = source else {
            let name = "Name its database with `--cluster`, `--instance` or `--proxy`.";
            entry.comments.extend(is_named.then(|| name.to_owned()));
            return entry;
        };
        if decision.source() != Some(&source) && !targets.is_empty() {
            entry.is_open = true;
            entry.comments.push(format!(
                "{source} was asked for, and the targets do not confirm it. `writerlink audit` \
                 shows what a binding in manage would change."
            ));
        }
        if let (Decision::Perhaps(_, why), None) = (&decision, &doubt) {
            entry.is_open = true;
            entry.comments.push(format!("Look first: {why}."));
        }
        if let Source::Readers(id, _) = &source {
            entry.comments.push(format!(
                "Custom endpoints are not read. If the group is for one, write \
                 `cluster/{id}/custom/ENDPOINT`."
            ));
        }
        entry.comments.extend(doubt.as_ref().map(|doubt| format!("Not decided: {doubt}.")));
        let group_arn = Value::Known(group.arn.clone());
        let family = family(group);
        let mut binding = self.binding(&source, group.name.clone(), group_arn, family);
        binding.is_doubtful = doubt.is_some();
        entry.comments.extend(self.surroundings(group, &mut binding));
        let port = ports(&targets, &binding);
        entry.is_open |= port.is_some();
        entry.comments.extend(port);
        entry.binding = Some(binding);
        entry
    }

    /// The source, and why a person must decide. What was asked for wins over what was found,
    /// unless it is another part of the same database.
    fn choose(&self, decision: &Decision) -> (Option<Source>, Option<String>) {
        match (&self.request.database, decision) {
            (Some(asked), Decision::Follow(found)) if same_database(asked, found) => {
                (Some(found.clone()), None)
            }
            (Some(asked), _) if self.request.group.is_some() => (Some(asked.clone()), None),
            (_, Decision::Perhaps(source, why)) => (Some(source.clone()), Some(why.clone())),
            (_, decision) => (decision.source().cloned(), None),
        }
    }

    pub(super) fn binding(
        &self,
        source: &Source,
        name: String,
        target_group: Value<String>,
        family: Family,
    ) -> Proposed {
        let account = self.account();
        let database = database::find(source, account).and_then(|found| {
            let why = format!("it lists no {source}");
            found.ok_or_else(|| Gap::unread("rds:DescribeDBClusters", &why, ""))
        });
        let of_database = database.as_ref().map_err(Clone::clone);
        let networks = of_database.and_then(|own| allow(own, family, &account.network.subnets));
        Proposed {
            name,
            source: source.clone(),
            target_group,
            mode: self.request.mode,
            port: self.request.port,
            allow: Value::of_read("allow", source.name(), networks),
            is_doubtful: false,
            database,
            balancer: None,
        }
    }

    /// A database for which no target group was found.
    pub(super) fn without_group(&self, source: &Source) -> Entry {
        let gap = match &self.account().links.groups {
            Err(gap) => gap.clone(),
            Ok(_) if !unread(&self.account().databases, Some(source)).is_empty() => Gap::unread(
                "Its target group",
                "its addresses were not read",
                "Name its group with `--target-group`.",
            ),
            Ok(_) => Gap::unread(
                "Its target group",
                "none that could be read has a target at one of its addresses",
                "Name its group with `--target-group`, or make one with infra/writerlink.yaml: \
                 `--parameters cloudformation` prints the parameters.",
            ),
        };
        let group = Value::of_read("target-group", source.name(), Err(gap));
        let binding = self.binding(source, source.name().to_owned(), group, Family::V4);
        let comments = binding.database.iter().map(|database| about(source, database)).collect();
        Entry { title: source.to_string(), comments, binding: Some(binding), is_open: false }
    }

    /// What must admit what, for the group of a binding.
    fn surroundings(&self, group: &GroupDetail, binding: &mut Proposed) -> Vec<String> {
        let mut told = Vec::new();
        let database = binding.database.as_ref().ok();
        told.extend(database.map(|database| about(&binding.source, database)));
        let vpcs = group.vpc.as_ref().zip(database.and_then(|database| database.vpc.as_ref()));
        if let Some((own, other)) = vpcs.filter(|(own, other)| own != other) {
            told.push(format!(
                "The group is in {own} and the database in {other}: their VPCs must be peered."
            ));
        }
        let links = &self.account().links;
        let Ok(balancers) = &links.balancers else { return told };
        let balancers: Vec<&Balancer> =
            group.load_balancers.iter().filter_map(|arn| balancers.get(arn)).collect();
        if balancers.is_empty() {
            told.push("No load balancer forwards to the group.".to_owned());
        }
        if let [one] = &balancers[..] {
            binding.balancer = Some(one.arn.clone());
        }
        for balancer in balancers {
            let listeners = links.listeners.get(&balancer.arn);
            told.push(in_front(balancer, group, listeners, binding.database.as_ref().ok()));
        }
        told
    }
}

fn addresses(targets: &[&TargetSeen]) -> BTreeSet<IpAddr> {
    targets.iter().map(|target| target.address).collect()
}

/// A gap in a sentence: the permission, what was said, and the remedy.
pub(super) fn told(gap: &Gap) -> String {
    format!("{}: {}. {}", gap.call, gap.why, gap.remedy).trim_end().to_owned()
}

/// Why the targets alone give no source.
fn reason(decision: &Decision) -> Option<&'static str> {
    match decision {
        Decision::Follow(_) | Decision::Perhaps(..) | Decision::Empty => None,
        Decision::Mixture => Some(
            "No one source that was read has all of these addresses; custom endpoints were not.",
        ),
        Decision::Foreign => Some("No database of the Region has these addresses."),
        Decision::Unknown => Some("They may be of a database that was not read: see the top."),
    }
}

fn listed(targets: &[&TargetSeen], owners: &Owners) -> String {
    if targets.is_empty() {
        return "It has no targets that stay.".to_owned();
    }
    let each = targets.iter().map(|target| {
        let who: Vec<String> = owners.of(target.address).map(Owner::words).collect();
        let who =
            if who.is_empty() { "no database that was read".to_owned() } else { who.join(" or ") };
        format!("{} ({who})", SocketAddr::new(target.address, target.port))
    });
    format!("Its targets: {}.", each.collect::<Vec<_>>().join(", "))
}

fn about(source: &Source, database: &Database) -> String {
    let port = database.port.map_or("no port yet".to_owned(), |port| format!("port {port}"));
    let vpc = database.vpc.as_deref().unwrap_or("a VPC that was not read");
    format!("{source} is {}; {port}, {vpc}.", database.what)
}

fn in_front(
    balancer: &Balancer,
    group: &GroupDetail,
    listeners: Option<&Read<Vec<Listener>>>,
    database: Option<&Database>,
) -> String {
    let ports = match listeners {
        Some(Ok(listeners)) => {
            let own = listeners.iter().filter(|listener| {
                listener.forwards.iter().any(|forward| forward.group == group.arn)
            });
            let ports: Vec<String> = own.map(|listener| listener.port.to_string()).collect();
            match ports.is_empty() {
                true => "has no listener that forwards to it by default".to_owned(),
                false => format!("listens for it on port {}", ports.join(", ")),
            }
        }
        Some(Err(gap)) => format!("listens on a port that was not read ({})", gap.call),
        None => "listens on a port that was not read".to_owned(),
    };
    let whom = if balancer.security_groups.is_empty() {
        let subnets = balancer.zones.iter().filter_map(|zone| zone.subnet.as_deref());
        format!("its subnets ({})", subnets.collect::<Vec<_>>().join(", "))
    } else {
        balancer.security_groups.join(", ")
    };
    let own = database.map(|database| database.security_groups.join(", ")).unwrap_or_default();
    let own = if own.is_empty() { own } else { format!(" ({own})") };
    format!("Load balancer {} {ports}. The database{own} must admit {whom}.", balancer.name)
}

/// What to know where the targets' port is not the database's.
fn ports(targets: &[&TargetSeen], binding: &Proposed) -> Option<String> {
    let own = binding.database.as_ref().ok()?.port?;
    if let Some(port) = binding.port.filter(|port| *port != own) {
        return binding.source.is_database().then(|| {
            format!(
                "RDS reports port {own}. With port {port} the binding is held, unless you add \
                 `port-differs = \"allowed\"`."
            )
        });
    }
    let others: BTreeSet<u16> =
        targets.iter().map(|target| target.port).filter(|port| *port != own).collect();
    let list: Vec<String> = others.iter().map(ToString::to_string).collect();
    let first = list.first().filter(|_| binding.port.is_none())?;
    let differs =
        if binding.source.is_database() { " and `port-differs = \"allowed\"`" } else { "" };
    Some(format!(
        "Targets are on port {}. The binding uses the database's own, {own}. If the other port is \
         intended, add `port = {first}`{differs}.",
        list.join(", ")
    ))
}
