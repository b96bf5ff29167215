//! The health check settings of a group.

use schemars::JsonSchema;
use serde::Deserialize;

/// How targets are checked. The defaults are those of a TCP group (AWS docs, "Health checks for
/// Network Load Balancer target groups").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// What the API shows; every check opens a connection and no more.
    pub protocol: HealthCheckProtocol,
    /// The port that is checked; each target's own, if there is none.
    pub port: Option<u16>,
    /// Seconds between checks, 5 to 300.
    pub interval: u32,
    /// Seconds until a check has failed, 2 to 120. A port here answers at once or not at all.
    pub timeout: u32,
    /// Passed checks in a row that make an unhealthy target healthy, 2 to 10.
    pub healthy_threshold: u32,
    /// Failed checks in a row that make a target unhealthy, 2 to 10.
    pub unhealthy_threshold: u32,
}

impl Default for HealthCheck {
    fn default() -> Self {
        HealthCheck {
            protocol: HealthCheckProtocol::Tcp,
            port: None,
            interval: 30,
            timeout: 10,
            healthy_threshold: 5,
            unhealthy_threshold: 2,
        }
    }
}

/// The protocol of a health check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HealthCheckProtocol {
    #[default]
    Tcp,
    Http,
    Https,
}

impl HealthCheckProtocol {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            HealthCheckProtocol::Tcp => "TCP",
            HealthCheckProtocol::Http => "HTTP",
            HealthCheckProtocol::Https => "HTTPS",
        }
    }
}

impl HealthCheck {
    /// Where a target on `traffic` is checked.
    pub(super) fn port_for(&self, traffic: u16) -> u16 {
        self.port.unwrap_or(traffic)
    }
}
