//! The way from the load balancer's nodes to the addresses that the database has, or can have.

use std::collections::BTreeSet;

use ipnet::IpNet;
use writerlink_aws::account::Balancer;
use writerlink_core::config::Config;
use writerlink_core::guard::Allow;

use super::{Check, Found, Judged, Link, broken, note, row, will_break};
use crate::chain::{Chain, Part, Place, Stop, at, or_gap, or_none};
use crate::documents::{ACLS, BALANCER_GROUPS, SECURITY_GROUPS, TARGETS};
use crate::network::{Admission, EPHEMERAL, End, admission, only, passes};

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::ToTheDatabase,
        "W110",
        "The database's security groups admit the load balancer",
        "Connections and health checks come from the load balancer's own addresses. Security \
         groups drop what they do not admit, and clients see a time-out. A member that does not \
         admit the load balancer cuts the link when it becomes the writer.",
        SECURITY_GROUPS,
        database_admits,
    ),
    row(
        Link::ToTheDatabase,
        "W111",
        "The load balancer's security groups let it reach the database",
        "The outbound rules of a load balancer's security groups apply to connections and to \
         health checks. A rule for today's address only breaks with the next one.",
        BALANCER_GROUPS,
        balancer_reaches,
    ),
    row(
        Link::ToTheDatabase,
        "W112",
        "The network ACLs let the flow and its answers through",
        "A network ACL is stateless: it must admit the port in one direction, and the ephemeral \
         ports 1024 to 65535 in the other.",
        ACLS,
        acls,
    ),
    row(
        Link::ToTheDatabase,
        "W113",
        "The load balancer is enabled in every zone of the database",
        "A target in a zone that is not enabled for the load balancer is `unused` and gets no \
         connections. If a member or the standby is in such a zone, the link ends with the \
         failover to it.",
        TARGETS,
        zones,
    ),
    row(
        Link::ToTheDatabase,
        "W114",
        "`allow` holds the database's subnets",
        "Writerlink registers no address outside the binding's `allow`. After a failover the \
         writer's address can be anywhere in the DB subnet group.",
        TARGETS,
        allowed,
    ),
];

/// One finding for each severity: for the places that serve at present, and for those that a
/// failover can make serve.
fn of_places(bad: &[(Place, String)], command: &str) -> Vec<Found> {
    let (now, later): (Vec<_>, Vec<_>) = bad.iter().partition(|(place, _)| place.serves);
    let list = |places: &[&(Place, String)]| {
        let says: BTreeSet<&str> = places.iter().map(|(_, says)| says.as_str()).collect();
        says.into_iter().collect::<Vec<_>>().join("; ")
    };
    let mut found = Vec::new();
    if !now.is_empty() {
        found.push(broken(list(&now)).mend(command));
    }
    if !later.is_empty() {
        found.push(will_break(list(&later)).mend(command));
    }
    found
}

fn database_admits(chain: &Chain) -> Judged {
    let port = chain.port()?;
    let (mut bad, mut partly, mut command) = (Vec::new(), Vec::new(), String::new());
    for balancer in chain.balancers()? {
        for place in chain.places()? {
            let names = place.security_groups.join(", ");
            let (mut shut, mut some) = (Vec::new(), false);
            // Each zone's node has an address of its own.
            for zone in &balancer.zones {
                let networks = chain.networks(zone.subnet.as_deref())?;
                let node = End { groups: balancer.security_groups.clone(), networks };
                match admitted(chain, place.security_groups, port, &node)? {
                    Admission::All => {}
                    Admission::Some => some = true,
                    Admission::None => shut.push(zone.zone.as_str()),
                }
            }
            let (name, link) = (place.name, &balancer.name);
            if !shut.is_empty() {
                let whence = match shut.len() == balancer.zones.len() {
                    true => String::new(),
                    false => format!(" in {}", shut.join(", ")),
                };
                let says = format!(
                    "{names} of `{name}` admits nothing from the load balancer `{link}`{whence} on \
                     port {port}"
                );
                bad.push((place.clone(), says));
            } else if some {
                partly.push(note(format!(
                    "{names} of `{name}` admits only some addresses of the subnets of the load \
                     balancer `{link}`: see that its own are among them in every zone"
                )));
            }
            if let Some(group) = place.security_groups.first() {
                command = admit(group, port, balancer, &chain.end_of(balancer)?);
            }
        }
    }
    partly.dedup();
    Ok(of_places(&bad, &command).into_iter().chain(partly).collect())
}

/// What security groups admit of an end.
fn admitted(chain: &Chain, groups: &[String], port: u16, end: &End) -> Part<Admission> {
    let (groups, unread) = chain.security_groups(groups);
    let rules = groups.iter().flat_map(|group| &group.ingress);
    let admitted = admission(rules, port, end, &chain.account.network.prefix_lists)?;
    match unread {
        // The group that was not read may admit the rest.
        Some(stop) if admitted != Admission::All => Err(stop),
        _ => Ok(admitted),
    }
}

fn admit(group: &str, port: u16, balancer: &Balancer, end: &End) -> String {
    let from = match (balancer.security_groups.first(), end.networks.first()) {
        (Some(source), _) => format!("UserIdGroupPairs=[{{GroupId={source}}}]"),
        (None, Some(IpNet::V4(_))) => format!("IpRanges=[{}]", ranges("CidrIp", &end.networks)),
        (None, Some(IpNet::V6(_))) => format!("Ipv6Ranges=[{}]", ranges("CidrIpv6", &end.networks)),
        (None, None) => "IpRanges=[{CidrIp=SUBNET}]".to_owned(),
    };
    format!(
        "aws ec2 authorize-security-group-ingress --group-id {group} --ip-permissions \
         'IpProtocol=tcp,FromPort={port},ToPort={port},{from}'"
    )
}

fn ranges(key: &str, networks: &[IpNet]) -> String {
    networks.iter().map(|network| format!("{{{key}={network}}}")).collect::<Vec<_>>().join(",")
}

fn balancer_reaches(chain: &Chain) -> Judged {
    let port = chain.port()?;
    let (mut bad, mut command) = (Vec::new(), String::new());
    for balancer in chain.balancers()?.into_iter().filter(|b| !b.security_groups.is_empty()) {
        for place in chain.places()? {
            let ids = balancer.security_groups.join(", ");
            let (link, name, zone) = (&balancer.name, place.name, place.zone.unwrap_or("its zone"));
            match reach(chain, balancer, &place, port)? {
                Reach::Whole => {}
                Reach::Nothing => {
                    let says = format!(
                        "{ids} of the load balancer `{link}` does not let it reach `{name}` in \
                         {zone} on port {port}"
                    );
                    bad.push((place.clone(), says));
                }
                Reach::Today => {
                    let says = format!(
                        "{ids} of the load balancer `{link}` lets it reach today's address of \
                         `{name}`, and not all of its subnets in {zone}"
                    );
                    bad.push((Place { serves: false, ..place.clone() }, says));
                }
            }
            if let (Some(own), Some(group)) =
                (balancer.security_groups.first(), place.security_groups.first())
            {
                command = format!(
                    "aws ec2 authorize-security-group-egress --group-id {own} --ip-permissions \
                     'IpProtocol=tcp,FromPort={port},ToPort={port},UserIdGroupPairs=[{{GroupId=\
                     {group}}}]'"
                );
            }
        }
    }
    Ok(of_places(&bad, &command))
}

/// How far the outbound rules of a load balancer let it reach a place.
enum Reach {
    Whole,
    /// Today's address, and not every address that the place can have.
    Today,
    Nothing,
}

fn reach(chain: &Chain, balancer: &Balancer, place: &Place, port: u16) -> Part<Reach> {
    let (groups, unread) = chain.security_groups(&balancer.security_groups);
    let admits = |end: &End| {
        let rules = groups.iter().flat_map(|group| &group.egress);
        admission(rules, port, end, &chain.account.network.prefix_lists)
    };
    let today: Vec<IpNet> = place.address.map(IpNet::from).into_iter().collect();
    let mut networks = chain.networks(place.subnets.iter().copied())?;
    if networks.is_empty() {
        networks.clone_from(&today);
    }
    if networks.is_empty() {
        // Nobody knows where the address is, or can be.
        return Ok(Reach::Whole);
    }
    match (admits(&End { groups: place.security_groups.to_vec(), networks })?, unread) {
        (Admission::All, _) => Ok(Reach::Whole),
        (_, Some(stop)) => Err(stop),
        (Admission::Some, None) => {
            let today = End { groups: Vec::new(), networks: today };
            Ok(if admits(&today)? == Admission::All { Reach::Today } else { Reach::Nothing })
        }
        (Admission::None, None) => Ok(Reach::Nothing),
    }
}

fn acls(chain: &Chain) -> Judged {
    let port = chain.port()?;
    let mut bad = Vec::new();
    for balancer in chain.balancers()? {
        let near: Vec<&str> = balancer.zones.iter().filter_map(|z| z.subnet.as_deref()).collect();
        for place in chain.places()? {
            for far in &place.subnets {
                for near in &near {
                    if let Some(says) = denied(chain, near, far, port)? {
                        bad.push((place.clone(), says));
                    }
                }
            }
        }
    }
    Ok(of_places(&bad, "Let the ACL that is named allow TCP on these ports in this direction."))
}

/// Which ACL denies the flow from a subnet of the load balancer to one of the database, or its
/// answers. Within one subnet no ACL applies.
fn denied(chain: &Chain, near: &str, far: &str, port: u16) -> Part<Option<String>> {
    if near == far {
        return Ok(None);
    }
    let acls = &chain.account.network.acls;
    let (here, there) = (chain.networks([near])?, chain.networks([far])?);
    for (subnet, egress, peers, ports) in [
        (near, true, &there, only(port)),
        (far, false, &here, only(port)),
        (far, true, &here, EPHEMERAL),
        (near, false, &there, EPHEMERAL),
    ] {
        let acl = at(acls, subnet)?;
        for peer in peers {
            if let Err(entry) = passes(acl, egress, peer, ports) {
                let direction = if egress { "outbound to" } else { "inbound from" };
                let by = match entry {
                    Some(number) => format!("entry {number}"),
                    None => "no entry that allows it".to_owned(),
                };
                return Ok(Some(format!(
                    "the network ACL {} of {subnet} denies TCP {direction} {peer} on ports {} to \
                     {} ({by})",
                    acl.id, ports.from, ports.to
                )));
            }
        }
    }
    Ok(None)
}

fn zones(chain: &Chain) -> Judged {
    let (mut found, mut unread) = (Vec::new(), None);
    for balancer in chain.balancers()? {
        let enabled: Vec<&str> = balancer.zones.iter().map(|zone| zone.zone.as_str()).collect();
        let out = |place: &Place| place.zone.is_some_and(|zone| !enabled.contains(&zone));
        let bad: Vec<(Place, String)> = chain
            .places()?
            .into_iter()
            .filter(out)
            .map(|place| {
                let zone = place.zone.unwrap_or_default();
                let what = if place.serves { "is" } else { "can be" };
                let says = format!(
                    "`{}` {what} in {zone}, which is not enabled for the load balancer `{}` (it \
                     has {})",
                    place.name,
                    balancer.name,
                    enabled.join(", ")
                );
                (place, says)
            })
            .collect();
        let command = format!(
            "aws elbv2 set-subnets --load-balancer-arn {} --subnets ALL-SUBNETS   # today's and \
             one of each missing zone",
            balancer.arn
        );
        found.extend(of_places(&bad, &command));
        match later_zones(chain, balancer, &enabled, &bad) {
            Ok(later) => found.extend(later),
            Err(stop) => unread = Some(stop),
        }
    }
    or_gap(found, unread)
}

/// Zones of the DB subnet group in which nothing is yet: a new member or a replaced host can be
/// there one day.
fn later_zones(
    chain: &Chain,
    balancer: &Balancer,
    enabled: &[&str],
    reported: &[(Place, String)],
) -> Part<Option<Found>> {
    let group = match chain.subnet_group() {
        Ok(group) => group,
        Err(Stop::Moot) => return Ok(None),
        Err(gap) => return Err(gap),
    };
    let zones: BTreeSet<&str> = group.subnets.iter().filter_map(|s| s.zone.as_deref()).collect();
    let is_new = |zone: &&str| {
        !enabled.contains(zone) && !reported.iter().any(|(place, _)| place.zone == Some(zone))
    };
    let zones: Vec<&str> = zones.into_iter().filter(is_new).collect();
    Ok((!zones.is_empty()).then(|| {
        note(format!(
            "the DB subnet group `{}` has subnets in {}, which the load balancer `{}` does not \
             have",
            group.name,
            zones.join(", "),
            balancer.name
        ))
    }))
}

fn allowed(chain: &Chain) -> Judged {
    let mut found = lacking(chain, "`allow`", &chain.binding.allow)?;
    for follower in or_none(chain.followers())? {
        let own = follower.read().into_iter().flat_map(Config::usable);
        let own = own.filter(|own| own.target_group == chain.binding.target_group);
        for own in own.filter(|own| own.allow != chain.binding.allow) {
            let whose = format!("the `allow` of `{}`", follower.function.name);
            found.extend(lacking(chain, &whose, &own.allow)?);
        }
    }
    Ok(found)
}

/// The subnets that an `allow` lacks.
fn lacking(chain: &Chain, whose: &str, allow: &Allow) -> Judged {
    let mut bad = Vec::new();
    for place in chain.places()? {
        for network in chain.networks(place.subnets.iter().copied())? {
            let ends = [network.network(), network.broadcast()];
            if ends.iter().any(|address| !allow.contains(*address)) {
                let says = format!("{whose} does not hold {network}, a subnet of `{}`", place.name);
                let serves = place.serves && place.address.is_some_and(|at| !allow.contains(at));
                bad.push((Place { serves, ..place.clone() }, says));
            }
        }
    }
    let command = "Add the networks of the DB subnet group to the binding's `allow`; `writerlink \
                   init` writes them.";
    Ok(of_places(&bad, command))
}
