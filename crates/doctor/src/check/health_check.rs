//! The group's health check, and the port.

use writerlink_core::config::PortDiffers;
use writerlink_core::source::Source;

use super::targets::socket;
use super::{Check, Judged, Link, broken, costs, note, quoted, row};
use crate::chain::Chain;
use crate::documents::{HEALTH, TARGETS};

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::ToTheDatabase,
        "W120",
        "The health check asks the database over TCP, on its port",
        "A database answers neither HTTP nor HTTPS, and listens on its own port only. A check \
         that can never pass makes the target unhealthy.",
        HEALTH,
        health_check,
    ),
    row(
        Link::ToTheDatabase,
        "W121",
        "Health checks are frequent",
        "A new target gets connections after its first passed check, so the interval is a part of \
         every failover. Ten seconds are a good value; MySQL and MariaDB then need a raised \
         `max_connect_errors`.",
        HEALTH,
        interval,
    ),
    row(
        Link::ToTheDatabase,
        "W122",
        "MySQL does not block the load balancer for its health checks",
        "MySQL and MariaDB count a TCP health check as an interrupted connection, and block the \
         host after `max_connect_errors` (100) of them in a row without a session between \
         (MySQL manual, \"Host is blocked\"). Checks every 10 s reach that after 17 idle minutes.",
        HEALTH,
        blocked_hosts,
    ),
    row(
        Link::ToTheDatabase,
        "W123",
        "Every target has the database's port",
        "A target on another port is another target. If the database's port changed, the old \
         target stays and every connection to it fails.",
        TARGETS,
        former_port,
    ),
];

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
    if matches!(chain.binding.source, Source::Proxy(..)) {
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
    let is_held = chain.binding.port_differs == PortDiffers::Held;
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
