//! Carries out the acts of a scenario's script on the region.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::backend::served;
use super::script::{Act, ApiAnswer, Fate, NameAnswer};
use crate::World;
use crate::fault::{DeliveryFault, Effect, Fault, Matcher, NameEffect};
use crate::place::listed;
use crate::scene::Link;
use crate::world::ApiError;
use crate::world::dns::Move;
use crate::world::elbv2::TargetRequest;
use crate::world::rds::{Cancellation, MultiAz, Reboot, Shift, Status};
use crate::world::vpc::Zone;

/// The result of an act.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// What was done, as a sentence without its full stop.
    pub(super) what: String,
    /// The faults on API calls that are to be taken back after a while.
    pub(super) undo: Option<(Duration, Vec<(Matcher, Effect)>)>,
    /// The call that the program is to be killed at.
    pub(super) kill_at: Option<String>,
}

/// The other cluster of a global database, of which this Region knows only the ARN.
const ELSEWHERE: &str = "arn:aws:rds:us-east-1:111122223333:cluster:orders-elsewhere";

impl Act {
    /// Does it.
    ///
    /// # Errors
    /// What the region says to it, such as that there is no such database.
    pub(super) fn carry_out(&self, world: &mut World, links: &[Link]) -> Result<Done, ApiError> {
        let link = |database: &str| {
            let found = links.iter().find(|link| link.database() == database);
            found.ok_or_else(|| {
                let known = listed(links.iter().map(Link::database));
                let fault =
                    format!("there is no database `{database}` behind a link: write {known}");
                ApiError::bad_request("NoSuchDatabase", fault)
            })
        };
        match self {
            Act::FailOver(database) => {
                match link(database)?.source.cluster() {
                    Some(_) => world.failover_db_cluster(database, None).map(drop)?,
                    None => world.reboot_db_instance(database, Reboot::ToStandby).map(drop)?,
                }
                Ok(Done::of(format!("a failover of {database} is requested")))
            }
            Act::LoseWriter(database) => {
                lose_writer(world, link(database)?)?;
                Ok(Done::of(format!("the writer of {database} is lost")))
            }
            Act::LoseZone(letter) => lose_zone(world, links, *letter),
            Act::ChangeNetwork { of, to } => {
                world.change_network(link(of)?.database(), *to)?;
                Ok(Done::of(format!("{of} is given the network type {to}")))
            }
            Act::AddMember { name, to } => {
                world.add_reader(link(to)?.database(), name, None)?;
                Ok(Done::of(format!("{name} is being added to {to}")))
            }
            Act::RemoveMember(name) => {
                world.remove_reader(name)?;
                Ok(Done::of(format!("{name} is being deleted")))
            }
            Act::SwitchOver(database) => {
                let deployment = deployment_of(world, database)?;
                world.switchover_blue_green_deployment(&deployment)?;
                Ok(Done::of(format!("the blue/green deployment of {database} is switched over")))
            }
            Act::CancelSwitchOver(database) => {
                let deployment = deployment_of(world, database)?;
                world.cancel_switchover(&deployment, Cancellation::ReplicationLag)?;
                Ok(Done::of(format!("the switchover of {database} is cancelled")))
            }
            Act::Rename { cluster, to } => {
                world.rename_cluster(cluster, to)?;
                Ok(Done::of(format!("{cluster} is renamed to {to}")))
            }
            Act::AddReplica { name, of, multi_az } => {
                world.add_replica(of, name, multi_az_of(*multi_az))?;
                Ok(Done::of(format!("{of} has a read replica, {name}")))
            }
            Act::AddGreen(database) => {
                world.add_blue_green(database)?;
                Ok(Done::of(format!("{database} has a blue/green deployment")))
            }
            Act::ReuseStandby { of, to } => {
                let address = world.reuse_standby(of, to)?;
                Ok(Done::of(format!("the address of the standby of {of}, {address}, goes to {to}")))
            }
            Act::StandbyListens(instance) => {
                world.rds.let_standby_listen(instance, true)?;
                Ok(Done::of(format!("the standby of {instance} accepts connections")))
            }
            Act::ChangeMultiAz { of, to } => {
                world.change_multi_az(of, multi_az_of(*to))?;
                let verb = if *to { "gets" } else { "loses" };
                Ok(Done::of(format!("{of} {verb} its standby")))
            }
            Act::BlockChecks(database) => {
                world.elbv2.shut_checks_out(&link(database)?.group);
                Ok(Done::of(format!("health checks do not reach the targets of {database}")))
            }
            Act::TakeConsent(database) => {
                let arn = link(database)?.arn(world);
                world.rds.remove_tags(&arn, &["writerlink:publish".to_owned()])?;
                Ok(Done::of(format!("the tag `writerlink:publish` is removed from {database}")))
            }
            Act::Demote(cluster) => {
                world.demote_primary(cluster, ELSEWHERE, Shift::Switchover)?;
                Ok(Done::of(format!("the writer of {cluster} moves to another Region")))
            }
            Act::Promote(cluster) => {
                world.promote_secondary(cluster, Shift::Switchover)?;
                Ok(Done::of(format!("the writer comes back to {cluster}")))
            }
            Act::MoveNode { of, zone } => {
                let zone = zone_named(world, *zone)?;
                let new = world.move_proxy_address(of, None, zone)?;
                Ok(Done::of(format!("a node of the proxy {of} is replaced; the new one is {new}")))
            }
            Act::TellNodes { of, at_a_time } => {
                world.tell_proxy_addresses(of, None, *at_a_time)?;
                let many = at_a_time.map_or("all".to_owned(), |many| many.to_string());
                Ok(Done::of(format!("DNS answers list {many} of the nodes of {of}")))
            }
            Act::MoveHost { of, to } => {
                let port = link(of)?.port;
                world.move_host(of, port, to, Move::AtOnce);
                let list: Vec<String> = to.iter().map(ToString::to_string).collect();
                Ok(Done::of(format!("{of} resolves to {}", list.join(", "))))
            }
            Act::OptimizeStorage(instance) => {
                world.rds.show_instance_status(instance, Status::StorageOptimization)?;
                Ok(Done::of(format!("the RDS API shows {instance} as `storage-optimization`")))
            }
            Act::Api { calls, answer, times, lasts } => {
                Ok(spoil_calls(world, calls, *answer, *times, *lasts))
            }
            Act::Name { of, answer, lasts } => {
                let name = link(of)?.endpoint(world);
                Ok(spoil_name(world, &name, answer, *lasts))
            }
            Act::Messages { fate, times } => Ok(spoil_messages(world, *fate, *times)),
            Act::Register { of, target, port } => {
                let link = link(of)?;
                let instance = world.rds.instance(target);
                let address = match instance.and_then(|instance| instance.address_in(link.family)) {
                    Some(address) => address,
                    None => target.parse::<IpAddr>().map_err(|_| no_target(target))?,
                };
                let target = SocketAddr::new(address, port.unwrap_or(link.port));
                world.register_targets(
                    &link.group,
                    &[TargetRequest::new(&address.to_string(), target.port())],
                )?;
                Ok(Done::of(format!("someone registers {target} in the group of {of}")))
            }
            Act::KillAt(call) => {
                world.faults.add(Fault::on(call, Effect::Hang).times(1));
                Ok(Done { kill_at: Some(call.clone()), ..Done::default() })
            }
        }
    }
}

impl Done {
    fn of(what: String) -> Done {
        Done { what, ..Done::default() }
    }
}

fn multi_az_of(has: bool) -> MultiAz {
    if has { MultiAz::Yes } else { MultiAz::No }
}

fn no_target(target: &str) -> ApiError {
    ApiError::bad_request(
        "NoSuchTarget",
        format!("`{target}` is neither an instance nor an address"),
    )
}

fn lose_writer(world: &mut World, link: &Link) -> Result<(), ApiError> {
    match link.source.cluster() {
        Some(_) => world.lose_writer(link.database()),
        None => world.lose_host(link.database()),
    }
}

/// The database's blue/green deployment, of which it has one.
fn deployment_of(world: &World, database: &str) -> Result<String, ApiError> {
    let prefix = format!("{database}-");
    let mut deployments = world.rds.deployments();
    let found = deployments.find(|deployment| deployment.name.starts_with(&prefix));
    found.map(|deployment| deployment.identifier.clone()).ok_or_else(|| {
        ApiError::bad_request(
            "NoSuchDeployment",
            format!("`{database}` has no blue/green deployment"),
        )
    })
}

fn zone_named(world: &World, letter: char) -> Result<Zone, ApiError> {
    let name = format!("{}{letter}", world.region);
    Zone::named(&name, &world.region)
        .ok_or_else(|| ApiError::bad_request("NoSuchZone", format!("there is no zone `{letter}`")))
}

fn lose_zone(world: &mut World, links: &[Link], letter: char) -> Result<Done, ApiError> {
    let zone = zone_named(world, letter)?;
    let mut lost = 0;
    for link in served(links) {
        let writer = link.writing(world).and_then(|writer| writer.address_in(link.family));
        if writer.and_then(Zone::of_address) == Some(zone) {
            lose_writer(world, link)?;
            lost += 1;
        }
    }
    Ok(Done::of(format!("zone {letter} is lost, with {lost} writers in it")))
}

fn spoil_calls(
    world: &mut World,
    calls: &[String],
    answer: ApiAnswer,
    times: Option<u32>,
    lasts: Option<f64>,
) -> Done {
    let (effect, words) = match answer {
        ApiAnswer::Throttled => (Effect::Throttle, "throttled"),
        ApiAnswer::Denied => (Effect::AccessDenied, "denied"),
        ApiAnswer::ServerError => (Effect::ServerErrorBefore, "answered with HTTP 500"),
        ApiAnswer::ServerErrorAfterwards => {
            (Effect::ServerErrorAfter, "carried out and answered with HTTP 500")
        }
    };
    let mut undo = Vec::new();
    for call in calls {
        let mut fault = Fault::on(call, effect.clone());
        if let Some(times) = times {
            fault = fault.times(times);
        }
        undo.push((fault.on.clone(), effect.clone()));
        world.faults.add(fault);
    }
    let often = match times {
        Some(1) => " once".to_owned(),
        Some(times) => format!(" {times} times"),
        None => String::new(),
    };
    let long = lasts.map(|lasts| format!(" for {lasts} s")).unwrap_or_default();
    let verb = if calls.len() == 1 { "is" } else { "are" };
    Done {
        undo: lasts.map(|lasts| (Duration::from_secs_f64(lasts), undo)),
        ..Done::of(format!("{} {verb} {words}{often}{long}", calls.join(" and ")))
    }
}

fn spoil_name(world: &mut World, name: &str, answer: &NameAnswer, lasts: Option<f64>) -> Done {
    let now = world.now();
    let (effect, words) = match answer {
        NameAnswer::NxDomain => (NameEffect::NxDomain, "does not exist".to_owned()),
        NameAnswer::Addresses(addresses) => {
            let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            (NameEffect::Addresses(addresses.clone()), format!("resolves to {}", list.join(", ")))
        }
    };
    let until = lasts.map(|lasts| now + Duration::from_secs_f64(lasts));
    world.faults.add_name(name, effect, now, until);
    let long = lasts.map(|lasts| format!(" for {lasts} s")).unwrap_or_default();
    Done::of(format!("the endpoint's name {words}{long}"))
}

fn spoil_messages(world: &mut World, fate: Fate, times: u32) -> Done {
    let (fault, words) = match fate {
        Fate::Lost => (DeliveryFault::Lose, "are lost".to_owned()),
        Fate::Repeated(more) => {
            (DeliveryFault::Duplicate(more), format!("arrive {more} more times"))
        }
    };
    for _ in 0..times {
        world.faults.add_delivery(fault.clone());
    }
    Done::of(format!("the next {times} messages {words}"))
}
