//! Tests restarts, and failovers to a standby.

use std::net::IpAddr;

use super::*;
use crate::world::rds::Engine;
use crate::world::vpc::Zone;

fn billing(engine: Engine) -> (World, IpAddr, IpAddr) {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.add_instance("billing", MultiAz::Yes, engine).expect("a good name");
    let instance = world.rds.instance("billing").expect("it exists");
    let (host, standby) = (instance.address(), instance.standby_address().expect("it has one"));
    (world, host, standby)
}

#[test]
fn a_standby_refuses_tcp_until_it_serves() {
    let (mut world, host, standby) = billing(Engine::Mysql);
    assert_eq!((world.accepts_tcp(host), world.accepts_tcp(standby)), (true, false));
    world.reboot_db_instance("billing", Reboot::ToStandby).expect("it has a standby");
    assert_eq!((world.accepts_tcp(host), world.accepts_tcp(standby)), (false, false));
    world.pass(world.pace.promote_standby);
    assert_eq!((world.accepts_tcp(host), world.accepts_tcp(standby)), (false, true));
}

#[test]
fn the_standby_of_sql_server_accepts_tcp() {
    let (world, _, standby) = billing(Engine::SqlserverEe);
    assert!(world.accepts_tcp(standby));
}

#[test]
fn a_reboot_in_place_keeps_the_address_and_interrupts_it() {
    let (mut world, host, _) = billing(Engine::Mysql);
    world.reboot_db_instance("billing", Reboot::InPlace).expect("it is available");
    assert!(!world.accepts_tcp(host));
    let refusal = world.reboot_db_instance("billing", Reboot::InPlace).expect_err("it restarts");
    assert_eq!(refusal.code, "InvalidDBInstanceState");
    world.pass(world.pace.reboot);
    assert!(world.accepts_tcp(host));
    assert_eq!(world.rds.instance_address("billing"), Some(host));
}

#[test]
fn a_replaced_host_has_another_address_in_the_same_zone() {
    let (mut world, host, _) = billing(Engine::Mysql);
    let zone = world.rds.instance("billing").expect("it exists").shown_zone;
    world.replace_host("billing").expect("the zone has room");
    let instance = world.rds.instance("billing").expect("it exists");
    assert_ne!(instance.address(), host);
    assert_eq!(Zone::of_address(instance.address()), Some(zone));
}
