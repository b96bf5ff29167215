//! Tests every kind of source in one configuration: the real `bootstrap` and the real SDK against
//! the lab.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::{Value, json};
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::scene::{Link, Scene};
use writerlink_lab::wire::Ending;
use writerlink_lab::world::World;
use writerlink_lab::world::dns::Move;
use writerlink_lab::world::rds::{EngineFamily, Shift, Status};
use writerlink_lab::world::vpc::Zone;
use writerlink_tests::deployed_lab::{DeployedLab, sns};
use writerlink_tests::kinds::{self, HOST, SETS, machine};

async fn begin() -> DeployedLab {
    DeployedLab::with(kinds::add, |config| config).await
}

fn link<'a>(deployed: &'a DeployedLab, name: &str) -> &'a Link {
    let link = deployed.links.iter().find(|link| link.name == name);
    link.unwrap_or_else(|| panic!("there is no link {name}"))
}

/// Whether a group holds exactly the members of its link.
fn is_right(deployed: &DeployedLab, link: &Link) -> bool {
    let world = deployed.lab.world();
    let present = link.present(&world).into_iter().map(|(address, _)| address);
    present.collect::<BTreeSet<SocketAddr>>() == link.members(&world)
}

/// What a binding ended with.
fn end<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let bindings = answer["bindings"].as_array().expect("a list");
    let binding = bindings.iter().find(|binding| binding["name"] == name);
    binding.unwrap_or_else(|| panic!("no {name} in {answer:#}"))
}

/// How each binding ended, and the word of its reason.
fn ends(answer: &Value) -> Vec<(&str, &str, Option<&str>)> {
    let bindings = answer["bindings"].as_array().expect("a list").iter();
    bindings
        .map(|binding| {
            (
                binding["name"].as_str().expect("a name"),
                binding["status"].as_str().expect("a status"),
                binding["reason"]["code"].as_str(),
            )
        })
        .collect()
}

/// Changes the world, and sweeps until every group is right. No group may be empty on the way.
async fn swept(deployed: &DeployedLab, what: &str, change: impl FnOnce(&mut World)) {
    change(&mut deployed.lab.world());
    for _ in 0..8 {
        deployed.ask(json!({})).await;
        if deployed.links.iter().all(|link| is_right(deployed, link)) {
            break;
        }
    }
    for link in &deployed.links {
        assert!(
            is_right(deployed, link),
            "{what}: {} holds {:?}, and there belong {:?}\n{}",
            link.name,
            deployed.present(link),
            link.members(&deployed.lab.world()),
            deployed.log()
        );
        assert!(deployed.was_never_empty(link), "{what}: {} was empty", link.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_settles_without_a_write_and_says_by_which_key() {
    let deployed = begin().await;
    let answer = deployed.ask(json!({})).await;
    assert_eq!(answer["ok"], true, "{answer:#}");
    assert_eq!(ends(&answer).len(), 2 + SETS.len());
    for (name, status, reason) in ends(&answer) {
        assert_eq!((status, reason), ("settled", None), "{name}: {answer:#}");
    }
    assert_eq!(deployed.writes(), [""; 0]);

    for (name, _) in SETS {
        let evidence = &end(&answer, name)["evidence"];
        let members = link(&deployed, name).members(&deployed.lab.world());
        let addresses: Vec<String> = members.iter().map(|member| member.ip().to_string()).collect();
        if ["orders-readers", "orders-reports"].contains(&name) {
            let instance = |number: usize| format!("orders-{}", number + 2);
            let listed = addresses.iter().enumerate();
            let listed: Vec<Value> = listed
                .map(|(number, address)| json!({"instance": instance(number), "address": address}))
                .collect();
            assert_eq!(*evidence, json!({"topology": {"members": listed}}), "{name}");
        } else {
            assert_eq!(*evidence, json!({"dns": {"addresses": addresses}}), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_is_followed_by_the_writer_its_readers_and_its_custom_endpoint() {
    let deployed = begin().await;
    let fail_over = |world: &mut World| {
        world.failover_db_cluster("orders", Some("orders-2")).expect("it is available");
    };
    // The subscription's own events cause it; the test does not invoke the function.
    deployed.follows(deployed.orders(), fail_over).await;
    for name in ["orders-readers", "orders-reports"] {
        deployed.until(name, || is_right(&deployed, link(&deployed, name)).then_some(())).await;
        assert!(deployed.was_never_empty(link(&deployed, name)), "{name}");
    }
    swept(&deployed, "a failover", |_| {}).await;
    let reports = deployed.present(link(&deployed, "orders-reports"));
    assert_eq!(reports.len(), 1, "a promoted member leaves a list for readers: {reports:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_in_a_replaced_node_and_a_host_that_moves_are_followed_by_sweeps_alone() {
    let deployed = begin().await;
    swept(&deployed, "a scale-in", |world| {
        world.remove_reader("orders-3").expect("it is a reader");
        world.sns.take_deliveries();
    })
    .await;
    swept(&deployed, "a scale-out", |world| {
        world.add_reader("orders", "orders-4", Some(Zone::C)).expect("a good name");
        world.sns.take_deliveries();
    })
    .await;
    swept(&deployed, "replaced nodes", |world| {
        for endpoint in [None, Some("front-ro")] {
            world.move_proxy_address("front", endpoint, Zone::B).expect("it has one");
        }
        let machines = [machine(1, 210), machine(2, 211), machine(3, 210)];
        world.move_host(HOST, 5432, &machines, Move::AtOnce);
    })
    .await;
}

/// A region in which a deployment of `orders` can be switched over.
fn deployed(scene: &mut Scene) {
    kinds::add(scene);
    scene.world.add_blue_green("orders").expect("it is available");
    scene.world.sns.take_deliveries();
}

/// Switches over, sends the function the events of RDS, and returns its answer to the last one.
async fn switch_over(deployed: &DeployedLab) -> Ending {
    let deployment = {
        let mut world = deployed.lab.world();
        let deployment = world.rds.deployments().next().expect("there is one").identifier.clone();
        let begun = world.switchover_blue_green_deployment(&deployment);
        begun.expect("it is available");
        deployment
    };
    let told = async |id: &str| {
        let now = deployed.lab.world().timestamp();
        deployed.deliver(&sns(id, "blue-green-deployment", &deployment, now)).await
    };
    told("RDS-EVENT-0247").await;
    deployed
        .until("the switchover is over", || {
            let world = deployed.lab.world();
            let told = world.events.history().any(|event| event.id == 248);
            told.then_some(())
        })
        .await;
    told("RDS-EVENT-0248").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switchover_of_a_deployment_is_followed_by_the_writer_and_the_readers() {
    let without_reports = |scene: &mut Scene| {
        deployed(scene);
        scene.links.retain(|link| link.name != "orders-reports");
    };
    let deployed = DeployedLab::with(without_reports, |config| config).await;
    let blue = deployed.writer(deployed.orders());
    let ending = switch_over(&deployed).await;
    let answer = ending.answer().unwrap_or_else(|| panic!("{ending:?}"));
    assert_eq!(answer["ok"], true, "{answer:#}");
    swept(&deployed, "a switchover", |_| {}).await;
    assert_ne!(deployed.writer(deployed.orders()), blue, "green writes");
}

/// What happens to a custom endpoint in a switchover is neither documented nor measured. The lab
/// leaves it with blue, which has another name then.
#[tokio::test(flavor = "multi_thread")]
async fn a_custom_endpoint_that_goes_away_with_blue_is_held_and_keeps_its_targets() {
    let deployed = DeployedLab::with(deployed, |config| config).await;
    let before = deployed.present(link(&deployed, "orders-reports"));
    switch_over(&deployed).await;
    let answer = deployed.ask(json!({})).await;
    let reports = end(&answer, "orders-reports");
    assert_eq!(
        (&reports["status"], &reports["reason"]["code"]),
        (&json!("held"), &json!("misnamed")),
        "{answer:#}"
    );
    assert_eq!(deployed.present(link(&deployed, "orders-reports")), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_has_become_a_global_secondary_is_idle_and_not_an_error() {
    let global = |scene: &mut Scene| {
        kinds::add(scene);
        scene.world.rds.make_global_primary("orders", "world").expect("it exists");
    };
    let deployed = DeployedLab::with(global, |config| config).await;
    let before = deployed.present(deployed.orders());
    let far = "arn:aws:rds:us-east-1:111122223333:cluster:far";
    deployed.lab.world().demote_primary("orders", far, Shift::Switchover).expect("it is a primary");
    let mut answer = Value::Null;
    for _ in 0..20 {
        answer = deployed.ask(json!({})).await;
        if end(&answer, "orders-writer")["status"] == "idle" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(answer["ok"], true, "{answer:#}");
    let writer = end(&answer, "orders-writer");
    assert_eq!(
        (&writer["status"], &writer["reason"]["code"]),
        (&json!("idle"), &json!("global-secondary")),
        "{answer:#}"
    );
    assert_eq!(deployed.present(deployed.orders()), before);
    // An event's run that ends idle is no invocation error.
    let now = deployed.lab.world().timestamp();
    let ending = deployed.deliver(&sns("RDS-EVENT-0071", "db-cluster", "orders", now)).await;
    assert_eq!(ending.answer().expect("an answer")["ok"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_list_of_proxies_holds_the_proxies_and_nobody_else() {
    let deployed = begin().await;
    let denied = Fault::on("DescribeDBProxies", Effect::AccessDenied);
    deployed.lab.world().faults.add(denied);
    let answer = deployed.ask(json!({})).await;
    assert_eq!(answer["ok"], false);
    for (name, status, reason) in ends(&answer) {
        let wanted = if name.starts_with("front") {
            ("held", Some("access-denied"))
        } else {
            ("settled", None)
        };
        assert_eq!((status, reason), wanted, "{name}: {answer:#}");
    }
    let remedy = end(&answer, "front")["reason"]["remedy"].as_str().unwrap_or_default();
    assert!(remedy.contains("rds:DescribeDBProxies"), "{remedy}");
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_available_yet_is_idle() {
    let creating = |scene: &mut Scene| {
        kinds::add(scene);
        let world = &mut scene.world;
        world.add_proxy("late", EngineFamily::Postgresql, &Zone::ALL).expect("a good name");
        world.rds.show_proxy_status("late", Status::Creating).expect("it exists");
        scene.links[2].source = "proxy/late".parse().expect("a good source");
    };
    let deployed = DeployedLab::with(creating, |config| config).await;
    let answer = deployed.ask(json!({"bindings": ["orders-readers"]})).await;
    let late = end(&answer, "orders-readers");
    assert_eq!(
        (&answer["ok"], &late["status"], &late["reason"]["code"]),
        (&json!(true), &json!("idle"), &json!("source-idle")),
        "{answer:#}"
    );
    assert_eq!(deployed.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_followed_is_asked_for() {
    for (bindings, asked) in [
        (json!(["orders-writer"]), vec!["DescribeDBClusters", "DescribeDBInstances"]),
        (json!(["front"]), vec!["DescribeDBProxies", "DescribeDBProxyEndpoints"]),
        (json!(["corp"]), vec![]),
        (
            json!(["orders-reports"]),
            vec!["DescribeDBClusterEndpoints", "DescribeDBClusters", "DescribeDBInstances"],
        ),
    ] {
        let deployed = begin().await;
        let answer = deployed.ask(json!({"bindings": bindings})).await;
        assert_eq!(answer["ok"], true, "{answer:#}");
        let world = deployed.lab.world();
        let of_rds = world.calls.iter().map(|call| call.operation.as_str());
        let of_rds: BTreeSet<&str> = of_rds.filter(|call| call.starts_with("DescribeDB")).collect();
        assert_eq!(of_rds, asked.into_iter().collect(), "{bindings}");
    }
}
