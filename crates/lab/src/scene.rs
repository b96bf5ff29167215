//! A region with databases behind target groups: of a world's file, or made of parts.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use writerlink_core::source::{Fallback, Identifier, Source};

use crate::World;
use crate::ports::{Present, present};
use crate::world::elbv2::{
    CROSS_ZONE, IpFamily, NewTargetGroup, TERMINATE_DEREGISTERED, Tags, TargetRequest, TargetState,
};
use crate::world::events::SourceType;
use crate::world::pace::Seconds;
use crate::world::rds::{DbInstance, DbProxyEndpoint, Engine, Naming, Network};
use crate::world::vpc::{VPC_CIDR, VPC_IPV6_CIDR, Zone};
use crate::world::{ApiError, Pace};
use crate::world_file::{Checks, WorldFile};

/// The function that the topic calls.
pub const FUNCTION: &str = "writerlink";

/// How long ago all of it was made, so that targets are healthy and subscriptions active.
pub(crate) const AGO: Duration = Duration::from_secs(600);

/// A region, and the database behind each target group in it.
pub struct Scene {
    /// The region; its clock is at the present.
    pub world: World,
    /// The bindings.
    pub links: Vec<Link>,
}

/// A database behind a target group.
#[derive(Debug, Clone)]
pub struct Link {
    /// The binding's name.
    pub name: String,
    /// The database.
    pub source: Source,
    /// The group's ARN.
    pub group: String,
    /// The database's port.
    pub port: u16,
    /// The family of the group's addresses.
    pub family: IpFamily,
    /// Whether the standby is a target too.
    pub standby: Standby,
}

/// Whether the standby of a Multi-AZ instance is a target too, as in our configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standby {
    #[default]
    Cold,
    Warm,
}

/// The instance that truly writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Its name.
    pub instance: String,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Scene {
    /// The demo's world at this pace, everything in it available and in sync. Only events of
    /// failovers reach the function: a test of another cause invokes it by itself. The target
    /// groups have AWS's defaults, because published figures were measured with them.
    ///
    /// # Errors
    /// When the region refuses what is asked of it.
    pub fn new(pace: Pace) -> Result<Self, ApiError> {
        let mut file = WorldFile::demo();
        for group in &mut file.target_group {
            group.health_check = Checks::of_aws();
            group.deregistration_delay = Some(Seconds(Duration::from_secs(300)));
            let kept = (TERMINATE_DEREGISTERED.to_owned(), "false".to_owned());
            group.attributes.extend([kept]);
        }
        let mut scene = file.scene(pace)?;
        scene.world.events.limit_to("failover");
        Ok(scene)
    }

    /// Adds `ledger`, a Multi-AZ DB cluster behind a load balancer of its own, made as long ago as
    /// the rest.
    ///
    /// # Errors
    /// When the region refuses what is asked of it.
    pub fn add_multi_az_cluster(&mut self, names: Naming) -> Result<(), ApiError> {
        let engine = Engine::Postgres;
        self.world.rds.multi_az_cluster_names = names;
        self.world.add_multi_az_cluster("ledger", engine)?;
        self.add_link("ledger-writer", "cluster/ledger", engine.port(), IpFamily::Ipv4)
    }

    /// Adds `parcels`, a dual-stack Aurora cluster behind an ipv6 group of a load balancer of its
    /// own, made as long ago as the rest.
    ///
    /// # Errors
    /// When the region refuses what is asked of it.
    pub fn add_dual_stack_cluster(&mut self) -> Result<(), ApiError> {
        let engine = Engine::AuroraPostgresql;
        let members = [("parcels-1", Zone::A), ("parcels-2", Zone::B)];
        self.world.add_aurora_of("parcels", engine, &members, Network::Dual)?;
        self.add_link("parcels-writer", "cluster/parcels", engine.port(), IpFamily::Ipv6)
    }

    fn add_link(
        &mut self,
        name: &str,
        source: &str,
        port: u16,
        family: IpFamily,
    ) -> Result<(), ApiError> {
        let source: Source = source.parse().expect("the scene's sources are well-formed");
        let group = across_zones(&source, port, family);
        let balancer = format!("link-{}", Link::balancer_of(&source));
        self.links.push(publish(&mut self.world, name, source, &balancer, port, group)?);
        self.world.pass(AGO);
        self.world.sns.take_deliveries();
        Ok(())
    }

    /// The configuration for it, as one would write it.
    pub fn config(&self, dns: SocketAddr, timing: &str) -> String {
        config(&self.links, dns, timing)
    }
}

/// The configuration for links, as one would write it.
pub fn config(links: &[Link], dns: SocketAddr, timing: &str) -> String {
    let bindings: String = links.iter().map(Link::config).collect();
    let allow = allow(links.iter());
    format!("{allow}\n[dns]\nservers = [\"{dns}\"]\n{timing}{bindings}")
}

/// The configuration's `allow` for links: the VPC's networks of the families that they need.
pub(crate) fn allow<'a>(links: impl IntoIterator<Item = &'a Link>) -> String {
    format!("allow = {:?}\n", networks(links.into_iter().map(|link| link.family)))
}

/// The VPC's networks that groups of these families need.
pub(crate) fn networks(families: impl IntoIterator<Item = IpFamily>) -> Vec<&'static str> {
    let has_ipv6 = families.into_iter().any(|family| family == IpFamily::Ipv6);
    if has_ipv6 { vec![VPC_CIDR, VPC_IPV6_CIDR] } else { vec![VPC_CIDR] }
}

impl Link {
    /// The database's name.
    pub fn database(&self) -> &str {
        self.source.name()
    }

    /// The ARN of the database, of whatever source but a proxy or a name.
    pub(crate) fn arn(&self, world: &World) -> String {
        match self.source.cluster() {
            Some(cluster) => world.cluster_arn(cluster.as_str()),
            None => world.instance_arn(self.database()),
        }
    }

    /// The name of the load balancer of a source, which has no dots.
    pub(crate) fn balancer_of(source: &Source) -> String {
        source.name().replace('.', "-")
    }

    /// The name of the endpoint that is followed.
    pub fn endpoint(&self, world: &World) -> String {
        match &self.source {
            Source::Cluster(id) => world.cluster_endpoint(id.as_str()),
            Source::Readers(id, _) => world.reader_endpoint(id.as_str()),
            Source::Custom { endpoint, .. } => world.custom_endpoint_host(endpoint.as_str()),
            Source::Instance(id) | Source::Member { instance: id, .. } => {
                world.instance_endpoint(id.as_str())
            }
            Source::Proxy(proxy, endpoint) => {
                let endpoint = world
                    .rds
                    .proxy_endpoint(proxy.as_str(), endpoint.as_ref().map(Identifier::as_str));
                endpoint.map(|endpoint| endpoint.host.clone()).unwrap_or_default()
            }
            Source::Name(host) => host.to_string(),
        }
    }

    /// The instance that truly writes, or the member that is followed, by the region itself: no
    /// API, no DNS.
    pub fn instance<'w>(&self, world: &'w World) -> Option<&'w DbInstance> {
        let id = self.database();
        match &self.source {
            Source::Cluster(_) | Source::Readers(..) | Source::Custom { .. } => {
                world.rds.writer(id)
            }
            Source::Instance(id) | Source::Member { instance: id, .. } => {
                world.rds.true_instance(id.as_str())
            }
            Source::Proxy(..) | Source::Name(_) => None,
        }
    }

    /// The instance that truly writes to the database, also where a member is followed that does
    /// not.
    pub(crate) fn writing<'w>(&self, world: &'w World) -> Option<&'w DbInstance> {
        match &self.source {
            Source::Member { cluster, .. } => world.rds.writer(cluster.as_str()),
            _ => self.instance(world),
        }
    }

    /// The true writer or the member that is followed, and its address in the group's family; none,
    /// if the database has no address of it.
    pub fn writer(&self, world: &World) -> Option<Writer> {
        let instance = self.instance(world)?;
        Some(Writer {
            instance: instance.identifier.clone(),
            address: SocketAddr::new(instance.address_in(self.family)?, self.port),
        })
    }

    /// The true members of the link: the writer, or all of a set.
    pub fn members(&self, world: &World) -> BTreeSet<SocketAddr> {
        let writer = || self.writer(world).map(|writer| writer.address);
        match &self.source {
            Source::Cluster(_) | Source::Instance(_) | Source::Member { .. } => {
                writer().into_iter().collect()
            }
            Source::Readers(_, fallback) => {
                let writing = world.rds.writer(self.database()).map(|writer| writer.key);
                let is_reader = |instance: &&DbInstance| {
                    let cluster = world.rds.cluster_of(instance);
                    Some(instance.key) != writing
                        && cluster.is_some_and(|cluster| cluster.identifier == self.database())
                };
                let readers = self.serving(world.rds.instances().filter(is_reader));
                match fallback {
                    Fallback::Writer if readers.is_empty() => writer().into_iter().collect(),
                    _ => readers,
                }
            }
            Source::Custom { endpoint, .. } => {
                let endpoint = world.rds.custom_endpoint(endpoint.as_str());
                let members =
                    endpoint.into_iter().flat_map(|endpoint| world.rds.members_of(endpoint));
                self.serving(members)
            }
            Source::Proxy(proxy, endpoint) => {
                let endpoint = world
                    .rds
                    .proxy_endpoint(proxy.as_str(), endpoint.as_ref().map(Identifier::as_str));
                let nodes = endpoint.into_iter().flat_map(DbProxyEndpoint::addresses);
                nodes.map(|node| SocketAddr::new(node, self.port)).collect()
            }
            Source::Name(host) => {
                let machines = world.hosts.behind(host.as_str()).into_iter();
                machines.map(|machine| SocketAddr::new(machine, self.port)).collect()
            }
        }
    }

    /// The standby that is to be a target beside the writer, if the link is warm and there is one.
    pub fn warm_standby(&self, world: &World) -> Option<SocketAddr> {
        let instance = self.instance(world).filter(|_| self.standby == Standby::Warm)?;
        Some(SocketAddr::new(instance.standby_address_in(self.family)?, self.port))
    }

    /// Where those of these instances are that are in service.
    fn serving<'w>(
        &self,
        instances: impl IntoIterator<Item = &'w DbInstance>,
    ) -> BTreeSet<SocketAddr> {
        instances
            .into_iter()
            .filter(|instance| instance.endpoint.is_some() && !instance.status.is_out_of_service())
            .filter_map(|instance| {
                Some(SocketAddr::new(instance.address_in(self.family)?, self.port))
            })
            .collect()
    }

    /// Whether an application can write through it.
    pub(crate) fn takes_writes(&self) -> bool {
        match self.source {
            Source::Cluster(_) | Source::Instance(_) | Source::Proxy(_, None) | Source::Name(_) => {
                true
            }
            // Only while that member is the writer.
            Source::Member { .. } => false,
            Source::Readers(..) | Source::Custom { .. } | Source::Proxy(_, Some(_)) => false,
        }
    }

    /// The group's targets that are not on their way out, each with its state.
    pub fn present(&self, world: &World) -> Present {
        present(world, &self.group)
    }

    /// Whether no moment since the group's first target found it without a present one.
    pub fn was_never_empty(&self, world: &World) -> bool {
        let mut present = BTreeSet::new();
        let mut began = false;
        for transition in world.elbv2.timeline().iter().filter(|t| t.group == self.group) {
            if transition.to.is_some_and(TargetState::is_present) {
                present.insert(&transition.target);
                began = true;
            } else {
                present.remove(&transition.target);
            }
            if began && present.is_empty() {
                return false;
            }
        }
        true
    }

    /// The setting that the binding's source needs beside those of every binding. Its value is
    /// written alike in TOML and in JSON.
    pub(crate) fn setting(&self) -> Option<(&'static str, Value)> {
        match &self.source {
            Source::Readers(_, Fallback::None) => Some(("readers-fallback", "none".into())),
            // Of a name that is not of RDS nothing else says the port.
            Source::Name(_) => Some(("port", self.port.into())),
            Source::Instance(_) if self.standby == Standby::Warm => {
                Some(("standby", "warm".into()))
            }
            _ => None,
        }
    }

    pub(crate) fn config(&self) -> String {
        let setting = self.setting().map(|(key, value)| format!("{key} = {value}\n"));
        format!(
            "\n[[binding]]\nname = \"{}\"\nsource = \"{}\"\ntarget-group = \"{}\"\n{}",
            self.name,
            self.source,
            self.group,
            setting.unwrap_or_default()
        )
    }
}

/// Puts a source behind a load balancer of its own, with a listener on a port that forwards to a
/// group, whose targets are all members of the source.
///
/// # Errors
/// When a target is refused.
pub fn publish(
    world: &mut World,
    name: &str,
    source: Source,
    balancer: &str,
    port: u16,
    group: NewTargetGroup,
) -> Result<Link, ApiError> {
    let balancer = world.add_load_balancer_in(balancer, group.family, &Zone::ALL);
    publish_behind(world, name, source, &balancer, port, port, group)
}

/// Puts a source behind a load balancer that exists, by its ARN, with a listener on `listener` that
/// forwards to a group, whose targets are all members of the source, on `port`.
///
/// # Errors
/// When a target is refused.
pub(crate) fn publish_behind(
    world: &mut World,
    name: &str,
    source: Source,
    balancer: &str,
    listener: u16,
    port: u16,
    group: NewTargetGroup,
) -> Result<Link, ApiError> {
    let family = group.family;
    let group = world.add_target_group(group);
    world.add_listener(balancer, listener, &group);
    let standby = Standby::Cold;
    let link = Link { name: name.to_owned(), source, group, port, family, standby };
    let members = link.members(world).into_iter();
    let targets: Vec<_> =
        members.map(|member| TargetRequest::new(&member.ip().to_string(), port)).collect();
    world.register_targets(&link.group, &targets)?;
    Ok(link)
}

/// A group for a source. Cross-zone is on; without it a client in any zone but the writer's would
/// have a node that has no target.
pub(crate) fn across_zones(source: &Source, port: u16, family: IpFamily) -> NewTargetGroup {
    let attributes = vec![(CROSS_ZONE, "true".to_owned())];
    let group = NewTargetGroup::tcp(&Link::balancer_of(source), port);
    NewTargetGroup { family, attributes, ..group }
}

/// The group asks by its tags for what is behind it, and the database consents.
pub(crate) fn tag(world: &mut World, link: &Link) -> Result<(), ApiError> {
    let source = Tags::from([("writerlink:source".to_owned(), link.source.to_string())]);
    world.elbv2.add_tags(std::slice::from_ref(&link.group), &source)?;
    let consent = Tags::from([("writerlink:publish".to_owned(), "true".to_owned())]);
    world.rds.add_tags(&link.arn(world), consent)
}

/// RDS events of failovers, through a topic, to the function. A subscription for clusters does not
/// carry the events of instances (AWS docs: "Subscribing to Amazon RDS event notification"), so
/// there are two. Gives the topic's ARN.
pub(crate) fn tell_of_failovers(world: &mut World) -> Result<String, ApiError> {
    let topic = world.add_topic("database-events");
    for (name, source_type) in [
        ("failovers-db-cluster", SourceType::DbCluster),
        ("failovers-db-instance", SourceType::DbInstance),
    ] {
        world.add_event_subscription(name, &topic, Some(source_type), &["failover"]);
    }
    let function = world.function_arn(FUNCTION);
    world.subscribe(&topic, "lambda", &function)?;
    Ok(topic)
}

/// Subscriptions to what only some databases have: blue/green deployments, and failovers between
/// Regions.
pub(crate) fn tell_of_more(world: &mut World, topic: &str) {
    let deployments = Some(SourceType::BlueGreenDeployment);
    world.add_event_subscription("more-of-blue-green-deployment", topic, deployments, &[]);
    let clusters = Some(SourceType::DbCluster);
    world.add_event_subscription("more-of-db-cluster", topic, clusters, &["global-failover"]);
}
