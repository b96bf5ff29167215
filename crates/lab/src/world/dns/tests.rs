//! Tests what a resolver answers for names over time.

use std::net::IpAddr;
use std::time::Duration;

use super::*;

const OLD: [u8; 4] = [10, 20, 1, 10];
const NEW: [u8; 4] = [10, 20, 2, 10];

fn world_with(name: &str) -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.pace.dns_lag = Duration::from_secs(5);
    world.pace.flap = Duration::from_secs(20);
    world.pace.flap_period = Duration::from_secs(3);
    world.repoint(name, addresses(OLD), Move::AtOnce);
    world
}

fn addresses(address: [u8; 4]) -> Record {
    Record::Addresses(vec![IpAddr::from(address)])
}

/// The answer at each whole second, as `o` (old), `n` (new) or `-`.
fn history(world: &mut World, name: &str, seconds: u64) -> String {
    let ask = |second| {
        world.advance(Duration::from_secs(second));
        match world.resolve(name, Family::V4).addresses().as_slice() {
            [address] if *address == IpAddr::from(OLD) => 'o',
            [address] if *address == IpAddr::from(NEW) => 'n',
            _ => '-',
        }
    };
    (0..seconds).map(ask).collect()
}

#[test]
fn after_a_failover_the_answer_lags_then_flaps_then_stays() {
    let mut world = world_with("db.test");
    world.repoint("db.test", addresses(NEW), Move::Failover);
    assert_eq!(history(&mut world, "db.test", 32), "ooooonnnooonnnooonnnooonnnnnnnnn");
}

#[test]
fn a_failback_while_the_answer_flaps_ends_at_the_first_address() {
    let mut world = world_with("db.test");
    world.repoint("db.test", addresses(NEW), Move::Failover);
    world.advance(Duration::from_secs(10));
    world.repoint("db.test", addresses(OLD), Move::Failover);
    world.advance(Duration::from_secs(36));
    assert_eq!(world.resolve("db.test", Family::V4).addresses(), [IpAddr::from(OLD)]);
    world.advance(Duration::from_secs(90));
    assert_eq!(world.resolve("db.test", Family::V4).addresses(), [IpAddr::from(OLD)]);
}

#[test]
fn an_alias_is_followed_and_its_absent_target_does_not_exist() {
    let mut world = world_with("db.test");
    world.repoint("alias.test", Record::Alias("DB.test".to_owned()), Move::AtOnce);
    let reply = world.resolve("ALIAS.test.", Family::V4);
    assert_eq!(reply.records.len(), 2);
    world.repoint("db.test", Record::Absent, Move::AtOnce);
    let reply = world.resolve("alias.test", Family::V4);
    assert_eq!((reply.code, reply.records.len()), (Code::NxDomain, 1));
}

#[test]
fn aliases_in_a_circle_are_a_failure_of_the_server() {
    let mut world = world_with("db.test");
    world.repoint("a.test", Record::Alias("b.test".to_owned()), Move::AtOnce);
    world.repoint("b.test", Record::Alias("a.test".to_owned()), Move::AtOnce);
    assert_eq!(world.resolve("a.test", Family::V4).code, Code::ServFail);
}

#[test]
fn a_fault_on_the_target_shows_through_its_alias() {
    let mut world = world_with("db.test");
    world.repoint("alias.test", Record::Alias("db.test".to_owned()), Move::AtOnce);
    world.faults.add_name("db.test", NameEffect::Timeout, Duration::ZERO, None);
    assert_eq!(world.resolve("alias.test", Family::V4), Reply::without_records(Code::Silence));
    world.faults.clear_name("db.test");
    let elsewhere = vec![IpAddr::from(NEW)];
    world.faults.add_name(
        "db.test",
        NameEffect::Addresses(elsewhere.clone()),
        Duration::ZERO,
        None,
    );
    assert_eq!(world.resolve("alias.test", Family::V4).addresses(), elsewhere);
}

#[test]
fn a_move_that_is_still_due_is_overtaken_by_one_at_once() {
    let mut world = world_with("db.test");
    world.repoint("db.test", addresses(NEW), Move::Failover);
    world.repoint("db.test", Record::Absent, Move::AtOnce);
    assert_eq!(history(&mut world, "db.test", 40), "-".repeat(40));
}
