//! Plays one cell of the table: the real handler, SDK and resolver against a lab of its own.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use writerlink_core::config::{Config, Location};
use writerlink_core::report::BindingReport;
use writerlink_core::source::Source;
use writerlink_lab::World;
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::scene::{Link, Scene};
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::rds::{
    CustomKind, EndpointRole, Engine, EngineFamily, MultiAz, NewCustomEndpoint,
};
use writerlink_lab::world::vpc::Zone;
use writerlink_lab::world::{ApiError, Pace};
use writerlink_lambda::Handler;
use writerlink_tests::deployed_lab;
use writerlink_tests::kinds::publish;

use super::calm::{Calm, holds};
use super::table::{Cell, Course};
use super::tap::Tap;

/// What the function is given before it is ended.
const LIMIT: Duration = Duration::from_secs(60);

/// Longer than any call is waited for.
const TOO_LATE: Duration = Duration::from_secs(15);

/// How long an event is watched for, in seconds: as long as three writes and their pauses take, or
/// not for long where every look finds the same.
pub(crate) const PATIENT: u64 = 40;
const IMPATIENT: u64 = 2;

/// A region whose cluster has failed over a while ago, so that both keys name the new writer, and
/// whose group still holds the old one. Where another source makes the call: an endpoint for
/// readers that the writer has left and the former one has joined, or one of a proxy whose node was
/// replaced.
pub(crate) struct Region {
    pub(crate) lab: Arc<Lab>,
    pub(crate) link: Link,
    topic: String,
    config: Config,
}

/// The source whose run makes a call.
fn source_for(operation: &str) -> &'static str {
    match operation {
        "DescribeDBClusterEndpoints" => "cluster/orders/custom/reports",
        "DescribeDBProxies" | "DescribeDBProxyEndpoints" => "proxy/front/front-ro",
        _ => "cluster/orders",
    }
}

/// Puts the source behind the scene's one link, as it is before the failover.
fn link(scene: &mut Scene, source: &str) -> Link {
    let world = &mut scene.world;
    match source {
        "cluster/orders" => return scene.links.remove(0),
        "cluster/orders/custom/reports" => {
            let new = NewCustomEndpoint {
                cluster: "orders",
                name: "reports",
                kind: CustomKind::Reader,
                members: &["orders-1", "orders-2"],
                excluded: &[],
            };
            world.add_custom_endpoint(new).expect("a good endpoint");
        }
        _ => {
            let proxy = world.add_proxy("front", EngineFamily::Postgresql, &[Zone::A, Zone::B]);
            proxy.expect("a good proxy");
            let endpoint = world.add_proxy_endpoint("front", "front-ro", EndpointRole::ReadOnly);
            endpoint.expect("a good endpoint");
        }
    }
    publish(world, "set", source).expect("a good link")
}

impl Region {
    /// The region for an operation, after a change of the world.
    pub(crate) async fn start(
        operation: &str,
        patience: u64,
        change: impl FnOnce(&mut World),
    ) -> Self {
        let mut scene = Scene::new(Pace::real()).expect("a good scene");
        let link = link(&mut scene, source_for(operation));
        scene.links = vec![link.clone()];
        let world = &mut scene.world;
        world.failover_db_cluster("orders", None).expect("an available cluster fails over");
        if matches!(link.source, Source::Proxy(..)) {
            // A failover does not do this, and RDS sends no event for it.
            let node = world.move_proxy_address("front", Some("front-ro"), Zone::A);
            node.expect("it has a node there");
        }
        world.pass(Duration::from_secs(300));
        let topic = world.add_topic("outcomes");
        change(world);
        let lab =
            Lab::start(scene.world.clone(), Options::default()).await.expect("loopback has ports");
        // An event of a proxy has it looked at, and not watched.
        let sweep = if matches!(link.source, Source::Proxy(..)) { patience } else { 2 };
        let timing = format!("\n[timing]\nsettle = 1\nsweep = {sweep}\npatience = {patience}\n");
        let text = format!("notify-topic = \"{topic}\"\n{}", scene.config(lab.dns(), &timing));
        Self {
            lab: Arc::new(lab),
            link,
            topic,
            config: Config::parse(&text, &Location::Inline(text.clone()))
                .expect("a good configuration"),
        }
    }

    /// A run for the event that says that the failover is over, or that a proxy has changed.
    pub(crate) async fn follow(&self, tap: &Tap) -> Option<BindingReport> {
        let (id, about) = match self.link.source {
            Source::Proxy(..) => ("RDS-EVENT-0207", "db-proxy"),
            _ => ("RDS-EVENT-0071", "db-cluster"),
        };
        let event = deployed_lab::sns(id, about, self.link.database(), Timestamp::now());
        let handler =
            Handler::new(self.config.clone(), &tap.clients()).expect("servers are configured");
        let handled = tap.run(handler.handle(&event, LIMIT, &mut ())).await?;
        let (_, report) = handled.run.expect("an event sets a run going");
        report.bindings.into_iter().next()
    }

    /// The region without faults, from this moment on.
    pub(crate) fn calm(&self) -> Calm {
        Calm::after(self.lab.world().clone(), &self.config, &self.link)
    }

    /// How many messages about outcomes went out.
    fn told(&self) -> usize {
        let world = self.lab.world();
        world.sns.published().filter(|told| told.topic == self.topic).count()
    }

    /// How many requests of an operation have reached the region.
    fn asked(&self, operation: &str) -> usize {
        self.lab.world().calls.of(operation).count()
    }
}

/// Plays a cell, and gives what was found in the table's words, and after them whatever no cell may
/// show.
pub(crate) async fn play(cell: &Cell) -> String {
    let patience = if is_watched_in_vain(cell) { IMPATIENT } else { PATIENT };
    let region = Region::start(cell.operation(), patience, |world| {
        if cell.fault == "lost-page" {
            fill_a_page(world, cell.operation());
        }
    })
    .await;
    let tap = Tap::on(&region.lab, cell.aim(), faults(cell), cell.course.kill());
    let end = region.follow(&tap).await;

    let holds = holds(&region.lab.world(), &region.link);
    let mut wrong = Vec::new();
    let mut found = holds.to_owned();
    match end {
        Some(end) if cell.course.kill().is_none() => {
            found = format!("{} {holds} {}", word(&end), requests(&region, cell));
            if end.status.is_ok() && holds != "new" {
                wrong.push("that is not ok".to_owned());
            }
        }
        // A run that has nothing more to ask ends before it is killed.
        Some(_) if cell.course == Course::KilledAfter => {}
        Some(end) => wrong.push(format!("it was not killed: {}", word(&end))),
        None => {}
    }
    if !tap.has_struck() {
        wrong.push("the call was never made".to_owned());
    }
    let sent_again = tap.sent().into_iter().find(|sent| sent.attempt > 1);
    wrong.extend(sent_again.map(|sent| format!("the SDK tried again: {sent:?}")));
    let calm = region.calm();
    wrong.extend(calm.complaint());
    if !calm.was_never_empty() {
        wrong.push("the group was empty".to_owned());
    }
    for what in wrong {
        found = format!("{found}, {what}");
    }
    found
}

/// The registrations and deregistrations, and what came of a publication.
fn requests(region: &Region, cell: &Cell) -> String {
    let (registered, deregistered) =
        (region.asked("RegisterTargets"), region.asked("DeregisterTargets"));
    // How often a write is tried again depends on how long the run lasts.
    let count = |sent: usize| if sent > 3 { "many".to_owned() } else { sent.to_string() };
    let asked = format!("{}+{}", count(registered), count(deregistered));
    match cell.operation() {
        "Publish" => format!("{asked} told {}", region.told()),
        _ => asked,
    }
}

/// Whether a run can only look again and again until the event's time is over. A group that looks
/// empty gives it more to do.
fn is_watched_in_vain(cell: &Cell) -> bool {
    let looks_empty = cell.operation() == "DescribeTargetHealth" && cell.fault == "empty-page";
    match cell.course {
        Course::Throughout => {
            let fails = !cell.fault.starts_with("slow-");
            cell.operation().starts_with("Describe") && !looks_empty && fails
        }
        Course::ThenBlind => true,
        _ => false,
    }
}

/// What begins with the request that is struck.
fn faults(cell: &Cell) -> Vec<Fault> {
    let Some(effect) = effect(cell.fault, cell.operation()) else {
        return Vec::new();
    };
    let fault = Fault::on(cell.operation(), effect);
    match cell.course {
        Course::Throughout => vec![fault],
        Course::ThenBlind => {
            vec![fault.times(1), Fault::on("DescribeTargetHealth", Effect::Throttle)]
        }
        _ => vec![fault.times(1)],
    }
}

fn effect(fault: &str, operation: &str) -> Option<Effect> {
    Some(match fault {
        "none" => return None,
        "throttled" => Effect::Throttle,
        "5xx" => Effect::ServerErrorBefore,
        "5xx-done" => Effect::ServerErrorAfter,
        "reset" => Effect::ResetBefore,
        "reset-done" => Effect::ResetAfter,
        "cut-short" => Effect::Truncated,
        "silent" => Effect::Hang,
        "silent-done" => Effect::Delay(TOO_LATE),
        "malformed" => Effect::MalformedXml,
        "denied" => Effect::AccessDenied,
        "expired" => Effect::Error(ApiError::new(
            "ExpiredToken",
            403,
            "The security token included in the request is expired",
        )),
        "not-found" => Effect::Error(not_found(operation)),
        "empty-page" | "lost-page" => Effect::EmptyPage,
        "slow-1" => Effect::Delay(Duration::from_secs(1)),
        "slow-2.5" => Effect::Delay(Duration::from_millis(2_500)),
        "slow-5" => Effect::Delay(Duration::from_secs(5)),
        "slow-10" => Effect::Delay(Duration::from_secs(10)),
        other => panic!("no fault {other}"),
    })
}

/// In the words of each service (botocore elbv2 2015-12-01, rds 2014-10-31, sns 2010-03-31).
fn not_found(operation: &str) -> ApiError {
    match operation {
        "DescribeDBClusters" => {
            ApiError::not_found("DBClusterNotFoundFault", "DBCluster orders not found")
        }
        "DescribeDBInstances" => {
            ApiError::not_found("DBInstanceNotFound", "DBInstance orders-1 not found")
        }
        "DescribeDBClusterEndpoints" => {
            ApiError::not_found("DBClusterNotFoundFault", "DBCluster orders not found")
        }
        "DescribeDBProxies" => {
            ApiError::not_found("DBProxyNotFoundFault", "DBProxy front not found")
        }
        "DescribeDBProxyEndpoints" => ApiError::not_found(
            "DBProxyEndpointNotFoundFault",
            "DBProxyEndpoint front-ro not found",
        ),
        "Publish" => ApiError::not_found("NotFound", "Topic does not exist"),
        _ => ApiError::bad_request("TargetGroupNotFound", "One or more target groups not found"),
    }
}

/// A hundred entries of a list before those of the scene, so that those are on the second page.
fn fill_a_page(world: &mut World, operation: &str) {
    for number in 0..100 {
        let identifier = format!("a-{number}");
        let added = match operation {
            // Every cluster has endpoints from the first.
            "DescribeDBClusters" | "DescribeDBClusterEndpoints" => {
                world.add_aurora(&identifier, Engine::AuroraPostgresql, &[])
            }
            "DescribeDBProxies" | "DescribeDBProxyEndpoints" => {
                world.add_proxy(&identifier, EngineFamily::Postgresql, &[Zone::A, Zone::B])
            }
            _ => world.add_instance(&identifier, MultiAz::No, Engine::Postgres),
        };
        added.expect("a good name");
    }
}

fn word(end: &BindingReport) -> String {
    match &end.reason {
        Some(reason) => format!("{}:{}", end.status.as_str(), reason.code),
        None => end.status.as_str().to_owned(),
    }
}
