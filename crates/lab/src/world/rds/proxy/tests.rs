//! Tests proxies: their names, their nodes, and the replacement of nodes.

use super::*;
use crate::world::dns::{Code, Family};
use crate::world::rds::{DescribeRequest, Engine, MultiAz};

const HOST: &str = "app.proxy-c0ffee1234ab.eu-west-1.rds.amazonaws.com";

fn world() -> World {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let members = [("orders-1", Zone::A), ("orders-2", Zone::B)];
    world.add_aurora("orders", Engine::AuroraPostgresql, &members).expect("good names");
    world.add_proxy("app", EngineFamily::Postgresql, "orders", &Zone::ALL).expect("a good name");
    world
}

fn request(name: &str) -> CreateDbProxy {
    CreateDbProxy {
        name: name.to_owned(),
        family: "POSTGRESQL".to_owned(),
        role_arn: "arn:aws:iam::111122223333:role/proxy".to_owned(),
        subnets: Zone::ALL.map(Zone::subnet_id).to_vec(),
        security_groups: Vec::new(),
    }
}

fn nodes(world: &World) -> Vec<IpAddr> {
    world.rds.proxy_endpoint("app", None).expect("it exists").addresses()
}

fn told(world: &World) -> Vec<(u16, &str)> {
    let events = world.events.history().filter(|event| event.id > 200);
    events.map(|event| (event.id, event.message.as_str())).collect()
}

#[test]
fn its_name_answers_one_address_a_subnet_and_each_accepts_tcp() {
    let mut world = world();
    let addresses = world.resolve(HOST, Family::V4).addresses();
    assert_eq!(addresses, nodes(&world));
    let zones: Vec<_> = addresses.iter().copied().filter_map(Zone::of_address).collect();
    assert_eq!(zones, Zone::ALL);
    for address in addresses {
        assert!(world.accepts_tcp(address));
        assert!(world.rds.listens(address, 5432) && !world.rds.listens(address, 3306));
    }
}

#[test]
fn a_new_proxy_has_a_name_that_resolves_when_it_is_available() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let proxy = world.create_db_proxy(request("app")).expect("a good request");
    assert_eq!(proxy.status, Status::Creating);
    assert_eq!(
        world.rds.proxy_endpoint("app", None).map(|endpoint| endpoint.host.as_str()),
        Some(HOST)
    );
    assert_eq!(world.resolve(HOST, Family::V4).code, Code::NxDomain);
    assert!(!world.accepts_tcp(nodes(&world)[0]));
    world.pass(world.pace.create_proxy);
    assert_eq!(world.rds.proxy("APP").map(|proxy| proxy.status), Some(Status::Available));
    assert_eq!(world.resolve(HOST, Family::V4).addresses(), nodes(&world));
    assert_eq!(told(&world), [(203, "RDS created DB proxy app.")]);
}

#[test]
fn a_node_is_replaced_without_an_event_and_the_old_one_serves_for_a_while() {
    let mut world = world();
    let (before, events) = (nodes(&world), told(&world).len());
    let new = world.move_proxy_address("app", None, Zone::B).expect("it has a node there");
    assert!(!before.contains(&new));
    assert_eq!(world.resolve(HOST, Family::V4).addresses(), [before[0], new, before[2]]);
    assert!(world.accepts_tcp(before[1]) && world.accepts_tcp(new));
    world.pass(world.pace.proxy_drain);
    assert!(!world.accepts_tcp(before[1]) && world.accepts_tcp(new));
    assert_eq!(told(&world).len(), events);
}

#[test]
fn an_address_that_a_proxy_has_is_given_to_nobody_else() {
    let mut world = world();
    let old = nodes(&world)[0];
    world.move_proxy_address("app", None, Zone::A).expect("it has a node there");
    world.add_reader("orders", "orders-3", Zone::A).expect("a good name");
    let reader = world.rds.instance_address("orders-3").expect("it exists");
    assert_ne!(reader, old, "it still serves there");
    assert!(!nodes(&world).contains(&reader));
}

#[test]
fn lookups_can_hold_a_part_of_the_addresses_and_come_to_all_of_them() {
    let mut world = world();
    world.tell_proxy_addresses("app", None, Some(1)).expect("it exists");
    let seen: Vec<_> = (0..3).flat_map(|_| world.resolve(HOST, Family::V4).addresses()).collect();
    assert_eq!(seen, nodes(&world));
    world.tell_proxy_addresses("app", None, None).expect("it exists");
    assert_eq!(world.resolve(HOST, Family::V4).addresses().len(), 3);
}

#[test]
fn a_failover_moves_nothing_of_a_proxy() {
    let mut world = world();
    let before = nodes(&world);
    world.failover_db_cluster("orders", None).expect("it has a reader");
    assert!(before.iter().all(|node| world.accepts_tcp(*node)));
    world.pass(world.pace.promote + world.pace.dns_lag + world.pace.flap);
    assert_eq!(world.resolve(HOST, Family::V4).addresses(), before);
}

#[test]
fn a_further_endpoint_has_nodes_of_its_own_under_a_name_of_its_own() {
    let mut world = world();
    world
        .add_proxy_endpoint("app", "app-readers", EndpointRole::ReadOnly)
        .expect("the cluster has a reader");
    let endpoint = world.rds.proxy_endpoint("app", Some("app-readers")).expect("it exists");
    let (host, addresses) = (endpoint.host.clone(), endpoint.addresses());
    assert_eq!(host, "app-readers.endpoint.proxy-c0ffee1234ab.eu-west-1.rds.amazonaws.com");
    assert_eq!(world.resolve(&host, Family::V4).addresses(), addresses);
    assert!(nodes(&world).iter().all(|node| !addresses.contains(node)));
    let (last, told) = (206, told(&world));
    assert_eq!(told.last(), Some(&(last, "RDS created endpoint app-readers for DB proxy app.")));
}

#[test]
fn an_endpoint_that_only_reads_needs_a_cluster_with_a_reader() {
    let mut world = world();
    world.add_instance("billing", MultiAz::No, Engine::Postgres).expect("a good name");
    world
        .add_proxy("bills", EngineFamily::Postgresql, "billing", &[Zone::A, Zone::B])
        .expect("a good name");
    let refusal = world
        .add_proxy_endpoint("bills", "bills-readers", EndpointRole::ReadOnly)
        .expect_err("an instance has no readers");
    assert_eq!(refusal.code, "InvalidDBProxyStateFault");
    world
        .add_proxy_endpoint("bills", "bills-too", EndpointRole::ReadWrite)
        .expect("a writer is enough");
}

#[test]
fn a_deleted_proxy_takes_its_endpoints_and_their_names_along() {
    let mut world = world();
    world.add_proxy_endpoint("app", "app-too", EndpointRole::ReadWrite).expect("a good name");
    let node = nodes(&world)[0];
    world.delete_db_proxy("app").expect("it exists");
    let refusal = world.delete_db_proxy("app").expect_err("it is being deleted");
    assert_eq!(refusal.code, "InvalidDBProxyStateFault");
    assert!(!world.accepts_tcp(node));
    world.pass(world.pace.delete);
    assert_eq!(world.resolve(HOST, Family::V4).code, Code::NxDomain);
    assert!(world.rds.proxy("app").is_none());
    let ids: Vec<u16> = told(&world).iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [203, 206, 208, 205]);
}

#[test]
fn a_deleted_endpoint_leaves_the_proxy_and_the_default_one_cannot_be_deleted() {
    let mut world = world();
    world.add_proxy_endpoint("app", "app-too", EndpointRole::ReadWrite).expect("a good name");
    world.delete_db_proxy_endpoint("app-too").expect("it exists");
    world.pass(world.pace.delete);
    assert!(world.rds.proxy_endpoint("app", Some("app-too")).is_none());
    assert_eq!(world.resolve(HOST, Family::V4).addresses(), nodes(&world));
    let refusal = world.delete_db_proxy_endpoint("default").expect_err("it has no name");
    assert_eq!(refusal.code, "DBProxyEndpointNotFoundFault");
}

#[test]
fn a_namesake_made_after_a_deletion_waits_its_own_time() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH);
    world.pace.delete = Duration::from_secs(10);
    world.create_db_proxy(request("app")).expect("a good request");
    world.delete_db_proxy("app").expect("it exists");
    world.pass(world.pace.delete);
    world.create_db_proxy(request("app")).expect("the name is free");
    world.pass(world.pace.create_proxy - world.pace.delete);
    assert_eq!(world.rds.proxy("app").map(|proxy| proxy.status), Some(Status::Creating));
}

#[test]
fn an_event_of_a_proxy_names_it_and_bears_the_arn_with_its_id() {
    let world = world();
    let event = world.events.history().next_back().expect("it was created");
    assert_eq!((event.source.as_str(), event.category), ("app", "creation"));
    assert_eq!(event.source_arn, world.rds.proxy("app").expect("it exists").arn);
    assert!(event.source_arn.contains(":db-proxy:prx-0"), "{}", event.source_arn);
}

#[test]
fn what_it_cannot_do_is_refused_with_its_code() {
    let mut world = world();
    let mut code = |request| world.create_db_proxy(request).expect_err("refused").code;
    assert_eq!(code(request("app")), "DBProxyAlreadyExistsFault");
    assert_eq!(code(request("a--b")), "InvalidParameterValue");
    let one_zone = CreateDbProxy { subnets: vec![Zone::A.subnet_id()], ..request("one") };
    assert_eq!(code(one_zone), "InvalidSubnet");
    let elsewhere = CreateDbProxy {
        subnets: vec![Zone::A.subnet_id(), "subnet-elsewhere".to_owned()],
        ..request("one")
    };
    assert_eq!(code(elsewhere), "InvalidSubnet");
    let oracle = CreateDbProxy { family: "ORACLE".to_owned(), ..request("one") };
    assert_eq!(code(oracle), "InvalidParameterValue");
    let target = ["orders".to_owned()];
    let twice = world.register_db_proxy_targets("app", &[], &target);
    assert_eq!(twice.expect_err("it has one").code, "DBProxyTargetAlreadyRegisteredFault");
    let unknown =
        DescribeRequest { identifier: Some("nobody".to_owned()), ..DescribeRequest::default() };
    assert_eq!(
        world.describe_db_proxies(&unknown).expect_err("unknown").code,
        "DBProxyNotFoundFault"
    );
}

#[test]
fn endpoints_are_listed_by_proxy_and_by_name_the_default_ones_too() {
    let mut world = world();
    world.add_proxy_endpoint("app", "app-too", EndpointRole::ReadWrite).expect("a good name");
    world.add_proxy("bills", EngineFamily::Postgresql, "orders", &Zone::ALL).expect("a good name");
    let listed = |proxy: Option<&str>, endpoint: Option<&str>| {
        let request = DescribeDbProxyEndpoints {
            proxy: proxy.map(str::to_owned),
            endpoint: endpoint.map(str::to_owned),
            ..DescribeDbProxyEndpoints::default()
        };
        let page = world.describe_db_proxy_endpoints(&request)?;
        Ok(page.items.iter().map(|endpoint| endpoint.shown_name()).collect::<Vec<_>>())
    };
    assert_eq!(listed(None, None), Ok(vec!["app-too", "default", "default"]));
    assert_eq!(listed(Some("bills"), None), Ok(vec!["default"]));
    assert_eq!(listed(Some("app"), Some("APP-too")), Ok(vec!["app-too"]));
    let code = |refused: Result<Vec<&str>, ApiError>| refused.expect_err("unknown").code;
    assert_eq!(code(listed(Some("bills"), Some("app-too"))), "DBProxyEndpointNotFoundFault");
    assert_eq!(code(listed(Some("nobody"), None)), "DBProxyNotFoundFault");
}
