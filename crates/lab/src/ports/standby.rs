//! The port that reads what proves a standby's address.

use std::collections::{BTreeMap, BTreeSet};

use writerlink_core::failure::CallError;
use writerlink_core::ports::{Clock, Page, StandbyRead, action};
use writerlink_core::standby::{Attributes, DESCRIPTION, Interface, Placement};
use writerlink_core::target::TargetGroupArn;

use super::InProcess;
use super::reads::every_other;
use crate::world::elbv2::{GroupSelection, LoadBalancer};
use crate::world::rds::{DbInstance, MultiAz};
use crate::world::surroundings::interface::{self, interfaces};
use crate::world::surroundings::subnet::subnets;
use crate::world::surroundings::{database, security_group};
use crate::world::vpc::{VPC_ID, Zone};
use crate::world::{ApiError, World};

/// The most network interfaces on a page, which core's adapter asks for.
const INTERFACES_PAGE: usize = 1000;

impl<C: Clock + Sync> StandbyRead for InProcess<C> {
    async fn interfaces(
        &self,
        vpc: &str,
        marker: Option<String>,
    ) -> Result<Page<Interface>, CallError> {
        let listed = |world: &World| {
            let all = interfaces(world).into_iter();
            let of_rds = all.filter(|one| {
                vpc == VPC_ID && one.description == DESCRIPTION && one.requester.is_some()
            });
            of_rds.map(|one| (one.id.clone(), shown(world, one))).collect::<BTreeMap<_, _>>()
        };
        let page = self.page(action::INTERFACES, INTERFACES_PAGE, marker, listed).await?;
        let entries = page.entries.into_iter().map(|(_, one)| one).collect();
        Ok(Page { entries, next: page.next })
    }

    async fn group_attributes(&self, group: &TargetGroupArn) -> Result<Attributes, CallError> {
        let told = |world: &World| world.target_group_attributes(group.as_str()).cloned();
        self.read(action::GROUP_ATTRIBUTES, group.as_str(), told, told, |_| {}).await
    }

    async fn balancers_of(&self, group: &TargetGroupArn) -> Result<BTreeSet<String>, CallError> {
        let told = |world: &World| {
            world.target_groups(&GroupSelection::Arns(vec![group.to_string()]))?;
            Ok(world.elbv2.balancers_of(group.as_str()).into_iter().collect())
        };
        self.read(action::GROUPS, group.as_str(), told, told, |_| {}).await
    }

    async fn balancers(
        &self,
        arns: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CallError> {
        let arns: Vec<String> = arns.iter().cloned().collect();
        let zones = |one: &&LoadBalancer| {
            (one.arn.clone(), one.nodes.iter().map(|node| node.zone.clone()).collect())
        };
        let told = |world: &World| -> Result<Vec<_>, ApiError> {
            Ok(world.load_balancers(&arns, &[])?.iter().map(zones).collect())
        };
        let resource = arns.first().map_or("", String::as_str);
        let rows = self.read(action::BALANCERS, resource, told, told, every_other).await?;
        Ok(rows.into_iter().collect())
    }

    async fn balancer_attributes(&self, arn: &str) -> Result<Attributes, CallError> {
        let told = |world: &World| world.load_balancer_attributes(arn).cloned();
        self.read(action::BALANCER_ATTRIBUTES, arn, told, told, |_| {}).await
    }
}

fn shown(world: &World, one: interface::Interface) -> Interface {
    Interface {
        addresses: one.addresses.into_iter().collect(),
        subnet: one.zone.subnet_id(),
        zone: one.zone.name(&world.region),
        security_groups: one.security_groups.into_iter().collect(),
        in_use: one.status == "in-use",
        requester_managed: one.requester.is_some(),
        requester: one.requester,
        description: one.description,
    }
}

/// Where an instance and its standby are, as DescribeDBInstances tells it.
pub(super) fn placement(world: &World, instance: &DbInstance) -> Placement {
    let facts = database::facts(world, &instance.resource_id);
    let zones = database::subnet_group(world, &facts).zones;
    let subnets = subnets(world).into_iter().filter(|subnet| zones.contains(&subnet.zone));
    let active = |group: String| (group, "active".to_owned());
    let name = |zone: Zone| zone.name(&world.region);
    Placement {
        multi_az: Some(instance.multi_az() == MultiAz::Yes),
        multi_az_changes: facts.pending.contains_key("MultiAZ"),
        zone: Some(name(instance.shown_zone)),
        secondary_zone: instance.shown_standby_zone.map(name),
        subnets: subnets.map(|subnet| subnet.id).collect(),
        security_groups: security_group::of_instance(world, instance)
            .into_iter()
            .map(active)
            .collect(),
        replicates: facts.replica_of.is_some(),
    }
}
