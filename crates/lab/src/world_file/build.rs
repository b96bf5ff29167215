//! Builds the world of a file.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use writerlink_core::source::Source;

use super::{Cluster, TargetGroup, WorldFile};
use crate::scene::{AGO, Link, Scene};
use crate::world::elbv2::{
    CROSS_ZONE, DELAY, HealthCheck, NewTargetGroup, TERMINATE_DEREGISTERED, TargetRequest,
    ZONAL_SHIFT,
};
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
        self.surround(&mut world, &links)?;
        world.pass(AGO);
        self.change_subscriptions(&mut world);
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
            world.elbv2.set_attributes(&arn, &pairs(&balancer.attributes));
            if balancer.zonal_shift.is_some() {
                world.elbv2.set_attributes(&arn, &[(ZONAL_SHIFT, "true")]);
            }
            balancers.insert(&name.0, arn);
        }
        let mut links = Vec::new();
        for group in &self.target_group {
            let arn = world.add_target_group(new_group(group));
            for listener in &group.listeners {
                let balancer = &balancers[&listener.load_balancer.0];
                let listening = world.add_listener(balancer, listener.port, &arn);
                world.elbv2.set_attributes(&listening, &pairs(&listener.attributes));
            }
            world.elbv2.set_attributes(&arn, &pairs(&group.attributes));
            if group.health_checks_blocked {
                world.elbv2.shut_checks_out(&arn);
            }
            let link = |source: &Source| Link {
                name: group.binding.clone().unwrap_or_default(),
                source: source.clone(),
                group: arn.clone(),
                port: group.port,
                family: group.family,
                standby: group.standby,
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

    /// What subscriptions are beside `active`, which they have become by themselves.
    fn change_subscriptions(&self, world: &mut World) {
        for subscription in &self.subscription {
            let name = subscription.name.to_string();
            if let Some(made) = world.events.subscription_mut(&name) {
                made.enabled = subscription.enabled;
                made.sources = subscription.source_ids.iter().cloned().collect();
                made.status = subscription.status.unwrap_or(made.status);
            }
        }
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
        for member in &cluster.members {
            world.rds.set_promotion_tier(member.name.0.as_str(), member.promotion_tier)?;
        }
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

/// Seconds for which a deregistered target drains, as in `infra/link.yaml`.
const DRAIN: u64 = 30;

fn pairs(attributes: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn new_group(group: &TargetGroup) -> NewTargetGroup {
    let cross_zone = group.cross_zone.then(|| (CROSS_ZONE, "true".to_owned()));
    let delay = group.deregistration_delay.map_or(DRAIN, |delay| delay.0.as_secs());
    let own = [(DELAY, delay.to_string()), (TERMINATE_DEREGISTERED, "true".to_owned())];
    let checks = &group.health_check;
    NewTargetGroup {
        name: group.name.to_string(),
        protocol: group.protocol,
        port: group.port,
        target_type: group.target_type,
        family: group.family,
        health_check: HealthCheck {
            protocol: checks.protocol,
            port: checks.port,
            interval: checks.interval,
            timeout: checks.timeout,
            healthy_threshold: checks.healthy_threshold,
            unhealthy_threshold: checks.unhealthy_threshold,
        },
        attributes: cross_zone.into_iter().chain(own).collect(),
        tags: group.tags.clone(),
    }
}
