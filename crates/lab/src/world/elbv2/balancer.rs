//! Network load balancers and their listeners.

use std::time::Duration;

use super::attributes::{self, Attributes};
use super::refusal::{balancer_not_found_as, check_arn, check_name, invalid};
use super::tags::Tags;
use super::{IpFamily, World};
use crate::world::ApiError;
use crate::world::vpc::{VPC_ID, Zone};

/// A network load balancer.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// `arn:aws:elasticloadbalancing:…:loadbalancer/net/NAME/16 hexadecimal digits`.
    pub arn: String,
    /// Its name, unique in the region.
    pub name: String,
    /// Its own host name.
    pub dns_name: String,
    /// `internal` or `internet-facing`.
    pub scheme: String,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
    /// The VPC of its subnets.
    pub vpc: String,
    /// One node for each zone that is enabled.
    pub nodes: Vec<Node>,
    pub security_groups: Vec<String>,
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

/// The input of CreateLoadBalancer.
#[derive(Clone, Debug, Default)]
pub struct NewLoadBalancer {
    /// See [`LoadBalancer::name`].
    pub name: String,
    /// The subnets, at most one a zone.
    pub subnets: Vec<String>,
    /// See [`LoadBalancer::scheme`]; `internet-facing` when absent.
    pub scheme: Option<String>,
    /// See [`LoadBalancer::ip_address_type`]; `ipv4` when absent.
    pub ip_address_type: Option<String>,
    /// See [`LoadBalancer::security_groups`].
    pub security_groups: Vec<String>,
    pub tags: Tags,
}

impl NewLoadBalancer {
    /// An internal load balancer with a node in each zone of the databases' VPC.
    pub fn internal(name: &str) -> NewLoadBalancer {
        NewLoadBalancer {
            name: name.to_owned(),
            subnets: Zone::ALL.map(Zone::subnet_id).to_vec(),
            scheme: Some("internal".to_owned()),
            ..NewLoadBalancer::default()
        }
    }

    /// The same, dual-stack where its groups are of IPv6.
    pub fn internal_for(name: &str, family: IpFamily) -> NewLoadBalancer {
        NewLoadBalancer {
            ip_address_type: (family == IpFamily::Ipv6).then(|| "dualstack".to_owned()),
            ..NewLoadBalancer::internal(name)
        }
    }
}

impl World {
    /// CreateLoadBalancer: one of type network, active at once.
    pub fn create_load_balancer(
        &mut self,
        new: NewLoadBalancer,
    ) -> Result<&LoadBalancer, ApiError> {
        check_name("Load balancer", &new.name)?;
        if self.elbv2.balancers.values().any(|balancer| balancer.name == new.name) {
            let message = format!(
                "A load balancer with the same name '{}' exists, but with different settings",
                new.name
            );
            return Err(ApiError::bad_request("DuplicateLoadBalancerName", message));
        }
        let (vpc, nodes) = self.place(&new.subnets)?;
        let ip_address_type = new.ip_address_type.unwrap_or_else(|| "ipv4".to_owned());
        self.check_ip_address_type(&ip_address_type, &vpc, &nodes)?;
        let suffix = self.elbv2.next_suffix();
        let arn = self.elbv2_arn(&format!("loadbalancer/net/{}/{suffix}", new.name));
        let balancer = LoadBalancer {
            arn: arn.clone(),
            dns_name: format!("{}-{suffix}.elb.{}.amazonaws.com", new.name, self.region),
            name: new.name,
            scheme: new.scheme.unwrap_or_else(|| "internet-facing".to_owned()),
            ip_address_type,
            vpc,
            nodes,
            security_groups: new.security_groups,
            attributes: attributes::of_network_load_balancer(),
            created: self.now(),
        };
        self.elbv2.tags.insert(arn.clone(), new.tags);
        Ok(self.elbv2.balancers.entry(arn).or_insert(balancer))
    }

    /// DescribeLoadBalancers, without its pages: those of the ARNs and names, or all when there are
    /// none.
    pub fn load_balancers(
        &self,
        arns: &[String],
        names: &[String],
    ) -> Result<Vec<&LoadBalancer>, ApiError> {
        if arns.is_empty() && names.is_empty() {
            return Ok(self.elbv2.balancers.values().collect());
        }
        let mut found =
            arns.iter().map(|arn| self.find_balancer(arn)).collect::<Result<Vec<_>, _>>()?;
        for name in names {
            let named = self.elbv2.balancers.values().find(|balancer| &balancer.name == name);
            found.push(named.ok_or_else(|| {
                ApiError::bad_request(
                    "LoadBalancerNotFound",
                    format!("Load balancers '[{name}]' not found"),
                )
            })?);
        }
        Ok(found)
    }

    /// DeleteLoadBalancer, its listeners included. Deleting one that does not exist succeeds (AWS
    /// docs, DeleteLoadBalancer).
    pub fn delete_load_balancer(&mut self, arn: &str) -> Result<(), ApiError> {
        check_arn(arn, &self.elbv2_arn("loadbalancer/"), "load balancer")?;
        let protects = |balancer: &LoadBalancer| {
            balancer.attributes.get("deletion_protection.enabled").is_some_and(|on| on == "true")
        };
        if self.elbv2.balancers.get(arn).is_some_and(protects) {
            let message = format!(
                "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            );
            return Err(ApiError::bad_request("OperationNotPermitted", message));
        }
        let listeners: Vec<_> = self
            .elbv2
            .listeners
            .values()
            .filter(|listener| listener.balancer == arn)
            .map(|listener| listener.arn.clone())
            .collect();
        for listener in listeners {
            self.delete_listener(&listener)?;
        }
        self.elbv2.balancers.remove(arn);
        self.elbv2.tags.remove(arn);
        Ok(())
    }

    pub(super) fn find_balancer(&self, arn: &str) -> Result<&LoadBalancer, ApiError> {
        check_arn(arn, &self.elbv2_arn("loadbalancer/"), "load balancer")?;
        self.elbv2.balancers.get(arn).ok_or_else(|| balancer_not_found_as(arn))
    }

    /// Refuses what no network load balancer can be, and a dual-stack one in a subnet without an
    /// IPv6 range (the latter measured by kubernetes-sigs/aws-load-balancer-controller, issue
    /// 4852).
    fn check_ip_address_type(&self, kind: &str, vpc: &str, nodes: &[Node]) -> Result<(), ApiError> {
        let lacks_ipv6 = |node: &Node| {
            let vpc = self.vpc(vpc);
            let subnet =
                vpc.iter().flat_map(|vpc| &vpc.subnets).find(|subnet| subnet.id == node.subnet);
            subnet.is_some_and(|subnet| subnet.ranges.iter().all(|range| range.addr().is_ipv4()))
        };
        match kind {
            "ipv4" => Ok(()),
            "dualstack" if nodes.iter().any(lacks_ipv6) => Err(invalid(
                "You must specify subnets with an associated IPv6 CIDR block.".to_owned(),
            )),
            "dualstack" => Ok(()),
            other => Err(invalid(format!("'{other}' is not a valid IP address type"))),
        }
    }

    /// The VPC and the nodes of a load balancer in these subnets.
    fn place(&self, subnets: &[String]) -> Result<(String, Vec<Node>), ApiError> {
        if subnets.is_empty() {
            return Err(invalid("At least one subnet must be specified".to_owned()));
        }
        let ids = self.elbv2.vpcs.keys().map(String::as_str).chain([VPC_ID]);
        let holding = ids.filter_map(|id| Some((id, self.vpc(id)?))).find_map(|(id, vpc)| {
            let node = |subnet: &String| {
                let found = vpc.subnets.iter().find(|known| known.id == *subnet)?;
                Some(Node { zone: found.zone.clone(), subnet: found.id.clone() })
            };
            let nodes = subnets.iter().map(node).collect::<Option<Vec<_>>>()?;
            Some((id.to_owned(), nodes))
        });
        let (vpc, mut nodes) = holding.ok_or_else(|| {
            ApiError::bad_request(
                "SubnetNotFound",
                format!("The subnet ID '{}' does not exist", subnets.join("', '")),
            )
        })?;
        nodes.sort_by(|a, b| a.zone.cmp(&b.zone));
        if nodes.windows(2).any(|pair| pair[0].zone == pair[1].zone) {
            let message = "A load balancer cannot be attached to multiple subnets in the same \
                Availability Zone";
            return Err(ApiError::bad_request("InvalidConfigurationRequest", message));
        }
        Ok((vpc, nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::fixture::Fixture;
    use crate::world::elbv2::{Subnet, Vpc};

    #[test]
    fn a_load_balancer_has_one_node_a_zone_in_the_order_of_the_zones() {
        let mut fixture = Fixture::without_listener();
        let new = NewLoadBalancer {
            subnets: vec![Zone::C.subnet_id(), Zone::A.subnet_id()],
            ..NewLoadBalancer::internal("two")
        };
        let balancer = fixture.world.create_load_balancer(new).expect("good subnets");
        let zones: Vec<_> = balancer.nodes.iter().map(|node| node.zone.as_str()).collect();
        assert_eq!(zones, ["eu-west-1a", "eu-west-1c"]);
    }

    #[test]
    fn unknown_subnets_and_two_of_one_zone_are_refused() {
        let mut fixture = Fixture::without_listener();
        for (subnets, code) in [
            (vec![], "ValidationError"),
            (vec!["subnet-unknown".to_owned()], "SubnetNotFound"),
            (vec![Zone::A.subnet_id(), Zone::A.subnet_id()], "InvalidConfigurationRequest"),
        ] {
            let new = NewLoadBalancer { subnets, ..NewLoadBalancer::internal("other") };
            assert_eq!(
                fixture.world.create_load_balancer(new).expect_err("bad subnets").code,
                code
            );
        }
    }

    #[test]
    fn a_dual_stack_load_balancer_needs_ipv6_in_every_subnet() {
        let mut fixture = Fixture::without_listener();
        let subnet = |id: &str, zone: &str, ranges: &[&str]| Subnet {
            id: id.to_owned(),
            zone: zone.to_owned(),
            ranges: ranges.iter().map(|range| range.parse().expect(range)).collect(),
        };
        let mixed = Vpc {
            subnets: vec![
                subnet("subnet-both", "eu-west-1a", &["10.30.1.0/24", "2001:db8:30:1::/64"]),
                subnet("subnet-ipv4", "eu-west-1b", &["10.30.2.0/24"]),
            ],
        };
        fixture.world.elbv2.add_vpc("vpc-mixed", mixed);
        let mut create = |name: &str, subnets: &[&str], kind: &str| {
            let new = NewLoadBalancer {
                subnets: subnets.iter().map(ToString::to_string).collect(),
                ip_address_type: Some(kind.to_owned()),
                ..NewLoadBalancer::internal(name)
            };
            let created = fixture.world.create_load_balancer(new);
            created.map(|balancer| balancer.ip_address_type.clone())
        };
        assert_eq!(create("one", &["subnet-both"], "dualstack").as_deref(), Ok("dualstack"));
        let both = ["subnet-both", "subnet-ipv4"];
        let refused = create("two", &both, "dualstack").expect_err("one has no IPv6");
        assert_eq!(
            (refused.code.as_ref(), refused.message.as_str()),
            ("ValidationError", "You must specify subnets with an associated IPv6 CIDR block.")
        );
        assert_eq!(create("two", &both, "ipv4").as_deref(), Ok("ipv4"));
        assert_eq!(
            create("three", &both, "ipv6").expect_err("no such type").code,
            "ValidationError"
        );
    }

    #[test]
    fn a_protected_load_balancer_is_not_deleted() {
        let mut fixture = Fixture::in_use();
        let protect = [("deletion_protection.enabled".to_owned(), "true".to_owned())];
        fixture
            .world
            .modify_load_balancer_attributes(&fixture.balancer, &protect)
            .expect("a good attribute");
        let refused =
            fixture.world.delete_load_balancer(&fixture.balancer).expect_err("it is protected");
        assert_eq!(refused.code, "OperationNotPermitted");
        assert_eq!(fixture.world.balancers_of(&fixture.group), [fixture.balancer.as_str()]);
    }
}
