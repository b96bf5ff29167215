//! The networks from which a binding's addresses may come.

use ipnet::IpNet;
use writerlink_aws::account::Subnet;
use writerlink_core::target::Family;

use super::Database;
use crate::account::ById;
use crate::read::{Gap, Read};

/// A network of `allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    pub network: IpNet,
    /// The subnets whose networks it holds, each with its zone.
    pub subnets: Vec<String>,
}

/// The networks of all subnets of the database, because a failover may go to any of them. Networks
/// that adjoin are joined, but never to a wider one. If one subnet was not read, all are unknown:
/// an `allow` that is too narrow would hold the binding after a failover.
pub(super) fn allow(
    database: &Database,
    family: Family,
    subnets: &ById<Subnet>,
) -> Read<Vec<Allowed>> {
    let ids = database.subnets.as_ref().map_err(Clone::clone)?;
    let mut read: Vec<&Subnet> = Vec::new();
    for subnet in ids {
        match subnets.get(&subnet.id) {
            Some(Ok(subnet)) => read.push(subnet),
            Some(Err(gap)) => return Err(gap.clone()),
            None => return Err(unread(&format!("{} was not read", subnet.id))),
        }
    }
    let is_of_family = |network: &&IpNet| Family::of(network.addr()) == family;
    let networks: Vec<IpNet> = read
        .iter()
        .flat_map(|subnet| subnet.networks.iter().filter(is_of_family).copied())
        .collect();
    if networks.is_empty() {
        return Err(unread(&format!("the database's subnets have no {family} network")));
    }
    let joined = IpNet::aggregate(&networks).into_iter().map(|network| {
        let inside =
            read.iter().filter(|subnet| subnet.networks.iter().any(|own| network.contains(own)));
        let subnets = inside.map(|subnet| format!("{} in {}", subnet.id, subnet.zone)).collect();
        Allowed { network, subnets }
    });
    Ok(joined.collect())
}

fn unread(why: &str) -> Gap {
    Gap::unread("ec2:DescribeSubnets", why, "Write the networks of the database's subnets.")
}
