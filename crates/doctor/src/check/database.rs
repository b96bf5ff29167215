//! The database.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use writerlink_core::config::StandbyMode;
use writerlink_core::source::Source;
use writerlink_core::standby::{BalancerRouting, Routing, safety};

use super::names::modify;
use super::{Check, Judged, Link, broken, costs, note, quoted, row, will_break};
use crate::chain::{Chain, Part, Stop, of};
use crate::documents::{AURORA_HA, CERTIFICATES, GROUP_HEALTH, MAINTENANCE, MULTI_AZ, STATUS};

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::Database,
        "W500",
        "The database is available",
        "A database that is stopped, or out of storage, takes no connections.",
        STATUS,
        status,
    ),
    row(
        Link::Database,
        "W501",
        "There is something to fail over to",
        "Without a standby or a second instance, the database is gone until AWS has made another \
         one in its place.",
        AURORA_HA,
        standby,
    ),
    row(
        Link::Database,
        "W502",
        "The instances are in more than one zone",
        "Members in one zone end together with it.",
        AURORA_HA,
        zones,
    ),
    row(
        Link::Database,
        "W510",
        "The server certificates are valid for a while",
        "A client that verifies the certificate cannot connect once it has expired. A database of \
         an older kind restarts when its certificate is rotated.",
        CERTIFICATES,
        certificates,
    ),
    row(
        Link::Database,
        "W511",
        "It is known when the next maintenance comes",
        "Maintenance of a database often is a failover. Writerlink follows it like any other.",
        MAINTENANCE,
        maintenance,
    ),
    row(
        Link::Database,
        "W520",
        "It is known whether warm standby would be possible",
        "A Multi-AZ instance of PostgreSQL, MySQL, MariaDB or Oracle has a standby that refuses \
         connections until it is the primary. Other databases have none that could be registered \
         beforehand.",
        MULTI_AZ,
        warm,
    ),
    row(
        Link::Database,
        "W521",
        "The group of a warm binding can hold the standby",
        "A standby refuses connections, so its target is unhealthy. The group must then send every \
         connection to the other target, in every zone, and end those to a target that has become \
         unhealthy. Until then Writerlink registers the writer alone.",
        GROUP_HEALTH,
        warm_group,
    ),
];

/// States in which a database takes no connections, and does not come back by itself.
const DOWN: [&str; 9] = [
    "failed",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "stopped",
    "storage-full",
];

fn status(chain: &Chain) -> Judged {
    let mut states: Vec<(&str, &str)> = Vec::new();
    if let Ok((proxy, _)) = chain.proxy() {
        states.push((&proxy.name, &proxy.status));
    }
    if let Ok(cluster) = chain.cluster() {
        states.push((&cluster.id, &cluster.status));
    }
    if chain.binding.source.is_database() {
        states.extend(chain.instances()?.iter().map(|i| (i.id.as_str(), i.status.as_str())));
    } else if matches!(chain.binding.source, Source::Proxy(..)) {
        chain.proxy()?;
    }
    let found =
        states.into_iter().filter(|(_, status)| *status != "available").map(|(id, status)| {
            let says = format!("`{id}` is `{status}`");
            let is_down = DOWN.contains(&status) || status.starts_with("incompatible");
            let found = if is_down { broken(says) } else { note(says) };
            found.mend("aws rds describe-events --duration 1440   # what RDS says of it")
        });
    Ok(found.collect())
}

fn standby(chain: &Chain) -> Judged {
    let found = match &chain.binding.source {
        Source::Instance(_) => {
            let instance = chain.instance()?;
            (!instance.multi_az).then(|| {
                costs(format!("`{}` has no standby (Multi-AZ is off)", instance.id)).mend(format!(
                    "aws rds modify-db-instance --db-instance-identifier {} --multi-az   # in the \
                     next maintenance window",
                    instance.id
                ))
            })
        }
        _ => {
            let cluster = chain.cluster()?;
            (cluster.members.len() == 1).then(|| {
                costs(format!("the cluster `{}` has one instance", cluster.id)).mend(format!(
                    "aws rds create-db-instance --db-cluster-identifier {} --engine {} \
                     --db-instance-identifier NAME --db-instance-class CLASS",
                    cluster.id, cluster.engine
                ))
            })
        }
    };
    Ok(found.into_iter().collect())
}

fn zones(chain: &Chain) -> Judged {
    let cluster = chain.cluster()?;
    let instances = chain.instances()?;
    let zones: BTreeSet<&str> = instances.iter().filter_map(|i| i.zone.as_deref()).collect();
    let together = instances.len() > 1 && zones.len() == 1;
    Ok(together
        .then(|| {
            let zone = zones.iter().next().copied().unwrap_or_default();
            note(format!("all instances of `{}` are in {zone}", cluster.id))
        })
        .into_iter()
        .collect())
}

const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
const LATER: SignedDuration = SignedDuration::from_hours(90 * 24);

fn certificates(chain: &Chain) -> Judged {
    let now = chain.account.at;
    let mut found = Vec::new();
    for instance in chain.instances()? {
        let Some(end) = instance.certificate.as_ref().and_then(|c| c.valid_till) else { continue };
        let left = end.duration_since(now);
        let says = format!("the certificate of `{}` is valid until {}", instance.id, day(end));
        let found_here = match left {
            left if left.is_negative() => {
                broken(format!("the certificate of `{}` expired on {}", instance.id, day(end)))
            }
            left if left < SOON => will_break(says),
            left if left < LATER => note(says),
            _ => continue,
        };
        let change = "--ca-certificate-identifier rds-ca-rsa2048-g1";
        found.push(found_here.mend(modify(instance, change)));
    }
    Ok(found)
}

fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

fn maintenance(chain: &Chain) -> Judged {
    let instances = chain.instances()?;
    let mut arns: Vec<(&str, &str)> =
        instances.iter().map(|instance| (instance.arn.as_str(), instance.id.as_str())).collect();
    let cluster = chain.cluster().ok();
    arns.extend(cluster.map(|cluster| (cluster.arn.as_str(), cluster.id.as_str())));
    let window = cluster
        .and_then(|cluster| cluster.maintenance_window.as_deref())
        .or_else(|| instances.first()?.maintenance_window.as_deref());
    let mut found = Vec::new();
    for pending in of(&chain.account.databases.maintenance)? {
        let Some((_, id)) = arns.iter().find(|(arn, _)| *arn == pending.resource) else { continue };
        let when = match (pending.date, window) {
            (Some(date), _) => format!("on {}", day(date)),
            (None, Some(window)) => format!("in a window {window} (UTC)"),
            (None, None) => "at a time that RDS does not name".to_owned(),
        };
        found.push(
            note(format!("`{}` of `{id}` comes {when}", pending.action))
                .mend("aws rds describe-pending-maintenance-actions"),
        );
    }
    for instance in instances.iter().filter(|instance| !instance.pending.is_empty()) {
        let names = instance.pending.join(", ");
        found.push(note(format!("a change of {names} of `{}` is pending", instance.id)));
    }
    if let (true, Some(window)) = (found.is_empty(), window) {
        found.push(note(format!("the maintenance window is {window} (UTC); nothing is pending")));
    }
    Ok(found)
}

fn warm_group(chain: &Chain) -> Judged {
    if chain.binding.standby == StandbyMode::Cold {
        return Err(Stop::Moot);
    }
    let instance = chain.instance()?;
    let zones = [&instance.zone, &instance.secondary_zone];
    let zones: BTreeSet<&str> = zones.into_iter().flatten().map(String::as_str).collect();
    // Nobody forwards to the group, which another check reports.
    let balancers = chain.balancers()?;
    let balancers = balancers.into_iter().map(|balancer| {
        Ok(BalancerRouting {
            zones: balancer.zones.iter().map(|zone| zone.zone.clone()).collect(),
            attributes: chain.balancer_attributes(balancer)?.clone(),
        })
    });
    let routing = Routing {
        group: chain.group_attributes()?.clone(),
        balancers: balancers.collect::<Part<_>>()?,
    };
    let found = safety(&routing, &zones).into_iter().map(|why| {
        costs(why.to_string()).mend(format!(
            "aws elbv2 describe-target-group-attributes --target-group-arn {}",
            quoted(chain.group_arn())
        ))
    });
    Ok(found.collect())
}

fn warm(chain: &Chain) -> Judged {
    let Ok(instance) = chain.instance() else {
        // A set, a cluster or a name has no standby of this kind.
        return Err(Stop::Moot);
    };
    let engine = &instance.engine;
    let fits = ["postgres", "mysql", "mariadb"].contains(&engine.as_str())
        || engine.starts_with("oracle-");
    let why_not = if !instance.multi_az {
        Some("it is not Multi-AZ")
    } else if !fits {
        Some("nothing is documented of its standby")
    } else if instance.replica_of.is_some() {
        Some("it is a read replica")
    } else if instance.status != "available" {
        Some("it is not available at the moment")
    } else {
        None
    };
    Ok(vec![note(match why_not {
        Some(reason) => format!("warm standby of `{}` is not possible: {reason}", instance.id),
        None => format!("warm standby of `{}` would be possible", instance.id),
    })])
}
