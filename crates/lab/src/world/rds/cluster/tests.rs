//! Tests how a Multi-AZ DB cluster is made and fails over.

use super::*;
use crate::world::World;
use crate::world::dns::Family;

fn ledger(engine: Engine, names: Naming) -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.rds.multi_az_cluster_names = names;
    world.add_multi_az_cluster("ledger", engine).expect("a good name");
    world
}

fn cluster(world: &World) -> &DbCluster {
    world.rds.cluster("ledger").expect("it exists")
}

fn true_writer(world: &World) -> &str {
    &world.rds.writer("ledger").expect("it has one").identifier
}

fn shown_writers(world: &World) -> Vec<String> {
    let members = world.rds.members(cluster(world)).into_iter();
    members.filter(|member| member.is_cluster_writer).map(|member| member.instance).collect()
}

fn failovers(world: &World) -> Vec<u16> {
    let events = world.events.history().filter(|event| event.category == "failover");
    events.map(|event| event.id).collect()
}

#[test]
fn its_name_leads_to_the_writer_as_an_alias_or_as_an_address() {
    for (names, records) in [(Naming::Alias, 2), (Naming::Address, 1)] {
        let mut world = ledger(Engine::Postgres, names);
        let writer = world.rds.writer_address("ledger").expect("it has one");
        let reply =
            world.resolve("ledger.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com", Family::V4);
        assert_eq!((reply.records.len(), reply.addresses()), (records, vec![writer]));
        let readers = world.reader_endpoint("ledger");
        let mut turn = || world.resolve(&readers, Family::V4).addresses()[0];
        assert_ne!(turn(), turn());
        assert_ne!(turn(), writer);
    }
}

#[test]
fn a_failover_takes_its_own_time_and_ends_with_another_node_under_the_name() {
    for names in [Naming::Alias, Naming::Address] {
        let mut world = ledger(Engine::Postgres, names);
        let name = world.cluster_endpoint("ledger");
        let old = world.rds.writer_address("ledger").expect("it has one");
        world.failover_db_cluster("ledger", None).expect("it has readers");
        assert!(!world.accepts_tcp(old));
        world.pass(world.pace.promote);
        assert_eq!(true_writer(&world), "ledger-instance-1", "Aurora's would be another by now");
        world.pass(world.pace.promote_multi_az_cluster - world.pace.promote);
        assert_eq!(true_writer(&world), "ledger-instance-2");
        assert_eq!(shown_writers(&world), ["ledger-instance-1"]);
        world.pass(world.pace.completed_multi_az_cluster);
        assert_eq!((cluster(&world).status, failovers(&world)), (Status::Available, vec![73, 71]));
        world.pass(world.pace.dns_lag + world.pace.flap);
        let new = world.rds.writer_address("ledger").expect("it has one");
        assert_eq!(world.resolve(&name, Family::V4).addresses(), [new]);
        assert!(world.accepts_tcp(old), "a reader that accepts connections");
        assert_eq!(shown_writers(&world), ["ledger-instance-2"]);
    }
}

#[test]
fn a_tier_decides_nothing_about_who_is_promoted() {
    let mut world = ledger(Engine::Postgres, Naming::Alias);
    let last = world.rds.instance("ledger-instance-3").expect("it exists").key;
    world.rds.instances.get_mut(&last).expect("it exists").promotion_tier = 0;
    world.lose_writer("ledger").expect("it exists");
    world.pass(world.pace.promote_multi_az_cluster);
    assert_eq!(true_writer(&world), "ledger-instance-2");
}

#[test]
fn a_target_is_taken_by_postgresql_and_refused_by_mysql() {
    let target = Some("ledger-instance-3");
    let mut postgres = ledger(Engine::Postgres, Naming::Alias);
    postgres.failover_db_cluster("ledger", target).expect("a reader");
    postgres.pass(postgres.pace.promote_multi_az_cluster);
    assert_eq!(true_writer(&postgres), "ledger-instance-3");
    let mut mysql = ledger(Engine::Mysql, Naming::Alias);
    let refusal = mysql.failover_db_cluster("ledger", target).expect_err("not supported");
    assert_eq!(refusal.code, "InvalidParameterCombination");
    mysql.failover_db_cluster("ledger", None).expect("without a target");
}

#[test]
fn a_node_on_another_host_moves_the_clusters_address() {
    for names in [Naming::Alias, Naming::Address] {
        let mut world = ledger(Engine::Postgres, names);
        let name = world.cluster_endpoint("ledger");
        let old = world.rds.writer_address("ledger").expect("it has one");
        world.replace_host("ledger-instance-1").expect("it exists");
        world.pass(world.pace.dns_lag + world.pace.flap);
        let new = world.rds.writer_address("ledger").expect("it has one");
        assert_eq!(world.resolve(&name, Family::V4).addresses(), [new], "{names:?}");
        assert_ne!(new, old);
    }
}
