//! The health check settings of a group.

/// How targets are checked. The defaults are those of a TCP group (AWS docs, "Health checks for
/// Network Load Balancer target groups").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// The port that is checked; each target's own, if there is none.
    pub port: Option<u16>,
    /// Seconds between checks, 5 to 300.
    pub interval: u32,
    /// Passed checks in a row that make an unhealthy target healthy, 2 to 10.
    pub healthy_threshold: u32,
    /// Failed checks in a row that make a target unhealthy, 2 to 10.
    pub unhealthy_threshold: u32,
}

impl Default for HealthCheck {
    fn default() -> Self {
        HealthCheck { port: None, interval: 30, healthy_threshold: 5, unhealthy_threshold: 2 }
    }
}

impl HealthCheck {
    /// Where a target on `traffic` is checked.
    pub(super) fn port_for(&self, traffic: u16) -> u16 {
        self.port.unwrap_or(traffic)
    }
}
