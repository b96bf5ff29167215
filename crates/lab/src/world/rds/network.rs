//! Dual-stack databases, whose names also resolve to IPv6 addresses.
//!
//! `NetworkType` is `IPV4` or `DUAL`; there is no database without IPv4. `DUAL` needs a subnet
//! group all of whose subnets have IPv6 ranges, and a cluster's instances have the cluster's (AWS
//! docs: "Working with a DB instance in a VPC", "Dual-stack mode"; botocore rds 2014-10-31;
//! terraform-aws-modules/terraform-aws-rds-aurora, pull request 322). Where no type is asked for,
//! it is `IPV4`, whatever the subnets have. The IPv6 addresses are global ones of the VPC's range,
//! and private by routing.
//!
//! Two things are simpler than what users met with. One of them saw an `IPV4` instance in
//! dual-stack subnets whose name answered an IPv6 address at which it did not listen
//! (cloudposse/terraform-aws-rds, issue 166); here it answers none. And a change of the type takes
//! [`Pace::modify`](crate::world::Pace::modify) without a restart (and is not among
//! `PendingModifiedValues`, as in botocore): how long it takes, and whether connections break,
//! nobody has measured.

use std::fmt;

use super::{ClusterKey, DbCluster, Form, InstanceKey, Rds, RdsChange, Status};
use crate::world::dns::Move;
use crate::world::elbv2::IpFamily;
use crate::world::{self, ApiError, World};

/// The families of a database's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// IPv4 alone.
    #[default]
    Ipv4,
    /// Both.
    Dual,
}

impl Network {
    /// The network type of that name, or RDS's refusal (botocore rds 2014-10-31:
    /// `NetworkTypeNotSupported`).
    pub fn named(name: &str) -> Result<Network, ApiError> {
        match name {
            "IPV4" => Ok(Network::Ipv4),
            "DUAL" => Ok(Network::Dual),
            _ => Err(not_supported(format!(
                "The network type {name} is invalid. Valid network types are IPV4 and DUAL."
            ))),
        }
    }

    /// Whether there are addresses of this family.
    pub fn has(self, family: IpFamily) -> bool {
        self == Network::Dual || family == IpFamily::Ipv4
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Network::Ipv4 => "IPV4",
            Network::Dual => "DUAL",
        })
    }
}

impl Rds {
    /// The network types of a subnet group.
    pub fn network_types(&self, subnet_group: &str) -> &'static [Network] {
        if self.ipv4_subnet_groups.contains(subnet_group) {
            &[Network::Ipv4]
        } else {
            &[Network::Ipv4, Network::Dual]
        }
    }

    /// The network type that is asked for, if the subnet group has it.
    pub(super) fn network_asked(
        &self,
        asked: Option<Network>,
        subnet_group: &str,
    ) -> Result<Network, ApiError> {
        let network = asked.unwrap_or_default();
        if self.network_types(subnet_group).contains(&network) {
            return Ok(network);
        }
        Err(not_supported(format!(
            "The DB subnet group {subnet_group} does not support the network type {network}: not \
             all of its subnets have IPv6 CIDR blocks."
        )))
    }

    /// The network type of a new instance of a cluster, which is the cluster's. What AWS says to
    /// another one is not documented.
    pub(super) fn network_in(
        cluster: &DbCluster,
        asked: Option<Network>,
    ) -> Result<Network, ApiError> {
        match asked {
            Some(network) if network != cluster.network => {
                Err(ApiError::invalid_parameter_combination(format!(
                    "The network type requested for your DB instance ({network}) doesn't match the \
                     network type of your DB cluster ({}).",
                    cluster.network
                )))
            }
            _ => Ok(cluster.network),
        }
    }
}

impl DbCluster {
    /// Refuses a network type where the API has none: "Valid for Cluster Type: Aurora DB clusters
    /// only" (botocore rds 2014-10-31, CreateDBCluster and ModifyDBCluster, NetworkType).
    pub(super) fn refuse_network(form: &Form, asked: Option<Network>) -> Result<(), ApiError> {
        match (form, asked) {
            (Form::ThreeNodes(_), Some(_)) => Err(ApiError::invalid_parameter_combination(
                "The parameter NetworkType is for Aurora DB clusters only.",
            )),
            _ => Ok(()),
        }
    }
}

impl World {
    /// A cluster and its instances begin to change their network type.
    pub(super) fn begin_cluster_network(&mut self, key: ClusterKey, network: Network) {
        if let Some(cluster) = self.rds.clusters.get_mut(&key) {
            cluster.status = Status::Modifying;
        }
        self.after(
            self.pace.modify,
            world::WorldChange::Rds(RdsChange::ClusterNetworkChanged(key, network)),
        );
    }

    /// A cluster and its instances have another network type.
    pub(super) fn cluster_network_changed(&mut self, key: ClusterKey, network: Network) {
        let Some(cluster) = self.rds.clusters.get_mut(&key) else {
            return;
        };
        if cluster.status == Status::Modifying {
            cluster.status = Status::Available;
        }
        cluster.network = network;
        for member in cluster.members.clone() {
            self.set_network(member, network);
        }
        // A cluster's name may answer its writer's addresses and not its name.
        self.point_cluster(key, Move::AtOnce);
    }

    /// An instance has this network type from now on, and its name answers accordingly.
    pub(super) fn set_network(&mut self, key: InstanceKey, network: Network) {
        if let Some(instance) = self.rds.instances.get_mut(&key) {
            instance.network = network;
        }
        self.point_instance(key, Move::AtOnce);
    }
}

fn not_supported(message: String) -> ApiError {
    ApiError::bad_request("NetworkTypeNotSupported", message)
}

#[cfg(test)]
mod tests;
