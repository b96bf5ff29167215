//! Connects to load balancers, to see whether a link answers.

use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    ForwardActionConfig, Listener, LoadBalancer, ProtocolEnum, TargetGroup,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::action::GROUPS;
use writerlink_core::record::{Front, LinkProbe};
use writerlink_core::target::TargetGroupArn;

use crate::home::Home;
use crate::read::{listed, read};

const BALANCERS: &str = "elasticloadbalancing:DescribeLoadBalancers";
const LISTENERS: &str = "elasticloadbalancing:DescribeListeners";

/// The longest that a connection may take.
const CONNECT: Duration = Duration::from_secs(1);

/// Finds the load balancer of a group, and opens TCP connections to it, over which it sends
/// nothing.
#[derive(Debug, Clone)]
pub struct TcpProbe {
    elbv2: Client,
    home: Home,
}

impl TcpProbe {
    pub(crate) fn new(elbv2: Client, home: Home) -> Self {
        Self { elbv2, home }
    }

    /// The load balancers that forward to a group.
    async fn balancers(&self, group: &TargetGroupArn) -> Result<Vec<String>, CallError> {
        self.home.admits(GROUPS, group.as_str(), group.region())?;
        let request =
            self.elbv2.describe_target_groups().target_group_arns(group.as_str()).customize();
        let answer = read(GROUPS, |watch| request.interceptor(watch).send()).await?;
        let groups = listed(GROUPS, "TargetGroups", answer.target_groups)?;
        let arns = groups.iter().flat_map(TargetGroup::load_balancer_arns);
        Ok(arns.map(ToOwned::to_owned).collect())
    }

    /// The port on which a load balancer listens for a group. One page holds every listener that
    /// there can be: a Network Load Balancer has at most 50 (AWS docs: "Quotas for your Network
    /// Load Balancers").
    async fn port(&self, balancer: &str, group: &TargetGroupArn) -> Result<Option<u16>, CallError> {
        let request =
            self.elbv2.describe_listeners().load_balancer_arn(balancer).page_size(400).customize();
        let answer = read(LISTENERS, |watch| request.interceptor(watch).send()).await?;
        let listeners = listed(LISTENERS, "Listeners", answer.listeners)?;
        let found = listeners.iter().find(|listener| forwards(listener, group.as_str()));
        Ok(found.and_then(|listener| u16::try_from(listener.port()?).ok()))
    }

    async fn name(&self, balancer: &str) -> Result<Option<String>, CallError> {
        let request = self.elbv2.describe_load_balancers().load_balancer_arns(balancer).customize();
        let answer = read(BALANCERS, |watch| request.interceptor(watch).send()).await?;
        let balancers = listed(BALANCERS, "LoadBalancers", answer.load_balancers)?;
        Ok(balancers.first().and_then(LoadBalancer::dns_name).map(ToOwned::to_owned))
    }
}

impl LinkProbe for TcpProbe {
    async fn front(&self, group: &TargetGroupArn) -> Result<Option<Front>, CallError> {
        // ELBv2 lets one load balancer forward to a group (AWS docs: "Target groups for your
        // Network Load Balancers").
        let balancers = self.balancers(group).await?;
        let Some(balancer) = balancers.first() else {
            return Ok(None);
        };
        let Some(port) = self.port(balancer, group).await? else {
            return Ok(None);
        };
        let Some(name) = self.name(balancer).await? else {
            return Ok(None);
        };
        let name = name.parse().map_err(|error| {
            CallError::new(BALANCERS, Failure::Rejected(Rejection::Other), error)
        })?;
        Ok(Some(Front { name, port }))
    }

    async fn connects(&self, address: SocketAddr) -> bool {
        timeout(CONNECT, TcpStream::connect(address)).await.is_ok_and(|opened| opened.is_ok())
    }
}

/// Whether a listener passes TCP on to a group.
fn forwards(listener: &Listener, group: &str) -> bool {
    let passes = matches!(listener.protocol(), Some(ProtocolEnum::Tcp | ProtocolEnum::TcpUdp));
    let names = listener.default_actions().iter().any(|action| {
        let several = action.forward_config().map(ForwardActionConfig::target_groups);
        action.target_group_arn() == Some(group)
            || several.unwrap_or_default().iter().any(|one| one.target_group_arn() == Some(group))
    });
    passes && names
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum};
    use tokio::net::TcpListener;

    use super::*;

    fn listener(protocol: ProtocolEnum, group: &str) -> Listener {
        let forward =
            Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build();
        Listener::builder().protocol(protocol).port(5432).default_actions(forward).build()
    }

    #[test]
    fn only_a_listener_that_passes_tcp_on_to_the_group_is_connected_to() {
        assert!(forwards(&listener(ProtocolEnum::Tcp, "orders"), "orders"));
        assert!(!forwards(&listener(ProtocolEnum::Tcp, "billing"), "orders"));
        assert!(
            !forwards(&listener(ProtocolEnum::Tls, "orders"), "orders"),
            "the load balancer itself would accept"
        );
    }

    #[tokio::test]
    async fn a_connection_succeeds_where_something_listens_and_nowhere_else() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let config =
            aws_sdk_elasticloadbalancingv2::Config::builder().behavior_version_latest().build();
        let probe = TcpProbe::new(Client::from_conf(config), Home::new("eu-west-1"));
        assert!(probe.connects(address).await);
        drop(listener);
        assert!(!probe.connects(address).await);
    }
}
