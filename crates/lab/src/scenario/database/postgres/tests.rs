//! Tests fleets that follow a world through its failovers while an application writes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;

use super::*;
use crate::scenario::client::postgres::{PostgresDoor, PostgresSession};
use crate::scenario::client::{Door, Failure, Session};
use crate::scenario::recording::End;
use crate::scene::Scene;
use crate::wire::Options;
use crate::world::elbv2::TargetRequest;
use crate::world::rds::{Reboot, Status};
use crate::world::{Pace, World};

/// A region with PostgreSQL behind one of its links.
struct PostgresFixture {
    lab: Lab,
    link: Link,
    fleet: Postgres,
    door: PostgresDoor,
    authority: Authority,
}

impl PostgresFixture {
    /// Nothing, after saying so, on a machine without PostgreSQL; the whole-system tests see to it
    /// that CI's has it.
    async fn begin(link: usize) -> Option<PostgresFixture> {
        let programs =
            Programs::find().inspect_err(|missing| eprintln!("skipped: {missing}")).ok()?;
        let scene = Scene::new(Pace::brisk()).expect("a good scene");
        let link = scene.links[link].clone();
        let endpoint = match link.source.cluster() {
            Some(_) => scene.world.cluster_endpoint(link.database()),
            None => scene.world.instance_endpoint(link.database()),
        };
        let lab = Lab::start(scene.world, Options::default()).await.expect("loopback has ports");
        let authority = Authority::new().expect("there is randomness");
        let door = PostgresDoor::new(&authority, &endpoint).expect("a good root");
        let began = Instant::now();
        let fleet = Postgres::start(&lab, &link, &authority, &programs).await.expect("it starts");
        println!("{} stands after {:?}", link.name, began.elapsed());
        Some(PostgresFixture { lab, link, fleet, door, authority })
    }

    async fn settle(&mut self) {
        self.fleet.settle(&self.lab, &self.link).await.expect("they follow");
    }

    /// Follows the world until the failover is over: the writer is another, and every member
    /// accepts connections.
    async fn until_promoted(&mut self) {
        let old = self.writer();
        let promoted = async {
            while !is_promoted(&self.lab.world(), &self.link, &old) {
                tokio::time::sleep(TICK).await;
            }
        };
        self.fleet.during(&self.lab, &self.link, promoted).await.expect("they follow");
        self.settle().await;
    }

    fn writer(&self) -> String {
        self.link.writer(&self.lab.world()).expect("there is one").instance
    }

    fn socket(&self, instance: &str) -> SocketAddr {
        self.fleet.socket(instance).expect("it runs")
    }

    async fn open(&self, instance: &str) -> PostgresSession {
        self.door.open(self.socket(instance)).await.expect("it accepts connections")
    }

    async fn rows(&mut self) -> BTreeSet<u64> {
        self.fleet.rows(&self.lab, &self.link).await.expect("it answers")
    }

    fn kept(&mut self, instance: &str) -> &mut Kept {
        let mut servers = self.fleet.servers.values_mut();
        servers.find(|kept| kept.member.name == instance).expect("it is kept")
    }

    fn processes(&self) -> Vec<PathBuf> {
        let id = |kept: &Kept| {
            std::fs::read_to_string(kept.member.home.join("data/postmaster.pid")).ok()
        };
        let ids = self.fleet.servers.values().filter_map(id);
        ids.filter_map(|file| Some(PathBuf::from("/proc").join(file.lines().next()?))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_writer_comes_back_refuses_writes_and_takes_over_again_with_every_row() {
    let Some(mut fixture) = PostgresFixture::begin(0).await else {
        return;
    };
    let mut rows = 0..;
    for successor in ["orders-2", "orders-1", "orders-3", "orders-1"] {
        let former = fixture.writer();
        let mut session = fixture.open(&former).await;
        for row in rows.by_ref().take(50) {
            assert_eq!(session.write(row).await, Ok(former.clone()));
        }
        fixture.lab.world().failover_db_cluster("orders", Some(successor)).expect("it is a reader");
        fixture.until_promoted().await;
        let broken = session.write(u64::MAX >> 1).await.expect_err("its session has ended");
        assert_eq!(broken.end, End::Broken);
        let mut refused = fixture.open(&former).await;
        let read_only = Failure { end: End::ReadOnly, by: Some(former.clone()) };
        assert_eq!(refused.write(0).await, Err(read_only));
        let all = fixture.rows().await;
        assert_eq!(all, (0..rows.start).collect());
        for instance in ["orders-1", "orders-2", "orders-3"] {
            let mut session = fixture.open(instance).await;
            assert_eq!(session.count().await, Ok((rows.start, instance.to_owned())));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_row_is_lost_while_writers_are_lost_one_after_the_other() {
    let Some(mut fixture) = PostgresFixture::begin(0).await else {
        return;
    };
    register_every_member(&fixture);
    let nodes: Vec<_> = fixture
        .lab
        .nlb_listeners()
        .into_iter()
        .filter(|node| node.port == fixture.link.port)
        .collect();
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let mut applications = JoinSet::new();
    for first in 0..4 {
        let rows = (first..).step_by(4);
        applications.spawn(write_all(
            fixture.door.clone(),
            nodes[0].address,
            rows,
            acknowledged.clone(),
        ));
    }
    let count = || acknowledged.lock().expect("a set").len();
    for _ in 0..3 {
        let before = count();
        let writing = async {
            while count() < before + 100 {
                tokio::time::sleep(TICK).await;
            }
        };
        fixture.fleet.during(&fixture.lab, &fixture.link, writing).await.expect("they follow");
        fixture.lab.world().lose_writer("orders").expect("it exists");
        fixture.until_promoted().await;
    }
    applications.shutdown().await;
    let rows = fixture.rows().await;
    let acknowledged = acknowledged.lock().expect("a set").clone();
    assert!(acknowledged.len() >= 300);
    assert_eq!(acknowledged.difference(&rows).collect::<Vec<_>>(), Vec::<&u64>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_that_was_not_seen_to_have_every_row_takes_them_over() {
    let Some(mut fixture) = PostgresFixture::begin(0).await else {
        return;
    };
    let written = fixture.open("orders-1").await.write(1).await;
    assert_eq!(written, Ok("orders-1".to_owned()));
    let failover = fixture.lab.world().failover_db_cluster("orders", None).map(drop);
    failover.expect("it has readers");
    let mark = fixture.kept("orders-2").member.home.join("data/mark");
    std::fs::write(&mark, "").expect("it has data");
    for kept in fixture.fleet.servers.values_mut() {
        kept.server.replication = Replication::default();
    }
    fixture.until_promoted().await;
    assert!(!mark.exists(), "it is a copy, not a promoted standby");
    assert_eq!(fixture.rows().await, [1].into());
    let written = fixture.open("orders-2").await.write(2).await;
    assert_eq!(written, Ok("orders-2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_ahead_of_a_new_primary_is_copied_anew_and_gets_its_rows() {
    let Some(mut fixture) = PostgresFixture::begin(0).await else {
        return;
    };
    // The successor misses a row that the two others have, as if all of them had been lost at a bad
    // moment.
    fixture.kept("orders-2").member.tell("primary_conninfo = ''\n").expect("it runs");
    fixture.kept("orders-1").member.tell(&settings::primary(&[])).expect("it runs");
    let mut session = fixture.open("orders-1").await;
    let mut on_successor = fixture.open("orders-2").await;
    let mut row = 0;
    // Until then the two servers may not have read their new settings.
    while session.count().await.expect("it answers").0
        == on_successor.count().await.expect("it answers").0
    {
        assert_eq!(session.write(row).await, Ok("orders-1".to_owned()));
        row += 1;
        tokio::time::sleep(TICK).await;
    }
    let failover = fixture.lab.world().failover_db_cluster("orders", Some("orders-2")).map(drop);
    failover.expect("it is a reader");
    fixture.until_promoted().await;
    let written = fixture.open("orders-2").await.write(1000).await;
    assert_eq!(written, Ok("orders-2".to_owned()));
    let rows = fixture.rows().await.len() as u64;
    for instance in ["orders-1", "orders-2", "orders-3"] {
        let mut session = fixture.open(instance).await;
        assert_eq!(session.count().await, Ok((rows, instance.to_owned())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_on_without_a_standby_that_is_down() {
    let Some(mut fixture) = PostgresFixture::begin(0).await else {
        return;
    };
    let mut session = fixture.open("orders-1").await;
    fixture.lab.world().reboot_db_instance("orders-2", Reboot::InPlace).expect("it is available");
    let began = Instant::now();
    let writing = async {
        let mut row = 0;
        while began.elapsed() < Pace::brisk().reboot {
            assert_eq!(session.write(row).await, Ok("orders-1".to_owned()));
            row += 1;
        }
    };
    fixture.fleet.during(&fixture.lab, &fixture.link, writing).await.expect("they follow");
    fixture.settle().await;
    // Acknowledged when the standby that was down shows it, and with it what it had missed.
    assert_eq!(session.write(u64::MAX >> 1).await, Ok("orders-1".to_owned()));
    let on_primary = session.count().await.expect("it answers").0;
    let on_standby = fixture.open("orders-2").await.count().await.expect("it answers").0;
    assert_eq!(on_primary, on_standby);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_joins_later_gets_a_standby() {
    let Some(mut fixture) = PostgresFixture::begin(0).await else {
        return;
    };
    fixture.lab.world().add_reader("orders", "orders-4", None).expect("a good name");
    let serves = tokio::time::sleep(Pace::brisk().create_instance * 2);
    fixture.fleet.during(&fixture.lab, &fixture.link, serves).await.expect("they follow");
    fixture.settle().await;
    let written = fixture.open("orders-1").await.write(1).await;
    assert_eq!(written, Ok("orders-1".to_owned()));
    let refused = fixture.open("orders-4").await.write(2).await.expect_err("it is a standby");
    assert_eq!(refused.end, End::ReadOnly);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standby_of_an_instance_refuses_and_the_service_moves_to_it_with_its_rows() {
    let Some(mut fixture) = PostgresFixture::begin(1).await else {
        return;
    };
    let old = fixture.socket("billing");
    let mut session = fixture.open("billing").await;
    assert_eq!(session.write(1).await, Ok("billing".to_owned()));
    let (host, standby) = {
        let world = fixture.lab.world();
        let billing = world.rds.instance("billing").expect("it is in the scene");
        (billing.address(), billing.standby_address().expect("it is Multi-AZ"))
    };
    fixture.lab.world().lose_host("billing").expect("it exists");
    let moved = async {
        while fixture.lab.world().rds.instance_address("billing") == Some(host) {
            tokio::time::sleep(TICK).await;
        }
    };
    fixture.fleet.during(&fixture.lab, &fixture.link, moved).await.expect("they follow");
    fixture.settle().await;
    let new = fixture.socket("billing");
    assert_eq!(member::loopback(standby), new.ip());
    assert_eq!(member::loopback(host), old.ip());
    let refused = fixture.door.open(old).await.err().expect("nothing listens there");
    assert_eq!(refused.end, End::Refused);
    assert_eq!(session.write(2).await.expect_err("its host is lost").end, End::Broken);
    assert_eq!(fixture.open("billing").await.count().await, Ok((1, "billing".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_takes_no_certificate_of_another_name_or_another_authority() {
    let Some(fixture) = PostgresFixture::begin(1).await else {
        return;
    };
    let socket = fixture.socket("billing");
    let other_name = fixture.lab.world().instance_endpoint("orders-1");
    let other_authority = Authority::new().expect("there is randomness");
    let endpoint = fixture.lab.world().instance_endpoint("billing");
    for (authority, name) in [(&fixture.authority, other_name), (&other_authority, endpoint)] {
        let door = PostgresDoor::new(authority, &name).expect("a good root");
        let refused = door.open(socket).await.err().expect("it is not trusted");
        assert_eq!(refused.end, End::Refused);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_fleet_that_is_dropped() {
    let Some(fixture) = PostgresFixture::begin(0).await else {
        return;
    };
    let processes = fixture.processes();
    let home = fixture.fleet.home.path().to_owned();
    assert_eq!(processes.iter().filter(|process| process.exists()).count(), 3);
    drop(fixture);
    assert_eq!(processes.iter().filter(|process| process.exists()).count(), 0);
    assert!(!home.exists());
}

fn is_promoted(world: &World, link: &Link, old: &str) -> bool {
    let is_other = link.writer(world).is_some_and(|writer| writer.instance != old);
    let cluster = world.rds.cluster(link.database());
    let is_over = cluster.is_none_or(|cluster| cluster.status == Status::Available);
    is_other && is_over && plan::wanted(world, link).values().all(|wanted| wanted.up)
}

/// Puts every member of `orders` into the group, so that a flow reaches the writer or a reader.
fn register_every_member(fixture: &PostgresFixture) {
    let mut world = fixture.lab.world();
    let addresses =
        ["orders-1", "orders-2", "orders-3"].map(|member| world.rds.instance_address(member));
    let targets: Vec<_> = addresses
        .iter()
        .flatten()
        .map(|address| TargetRequest::new(&address.to_string(), fixture.link.port))
        .collect();
    world.register_targets(&fixture.link.group, &targets).expect("they are in the VPC");
    let balancers: Vec<_> = world.elbv2.balancers().map(|balancer| balancer.arn.clone()).collect();
    for arn in balancers {
        world.elbv2.set_attributes(&arn, &[("load_balancing.cross_zone.enabled", "true")]);
    }
}

/// Writes one row after the other, on a new connection whenever one failed, and keeps those that
/// were acknowledged.
async fn write_all(
    door: PostgresDoor,
    node: SocketAddr,
    rows: impl Iterator<Item = u64>,
    acknowledged: Arc<Mutex<BTreeSet<u64>>>,
) {
    let mut session = None;
    for row in rows {
        if session.is_none() {
            let opened = tokio::time::timeout(Duration::from_secs(1), door.open(node)).await;
            session = opened.ok().and_then(Result::ok);
        }
        let Some(open) = session.as_mut() else {
            tokio::time::sleep(TICK).await;
            continue;
        };
        match tokio::time::timeout(Duration::from_secs(3), open.write(row)).await {
            Ok(Ok(_)) => drop(acknowledged.lock().expect("a set").insert(row)),
            _ => session = None,
        }
    }
}
