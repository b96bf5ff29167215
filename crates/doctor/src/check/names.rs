//! The database's names in DNS, from the servers that are configured.

use std::collections::BTreeSet;
use std::net::IpAddr;

use writerlink_aws::account::Instance;
use writerlink_core::source::Source;

use super::{Check, Judged, Link, broken, costs, note, row};
use crate::account::Resolved;
use crate::chain::{Chain, Part, Stop, at, or_none};
use crate::documents::{IN_A_VPC, PRIVATE_ZONES};

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::Names,
        "W400",
        "The endpoint's name exists",
        "DNS is one of the two keys that must agree before a target is removed. A name that does \
         not exist where RDS has one is hidden by a private zone or a resolver rule.",
        PRIVATE_ZONES,
        exists,
    ),
    row(
        Link::Names,
        "W401",
        "The endpoint's name leads to the database",
        "A private hosted zone of the same name replaces RDS's answers in its VPCs. It does not \
         follow a failover.",
        PRIVATE_ZONES,
        leads,
    ),
    row(
        Link::Names,
        "W402",
        "Caches keep the answer for seconds",
        "RDS's names have a time to live of 5 s. A longer one delays each failover, and shows that \
         something else answers.",
        IN_A_VPC,
        ttl,
    ),
    row(
        Link::Names,
        "W403",
        "The name resolves to private addresses",
        "A public address cannot be a target. A publicly accessible database has one outside its \
         VPC, so a function outside the VPC sees the wrong address.",
        IN_A_VPC,
        private,
    ),
];

fn answer<'a>(chain: &Chain<'a>) -> Part<(&'a str, &'a Resolved)> {
    let name = chain.endpoint()?;
    Ok((name, at(&chain.account.names, name)?))
}

fn dig(name: &str) -> String {
    format!("dig {name}   # in the function's VPC, and outside: the answers must be the same")
}

fn exists(chain: &Chain) -> Judged {
    let (name, answer) = answer(chain)?;
    if !answer.missing && !answer.addresses.is_empty() {
        return Ok(Vec::new());
    }
    let says = match answer.missing {
        true => format!("`{name}` does not exist in DNS"),
        false => format!("`{name}` has no address in DNS"),
    };
    Ok(vec![broken(says).mend(dig(name))])
}

/// The addresses of the names of the source's instances, as far as they resolved.
fn own_addresses(chain: &Chain) -> Part<BTreeSet<IpAddr>> {
    let names = chain.instances()?.into_iter().filter_map(|instance| instance.endpoint.as_ref());
    let answers = names.map(|name| at(&chain.account.names, name).map(|answer| &answer.addresses));
    let answers: Vec<_> = answers.collect::<Part<_>>()?;
    Ok(answers.into_iter().flatten().copied().collect())
}

fn leads(chain: &Chain) -> Judged {
    let (name, answer) = answer(chain)?;
    if answer.addresses.is_empty() {
        return Err(Stop::Moot);
    }
    let strange = |address: &&IpAddr, known: &BTreeSet<IpAddr>| !known.contains(address);
    if matches!(chain.binding.source, Source::Cluster(_) | Source::Readers(..)) {
        let known = own_addresses(chain)?;
        let others: Vec<String> = answer
            .addresses
            .iter()
            .filter(|address| strange(address, &known))
            .map(ToString::to_string)
            .collect();
        if !known.is_empty() && !others.is_empty() {
            let says = format!("`{name}` leads to {}, which is no member", others.join(", "));
            return Ok(vec![broken(says).mend(dig(name))]);
        }
    }
    let group = match chain.subnet_group() {
        Ok(group) => group,
        Err(Stop::Moot) => return Ok(Vec::new()),
        Err(gap) => return Err(gap),
    };
    let subnets = group.subnets.iter().map(|subnet| at(&chain.account.network.subnets, &subnet.id));
    let subnets: Vec<_> = subnets.collect::<Part<_>>()?;
    let inside = |address: &IpAddr| {
        subnets.iter().flat_map(|subnet| &subnet.networks).any(|net| net.contains(address))
    };
    let outside = answer.addresses.iter().filter(|address| is_private(address) && !inside(address));
    let found = outside.map(|address| {
        let says =
            format!("`{name}` leads to {address}, outside the DB subnet group `{}`", group.name);
        broken(says).mend(dig(name))
    });
    Ok(found.collect())
}

fn ttl(chain: &Chain) -> Judged {
    let (name, answer) = answer(chain)?;
    if answer.ttl <= 5 {
        return Ok(Vec::new());
    }
    let says = format!("caches may keep the answer for `{name}` for {} s", answer.ttl);
    let found = if answer.ttl > 30 { costs(says) } else { note(says) };
    Ok(vec![found.mend(dig(name))])
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]);
            v4.is_private() || shared
        }
        // A VPC's IPv6 networks can be public addresses that are not routed.
        IpAddr::V6(_) => true,
    }
}

/// The command that changes an instance. Members of a Multi-AZ DB cluster are changed with it.
pub(super) fn modify(instance: &Instance, what: &str) -> String {
    match &instance.cluster {
        Some(cluster) if !instance.engine.starts_with("aurora") => format!(
            "aws rds modify-db-cluster --db-cluster-identifier {cluster} {what} --apply-immediately"
        ),
        _ => format!(
            "aws rds modify-db-instance --db-instance-identifier {} {what} --apply-immediately",
            instance.id
        ),
    }
}

fn private(chain: &Chain) -> Judged {
    let (name, answer) = answer(chain)?;
    let public: Vec<String> =
        answer.addresses.iter().filter(|a| !is_private(a)).map(ToString::to_string).collect();
    let instances = or_none(chain.instances())?;
    let accessible: Vec<_> = instances.into_iter().filter(|i| i.publicly_accessible).collect();
    let followers = if accessible.is_empty() { Vec::new() } else { chain.followers()? };
    let outside = followers.iter().find(|follower| follower.function.vpc.is_none());
    let mut found = Vec::new();
    if accessible.is_empty() && !public.is_empty() {
        let says = format!("`{name}` leads to the public address {}", public.join(", "));
        found.push(broken(says).mend(dig(name)));
    }
    for instance in accessible {
        let says = format!("`{}` is publicly accessible", instance.id);
        let found_here = match outside {
            Some(follower) => broken(format!(
                "{says}, and `{}` runs outside the VPC: it resolves public addresses",
                follower.function.name
            )),
            None => note(says),
        };
        let is_member = instance.cluster.is_some() && !instance.engine.starts_with("aurora");
        found.push(found_here.mend(match is_member {
            true => {
                "Public access of a Multi-AZ DB cluster is chosen when it is created.".to_owned()
            }
            false => modify(instance, "--no-publicly-accessible"),
        }));
    }
    Ok(found)
}
