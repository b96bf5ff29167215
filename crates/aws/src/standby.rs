//! Reads what proves a standby's address: the network interfaces of RDS, and how a group is routed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::Client;
use writerlink_core::failure::CallError;
use writerlink_core::ports::action::{
    BALANCER_ATTRIBUTES, BALANCERS, GROUP_ATTRIBUTES, GROUPS, INTERFACES,
};
use writerlink_core::ports::{Page, StandbyRead};
use writerlink_core::standby::{Attributes, DESCRIPTION, Interface};
use writerlink_core::target::TargetGroupArn;

use crate::call::{Caller, Element, Form, Operation};
use crate::home::Home;
use crate::read::{listed, malformed, read};

/// The most interfaces on a page (botocore ec2 2016-11-15, `DescribeNetworkInterfacesMaxResults`).
const PAGE: u32 = 1_000;

/// Reads what proves a standby's address.
#[derive(Debug, Clone)]
pub struct StandbyClient {
    caller: Caller,
    elbv2: Client,
    home: Home,
}

impl StandbyClient {
    pub(crate) fn new(caller: Caller, elbv2: Client, home: Home) -> Self {
        Self { caller, elbv2, home }
    }
}

impl StandbyRead for StandbyClient {
    async fn interfaces(
        &self,
        vpc: &str,
        marker: Option<String>,
    ) -> Result<Page<Interface>, CallError> {
        let form = Form::of(Operation::NetworkInterfaces)
            .with_filters(&[
                ("vpc-id", vpc),
                ("requester-managed", "true"),
                ("description", DESCRIPTION),
            ])
            .with("MaxResults", PAGE)
            .with_some("NextToken", marker);
        let answer = self.caller.query(form).await?;
        let entries = answer.list("networkInterfaceSet", interface);
        let entries = entries.map_err(|fault| malformed(INTERFACES, fault))?;
        Ok(Page { entries, next: answer.text("nextToken") })
    }

    async fn group_attributes(&self, group: &TargetGroupArn) -> Result<Attributes, CallError> {
        self.home.admits(GROUP_ATTRIBUTES, group.as_str(), group.region())?;
        let request = self.elbv2.describe_target_group_attributes();
        let request = request.target_group_arn(group.as_str()).customize();
        let answer = read(GROUP_ATTRIBUTES, |watch| request.interceptor(watch).send()).await?;
        let list = listed(GROUP_ATTRIBUTES, "Attributes", answer.attributes)?;
        Ok(list.iter().filter_map(|a| attribute(a.key(), a.value())).collect())
    }

    async fn balancers_of(&self, group: &TargetGroupArn) -> Result<BTreeSet<String>, CallError> {
        self.home.admits(GROUPS, group.as_str(), group.region())?;
        let request = self.elbv2.describe_target_groups().target_group_arns(group.as_str());
        let request = request.customize();
        let answer = read(GROUPS, |watch| request.interceptor(watch).send()).await?;
        let groups = listed(GROUPS, "TargetGroups", answer.target_groups)?;
        let found = groups.iter().find(|found| found.target_group_arn() == Some(group.as_str()));
        let found = found.ok_or_else(|| malformed(GROUPS, "it lacks the group"))?;
        Ok(found.load_balancer_arns().iter().cloned().collect())
    }

    async fn balancers(
        &self,
        arns: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CallError> {
        let arns = arns.iter().cloned().collect();
        let request = self.elbv2.describe_load_balancers().set_load_balancer_arns(Some(arns));
        let request = request.customize();
        let answer = read(BALANCERS, |watch| request.interceptor(watch).send()).await?;
        let balancers = listed(BALANCERS, "LoadBalancers", answer.load_balancers)?;
        let zones_of = |balancer: &aws_sdk_elasticloadbalancingv2::types::LoadBalancer| {
            let zones = balancer.availability_zones().iter();
            let zones = zones.filter_map(|zone| zone.zone_name().map(str::to_owned)).collect();
            Some((balancer.load_balancer_arn()?.to_owned(), zones))
        };
        Ok(balancers.iter().filter_map(zones_of).collect())
    }

    async fn balancer_attributes(&self, arn: &str) -> Result<Attributes, CallError> {
        self.home.admits_arn(BALANCER_ATTRIBUTES, arn)?;
        let request = self.elbv2.describe_load_balancer_attributes();
        let request = request.load_balancer_arn(arn).customize();
        let answer = read(BALANCER_ATTRIBUTES, |watch| request.interceptor(watch).send()).await?;
        let list = listed(BALANCER_ATTRIBUTES, "Attributes", answer.attributes)?;
        Ok(list.iter().filter_map(|a| attribute(a.key(), a.value())).collect())
    }
}

fn attribute(key: Option<&str>, value: Option<&str>) -> Option<(String, String)> {
    Some((key?.to_owned(), value.unwrap_or_default().to_owned()))
}

/// An interface. One that cannot be read fails the whole answer: it may be the standby's, or a
/// neighbour's.
fn interface(item: &Element) -> Result<Interface, String> {
    let v4 = item.list_or_none("privateIpAddressesSet", |ip| ip.value("privateIpAddress"))?;
    let v6 = item.list_or_none("ipv6AddressesSet", |ip| ip.value("ipv6Address"))?;
    Ok(Interface {
        addresses: v4.into_iter().chain(v6).collect(),
        subnet: item.need("subnetId")?,
        zone: item.need("availabilityZone")?,
        security_groups: item
            .list("groupSet", |group| group.need("groupId"))?
            .into_iter()
            .collect(),
        in_use: item.text("status").as_deref() == Some("in-use"),
        requester_managed: item.flag("requesterManaged"),
        requester: item.text("requesterId"),
        description: item.text("description").unwrap_or_default(),
    })
}
