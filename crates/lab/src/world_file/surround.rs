//! Puts the file's surroundings into its world.

use super::{Cluster, Instance, WorldFile};
use crate::fault::{Effect, Fault};
use crate::scene::{FUNCTION, Link};
use crate::world::surroundings::topic::Subscriber;
use crate::world::surroundings::{BalancerFacts, Binding, DatabaseFacts, Surroundings, TopicFacts};
use crate::world::{ApiError, World};

impl WorldFile {
    pub(super) fn surround(&self, world: &mut World, links: &[Link]) -> Result<(), ApiError> {
        let binding = |link: &Link| Binding {
            name: link.name.clone(),
            source: link.source.to_string(),
            target_group: link.group.clone(),
            family: link.family,
            setting: link.setting(),
        };
        world.surroundings = Surroundings {
            security_groups: self.security_group.clone(),
            prefix_lists: self.prefix_list.clone(),
            network_interfaces: self.network_interface.clone(),
            subnets: self.subnet.clone(),
            subnet_groups: self.subnet_group.clone(),
            network_acls: self.network_acl.clone(),
            endpoint_services: self.endpoint_service.clone(),
            functions: self.function.clone(),
            schedules: self.schedule.clone(),
            alarms: self.alarm.clone(),
            metrics: self.metric.clone(),
            queues: self.queue.clone(),
            parameters: self.parameter.clone(),
            objects: self.object.clone(),
            maintenance: self.maintenance.clone(),
            quotas: self.quotas.clone(),
            bindings: links.iter().map(binding).collect(),
            ..Surroundings::default()
        };
        self.describe_databases(world);
        self.describe_balancers(world);
        self.describe_topics(world)?;
        for action in &self.denied {
            let operation = action.split_once(':').map_or("", |(_, operation)| operation);
            world.faults.add(Fault::on(operation, Effect::AccessDenied));
        }
        Ok(())
    }

    fn describe_databases(&self, world: &mut World) {
        let mut all = Vec::new();
        for cluster in &self.cluster {
            let Some(made) = world.rds.cluster(cluster.name.0.as_str()) else { continue };
            all.push((made.resource_id.clone(), of_cluster(cluster)));
            let members = world.rds.instances().filter(|one| one.cluster == Some(made.key));
            all.extend(members.map(|one| (one.resource_id.clone(), of_cluster(cluster))));
        }
        for instance in &self.instance {
            if let Some(made) = world.rds.instance(instance.name.0.as_str()) {
                all.push((made.resource_id.clone(), of_instance(instance)));
            }
        }
        for proxy in &self.proxy {
            let security_groups = proxy.security_groups.clone();
            let facts = DatabaseFacts { security_groups, ..DatabaseFacts::default() };
            all.push((proxy.name.to_string(), facts));
        }
        world.surroundings.databases = all.into_iter().collect();
    }

    fn describe_balancers(&self, world: &mut World) {
        for balancer in &self.load_balancer {
            let facts = BalancerFacts {
                security_groups: balancer.security_groups.clone(),
                enforce_on_private_link: balancer.enforce_on_private_link,
                zonal_shift: balancer.zonal_shift,
            };
            world.surroundings.balancers.insert(balancer.name.to_string(), facts);
        }
    }

    /// Policies, keys and subscribers; and the topic of outcomes with a mailbox behind it, unless
    /// the file has it.
    fn describe_topics(&self, world: &mut World) -> Result<(), ApiError> {
        let outcomes = outcomes();
        for topic in &self.topic {
            let arn = world.topic_arn(&topic.name.to_string());
            let facts = TopicFacts { policy: topic.policy.clone(), kms_key: topic.kms_key.clone() };
            world.surroundings.topics.insert(arn.clone(), facts);
            for subscriber in &topic.subscribers {
                subscribe(world, &arn, subscriber)?;
            }
        }
        if !self.topic.iter().any(|topic| topic.name.to_string() == outcomes) {
            let arn = world.add_topic(&outcomes);
            world.subscribe(&arn, "email", "operations@example.com")?;
        }
        world.surroundings.outcomes = Some(world.topic_arn(&outcomes));
        Ok(())
    }
}

/// The name of the topic of outcomes and alarms.
pub(super) fn outcomes() -> String {
    format!("{FUNCTION}-outcomes")
}

fn subscribe(world: &mut World, topic: &str, subscriber: &Subscriber) -> Result<(), ApiError> {
    let Subscriber { protocol, endpoint, confirmed, .. } = subscriber;
    let endpoint = match protocol == "lambda" && !endpoint.starts_with("arn:") {
        true => world.function_arn(endpoint),
        false => endpoint.clone(),
    };
    let arn = world.subscribe(topic, protocol, &endpoint)?;
    let filter = subscriber.filter_policy.iter();
    let filter = filter.map(|policy| ("FilterPolicy".to_owned(), policy.clone()));
    let raw = subscriber.raw_message_delivery;
    let raw = raw.then(|| ("RawMessageDelivery".to_owned(), "true".to_owned()));
    world.change_subscription(&arn, *confirmed, filter.chain(raw).collect());
    Ok(())
}

fn of_cluster(cluster: &Cluster) -> DatabaseFacts {
    DatabaseFacts {
        security_groups: cluster.security_groups.clone(),
        subnet_group: cluster.subnet_group.clone(),
        publicly_accessible: cluster.publicly_accessible,
        certificate_valid_till: cluster.certificate_valid_till.as_ref().map(|text| text.0),
        maintenance_window: cluster.maintenance_window.clone(),
        auto_minor_version_upgrade: cluster.auto_minor_version_upgrade,
        iam_authentication: cluster.iam_authentication,
        replica_of: None,
        pending: cluster.pending.clone(),
    }
}

fn of_instance(instance: &Instance) -> DatabaseFacts {
    DatabaseFacts {
        security_groups: instance.security_groups.clone(),
        subnet_group: instance.subnet_group.clone(),
        publicly_accessible: instance.publicly_accessible,
        certificate_valid_till: instance.certificate_valid_till.as_ref().map(|text| text.0),
        maintenance_window: instance.maintenance_window.clone(),
        auto_minor_version_upgrade: instance.auto_minor_version_upgrade,
        iam_authentication: instance.iam_authentication,
        replica_of: instance.replica_of.as_ref().map(ToString::to_string),
        pending: instance.pending.clone(),
    }
}
