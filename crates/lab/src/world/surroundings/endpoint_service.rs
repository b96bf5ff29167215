//! Endpoint services of PrivateLink (botocore ec2 2016-11-15).

use schemars::JsonSchema;
use serde::Deserialize;

use super::id_of;
use crate::world::World;
use crate::world::elbv2::LoadBalancer;

/// An endpoint service in front of Network Load Balancers.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EndpointService {
    /// The names of its load balancers.
    pub load_balancers: Vec<String>,
    #[serde(default = "yes")]
    pub acceptance_required: bool,
    /// The ARNs of who may connect.
    #[serde(default)]
    pub principals: Vec<String>,
    /// Other Regions whose consumers may connect.
    #[serde(default)]
    pub regions: Vec<String>,
    #[serde(default = "ipv4")]
    pub address_types: Vec<String>,
    /// Such as `Available` or `Failed`.
    #[serde(default = "available")]
    pub state: String,
    pub private_dns_name: Option<String>,
    /// `verified`, `pendingVerification` or `failed`.
    pub private_dns_name_state: Option<String>,
    /// The consumers' endpoints.
    #[serde(default)]
    pub connections: Vec<Connection>,
}

/// A consumer's endpoint.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a table such as `{ owner = \"444455556666\", endpoint = \"vpce-0a1b2c3d\" }`"
)]
pub struct Connection {
    /// The number of the consumer's account.
    pub owner: String,
    /// The id of the endpoint.
    pub endpoint: String,
    #[serde(default)]
    pub state: ConnectionState,
    /// The endpoint's Region; this one, when not given.
    pub region: Option<String>,
}

/// The state of a consumer's endpoint (AWS docs: VpcEndpointConnection, VpcEndpointState).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionState {
    PendingAcceptance,
    Pending,
    #[default]
    Available,
    Deleting,
    Deleted,
    Rejected,
    Failed,
    Expired,
    Partial,
}

fn yes() -> bool {
    true
}

fn ipv4() -> Vec<String> {
    vec!["ipv4".to_owned()]
}

fn available() -> String {
    "Available".to_owned()
}

impl ConnectionState {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionState::PendingAcceptance => "pendingAcceptance",
            ConnectionState::Pending => "pending",
            ConnectionState::Available => "available",
            ConnectionState::Deleting => "deleting",
            ConnectionState::Deleted => "deleted",
            ConnectionState::Rejected => "rejected",
            ConnectionState::Failed => "failed",
            ConnectionState::Expired => "expired",
            ConnectionState::Partial => "partial",
        }
    }
}

impl EndpointService {
    /// Its id, `vpce-svc-…`.
    pub fn id(&self) -> String {
        id_of("vpce-svc", &self.load_balancers.join(" "))
    }

    /// Its load balancers.
    pub fn balancers<'w>(&self, world: &'w World) -> Vec<&'w LoadBalancer> {
        let is_own = |balancer: &&LoadBalancer| self.load_balancers.contains(&balancer.name);
        world.elbv2.balancers().filter(is_own).collect()
    }

    /// The names of the zones in which its load balancers have nodes.
    pub fn zones(&self, world: &World) -> Vec<String> {
        let nodes = self.balancers(world).into_iter().flat_map(|balancer| &balancer.nodes);
        let mut zones: Vec<String> = nodes.map(|node| node.zone.clone()).collect();
        zones.sort();
        zones.dedup();
        zones
    }
}
