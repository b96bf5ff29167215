//! Parses a target of a request into its key, or refuses it in AWS's words.

use std::net::IpAddr;

use ipnet::IpNet;

use super::refusal::invalid;
use super::{IpFamily, TargetGroup, TargetKey, TargetRequest, TargetType, World};
use crate::world::ApiError;
use crate::world::vpc::Zone;

impl World {
    /// The key of a target to be registered, or why it cannot be.
    pub(super) fn key_to_register(
        &self,
        group: &TargetGroup,
        request: &TargetRequest,
    ) -> Result<TargetKey, ApiError> {
        let key = self.key_to_find(group, request)?;
        let Some(address) = address_in(group, &key.id)? else {
            return Ok(key);
        };
        match (self.subnet_zone(address), &request.zone) {
            (Some(zone), Some(asked)) if *asked != zone => {
                Err(outside_its_zone(address, &zone, asked))
            }
            (None, _) if !is_reachable_from_outside(address) => Err(unreachable(address)),
            // Measured by kubernetes-sigs/aws-load-balancer-controller, issue 3714.
            (None, None) => Err(invalid(format!(
                "The Availability Zone is required for IP address '{address}' because it is not in \
                 the VPC"
            ))),
            _ => Ok(key),
        }
    }

    /// The key that a request means: the group's port where it names none, the subnet's zone where
    /// the address is in the VPC.
    pub(super) fn key_to_find(
        &self,
        group: &TargetGroup,
        request: &TargetRequest,
    ) -> Result<TargetKey, ApiError> {
        let address = address_in(group, &request.id)?;
        let zone = request.zone.clone().or_else(|| self.subnet_zone(address?));
        Ok(TargetKey {
            // One address has one spelling, or fd00::1 and fd00:0::1 would be two targets.
            id: address.map_or_else(|| request.id.clone(), |address| address.to_string()),
            port: request.port.unwrap_or(group.port),
            zone,
        })
    }

    /// The zone of the subnet that holds an address. ELBv2 compares addresses with the subnets, not
    /// with the VPC's own ranges (measured by kubernetes-sigs/aws-load-balancer-controller, issue
    /// 3714).
    fn subnet_zone(&self, address: IpAddr) -> Option<String> {
        Zone::of_address(address).map(|zone| zone.name(&self.region))
    }
}

/// The address of a target's id, nothing for an instance, or AWS's refusal of an id of the wrong
/// kind (measured by ansible/ansible, issue 30962, and ansible-collections/community.aws, issue
/// 1441).
fn address_in(group: &TargetGroup, id: &str) -> Result<Option<IpAddr>, ApiError> {
    if group.target_type == TargetType::Instance {
        let digits = id.strip_prefix("i-").unwrap_or_default();
        let valid =
            matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return if valid {
            Ok(None)
        } else {
            Err(invalid(format!("Instance ID '{id}' is not valid")))
        };
    }
    match (id.parse(), group.family) {
        (Ok(address @ IpAddr::V4(_)), IpFamily::Ipv4)
        | (Ok(address @ IpAddr::V6(_)), IpFamily::Ipv6) => Ok(Some(address)),
        (_, IpFamily::Ipv4) => {
            Err(invalid(format!("The IP address '{id}' is not a valid IPv4 address")))
        }
        (_, IpFamily::Ipv6) => {
            Err(invalid(format!("The IP address '{id}' is not a valid IPv6 address")))
        }
    }
}

/// Measured by kubernetes-sigs/aws-load-balancer-controller, issue 561.
fn outside_its_zone(address: IpAddr, zone: &str, asked: &str) -> ApiError {
    invalid(format!(
        "The IP address '{address}' is within the VPC, and cannot have its Availability Zone \
         overridden to '{asked}' from '{zone}'"
    ))
}

/// The code is botocore's for a target that cannot be one (elbv2 2015-12-01,
/// InvalidTargetException), the ranges are those of the AWS docs, "Register targets"; the sentence
/// is the lab's own.
fn unreachable(address: IpAddr) -> ApiError {
    let message = format!(
        "The IP address '{address}' is not in the VPC, nor in 10.0.0.0/8, 100.64.0.0/10, \
         172.16.0.0/12 or 192.168.0.0/16"
    );
    ApiError::bad_request("InvalidTarget", message)
}

/// Whether a target outside the VPC may have this address (AWS docs, "Register targets": the
/// subnets of the VPC, 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12 and 192.168.0.0/16).
fn is_reachable_from_outside(address: IpAddr) -> bool {
    let holds = |range: &&str| range.parse::<IpNet>().is_ok_and(|range| range.contains(&address));
    ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"].iter().any(holds)
}
