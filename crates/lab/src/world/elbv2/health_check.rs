//! The health check settings of a group, with their ranges and defaults.

use super::GroupProtocol;
use super::refusal::invalid;
use crate::world::ApiError;

/// How targets are checked. The defaults are those of a TCP group (AWS docs, "Health checks for
/// Network Load Balancer target groups").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// `TCP`, `HTTP` or `HTTPS`.
    pub protocol: String,
    /// `traffic-port`, or a number.
    pub port: String,
    /// The path asked for, where the protocol has one.
    pub path: Option<String>,
    /// Seconds between checks, 5 to 300.
    pub interval: u32,
    /// Seconds after which a check has failed, 2 to 120.
    pub timeout: u32,
    /// Passed checks in a row that make an unhealthy target healthy, 2 to 10.
    pub healthy_threshold: u32,
    /// Failed checks in a row that make a target unhealthy, 2 to 10.
    pub unhealthy_threshold: u32,
}

/// Settings of a health check that a caller gave; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthCheckChange {
    /// See [`HealthCheck::protocol`].
    pub protocol: Option<String>,
    /// See [`HealthCheck::port`].
    pub port: Option<String>,
    /// See [`HealthCheck::path`].
    pub path: Option<String>,
    /// See [`HealthCheck::interval`].
    pub interval: Option<u32>,
    /// See [`HealthCheck::timeout`].
    pub timeout: Option<u32>,
    /// See [`HealthCheck::healthy_threshold`].
    pub healthy_threshold: Option<u32>,
    /// See [`HealthCheck::unhealthy_threshold`].
    pub unhealthy_threshold: Option<u32>,
}

impl HealthCheck {
    /// The default of a group of this protocol.
    pub(super) fn of(protocol: GroupProtocol) -> HealthCheck {
        let http = protocol == GroupProtocol::Http;
        HealthCheck {
            protocol: if http { "HTTP" } else { "TCP" }.to_owned(),
            port: "traffic-port".to_owned(),
            path: http.then(|| "/".to_owned()),
            interval: 30,
            timeout: if http { 5 } else { 10 },
            healthy_threshold: 5,
            unhealthy_threshold: 2,
        }
    }

    /// Where a target on `traffic` is checked.
    pub(super) fn port_for(&self, traffic: u16) -> u16 {
        self.port.parse().unwrap_or(traffic)
    }

    /// Takes over what a caller gave: all of it, or refused, nothing.
    pub(super) fn change(&mut self, change: &HealthCheckChange) -> Result<(), ApiError> {
        let mut changed = self.clone();
        set(&mut changed.protocol, &change.protocol);
        set(&mut changed.port, &change.port);
        set(&mut changed.interval, &change.interval);
        set(&mut changed.timeout, &change.timeout);
        set(&mut changed.healthy_threshold, &change.healthy_threshold);
        set(&mut changed.unhealthy_threshold, &change.unhealthy_threshold);
        changed.path = change.path.clone().or(changed.path);
        changed.check()?;
        *self = changed;
        Ok(())
    }

    fn check(&self) -> Result<(), ApiError> {
        let ranges = [
            ("Health check interval", self.interval, 5..=300),
            ("Health check timeout", self.timeout, 2..=120),
            ("Health check healthy threshold count", self.healthy_threshold, 2..=10),
            ("Health check unhealthy threshold count", self.unhealthy_threshold, 2..=10),
        ];
        for (what, value, range) in ranges {
            if !range.contains(&value) {
                return Err(invalid(format!(
                    "{what} must be between '{}' and '{}'",
                    range.start(),
                    range.end()
                )));
            }
        }
        if self.port != "traffic-port" && self.port.parse::<u16>().is_err() {
            return Err(invalid(format!(
                "Health check port '{}' must be 'traffic-port' or in the range 1-65535",
                self.port
            )));
        }
        if !matches!(self.protocol.as_str(), "TCP" | "HTTP" | "HTTPS") {
            return Err(invalid(format!(
                "Health check protocol '{}' must be one of 'TCP', 'HTTP', 'HTTPS'",
                self.protocol
            )));
        }
        Ok(())
    }
}

fn set<T: Clone>(field: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        field.clone_from(given);
    }
}
