//! Listeners, which forward to target groups.

use super::refusal::{check_arn, invalid, listener_not_found};
use super::{GroupProtocol, IpFamily, Tags, World};
use crate::world::ApiError;

#[derive(Clone, Debug)]
pub struct Listener {
    /// `arn:aws:elasticloadbalancing:…:listener/net/NAME/…/…`.
    pub arn: String,
    /// The ARN of its load balancer.
    pub balancer: String,
    /// What it speaks.
    pub protocol: GroupProtocol,
    /// Where it listens.
    pub port: u16,
    /// The ARN of the group that it forwards to.
    pub target_group: String,
}

/// The input of CreateListener: a forward to one group.
#[derive(Clone, Debug)]
pub struct NewListener {
    /// See [`Listener::balancer`].
    pub balancer: String,
    /// See [`Listener::protocol`].
    pub protocol: GroupProtocol,
    /// See [`Listener::port`].
    pub port: u16,
    /// See [`Listener::target_group`].
    pub target_group: String,
    pub tags: Tags,
}

impl World {
    /// CreateListener: from then on the group's targets are in use.
    pub fn create_listener(&mut self, new: NewListener) -> Result<&Listener, ApiError> {
        self.check_listener(&new)?;
        let of_balancer =
            new.balancer.rsplit_once(":loadbalancer/").map_or("", |(_, name)| name).to_owned();
        let suffix = self.elbv2.next_suffix();
        let arn = self.elbv2_arn(&format!("listener/{of_balancer}/{suffix}"));
        let listener = Listener {
            arn: arn.clone(),
            balancer: new.balancer,
            protocol: new.protocol,
            port: new.port,
            target_group: new.target_group,
        };
        let group = listener.target_group.clone();
        self.elbv2.tags.insert(arn.clone(), new.tags);
        self.elbv2.listeners.insert(arn.clone(), listener);
        self.reconsider_use(&group);
        self.elbv2.listeners.get(&arn).ok_or_else(listener_not_found)
    }

    /// DescribeListeners, without its pages: those of a load balancer, or those of the ARNs.
    pub fn listeners(
        &self,
        balancer: Option<&str>,
        arns: &[String],
    ) -> Result<Vec<&Listener>, ApiError> {
        if let Some(arn) = balancer {
            self.find_balancer(arn)?;
            return Ok(self
                .elbv2
                .listeners
                .values()
                .filter(|listener| listener.balancer == arn)
                .collect());
        }
        if arns.is_empty() {
            return Err(invalid(
                "You must specify either listener ARNs or a load balancer ARN".to_owned(),
            ));
        }
        arns.iter()
            .map(|arn| self.elbv2.listeners.get(arn).ok_or_else(listener_not_found))
            .collect()
    }

    /// DeleteListener: a group that no other listener forwards to is `unused` again.
    pub fn delete_listener(&mut self, arn: &str) -> Result<(), ApiError> {
        check_arn(arn, &self.elbv2_arn("listener/"), "listener")?;
        let listener = self.elbv2.listeners.remove(arn).ok_or_else(listener_not_found)?;
        self.elbv2.tags.remove(arn);
        self.reconsider_use(&listener.target_group);
        Ok(())
    }

    fn check_listener(&self, new: &NewListener) -> Result<(), ApiError> {
        let balancer = self.find_balancer(&new.balancer)?;
        let group = self.find_group(&new.target_group)?;
        if !forwards(new.protocol, group.protocol) {
            let message = format!(
                "Listener protocol '{}' is not supported with a target group with the protocol \
                 '{}'",
                new.protocol, group.protocol
            );
            return Err(ApiError::bad_request("IncompatibleProtocols", message));
        }
        if group.vpc != balancer.vpc {
            let message = format!(
                "The target group '{}' is not in the VPC of the load balancer '{}'",
                group.arn, balancer.arn
            );
            return Err(ApiError::bad_request("InvalidConfigurationRequest", message));
        }
        if group.family == IpFamily::Ipv6 && balancer.ip_address_type == "ipv4" {
            // Measured by zalando-incubator/kube-ingress-aws-controller, pull request 752; the code
            // is CloudFormation's `InvalidRequest` there.
            let message = "You cannot associate an IPv6 target group with a load balancer that has \
                an 'ipv4' IP address type";
            return Err(ApiError::bad_request("InvalidConfigurationRequest", message));
        }
        if self.balancers_of(&new.target_group).iter().any(|other| *other != new.balancer) {
            let message = format!(
                "The following target groups cannot be associated with more than one load \
                 balancer: {}",
                new.target_group
            );
            return Err(ApiError::bad_request("TargetGroupAssociationLimit", message));
        }
        if self
            .elbv2
            .listeners
            .values()
            .any(|listener| listener.balancer == new.balancer && listener.port == new.port)
        {
            return Err(ApiError::bad_request(
                "DuplicateListener",
                format!(
                    "A listener already exists on this port for this load balancer '{}'",
                    new.balancer
                ),
            ));
        }
        Ok(())
    }
}

/// Which listeners may forward to which groups (AWS docs, "Listeners for your Network Load
/// Balancers", "Protocols and ports").
fn forwards(listener: GroupProtocol, group: GroupProtocol) -> bool {
    use GroupProtocol::{Http, Tcp, TcpUdp, Tls, Udp};
    match listener {
        Tcp => matches!(group, Tcp | TcpUdp),
        Tls => matches!(group, Tcp | Tls),
        Udp => matches!(group, Udp | TcpUdp),
        TcpUdp => group == TcpUdp,
        Http => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::elbv2::fixture::Fixture;
    use crate::world::elbv2::{NewLoadBalancer, NewTargetGroup};

    fn listener(fixture: &Fixture, port: u16) -> NewListener {
        NewListener {
            balancer: fixture.balancer.clone(),
            protocol: GroupProtocol::Tcp,
            port,
            target_group: fixture.group.clone(),
            tags: Tags::new(),
        }
    }

    fn refusal(fixture: &mut Fixture, new: NewListener) -> String {
        fixture.world.create_listener(new).expect_err("a listener to be refused").code.into_owned()
    }

    #[test]
    fn a_group_belongs_to_one_load_balancer() {
        let mut fixture = Fixture::in_use();
        let other = fixture
            .world
            .create_load_balancer(NewLoadBalancer::internal("other"))
            .expect("a good name")
            .arn
            .clone();
        let new = NewListener { balancer: other, ..listener(&fixture, 80) };
        assert_eq!(refusal(&mut fixture, new), "TargetGroupAssociationLimit");
    }

    #[test]
    fn a_port_has_one_listener() {
        let mut fixture = Fixture::in_use();
        let new = listener(&fixture, 5432);
        assert_eq!(refusal(&mut fixture, new), "DuplicateListener");
    }

    #[test]
    fn a_listener_forwards_only_to_a_group_of_its_protocol_and_family() {
        let mut fixture = Fixture::without_listener();
        for (group, code) in [
            (
                NewTargetGroup { protocol: GroupProtocol::Udp, ..NewTargetGroup::tcp("udp", 53) },
                "IncompatibleProtocols",
            ),
            (
                NewTargetGroup { protocol: GroupProtocol::Http, ..NewTargetGroup::tcp("http", 80) },
                "IncompatibleProtocols",
            ),
            (
                NewTargetGroup { family: IpFamily::Ipv6, ..NewTargetGroup::tcp("six", 5432) },
                "InvalidConfigurationRequest",
            ),
        ] {
            let group = fixture.world.create_target_group(group).expect("a good group").arn.clone();
            let new = NewListener { target_group: group, ..listener(&fixture, 80) };
            assert_eq!(refusal(&mut fixture, new), code);
        }
    }

    #[test]
    fn a_group_that_a_listener_uses_is_not_deleted() {
        let mut fixture = Fixture::in_use();
        assert_eq!(
            fixture.world.delete_target_group(&fixture.group).expect_err("in use").code,
            "ResourceInUse"
        );
        fixture.world.delete_load_balancer(&fixture.balancer).expect("not protected");
        fixture.world.delete_target_group(&fixture.group).expect("not in use");
        assert!(fixture.world.elbv2.group(&fixture.group).is_none());
    }
}
