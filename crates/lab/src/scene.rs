//! A ready-made region: an Aurora cluster and a Multi-AZ instance behind one load balancer, and the
//! event subscriptions that invoke the function.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use crate::World;
use crate::ports::{Present, present};
use crate::world::elbv2::{
    GroupProtocol, IpFamily, NewListener, NewLoadBalancer, NewTargetGroup, Tags, TargetRequest,
    TargetState,
};
use crate::world::events::CreateEventSubscription;
use crate::world::rds::{DbInstance, DbProxyEndpoint, Engine, MultiAz, Naming, Network};
use crate::world::vpc::{VPC_CIDR, VPC_IPV6_CIDR, Zone};
use crate::world::{ApiError, Pace};
use jiff::{SignedDuration, Timestamp};
use writerlink_core::source::{Fallback, Identifier, Source};

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
    /// The region at this pace, everything in it available and in sync.
    ///
    /// # Errors
    /// When the region refuses what is asked of it.
    pub fn new(pace: Pace) -> Result<Self, ApiError> {
        let began = SignedDuration::try_from(AGO)
            .ok()
            .and_then(|ago| Timestamp::now().checked_sub(ago).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let mut world = World::new(began).with_pace(pace);
        let aurora = Engine::AuroraPostgresql;
        let members = [("orders-1", Zone::A), ("orders-2", Zone::B), ("orders-3", Zone::C)];
        world.add_aurora("orders", aurora, &members)?;
        world.add_instance("billing", MultiAz::Yes, Engine::Mysql)?;
        let balancer = world.create_load_balancer(NewLoadBalancer::internal("link"))?.arn.clone();
        let orders =
            publish(&mut world, &balancer, "orders-writer", "cluster/orders", aurora.port())?;
        let billing =
            publish(&mut world, &balancer, "billing", "instance/billing", Engine::Mysql.port())?;
        tell_of_failovers(&mut world)?;
        world.pass(AGO);
        // The subscriptions' hello messages were answered long ago.
        world.sns.take_deliveries();
        Ok(Self { world, links: vec![orders, billing] })
    }

    /// Adds `ledger`, a Multi-AZ DB cluster behind a load balancer of its own, made as long ago as
    /// the rest.
    ///
    /// # Errors
    /// When the region refuses what is asked of it.
    pub fn add_multi_az_cluster(&mut self, names: Naming) -> Result<(), ApiError> {
        let (world, engine) = (&mut self.world, Engine::Postgres);
        world.rds.multi_az_cluster_names = names;
        world.add_multi_az_cluster("ledger", engine)?;
        let balancer =
            world.create_load_balancer(NewLoadBalancer::internal("link-ledger"))?.arn.clone();
        let ledger = publish(world, &balancer, "ledger-writer", "cluster/ledger", engine.port())?;
        self.links.push(ledger);
        world.pass(AGO);
        world.sns.take_deliveries();
        Ok(())
    }

    /// Adds `parcels`, a dual-stack Aurora cluster behind an ipv6 group of a load balancer of its
    /// own, made as long ago as the rest.
    ///
    /// # Errors
    /// When the region refuses what is asked of it.
    pub fn add_dual_stack_cluster(&mut self) -> Result<(), ApiError> {
        let (world, engine, family) = (&mut self.world, Engine::AuroraPostgresql, IpFamily::Ipv6);
        let members = [("parcels-1", Zone::A), ("parcels-2", Zone::B)];
        world.add_aurora_of("parcels", engine, &members, Network::Dual)?;
        let balancer = world
            .create_load_balancer(NewLoadBalancer::internal_for("link-parcels", family))?
            .arn
            .clone();
        let source = "cluster/parcels";
        let parcels =
            publish_in(world, &balancer, "parcels-writer", source, engine.port(), family)?;
        self.links.push(parcels);
        world.pass(AGO);
        world.sns.take_deliveries();
        Ok(())
    }

    /// The configuration for it, as one would write it.
    pub fn config(&self, dns: SocketAddr, timing: &str) -> String {
        config(&self.links, dns, timing)
    }
}

/// The configuration for links, as one would write it.
pub(crate) fn config(links: &[Link], dns: SocketAddr, timing: &str) -> String {
    let bindings: String = links.iter().map(Link::config).collect();
    let allow = allow(links.iter());
    format!("{allow}\n[dns]\nservers = [\"{dns}\"]\n{timing}{bindings}")
}

/// The configuration's `allow` for links: the VPC's networks of the families that they need.
pub(crate) fn allow<'a>(links: impl IntoIterator<Item = &'a Link>) -> String {
    if links.into_iter().any(|link| link.family == IpFamily::Ipv6) {
        format!("allow = [\"{VPC_CIDR}\", \"{VPC_IPV6_CIDR}\"]\n")
    } else {
        format!("allow = [\"{VPC_CIDR}\"]\n")
    }
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
            Source::Instance(id) => world.instance_endpoint(id.as_str()),
            Source::Proxy(proxy, endpoint) => {
                let endpoint = world
                    .rds
                    .proxy_endpoint(proxy.as_str(), endpoint.as_ref().map(Identifier::as_str));
                endpoint.map(|endpoint| endpoint.host.clone()).unwrap_or_default()
            }
            Source::Name(host) => host.to_string(),
        }
    }

    /// The instance that truly writes, by the region itself: no API, no DNS.
    pub fn instance<'w>(&self, world: &'w World) -> Option<&'w DbInstance> {
        let id = self.database();
        match self.source {
            Source::Cluster(_) | Source::Readers(..) | Source::Custom { .. } => {
                world.rds.writer(id)
            }
            Source::Instance(_) => world.rds.true_instance(id),
            Source::Proxy(..) | Source::Name(_) => None,
        }
    }

    /// The true writer, and its address in the group's family; none, if the database has no address
    /// of it.
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
            Source::Cluster(_) | Source::Instance(_) => writer().into_iter().collect(),
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

    pub(crate) fn config(&self) -> String {
        let more = match &self.source {
            Source::Readers(_, Fallback::None) => "readers-fallback = \"none\"\n".to_owned(),
            // Of a name that is not of RDS nothing else says the port.
            Source::Name(_) => format!("port = {}\n", self.port),
            _ => String::new(),
        };
        format!(
            "\n[[binding]]\nname = \"{}\"\nsource = \"{}\"\ntarget-group = \"{}\"\n{more}",
            self.name, self.source, self.group
        )
    }
}

/// Puts a database behind a group of its own, with a listener on the database's port: a client that
/// checks the name in an IAM token or a certificate sees the same port on both sides.
pub(crate) fn publish(
    world: &mut World,
    balancer: &str,
    name: &str,
    source: &str,
    port: u16,
) -> Result<Link, ApiError> {
    publish_in(world, balancer, name, source, port, IpFamily::Ipv4)
}

/// The same, with a group of a family.
pub(crate) fn publish_in(
    world: &mut World,
    balancer: &str,
    name: &str,
    source: &str,
    port: u16,
    family: IpFamily,
) -> Result<Link, ApiError> {
    let source: Source = source.parse().expect("the scene's sources are well-formed");
    let group = NewTargetGroup { family, ..NewTargetGroup::tcp(&Link::balancer_of(&source), port) };
    let group = world.create_target_group(group)?.arn.clone();
    // Off by default, which would leave a client in any zone but the writer's with a node that has
    // no target.
    let cross_zone = ("load_balancing.cross_zone.enabled".to_owned(), "true".to_owned());
    world.modify_target_group_attributes(&group, &[cross_zone])?;
    world.create_listener(NewListener {
        balancer: balancer.to_owned(),
        protocol: GroupProtocol::Tcp,
        port,
        target_group: group.clone(),
        tags: Tags::new(),
    })?;
    let link = Link { name: name.to_owned(), source, group, port, family };
    let members = link.members(world).into_iter();
    let targets: Vec<_> =
        members.map(|member| TargetRequest::new(&member.ip().to_string(), port)).collect();
    world.register_targets(&link.group, &targets)?;
    Ok(link)
}

/// The group asks by its tags for what is behind it, and the database consents.
pub(crate) fn tag(world: &mut World, link: &Link) -> Result<(), ApiError> {
    let source = Tags::from([("writerlink:source".to_owned(), link.source.to_string())]);
    world.add_elbv2_tags(std::slice::from_ref(&link.group), &source)?;
    let consent = Tags::from([("writerlink:publish".to_owned(), "true".to_owned())]);
    world.add_rds_tags(&link.arn(world), consent)
}

/// RDS events of failovers, through a topic, to the function. A subscription for clusters does not
/// carry the events of instances (AWS docs: "Subscribing to Amazon RDS event notification"), so
/// there are two. Gives the topic's ARN.
pub(crate) fn tell_of_failovers(world: &mut World) -> Result<String, ApiError> {
    let topic = world.create_topic("database-events", Default::default())?;
    for source_type in ["db-cluster", "db-instance"] {
        world.create_event_subscription(CreateEventSubscription {
            name: format!("failovers-{source_type}"),
            topic: topic.clone(),
            source_type: Some(source_type.to_owned()),
            categories: vec!["failover".to_owned()],
            ..CreateEventSubscription::default()
        })?;
    }
    let function = format!("arn:aws:lambda:{}:{}:function:{FUNCTION}", world.region, world.account);
    world.subscribe(&topic, "lambda", &function)?;
    Ok(topic)
}

/// Subscriptions to what only some databases have: blue/green deployments, and failovers between
/// Regions.
pub(crate) fn tell_of_more(world: &mut World, topic: &str) -> Result<(), ApiError> {
    for (source_type, categories) in
        [("blue-green-deployment", vec![]), ("db-cluster", vec!["global-failover"])]
    {
        world.create_event_subscription(CreateEventSubscription {
            name: format!("more-of-{source_type}"),
            topic: topic.to_owned(),
            source_type: Some(source_type.to_owned()),
            categories: categories.into_iter().map(str::to_owned).collect(),
            ..CreateEventSubscription::default()
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use writerlink_core::config::{Config, Location};

    use super::*;

    #[test]
    fn the_scene_begins_in_sync_and_healthy() {
        for pace in [Pace::real(), Pace::brisk()] {
            let mut scene = Scene::new(pace).expect("a good scene");
            scene.add_dual_stack_cluster().expect("a good cluster");
            for link in &scene.links {
                let writer = link.writer(&scene.world).expect("a writer");
                assert_eq!(link.present(&scene.world), [(writer.address, "healthy")]);
            }
        }
    }

    #[test]
    fn its_configuration_is_a_good_one() {
        let mut scene = Scene::new(Pace::real()).expect("a good scene");
        scene.add_dual_stack_cluster().expect("a good cluster");
        let dns: SocketAddr = "127.0.0.1:5353".parse().expect("an address");
        let text = scene.config(dns, "");
        let config = Config::parse(&text, &Location::Inline(text.clone())).expect("good");
        assert_eq!(config.usable().count(), scene.links.len());
        assert_eq!(config.dns_servers, [dns]);
    }
}
