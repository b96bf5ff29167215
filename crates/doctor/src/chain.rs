//! One binding's way through an account.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use writerlink_aws::account::{
    Attributes, Balancer, Cluster, EndpointService, EventSubscription, Function, GroupDetail,
    Instance, Listener, Proxy, ProxyEndpoint, Schedule, SecurityGroup, SubnetGroup, TargetSeen,
};
use writerlink_core::config::{Binding, Config, Consent, Location};
use writerlink_core::report::BindingReport;
use writerlink_core::source::{Identifier, Source};

use crate::account::{Account, ById, Following, Topic};
use crate::network::End;
use crate::read::{Gap, Read};

/// Why a check has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Something could not be read.
    NotChecked(Gap),
    /// There is nothing to judge: the source has no such part, or another check reports that the
    /// part is missing.
    Moot,
}

impl From<Gap> for Stop {
    fn from(gap: Gap) -> Self {
        Self::NotChecked(gap)
    }
}

/// A part of the chain.
pub type Part<T> = Result<T, Stop>;

/// One binding in an account.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a> {
    pub account: &'a Account,
    pub config: &'a Config,
    pub binding: &'a Binding,
    /// What the audit said of the binding, if it was audited.
    pub audit: Option<&'a BindingReport>,
}

/// Where an address of the source is, or can be after a failover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'a> {
    /// The instance, or the subnet of a proxy.
    pub name: &'a str,
    /// The zone; absent while RDS names none.
    pub zone: Option<&'a str>,
    /// Whether the address here belongs in the group at present.
    pub serves: bool,
    pub security_groups: &'a [String],
    /// The subnets in which the address can be.
    pub subnets: Vec<&'a str>,
    /// The address, if its name resolved.
    pub address: Option<IpAddr>,
}

/// A function of ours that can follow the binding.
#[derive(Debug, Clone)]
pub struct Follower<'a> {
    pub arn: &'a str,
    pub function: &'a Function,
    pub facts: &'a Following,
    pub config: Own,
}

impl Follower<'_> {
    /// Its configuration, if that could be read.
    pub fn read(&self) -> Option<&Config> {
        match &self.config {
            Own::Read(config) => Some(config),
            Own::Refused(_) | Own::File => None,
        }
    }
}

/// A function's own configuration.
#[derive(Debug, Clone)]
pub enum Own {
    Read(Box<Config>),
    /// The function refuses it, for this reason, and does nothing.
    Refused(String),
    /// It is in a file of the function's package, or in SSM or S3, and cannot be seen from here.
    File,
}

impl Own {
    fn of(value: &str) -> Self {
        let place = Location::from(value);
        match &place {
            Location::File(_) | Location::Remote(_) => Self::File,
            Location::Inline(text) => match Config::parse(text, &place) {
                Ok(config) => Self::Read(Box::new(config)),
                Err(error) => Self::Refused(error.to_string()),
            },
        }
    }

    /// Whether the function follows the group: for certain, or `None` if it may.
    fn follows(&self, binding: &Binding) -> Option<bool> {
        let Self::Read(config) = self else { return None };
        if config.claimed.contains(&binding.target_group) {
            return Some(true);
        }
        let discover = config.discover.as_ref();
        let admits = discover.is_some_and(|wish| {
            wish.patterns.iter().any(|pattern| pattern.admits(&binding.source))
        });
        match (admits, binding.consent) {
            (false, _) => Some(false),
            (true, Consent::Tagged) => Some(true),
            (true, Consent::Written) => None,
        }
    }
}

/// How events of RDS reach a function: a subscription, its topic, and the function.
#[derive(Debug, Clone, Copy)]
pub struct Route<'a> {
    pub subscription: &'a EventSubscription,
    pub topic: &'a Topic,
    pub function: &'a str,
}

/// What there is, or nothing where there is nothing to judge.
pub(crate) fn or_none<T: Default>(part: Part<T>) -> Part<T> {
    match part {
        Err(Stop::Moot) => Ok(T::default()),
        part => part,
    }
}

/// What was found before something could not be read, or why it could not.
pub(crate) fn or_gap<T>(found: Vec<T>, gap: Option<Stop>) -> Part<Vec<T>> {
    match gap {
        Some(stop) if found.is_empty() => Err(stop),
        _ => Ok(found),
    }
}

/// What was read, or why it was not.
pub(crate) fn of<T>(read: &Read<T>) -> Part<&T> {
    read.as_ref().map_err(|gap| Stop::NotChecked(gap.clone()))
}

/// The same for a value that was asked for by its id. What nobody asked for is moot.
pub(crate) fn at<'a, T>(map: &'a ById<T>, id: &str) -> Part<&'a T> {
    map.get(id).ok_or(Stop::Moot).and_then(of)
}

impl<'a> Chain<'a> {
    pub fn group_arn(&self) -> &'a str {
        self.binding.target_group.as_str()
    }

    pub fn group(&self) -> Part<&'a GroupDetail> {
        of(&self.account.links.groups)?.get(self.group_arn()).ok_or(Stop::Moot)
    }

    pub fn group_attributes(&self) -> Part<&'a Attributes> {
        at(&self.account.links.group_attributes, self.group_arn())
    }

    pub fn targets(&self) -> Part<&'a [TargetSeen]> {
        at(&self.account.links.targets, self.group_arn()).map(Vec::as_slice)
    }

    /// The load balancers whose listeners forward to the group.
    pub fn balancers(&self) -> Part<Vec<&'a Balancer>> {
        let all = of(&self.account.links.balancers)?;
        let arns = &self.group()?.load_balancers;
        let found: Vec<_> = arns.iter().filter_map(|arn| all.get(arn)).collect();
        if found.is_empty() { Err(Stop::Moot) } else { Ok(found) }
    }

    pub fn balancer_attributes(&self, balancer: &Balancer) -> Part<&'a Attributes> {
        at(&self.account.links.balancer_attributes, &balancer.arn)
    }

    /// The listeners that forward to the group, with their load balancers.
    pub fn listeners(&self) -> Part<Vec<(&'a Balancer, &'a Listener)>> {
        let mut found = Vec::new();
        for balancer in self.balancers()? {
            for listener in at(&self.account.links.listeners, &balancer.arn)? {
                if listener.forwards.iter().any(|forward| forward.group == self.group_arn()) {
                    found.push((balancer, listener));
                }
            }
        }
        Ok(found)
    }

    /// The endpoint services of the load balancers.
    pub fn services(&self) -> Part<Vec<&'a EndpointService>> {
        let balancers = self.balancers()?;
        let has = |service: &&EndpointService| {
            balancers.iter().any(|balancer| service.load_balancers.contains(&balancer.arn))
        };
        Ok(of(&self.account.links.services)?.iter().filter(has).collect())
    }

    pub fn cluster(&self) -> Part<&'a Cluster> {
        let id = self.binding.source.cluster().ok_or(Stop::Moot)?;
        of(&self.account.databases.clusters)?.get(id.as_str()).ok_or(Stop::Moot)
    }

    /// The instance of an `instance/` binding.
    pub fn instance(&self) -> Part<&'a Instance> {
        let Source::Instance(id) = &self.binding.source else { return Err(Stop::Moot) };
        of(&self.account.databases.instances)?.get(id.as_str()).ok_or(Stop::Moot)
    }

    /// The instances of the source: the members of the cluster, the one member, or the instance.
    /// RDS may list a cluster's member before it lists the instance.
    pub fn instances(&self) -> Part<Vec<&'a Instance>> {
        if matches!(self.binding.source, Source::Instance(_)) {
            return Ok(vec![self.instance()?]);
        }
        let all = of(&self.account.databases.instances)?;
        let members = &self.cluster()?.members;
        if let Source::Member { instance, .. } = &self.binding.source {
            return Ok(vec![self.member(instance)?]);
        }
        Ok(members.iter().filter_map(|member| all.get(&member.instance)).collect())
    }

    /// The instance of a binding of one member.
    fn member(&self, id: &Identifier) -> Part<&'a Instance> {
        let is_member = self.cluster()?.members.iter().any(|m| m.instance == id.as_str());
        let all = of(&self.account.databases.instances)?;
        all.get(id.as_str()).filter(|_| is_member).ok_or(Stop::Moot)
    }

    /// The engine, in RDS's word.
    pub fn engine(&self) -> Part<&'a str> {
        match &self.binding.source {
            Source::Instance(_) => Ok(&self.instance()?.engine),
            Source::Proxy(..) => Ok(match self.proxy()?.0.engine_family.as_str() {
                "POSTGRESQL" => "postgres",
                "MYSQL" => "mysql",
                _ => "sqlserver",
            }),
            _ => Ok(&self.cluster()?.engine),
        }
    }

    /// The port of the targets.
    pub fn port(&self) -> Part<u16> {
        match self.binding.port {
            Some(port) => Ok(port),
            None => self.database_port(),
        }
    }

    /// The port on which the database listens, as RDS reports it.
    pub fn database_port(&self) -> Part<u16> {
        match &self.binding.source {
            Source::Instance(_) => self.instance()?.port.ok_or(Stop::Moot),
            Source::Proxy(..) => Ok(match self.proxy()?.0.engine_family.as_str() {
                "POSTGRESQL" => 5432,
                "MYSQL" => 3306,
                _ => 1433,
            }),
            _ => self.cluster()?.port.ok_or(Stop::Moot),
        }
    }

    /// The proxy, and the further endpoint of it if the binding names one.
    pub fn proxy(&self) -> Part<(&'a Proxy, Option<&'a ProxyEndpoint>)> {
        let Source::Proxy(name, endpoint) = &self.binding.source else { return Err(Stop::Moot) };
        let databases = &self.account.databases;
        let proxy = of(&databases.proxies)?.get(name.as_str()).ok_or(Stop::Moot)?;
        let Some(endpoint) = endpoint else { return Ok((proxy, None)) };
        let endpoints = of(&databases.proxy_endpoints)?;
        endpoints.get(endpoint.as_str()).map(|found| (proxy, Some(found))).ok_or(Stop::Moot)
    }

    /// The DNS name that the binding follows.
    pub fn endpoint(&self) -> Part<&'a str> {
        let name = match &self.binding.source {
            Source::Name(host) => Some(host.as_str()),
            Source::Instance(_) => self.instance()?.endpoint.as_deref(),
            Source::Cluster(_) => self.cluster()?.endpoint.as_deref(),
            Source::Member { instance, .. } => self.member(instance)?.endpoint.as_deref(),
            Source::Readers(..) => self.cluster()?.reader_endpoint.as_deref(),
            Source::Proxy(..) => match self.proxy()? {
                (_, Some(endpoint)) => endpoint.endpoint.as_deref(),
                (proxy, None) => proxy.endpoint.as_deref(),
            },
            Source::Custom { .. } => None,
        };
        name.ok_or(Stop::Moot)
    }

    /// The DB subnet group of the source.
    pub fn subnet_group(&self) -> Part<&'a SubnetGroup> {
        if matches!(self.binding.source, Source::Instance(_)) {
            return self.instance()?.subnet_group.as_ref().ok_or(Stop::Moot);
        }
        let name = self.cluster()?.subnet_group.as_ref().ok_or(Stop::Moot)?;
        of(&self.account.databases.subnet_groups)?.get(name).ok_or(Stop::Moot)
    }

    /// Where the addresses of the source are, and where they can be after a failover.
    pub fn places(&self) -> Part<Vec<Place<'a>>> {
        match &self.binding.source {
            Source::Name(_) => Err(Stop::Moot),
            Source::Proxy(..) => self.places_of_proxy(),
            Source::Instance(_) => self.places_of_instance(),
            _ => self.places_of_cluster(),
        }
    }

    fn places_of_proxy(&self) -> Part<Vec<Place<'a>>> {
        let (proxy, endpoint) = self.proxy()?;
        let (subnets, security_groups) = match endpoint {
            Some(endpoint) => (&endpoint.subnets, endpoint.security_groups.as_slice()),
            None => (&proxy.subnets, proxy.security_groups.as_slice()),
        };
        let known = &self.account.network.subnets;
        let places = subnets.iter().map(|id| Place {
            name: id,
            zone: known.get(id).and_then(|read| read.as_ref().ok()).map(|s| s.zone.as_str()),
            serves: true,
            security_groups,
            subnets: vec![id],
            address: None,
        });
        Ok(places.collect())
    }

    fn places_of_instance(&self) -> Part<Vec<Place<'a>>> {
        let instance = self.instance()?;
        let standby = instance.secondary_zone.as_deref().filter(|_| instance.multi_az);
        let primary = (instance.zone.as_deref(), true);
        let zones = [Some(primary), standby.map(|zone| (Some(zone), false))];
        Ok(zones.into_iter().flatten().map(|(zone, on)| self.place(instance, zone, on)).collect())
    }

    fn places_of_cluster(&self) -> Part<Vec<Place<'a>>> {
        let cluster = self.cluster()?;
        let writer = |id: &str| cluster.members.iter().any(|m| m.instance == id && m.is_writer);
        let places = self.instances()?.into_iter().map(|instance| {
            let serves = match self.binding.source {
                Source::Cluster(_) => writer(&instance.id),
                Source::Member { .. } => true,
                // The writer stands in while no reader is up.
                Source::Readers(..) => !writer(&instance.id),
                _ => true,
            };
            self.place(instance, instance.zone.as_deref(), serves)
        });
        Ok(places.collect())
    }

    fn place(&self, instance: &'a Instance, zone: Option<&'a str>, serves: bool) -> Place<'a> {
        let group = instance.subnet_group.as_ref();
        let subnets = group.into_iter().flat_map(|group| &group.subnets);
        let here = subnets.filter(|subnet| zone.is_none() || subnet.zone.as_deref() == zone);
        Place {
            name: &instance.id,
            zone,
            serves,
            security_groups: &instance.security_groups,
            subnets: here.map(|subnet| subnet.id.as_str()).collect(),
            address: instance
                .endpoint
                .as_ref()
                .filter(|_| serves || !matches!(self.binding.source, Source::Instance(_)))
                .and_then(|name| self.account.names.get(name)?.as_ref().ok())
                .and_then(|answer| answer.addresses.first().copied()),
        }
    }

    /// The networks of subnets, in the family of the group.
    pub fn networks<'b>(&self, ids: impl IntoIterator<Item = &'b str>) -> Part<Vec<IpNet>> {
        let is_v6 = self.group()?.address_type == "ipv6";
        let mut networks = BTreeSet::new();
        for id in ids {
            let subnet = at(&self.account.network.subnets, id)?;
            networks.extend(subnet.networks.iter().filter(|net| net.addr().is_ipv6() == is_v6));
        }
        Ok(networks.into_iter().collect())
    }

    /// A load balancer as the other end of a flow. Its addresses are in its subnets.
    pub(crate) fn end_of(&self, balancer: &Balancer) -> Part<End> {
        let subnets = balancer.zones.iter().filter_map(|zone| zone.subnet.as_deref());
        Ok(End { groups: balancer.security_groups.clone(), networks: self.networks(subnets)? })
    }

    /// The security groups with these ids that were read, and why another one was not.
    pub fn security_groups(&self, ids: &[String]) -> (Vec<&'a SecurityGroup>, Option<Stop>) {
        let (mut groups, mut unread) = (Vec::new(), None);
        for id in ids {
            match at(&self.account.network.security_groups, id) {
                Ok(group) => groups.push(group),
                Err(stop) => unread = Some(stop),
            }
        }
        (groups, unread)
    }

    /// The functions of ours that follow the binding; or, if none does for certain, those that may.
    ///
    /// # Errors
    /// If there is none and something that could start one was not read.
    pub fn followers(&self) -> Part<Vec<Follower<'a>>> {
        let (mut certain, mut possible) = (Vec::new(), Vec::new());
        let mut unread = None;
        for (arn, facts) in &self.account.events.functions {
            let function = match &facts.function {
                Ok(Some(Function { name, variables_fault: Some(fault), .. })) => {
                    let why = format!("the variables of `{name}` cannot be read: {fault}");
                    let remedy = "Allow the use of the key that encrypts them.";
                    unread = Some(Gap::unread("kms:Decrypt", &why, remedy));
                    continue;
                }
                Ok(Some(function)) => function,
                Ok(None) => continue,
                Err(gap) => {
                    unread = Some(gap.clone());
                    continue;
                }
            };
            let Some(value) = function.variables.get("WRITERLINK_CONFIG") else { continue };
            if is_recorder(function) {
                continue;
            }
            let config = Own::of(value);
            let follows = config.follows(self.binding);
            let follower = Follower { arn, function, facts, config };
            match follows {
                Some(true) => certain.push(follower),
                Some(false) => {}
                None => possible.push(follower),
            }
        }
        let found = if certain.is_empty() { possible } else { certain };
        let events = &self.account.events;
        let (subscriptions, schedules) = (events.subscriptions.as_ref(), events.schedules.as_ref());
        let sources = [subscriptions.err(), schedules.err(), events.left_out.as_ref()];
        let topics = events.topics.values().filter_map(|topic| topic.subscriptions.as_ref().err());
        let gap = unread.or(sources.into_iter().flatten().chain(topics).next().cloned());
        match gap {
            Some(gap) if found.is_empty() => Err(Stop::NotChecked(gap)),
            _ => Ok(found),
        }
    }

    /// The ways by which RDS's events reach a function of ours that follows the binding.
    pub fn routes(&self, followers: &[Follower<'a>]) -> Part<Vec<Route<'a>>> {
        let mut found = Vec::new();
        for subscription in of(&self.account.events.subscriptions)? {
            let Some(topic) = self.account.events.topics.get(&subscription.topic) else {
                continue;
            };
            let listeners = of(&topic.subscriptions)?;
            let lambdas = listeners.iter().filter(|s| s.protocol == "lambda" && s.arn.is_some());
            for endpoint in lambdas.map(|listener| unqualified(&listener.endpoint)) {
                if let Some(follower) = followers.iter().find(|f| f.arn == endpoint) {
                    found.push(Route { subscription, topic, function: follower.arn });
                }
            }
        }
        Ok(found)
    }

    /// The schedules that start the function.
    pub fn schedules(&self, function: &str) -> Part<Vec<&'a Schedule>> {
        let all = of(&self.account.events.schedules)?;
        Ok(all.iter().filter(|schedule| unqualified(&schedule.target) == function).collect())
    }
}

/// Whether a function is Writerlink's recorder: it has the configuration of the function that
/// follows the binding, but writes nothing, needs no schedule, and may take 15 minutes.
pub(crate) fn is_recorder(function: &Function) -> bool {
    function.variables.get("WRITERLINK_ROLE").is_some_and(|role| role == "recorder")
}

/// A function's ARN without its version or alias.
pub(crate) fn unqualified(arn: &str) -> &str {
    match arn.match_indices(':').nth(6) {
        Some((colon, _)) => &arn[..colon],
        None => arn,
    }
}

/// An attribute's value.
pub(crate) fn value<'a>(attributes: &'a BTreeMap<String, String>, key: &str) -> Option<&'a str> {
    attributes.get(key).map(String::as_str)
}
