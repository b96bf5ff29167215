//! Builds the world of a file.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use writerlink_core::source::Source;

use super::{Cluster, TargetGroup, WorldFile};
use crate::scene::{AGO, Link, Scene};
use crate::world::elbv2::{CROSS_ZONE, DELAY, HealthCheck, NewTargetGroup, TargetRequest};
use crate::world::rds::{MultiAz, NewCustomEndpoint};
use crate::world::{ApiError, Pace, World};

impl WorldFile {
    /// The region that the file describes, at a pace, and a link for each group that has a binding.
    /// Its clock is at the present.
    ///
    /// # Errors
    ///
    /// What AWS would refuse, and the file's form does not show: a zone without a free address, a
    /// database that cannot have a blue/green deployment, or a target that its group does not take.
    pub fn scene(&self, pace: Pace) -> Result<Scene, ApiError> {
        let ago = SignedDuration::try_from(AGO).unwrap_or_default();
        let began = Timestamp::now().checked_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut world = World::new(began).with_pace(pace);
        world.elbv2.leaving_health = self.leaving_health;
        for cluster in &self.cluster {
            add_cluster(&mut world, cluster)?;
        }
        for instance in &self.instance {
            let name = instance.name.0.as_str();
            let multi_az = if instance.multi_az { MultiAz::Yes } else { MultiAz::No };
            world.add_instance_of(name, multi_az, instance.engine, instance.network)?;
            if let Some(port) = instance.port {
                world.rds.change_port(name, port)?;
            }
            world.rds.add_tags(&world.instance_arn(name), instance.tags.clone())?;
        }
        for proxy in &self.proxy {
            let name = proxy.name.0.as_str();
            world.add_proxy(name, proxy.engine_family, &proxy.zones)?;
            for endpoint in &proxy.endpoint {
                world.add_proxy_endpoint(name, endpoint.name.0.as_str(), endpoint.role)?;
            }
        }
        for host in &self.host {
            world.add_host(&host.name, host.port, &host.addresses);
        }
        let links = self.balance(&mut world)?;
        self.notify(&mut world)?;
        world.pass(AGO);
        // The subscriptions' hello messages were answered long ago.
        world.sns.take_deliveries();
        for deployment in &self.blue_green {
            world.add_blue_green(deployment.source.0.as_str())?;
        }
        Ok(Scene { world, links })
    }

    /// Load balancers and target groups.
    fn balance(&self, world: &mut World) -> Result<Vec<Link>, ApiError> {
        let mut balancers = BTreeMap::new();
        for balancer in &self.load_balancer {
            let name = &balancer.name;
            let arn =
                world.add_load_balancer_in(&name.to_string(), balancer.family, &balancer.zones);
            balancers.insert(&name.0, arn);
        }
        let mut links = Vec::new();
        for group in &self.target_group {
            let arn = world.add_target_group(new_group(group));
            for listener in &group.listeners {
                let balancer = &balancers[&listener.load_balancer.0];
                world.add_listener(balancer, listener.port, &arn);
            }
            let link = |source: &Source| Link {
                name: group.binding.clone().unwrap_or_default(),
                source: source.clone(),
                group: arn.clone(),
                port: group.port,
                family: group.family,
            };
            let link = group.source.as_ref().map(|source| link(&source.0));
            let targets: Vec<_> = match &group.targets {
                Some(targets) => targets.iter().map(|target| target.0).collect(),
                None => link.iter().flat_map(|link| link.members(world)).collect(),
            };
            let request = |target: &std::net::SocketAddr| {
                TargetRequest::new(&target.ip().to_string(), target.port())
            };
            let requests: Vec<_> = targets.iter().map(request).collect();
            world.register_targets(&arn, &requests)?;
            links.extend(link.filter(|_| group.binding.is_some()));
        }
        Ok(links)
    }

    /// Topics, the functions that they invoke, and event subscriptions.
    fn notify(&self, world: &mut World) -> Result<(), ApiError> {
        let mut topics = BTreeMap::new();
        for topic in &self.topic {
            topics.insert(&topic.name.0, world.add_topic(&topic.name.to_string()));
        }
        for subscription in &self.subscription {
            let categories: Vec<&str> =
                subscription.categories.iter().map(String::as_str).collect();
            world.add_event_subscription(
                &subscription.name.to_string(),
                &topics[&subscription.topic.0],
                subscription.source_type,
                &categories,
            );
        }
        for topic in &self.topic {
            for function in &topic.functions {
                let function = world.function_arn(&function.to_string());
                world.subscribe(&topics[&topic.name.0], "lambda", &function)?;
            }
        }
        Ok(())
    }
}

fn add_cluster(world: &mut World, cluster: &Cluster) -> Result<(), ApiError> {
    let name = cluster.name.0.as_str();
    if cluster.engine.has_multi_az_clusters() {
        world.add_multi_az_cluster(name, cluster.engine)?;
    } else {
        let members = cluster.members.iter().map(|member| (member.name.0.as_str(), member.zone));
        let members: Vec<_> = members.collect();
        world.add_aurora_of(name, cluster.engine, &members, cluster.network)?;
    }
    if let Some(port) = cluster.port {
        world.rds.change_port(name, port)?;
    }
    if let Some(database) = &cluster.global_database {
        world.rds.make_global_primary(name, database.0.as_str())?;
    }
    for endpoint in &cluster.endpoint {
        let [members, excluded] = [&endpoint.members, &endpoint.excluded]
            .map(|list| list.iter().map(|name| name.0.as_str()).collect::<Vec<_>>());
        world.add_custom_endpoint(NewCustomEndpoint {
            cluster: name,
            name: endpoint.name.0.as_str(),
            kind: endpoint.kind,
            members: &members,
            excluded: &excluded,
        })?;
    }
    world.rds.add_tags(&world.cluster_arn(name), cluster.tags.clone())
}

fn new_group(group: &TargetGroup) -> NewTargetGroup {
    let cross_zone = group.cross_zone.then(|| (CROSS_ZONE, "true".to_owned()));
    let delay = group.deregistration_delay.map(|delay| (DELAY, delay.0.as_secs().to_string()));
    NewTargetGroup {
        name: group.name.to_string(),
        protocol: group.protocol,
        port: group.port,
        target_type: group.target_type,
        family: group.family,
        health_check: HealthCheck::default(),
        attributes: cross_zone.into_iter().chain(delay).collect(),
        tags: group.tags.clone(),
    }
}
