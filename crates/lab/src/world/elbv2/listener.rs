//! Listeners, which forward to target groups.

use super::attributes::{self, Attributes};
use super::refusal::{check_arn, invalid, listener_not_found};
use super::{Tags, World};
use crate::world::ApiError;

/// A listener of TCP.
#[derive(Clone, Debug)]
pub struct Listener {
    /// `arn:aws:elasticloadbalancing:…:listener/net/NAME/…/…`.
    pub arn: String,
    /// The ARN of its load balancer.
    pub balancer: String,
    /// Where it listens.
    pub port: u16,
    /// The ARN of the group that it forwards to.
    pub target_group: String,
    pub attributes: Attributes,
}

impl World {
    /// A load balancer listens on a port and forwards to a group, whose targets are in use from
    /// then on. All are ARNs; gives the listener's.
    pub fn add_listener(&mut self, balancer: &str, port: u16, group: &str) -> String {
        let of_balancer = balancer.rsplit_once(":loadbalancer/").map_or("", |(_, name)| name);
        let suffix = self.elbv2.next_suffix();
        let arn = self.elbv2_arn(&format!("listener/{of_balancer}/{suffix}"));
        let listener = Listener {
            arn: arn.clone(),
            balancer: balancer.to_owned(),
            port,
            target_group: group.to_owned(),
            attributes: attributes::of_listener(),
        };
        self.elbv2.tags.insert(arn.clone(), Tags::new());
        self.elbv2.listeners.insert(arn.clone(), listener);
        self.reconsider_use(group);
        arn
    }

    /// A listener is gone: a group that no other listener forwards to is `unused` again.
    pub fn remove_listener(&mut self, arn: &str) {
        if let Some(listener) = self.elbv2.listeners.remove(arn) {
            self.elbv2.tags.remove(arn);
            self.reconsider_use(&listener.target_group);
        }
    }

    /// DescribeListeners, without its pages: those of a load balancer, or those of the ARNs.
    pub fn listeners(
        &self,
        balancer: Option<&str>,
        arns: &[String],
    ) -> Result<Vec<&Listener>, ApiError> {
        let listeners = &self.elbv2.listeners;
        match balancer {
            Some(arn) => {
                self.find_balancer(arn)?;
                Ok(listeners.values().filter(|listener| listener.balancer == arn).collect())
            }
            None if arns.is_empty() => Err(invalid(
                "You must specify either listener ARNs or a load balancer ARN".to_owned(),
            )),
            None => {
                let found = |arn: &String| listeners.get(arn).ok_or_else(listener_not_found);
                arns.iter().map(found).collect()
            }
        }
    }

    pub(super) fn find_listener(&self, arn: &str) -> Result<&Listener, ApiError> {
        check_arn(arn, &self.elbv2_arn("listener/"), "listener")?;
        self.elbv2.listeners.get(arn).ok_or_else(listener_not_found)
    }
}
