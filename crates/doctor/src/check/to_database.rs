//! From the target group to the database.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use writerlink_aws::account::{Balancer, TargetSeen};
use writerlink_core::config::Config;
use writerlink_core::guard::Allow;
use writerlink_core::report::Status;

use super::{Check, Found, Judged, Link, broken, costs, note, quoted, will_break};
use crate::chain::{Chain, Part, Place, Stop, at, or_gap, or_none};
use crate::documents::{
    ACLS, BALANCER_GROUPS, BALANCERS, HEALTH, SECURITY_GROUPS, TARGET_GROUPS, TARGETS,
};
use crate::network::{Admission, EPHEMERAL, End, admission, only, passes};
use crate::read::Gap;

const fn row(
    id: &'static str,
    title: &'static str,
    why: &'static str,
    document: super::Document,
    judge: fn(&Chain) -> Judged,
) -> Check {
    Check { id, title, link: Link::ToTheDatabase, why, document: Some(document), judge }
}

pub(super) const CHECKS: &[Check] = &[
    row(
        "W100",
        "The target group holds what belongs in it",
        "This is what `writerlink audit` says. A group that holds another address sends clients \
         to the wrong database, or to none.",
        TARGET_GROUPS,
        membership,
    ),
    row(
        "W101",
        "The targets that belong in the group are healthy",
        "A load balancer sends new connections to healthy targets only, unless all of them are \
         unhealthy. Most often a security group does not admit the health checks.",
        HEALTH,
        health,
    ),
    row(
        "W102",
        "No zonal shift keeps traffic from the targets",
        "During a zonal shift a target in the zone that is shifted away gets no new connections, \
         while it is still registered.",
        BALANCERS,
        zonal_shift,
    ),
    row(
        "W110",
        "The database's security groups admit the load balancer",
        "Connections and health checks come from the load balancer's own addresses. Security \
         groups drop what they do not admit, and clients see a time-out. A member that does not \
         admit the load balancer cuts the link when it becomes the writer.",
        SECURITY_GROUPS,
        database_admits,
    ),
    row(
        "W111",
        "The load balancer's security groups let it reach the database",
        "The outbound rules of a load balancer's security groups apply to connections and to \
         health checks. A rule for today's address only breaks with the next one.",
        BALANCER_GROUPS,
        balancer_reaches,
    ),
    row(
        "W112",
        "The network ACLs let the flow and its answers through",
        "A network ACL is stateless: it must admit the port in one direction, and the ephemeral \
         ports 1024 to 65535 in the other.",
        ACLS,
        acls,
    ),
    row(
        "W113",
        "The load balancer is enabled in every zone of the database",
        "A target in a zone that is not enabled for the load balancer is `unused` and gets no \
         connections. If a member or the standby is in such a zone, the link ends with the \
         failover to it.",
        TARGETS,
        zones,
    ),
    row(
        "W114",
        "`allow` holds the database's subnets",
        "Writerlink registers no address outside the binding's `allow`. After a failover the \
         writer's address can be anywhere in the DB subnet group.",
        TARGETS,
        allowed,
    ),
    row(
        "W120",
        "The health check asks the database over TCP, on its port",
        "A database answers neither HTTP nor HTTPS, and listens on its own port only. A check \
         that can never pass makes the target unhealthy.",
        HEALTH,
        health_check,
    ),
    row(
        "W121",
        "Health checks are frequent",
        "A new target gets connections after its first passed check, so the interval is a part of \
         every failover. Ten seconds are a good value; MySQL and MariaDB then need a raised \
         `max_connect_errors`.",
        HEALTH,
        interval,
    ),
    row(
        "W122",
        "MySQL does not block the load balancer for its health checks",
        "MySQL and MariaDB count a TCP health check as an interrupted connection, and block the \
         host after `max_connect_errors` (100) of them in a row without a session between \
         (MySQL manual, \"Host is blocked\"). Checks every 10 s reach that after 17 idle minutes.",
        HEALTH,
        blocked_hosts,
    ),
    row(
        "W123",
        "Every target has the database's port",
        "A target on another port is another target. If the database's port changed, the old \
         target stays and every connection to it fails.",
        TARGETS,
        former_port,
    ),
];

/// Reasons for which the audit could not look.
const UNREAD: &[&str] = &[
    "access-denied",
    "certificate-not-trusted",
    "no-credentials",
    "out-of-time",
    "throttled",
    "unreachable",
];

/// Reasons that other checks tell with their remedies: W113 and W200.
const ELSEWHERE: &[&str] = &["group-not-in-use", "target-zone-not-enabled"];

fn membership(chain: &Chain) -> Judged {
    let report = chain.audit.ok_or(Stop::Moot)?;
    let reason = report.reason.as_ref();
    if reason.is_some_and(|reason| ELSEWHERE.contains(&reason.code)) {
        return Ok(Vec::new());
    }
    let message = reason.map_or_else(|| report.planned.join("; "), |r| r.message.clone());
    let remedy = reason.and_then(|reason| reason.remedy.clone()).unwrap_or_default();
    if reason.is_some_and(|reason| UNREAD.contains(&reason.code)) {
        return Err(Stop::NotChecked(Gap::unread("audit", &message, &remedy)));
    }
    let found = match report.status {
        Status::Drift => broken(format!("there is something to do: {}", report.planned.join("; "))),
        Status::Failed => broken(message),
        Status::Held | Status::Unconfirmed if report.targets.is_empty() => broken(message),
        Status::Held | Status::Unconfirmed => will_break(message),
        Status::Settled | Status::Changed | Status::Waiting | Status::Idle | Status::Observed => {
            return Ok(Vec::new());
        }
    };
    if report.status != Status::Drift {
        return Ok(vec![found.mend(remedy)]);
    }
    let followers = chain.followers().unwrap_or_default();
    let function = followers.first().map_or("FUNCTION", |one| one.function.name.as_str());
    Ok(vec![found.mend(format!(
        "aws lambda invoke --function-name {} --cli-binary-format raw-in-base64-out --payload \
         '{{}}' /dev/stdout   # the next sweep of a function in `manage` does it by itself",
        quoted(function)
    ))])
}

/// The targets that hold an address of the source at present, as far as this is known.
fn serving<'a>(chain: &Chain<'a>) -> Part<Vec<&'a TargetSeen>> {
    let present = chain.targets()?.iter().filter(|target| target.state != "draining");
    let present: Vec<_> = present.collect();
    let Some(report) = chain.audit else { return Ok(present) };
    let wanted: BTreeSet<IpAddr> = wanted(report);
    let known = |target: &&&TargetSeen| wanted.is_empty() || wanted.contains(&target.address);
    Ok(present.iter().filter(known).copied().collect())
}

/// The addresses that DNS or the RDS API name.
fn wanted(report: &writerlink_core::report::BindingReport) -> BTreeSet<IpAddr> {
    use writerlink_core::report::KeyReport;
    let evidence = report.evidence.as_ref();
    let keys = evidence.into_iter().flat_map(|keys| [&keys.topology, &keys.dns]).flatten();
    keys.flat_map(|key| match key {
        KeyReport::Topology { address, .. } => vec![*address],
        KeyReport::Members { members, .. } => members.iter().map(|m| m.address).collect(),
        KeyReport::Dns { addresses, .. } => addresses.clone(),
        KeyReport::Unknown { .. } => Vec::new(),
    })
    .collect()
}

fn health(chain: &Chain) -> Judged {
    let targets = serving(chain)?;
    let unhealthy = |target: &TargetSeen| target.state.starts_with("unhealthy");
    let none_serves = !targets.is_empty() && !targets.iter().any(|t| t.state == "healthy");
    let found = targets.iter().filter_map(|target| {
        let reason = target.reason.as_deref().unwrap_or("no reason given");
        let words = target.description.as_deref().map(|words| format!(", {words}"));
        let says = format!(
            "{} is `{}`: {reason}{}",
            socket(target.address, target.port),
            target.state,
            words.unwrap_or_default()
        );
        let is_bad = unhealthy(target) || target.state == "unused";
        match target.state.as_str() {
            "healthy" => None,
            _ if is_bad && none_serves => Some(broken(says).mend(
                "Look at W110 to W123 of this report. If they found nothing, the database does \
                 not accept connections.",
            )),
            _ => Some(note(says)),
        }
    });
    Ok(found.collect())
}

fn zonal_shift(chain: &Chain) -> Judged {
    let targets = serving(chain)?;
    let shifted = |target: &&&TargetSeen| {
        target.over.as_ref().is_some_and(|over| over.state.starts_with("zonal_shift"))
    };
    let all = targets.iter().filter(shifted).count() == targets.len();
    let found = targets.iter().filter(shifted).map(|target| {
        let says = format!(
            "a zonal shift keeps new connections from {}",
            socket(target.address, target.port)
        );
        let found = if all { broken(says) } else { note(says) };
        found.mend(
            "aws arc-zonal-shift list-zonal-shifts --status ACTIVE   # then cancel-zonal-shift, or \
             fail the database over to another zone",
        )
    });
    Ok(found.collect())
}

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
        let (groups, unread) = chain.security_groups(&balancer.security_groups);
        for place in chain.places()? {
            let networks = chain.networks(place.subnets.iter().copied())?;
            let database = End { groups: place.security_groups.to_vec(), networks };
            let rules = || groups.iter().flat_map(|group| &group.egress);
            let lists = &chain.account.network.prefix_lists;
            let whole = admission(rules(), port, &database, lists)?;
            if let (Some(stop), true) = (&unread, whole != Admission::All) {
                return Err(stop.clone());
            }
            let here = place
                .address
                .filter(|_| whole == Admission::Some)
                .map(|address| End { groups: Vec::new(), networks: vec![IpNet::from(address)] });
            let reaches_now = match here {
                Some(here) => admission(rules(), port, &here, lists)? == Admission::All,
                None => false,
            };
            let ids = balancer.security_groups.join(", ");
            let zone = place.zone.unwrap_or("its zone");
            if whole == Admission::None || (whole == Admission::Some && !reaches_now) {
                let says = format!(
                    "{ids} of the load balancer `{}` does not let it reach `{}` in {zone} on port \
                     {port}",
                    balancer.name, place.name
                );
                bad.push((place.clone(), says));
            } else if whole == Admission::Some {
                let says = format!(
                    "{ids} of the load balancer `{}` lets it reach today's address of `{}`, and \
                     not all of its subnets in {zone}",
                    balancer.name, place.name
                );
                bad.push((Place { serves: false, ..place.clone() }, says));
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

fn health_check(chain: &Chain) -> Judged {
    let group = chain.group()?;
    let check = &group.health_check;
    let modify = |rest: &str| {
        format!("aws elbv2 modify-target-group --target-group-arn {} {rest}", group.arn)
    };
    let mut found = Vec::new();
    if !check.protocol.eq_ignore_ascii_case("TCP") {
        let says = format!("the health check speaks {}", check.protocol);
        found.push(broken(says).mend(modify("--health-check-protocol TCP")));
    }
    let port = chain.port()?;
    let checked: Option<u16> = check.port.parse().ok();
    if checked.is_some_and(|checked| checked != port) {
        let says = format!(
            "the health check asks port {}, and the database listens on {port}",
            check.port
        );
        found.push(broken(says).mend(modify("--health-check-port traffic-port")));
    }
    Ok(found)
}

fn interval(chain: &Chain) -> Judged {
    let group = chain.group()?;
    let check = &group.health_check;
    let longer = check.interval.saturating_sub(10);
    let back = check.interval * check.healthy_threshold;
    if longer == 0 && back > 60 {
        let says = format!("a target that failed its checks returns after {back} s of passed ones");
        return Ok(vec![costs(says).mend(format!(
            "aws elbv2 modify-target-group --target-group-arn {} --healthy-threshold-count 2",
            group.arn
        ))]);
    }
    if longer == 0 {
        return Ok(Vec::new());
    }
    let says = format!(
        "the health check asks every {} s: a new writer gets connections up to {longer} s later \
         than with 10 s",
        check.interval
    );
    let command = format!(
        "aws elbv2 modify-target-group --target-group-arn {} --health-check-interval-seconds 10",
        group.arn
    );
    Ok(vec![costs(says).mend(command)])
}

fn blocked_hosts(chain: &Chain) -> Judged {
    let engine = chain.engine()?;
    if !engine.contains("mysql") && !engine.contains("mariadb") {
        return Ok(Vec::new());
    }
    if matches!(chain.binding.source, writerlink_core::source::Source::Proxy(..)) {
        return Ok(Vec::new());
    }
    let interval = u64::from(chain.group()?.health_check.interval);
    let says = format!(
        "with a health check every {interval} s an idle link can be blocked after {} minutes, \
         unless `max_connect_errors` is raised; this program does not read parameters",
        (interval * 100 + 30) / 60
    );
    Ok(vec![note(says).mend(
        "aws rds modify-db-parameter-group --db-parameter-group-name NAME --parameters \
         ParameterName=max_connect_errors,ParameterValue=1000000000,ApplyMethod=immediate",
    )])
}

fn former_port(chain: &Chain) -> Judged {
    let wanted = chain.port()?;
    let mut found = Vec::new();
    let is_held = chain.binding.port_differs == writerlink_core::config::PortDiffers::Held;
    if let (Some(port), Ok(own)) = (chain.binding.port, chain.database_port()) {
        let is_database = chain.binding.source.is_database();
        if port != own && is_held && is_database {
            let says = format!("the binding says port {port}, and RDS reports {own}");
            found.push(broken(says).mend(format!(
                "Write `port = {own}`, or `port-differs = \"allowed\"` if the database listens on \
                 both."
            )));
        }
    }
    let present = || chain.targets().map(|t| t.iter().filter(|t| t.state != "draining"));
    let alone = !present()?.any(|target| target.port == wanted);
    let former = chain.audit.is_some_and(|r| r.findings.iter().any(|f| f.code == "former-port"));
    found.extend(present()?.filter(|target| target.port != wanted).map(|target| {
        let says = format!(
            "{} has another port than the database's {wanted}",
            socket(target.address, target.port)
        );
        let found = if alone || former { broken(says) } else { note(says) };
        found.mend(format!(
            "aws elbv2 deregister-targets --target-group-arn {} --targets Id={},Port={}",
            quoted(chain.group_arn()),
            target.address,
            target.port
        ))
    }));
    Ok(found)
}

fn socket(address: IpAddr, port: u16) -> String {
    std::net::SocketAddr::new(address, port).to_string()
}
