//! The endpoint service: who can reach the database.

use writerlink_aws::account::EndpointService;

use super::{Check, Judged, Link, broken, costs, note, row};
use crate::chain::{Chain, at};
use crate::documents::SERVICE;

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::FromTheConsumer,
        "W230",
        "An endpoint service publishes the load balancer",
        "Other accounts reach the load balancer through an endpoint service of PrivateLink.",
        SERVICE,
        exists,
    ),
    row(
        Link::FromTheConsumer,
        "W231",
        "The endpoint service is available",
        "A consumer can connect to a service in the state `Available` only.",
        SERVICE,
        available,
    ),
    row(
        Link::FromTheConsumer,
        "W232",
        "Named principals may connect",
        "Without a principal nobody can create an endpoint. With `*` and without acceptance, every \
         AWS account can reach the database's port.",
        SERVICE,
        principals,
    ),
    row(
        Link::FromTheConsumer,
        "W233",
        "No endpoint waits to be accepted, and none has failed",
        "An endpoint that nobody accepts carries no traffic. Its owner sees `pendingAcceptance`.",
        SERVICE,
        waiting,
    ),
    row(
        Link::FromTheConsumer,
        "W234",
        "It is known who can reach the database",
        "The list of principals and connections is for the owner of the data and for auditors.",
        SERVICE,
        who,
    ),
    row(
        Link::FromTheConsumer,
        "W235",
        "The load balancer and the endpoint service are in the same zones",
        "A consumer can place its endpoint only in zones in which the service has a load \
         balancer.",
        SERVICE,
        zones,
    ),
];

fn exists(chain: &Chain) -> Judged {
    if !chain.services()?.is_empty() {
        return Ok(Vec::new());
    }
    let arns: Vec<&str> = chain.balancers()?.iter().map(|b| b.arn.as_str()).collect();
    let says = "no endpoint service of this account publishes the load balancer";
    Ok(vec![note(says).mend(format!(
        "aws ec2 create-vpc-endpoint-service-configuration --acceptance-required \
         --network-load-balancer-arns {}",
        arns.join(" ")
    ))])
}

fn available(chain: &Chain) -> Judged {
    let bad = chain.services()?.into_iter().filter(|s| !s.state.eq_ignore_ascii_case("available"));
    let found = bad.map(|service| {
        let says = format!("the endpoint service {} is `{}`", service.id, service.state);
        let found =
            if service.state.eq_ignore_ascii_case("pending") { note(says) } else { broken(says) };
        found.mend(format!(
            "aws ec2 describe-vpc-endpoint-service-configurations --service-ids {}",
            service.id
        ))
    });
    let unnamed = chain.services()?.into_iter().filter_map(|service| {
        let name = service.private_name.as_deref()?;
        let state = service.private_name_state.as_deref().filter(|state| *state != "verified")?;
        let says = format!("the private DNS name `{name}` of {} is `{state}`", service.id);
        Some(costs(format!("{says}: consumers cannot use it")).mend(format!(
            "aws ec2 start-vpc-endpoint-service-private-dns-verification --service-id {}",
            service.id
        )))
    });
    Ok(found.chain(unnamed).collect())
}

fn principals(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for service in chain.services()? {
        let principals = at(&chain.account.links.principals, &service.id)?;
        let id = &service.id;
        let modify = |rest: &str| {
            format!("aws ec2 modify-vpc-endpoint-service-permissions --service-id {id} {rest}")
        };
        if principals.iter().any(|principal| principal == "*") {
            let (says, is_open) = match service.acceptance_required {
                true => (format!("every account may ask {id} for a connection"), false),
                false => (
                    format!("every AWS account can connect through {id}, and nobody accepts it"),
                    true,
                ),
            };
            let found_here = if is_open { broken(says) } else { note(says) };
            found.push(found_here.mend(modify(
                "--remove-allowed-principals '*' --add-allowed-principals \
                 arn:aws:iam::CONSUMER:root",
            )));
        } else if principals.is_empty() && !is_connected(chain, service)? {
            let says = format!("{id} names no principal: no other account can create an endpoint");
            found.push(
                broken(says).mend(modify("--add-allowed-principals arn:aws:iam::CONSUMER:root")),
            );
        }
    }
    Ok(found)
}

fn is_connected(chain: &Chain, service: &EndpointService) -> Result<bool, crate::chain::Stop> {
    let connections = at(&chain.account.links.connections, &service.id)?;
    Ok(connections.iter().any(|connection| connection.state.eq_ignore_ascii_case("available")))
}

fn waiting(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for service in chain.services()? {
        for connection in at(&chain.account.links.connections, &service.id)? {
            let from = format!("{} of account {}", connection.endpoint, connection.owner);
            match connection.state.to_ascii_lowercase().as_str() {
                "pendingacceptance" => found.push(
                    note(format!("the endpoint {from} waits to be accepted")).mend(format!(
                        "aws ec2 accept-vpc-endpoint-connections --service-id {} \
                         --vpc-endpoint-ids {}",
                        service.id, connection.endpoint
                    )),
                ),
                "failed" | "expired" | "partial" => {
                    found.push(note(format!("the endpoint {from} is `{}`", connection.state)));
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

fn who(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for service in chain.services()? {
        let principals = at(&chain.account.links.principals, &service.id)?;
        let connections = at(&chain.account.links.connections, &service.id)?;
        let live = connections.iter().filter(|c| c.state.eq_ignore_ascii_case("available"));
        let owners: std::collections::BTreeSet<&str> =
            live.map(|connection| connection.owner.as_str()).collect();
        let accepted = if service.acceptance_required { "after acceptance" } else { "at once" };
        let regions = match service.regions.as_slice() {
            [] => String::new(),
            regions => format!(", from {}", regions.join(", ")),
        };
        let who = match principals.as_slice() {
            [] => "nobody may connect".to_owned(),
            some => format!("{} may connect, {accepted}{regions}", some.join(", ")),
        };
        let owners: Vec<&str> = owners.into_iter().collect();
        let connected = match owners.as_slice() {
            [] => "no account is connected".to_owned(),
            some => format!("connected: {}", some.join(", ")),
        };
        found.push(note(format!("{}: {who}; {connected}", service.id)));
    }
    Ok(found)
}

fn zones(chain: &Chain) -> Judged {
    let balancers = chain.balancers()?;
    let mut found = Vec::new();
    for service in chain.services()?.into_iter().filter(|service| !service.zones.is_empty()) {
        let zones = balancers.iter().flat_map(|balancer| &balancer.zones);
        let missing: Vec<&str> = zones
            .map(|zone| zone.zone.as_str())
            .filter(|zone| !service.zones.iter().any(|own| own == zone))
            .collect();
        if !missing.is_empty() {
            found.push(note(format!("{} is not in {}", service.id, missing.join(", "))));
        }
    }
    Ok(found)
}
