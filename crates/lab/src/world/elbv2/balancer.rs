//! Network load balancers, all of them internal.

use std::time::Duration;

use super::attributes::{self, Attributes};
use super::refusal::{balancer_not_found_as, check_arn};
use super::{IpFamily, Tags, World};
use crate::world::ApiError;
use crate::world::vpc::Zone;

/// A network load balancer in subnets of the databases' VPC.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// `arn:aws:elasticloadbalancing:…:loadbalancer/net/NAME/16 hexadecimal digits`.
    pub arn: String,
    /// Its name, unique in the region.
    pub name: String,
    /// Its own host name.
    pub dns_name: String,
    /// The family of the groups that it can have: with IPv6, it is dual-stack.
    pub family: IpFamily,
    /// One node for each zone that is enabled.
    pub nodes: Vec<Node>,
    pub attributes: Attributes,
    /// When it was created, since the world began.
    pub created: Duration,
}

/// The load balancer's presence in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub zone: String,
    /// The subnet there.
    pub subnet: String,
}

impl World {
    /// A load balancer with a node in each zone; gives its ARN.
    pub fn add_load_balancer(&mut self, name: &str) -> String {
        self.add_load_balancer_in(name, IpFamily::Ipv4, &Zone::ALL)
    }

    /// The same for groups of a family, and with nodes in these zones only.
    pub fn add_load_balancer_in(&mut self, name: &str, family: IpFamily, zones: &[Zone]) -> String {
        let suffix = self.elbv2.next_suffix();
        let arn = self.elbv2_arn(&format!("loadbalancer/net/{name}/{suffix}"));
        let node = |zone: &Zone| Node { zone: zone.name(&self.region), subnet: zone.subnet_id() };
        let balancer = LoadBalancer {
            arn: arn.clone(),
            name: name.to_owned(),
            dns_name: format!("{name}-{suffix}.elb.{}.amazonaws.com", self.region),
            family,
            nodes: zones.iter().map(node).collect(),
            attributes: attributes::of_network_load_balancer(),
            created: self.now(),
        };
        self.elbv2.tags.insert(arn.clone(), Tags::new());
        self.elbv2.balancers.insert(arn.clone(), balancer);
        arn
    }

    /// DescribeLoadBalancers, without its pages: those of the ARNs or of the names, or all when
    /// there are none.
    pub fn load_balancers(
        &self,
        arns: &[String],
        names: &[String],
    ) -> Result<Vec<&LoadBalancer>, ApiError> {
        let balancers = &self.elbv2.balancers;
        let named = |name: &String| {
            let found = balancers.values().find(|balancer| &balancer.name == name);
            found.ok_or_else(|| {
                let message = format!("Load balancers '[{name}]' not found");
                ApiError::bad_request("LoadBalancerNotFound", message)
            })
        };
        match (arns, names) {
            ([], []) => Ok(balancers.values().collect()),
            ([], names) => names.iter().map(named).collect(),
            (arns, _) => arns.iter().map(|arn| self.find_balancer(arn)).collect(),
        }
    }

    pub(super) fn find_balancer(&self, arn: &str) -> Result<&LoadBalancer, ApiError> {
        check_arn(arn, &self.elbv2_arn("loadbalancer/"), "load balancer")?;
        self.elbv2.balancers.get(arn).ok_or_else(|| balancer_not_found_as(arn))
    }
}
