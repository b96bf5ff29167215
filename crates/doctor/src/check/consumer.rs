//! The load balancer: its listeners, zones and attributes.

use writerlink_aws::account::{Attributes, Balancer};
use writerlink_core::source::Source;

use super::{Check, Found, Judged, Link, broken, costs, note, quoted, row, will_break};
use crate::chain::{Chain, Part, Stop, at, of, or_none, value};
use crate::documents::{
    BALANCER_GROUPS, BALANCERS, CROSS_ZONE, GROUP_ATTRIBUTES, GROUP_HEALTH, IAM_TOKENS, LISTENERS,
};
use crate::network::admits_addresses;

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::FromTheConsumer,
        "W200",
        "A listener of a Network Load Balancer forwards to the group",
        "Without a listener the group is not in use: its targets are `unused` and nobody can \
         connect.",
        LISTENERS,
        listener,
    ),
    row(
        Link::FromTheConsumer,
        "W201",
        "The load balancer is active, internal and of type network",
        "PrivateLink needs an active Network Load Balancer. An internet-facing one also offers the \
         database's port to the internet.",
        BALANCERS,
        balancer,
    ),
    row(
        Link::FromTheConsumer,
        "W202",
        "The listener has the database's port",
        "Another port is legal. But an IAM token is signed for the host and port of the database, \
         so clients must build it with the database's port and not with the one to which they \
         connect.",
        IAM_TOKENS,
        listener_port,
    ),
    row(
        Link::FromTheConsumer,
        "W203",
        "The listener speaks TCP",
        "With TCP the client's TLS ends at the database, whose certificate it can verify. \
         PostgreSQL and MySQL begin in clear text and then switch to TLS, which a TLS listener \
         does not understand.",
        LISTENERS,
        listener_protocol,
    ),
    row(
        Link::FromTheConsumer,
        "W210",
        "Cross-zone load balancing is on",
        "It is off by default. Each zone's node then uses targets of its own zone only, and the \
         writer is one target in one zone: consumers in the other zones cannot connect, and a \
         failover to another zone turns this around.",
        CROSS_ZONE,
        cross_zone,
    ),
    row(
        Link::FromTheConsumer,
        "W211",
        "The load balancer is in two zones at least",
        "With one zone the link ends when that zone does, wherever the database fails over to.",
        BALANCERS,
        two_zones,
    ),
    row(
        Link::FromTheConsumer,
        "W212",
        "Inbound rules admit what comes through PrivateLink, or do not apply to it",
        "With `EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic` on, which is the default, the \
         load balancer's inbound rules see the private addresses of clients in the consumer's \
         VPC.",
        BALANCER_GROUPS,
        enforcement,
    ),
    row(
        Link::FromTheConsumer,
        "W220",
        "The targets get no proxy protocol header",
        "No RDS database understands proxy protocol v2. It takes the header for a broken login.",
        GROUP_ATTRIBUTES,
        proxy_protocol,
    ),
    row(
        Link::FromTheConsumer,
        "W221",
        "Client addresses are not preserved",
        "Preservation has no effect on PrivateLink. Clients that connect directly reach the \
         database with their own addresses, which its security group must then admit.",
        GROUP_ATTRIBUTES,
        client_ip,
    ),
    row(
        Link::FromTheConsumer,
        "W222",
        "A drained target loses its sessions",
        "A former writer goes on as a reader. Without connection termination its sessions stay, \
         and fail each write until the client closes them.",
        GROUP_ATTRIBUTES,
        termination,
    ),
    row(
        Link::FromTheConsumer,
        "W223",
        "Sessions of an unhealthy target end",
        "A writer whose host has failed sends no reset. Without termination on unhealthy, its \
         clients hang until their own time-outs. A zonal shift of a load balancer with cross-zone \
         load balancing needs it off, so choose one of the two.",
        GROUP_ATTRIBUTES,
        unhealthy_termination,
    ),
    row(
        Link::FromTheConsumer,
        "W224",
        "The group can have as many healthy targets as its settings ask for",
        "If the group's health settings ask for more targets than there are, zones leave DNS, or \
         the load balancer fails open and sends connections to unhealthy targets.",
        GROUP_HEALTH,
        group_health,
    ),
    row(
        Link::FromTheConsumer,
        "W225",
        "Idle connections live as long as PrivateLink allows",
        "The idle time-out of an interface endpoint is 350 s. A shorter one of the listener ends \
         idle sessions of pools earlier; a longer one has no effect.",
        LISTENERS,
        idle_timeout,
    ),
];

fn listener(chain: &Chain) -> Judged {
    let group = chain.group()?;
    let forwards = match chain.listeners() {
        Ok(listeners) => listeners,
        Err(Stop::Moot) => Vec::new(),
        Err(gap) => return Err(gap),
    };
    let port = group.port.or(chain.port().ok()).map_or("PORT".to_owned(), |p| p.to_string());
    let create = format!(
        "aws elbv2 create-listener --load-balancer-arn LOAD-BALANCER --protocol TCP --port {port} \
         --default-actions Type=forward,TargetGroupArn={}",
        group.arn
    );
    if forwards.is_empty() {
        let says = format!("no listener forwards to the target group `{}`", group.name);
        return Ok(vec![broken(says).mend(create)]);
    }
    let mut found = Vec::new();
    for (balancer, listener) in forwards {
        let weight = |own: bool| {
            let forwards = listener.forwards.iter().filter(|f| (f.group == group.arn) == own);
            forwards.map(|forward| forward.weight).sum::<u32>()
        };
        let (own, others) = (weight(true), weight(false));
        let whole = own + others;
        let port = listener.port;
        let mend = format!(
            "aws elbv2 modify-listener --listener-arn {} --default-actions \
             Type=forward,TargetGroupArn={}",
            listener.arn, group.arn
        );
        if own == 0 {
            let says =
                format!("the listener {port} of `{}` gives the group no weight", balancer.name);
            found.push(broken(says).mend(mend));
        } else if others > 0 {
            let says = format!(
                "the listener {port} of `{}` sends {} of 100 connections to other groups",
                balancer.name,
                100 * others / whole
            );
            found.push(note(says).mend(mend));
        }
    }
    Ok(found)
}

fn balancer(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for balancer in chain.balancers()? {
        let Balancer { name, kind, scheme, state, .. } = balancer;
        if kind != "network" {
            found.push(
                broken(format!("`{name}` is of type {kind}")).mend(
                    "Create a Network Load Balancer: a load balancer's type cannot be changed.",
                ),
            );
        }
        if state != "active" {
            let says = format!("the load balancer `{name}` is `{state}`");
            let found_state = match state.as_str() {
                "provisioning" => note(says),
                "active_impaired" => costs(says),
                _ => broken(says),
            };
            found.push(found_state.mend(format!(
                "aws elbv2 describe-load-balancers --load-balancer-arns {}",
                balancer.arn
            )));
        }
        if scheme != "internal" {
            found.push(
                note(format!("the load balancer `{name}` is {scheme}"))
                    .mend("Create an internal load balancer: a scheme cannot be changed."),
            );
        }
    }
    Ok(found)
}

fn listener_port(chain: &Chain) -> Judged {
    // Beside the writer's, the members' ports are others on purpose.
    if matches!(chain.binding.source, Source::Member { .. }) {
        return Err(Stop::Moot);
    }
    let port = chain.port()?;
    let listeners = chain.listeners()?;
    let other = listeners.iter().filter(|(_, listener)| listener.port != port);
    let found = other.map(|(balancer, listener)| {
        note(format!(
            "the listener of `{}` has port {}, and the database {port}",
            balancer.name, listener.port
        ))
        .mend(format!("aws elbv2 modify-listener --listener-arn {} --port {port}", listener.arn))
    });
    Ok(found.collect())
}

fn listener_protocol(chain: &Chain) -> Judged {
    let engine = chain.engine().unwrap_or_default();
    let starts_in_clear = ["postgres", "mysql", "mariadb"].iter().any(|e| engine.contains(e));
    let listeners = chain.listeners()?;
    let other = listeners.iter().filter(|(_, listener)| listener.protocol != "TCP");
    let found = other.map(|(balancer, listener)| {
        let protocol = &listener.protocol;
        let says =
            format!("the listener {} of `{}` speaks {protocol}", listener.port, balancer.name);
        let found = match protocol.as_str() {
            "TCP_UDP" => note(says),
            "TLS" if !starts_in_clear => note(says),
            _ => broken(says),
        };
        found.mend(format!(
            "aws elbv2 modify-listener --listener-arn {} --protocol TCP",
            listener.arn
        ))
    });
    Ok(found.collect())
}

/// Whether cross-zone load balancing is on for the group behind a load balancer. The group's
/// attribute decides, unless it refers to the load balancer's.
fn is_cross_zone(chain: &Chain, balancer: &Balancer) -> Part<bool> {
    const KEY: &str = "load_balancing.cross_zone.enabled";
    match value(chain.group_attributes()?, KEY) {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Ok(value(chain.balancer_attributes(balancer)?, KEY) == Some("true")),
    }
}

fn cross_zone(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for balancer in chain.balancers()?.into_iter().filter(|balancer| balancer.zones.len() > 1) {
        if is_cross_zone(chain, balancer)? {
            continue;
        }
        let zones: Vec<&str> = balancer.zones.iter().map(|zone| zone.zone.as_str()).collect();
        let (name, zones) = (&balancer.name, zones.join(", "));
        let says = format!(
            "cross-zone load balancing is off, and the load balancer `{name}` has nodes in {zones}"
        );
        let one_target = match chain.binding.source {
            Source::Cluster(_) | Source::Instance(_) => Some("writer"),
            Source::Member { .. } => Some("member"),
            _ => None,
        };
        let found_here = if let Some(one) = one_target {
            will_break(format!("{says}: consumers reach the {one} from its own zone only"))
        } else if covers_every_zone(chain, balancer)? {
            note(format!("{says}; there is a target in each of them"))
        } else {
            will_break(format!("{says}: consumers in a zone without a target cannot connect"))
        };
        found.push(found_here.mend(format!(
            "aws elbv2 modify-target-group-attributes --target-group-arn {} --attributes \
             Key=load_balancing.cross_zone.enabled,Value=true",
            quoted(chain.group_arn())
        )));
    }
    Ok(found)
}

/// Whether each zone of the load balancer has a target of its own.
fn covers_every_zone(chain: &Chain, balancer: &Balancer) -> Part<bool> {
    let present = chain.targets()?.iter().filter(|target| target.state != "draining");
    let zones: Vec<&str> = present.filter_map(|target| target.zone.as_deref()).collect();
    Ok(balancer.zones.iter().all(|zone| zones.contains(&zone.zone.as_str())))
}

fn two_zones(chain: &Chain) -> Judged {
    let single = chain.balancers()?.into_iter().filter(|balancer| balancer.zones.len() < 2);
    let found = single.map(|balancer| {
        note(format!("the load balancer `{}` is in one zone", balancer.name)).mend(format!(
            "aws elbv2 set-subnets --load-balancer-arn {} --subnets SUBNETS-OF-ALL-ZONES",
            balancer.arn
        ))
    });
    Ok(found.collect())
}

fn enforcement(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    let listeners = chain.listeners()?;
    let mut ports: Vec<(&Balancer, u16)> = listeners.iter().map(|(b, l)| (*b, l.port)).collect();
    if ports.is_empty() {
        let port = chain.port()?;
        ports.extend(chain.balancers()?.into_iter().map(|balancer| (balancer, port)));
    }
    for (balancer, port) in ports {
        let enforced = balancer.enforce_on_private_link.as_deref() != Some("off");
        if balancer.security_groups.is_empty() || !enforced {
            continue;
        }
        let (groups, unread) = chain.security_groups(&balancer.security_groups);
        let rules = groups.iter().flat_map(|group| &group.ingress);
        let ids = balancer.security_groups.join(", ");
        let off = format!(
            "aws elbv2 set-security-groups --load-balancer-arn {} --security-groups {} \
             --enforce-security-group-inbound-rules-on-private-link-traffic off",
            balancer.arn,
            balancer.security_groups.join(" ")
        );
        let admits = admits_addresses(rules, port);
        if let (Some(stop), false) = (unread, admits) {
            return Err(stop);
        }
        if admits {
            found.push(note(format!(
                "only clients whose addresses {ids} admits on port {port} can connect through \
                 PrivateLink"
            )));
        } else {
            found.push(
                broken(format!(
                    "{ids} of the load balancer `{}` admits no address on port {port}, and \
                     its inbound rules apply to PrivateLink",
                    balancer.name
                ))
                .mend(off),
            );
        }
    }
    Ok(found)
}

/// The command that gives the group an attribute.
fn set(chain: &Chain, key: &str, value: &str) -> String {
    format!(
        "aws elbv2 modify-target-group-attributes --target-group-arn {} --attributes \
         Key={key},Value={value}",
        quoted(chain.group_arn())
    )
}

/// What an attribute of the group is, if it is not what it should be.
fn unlike(chain: &Chain, key: &str, default: &str, wanted: &str) -> Part<Option<String>> {
    let value = value(chain.group_attributes()?, key).unwrap_or(default);
    Ok((value != wanted).then(|| format!("`{key}` is {value}")))
}

fn proxy_protocol(chain: &Chain) -> Judged {
    const KEY: &str = "proxy_protocol_v2.enabled";
    let found = unlike(chain, KEY, "false", "false")?;
    Ok(found.map(|says| broken(says).mend(set(chain, KEY, "false"))).into_iter().collect())
}

fn client_ip(chain: &Chain) -> Judged {
    const KEY: &str = "preserve_client_ip.enabled";
    let found = unlike(chain, KEY, "false", "false")?;
    Ok(found.map(|says| note(says).mend(set(chain, KEY, "false"))).into_iter().collect())
}

/// The delay that a group should not exceed, in seconds: long enough for queries in flight.
const LONG_DELAY: u64 = 60;

fn termination(chain: &Chain) -> Judged {
    const KEY: &str = "deregistration_delay.connection_termination.enabled";
    const DELAY: &str = "deregistration_delay.timeout_seconds";
    if let Some(says) = unlike(chain, KEY, "false", "true")? {
        let says = format!("{says}: sessions of a former writer stay until their clients end them");
        return Ok(vec![costs(says).mend(set(chain, KEY, "true"))]);
    }
    let delay = value(chain.group_attributes()?, DELAY).and_then(|delay| delay.parse().ok());
    let delay: u64 = delay.unwrap_or(300);
    if delay <= LONG_DELAY {
        return Ok(Vec::new());
    }
    let says = format!("sessions of a former writer end after `{DELAY}`, {delay} s");
    Ok(vec![costs(says).mend(set(chain, DELAY, "30"))])
}

fn unhealthy_termination(chain: &Chain) -> Judged {
    const KEY: &str = "target_health_state.unhealthy.connection_termination.enabled";
    let found = unlike(chain, KEY, "true", "true")?;
    Ok(found.map(|says| costs(says).mend(set(chain, KEY, "true"))).into_iter().collect())
}

/// The settings of the group that ask for a number of healthy targets.
const HEALTH_SETTINGS: [&str; 2] = [
    "target_group_health.dns_failover.minimum_healthy_targets.count",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
];

fn group_health(chain: &Chain) -> Judged {
    let attributes = chain.group_attributes()?;
    // A share of one target is that target.
    let served = or_none(chain.places())?.iter().filter(|place| place.serves).count().max(1);
    let found = HEALTH_SETTINGS.iter().filter_map(|key| {
        let asked =
            value(attributes, key)?.parse::<usize>().ok().filter(|asked| *asked > served)?;
        let says = format!("`{key}` is {asked}, and the group has {served} targets");
        Some(costs(says).mend(set(chain, key, "1")))
    });
    Ok(found.collect())
}

/// The idle time-out of an interface endpoint, in seconds.
const OF_PRIVATE_LINK: u32 = 350;

fn idle_timeout(chain: &Chain) -> Judged {
    let mut found: Vec<Found> = Vec::new();
    for (_, listener) in chain.listeners()?.into_iter().filter(|(_, l)| l.protocol == "TCP") {
        let attributes: &Attributes = at(&chain.account.links.listener_attributes, &listener.arn)?;
        let seconds = value(attributes, "tcp.idle_timeout.seconds").and_then(|s| s.parse().ok());
        let Some(seconds) = seconds.filter(|seconds: &u32| *seconds != OF_PRIVATE_LINK) else {
            continue;
        };
        let says = format!(
            "the listener {} ends connections that are idle for {seconds} s",
            listener.port
        );
        found.push(note(says).mend(format!(
            "aws elbv2 modify-listener-attributes --listener-arn {} --attributes \
             Key=tcp.idle_timeout.seconds,Value={OF_PRIVATE_LINK}",
            listener.arn
        )));
    }
    // A load balancer of which nothing is known has no listener either.
    of(&chain.account.links.balancers)?;
    Ok(found)
}
