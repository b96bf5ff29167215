//! Tests third-party clients against our servers, and our adapters against third-party servers.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use writerlink_aws::Clients;
use writerlink_aws::clock::MachineClock;
use writerlink_core::config::{Config, Location};
use writerlink_core::drive::{drive, read_topology};
use writerlink_core::event::{Trigger, TriggerKind};
use writerlink_core::report::{Report, Status};
use writerlink_core::run::Run;
use writerlink_core::source::Identifier;
use writerlink_core::topology::{ProxyEndpoint, Scope};
use writerlink_lab::fault::NameEffect;
use writerlink_lab::scene::Scene;
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::rds::{Engine, MultiAz};
use writerlink_lab::world::{Pace, World};
use writerlink_lab::world_file::WorldFile;
use writerlink_tests::ministack::{Ministack, REGION};
use writerlink_tests::python::{python, tests_dir};
use writerlink_tests::skip::available;

#[tokio::test(flavor = "multi_thread")]
async fn boto3_drives_the_lab_and_sees_what_aws_would_show() {
    let Some(python) = available(python()) else {
        return;
    };
    let file = WorldFile::read(include_str!("../../python/lab_boto3.toml"), "lab_boto3.toml");
    let file = file.expect("a good file");
    let mut world = file.scene(file.pace()).expect("a good world").world;
    for number in 0..22 {
        let name = format!("page-{number:02}");
        world.add_instance(&name, MultiAz::No, Engine::Mysql).expect("a good name");
    }
    let lab = Lab::start(world, Options::default()).await.expect("loopback has ports");
    let mut command = Command::new(python);
    command.arg(tests_dir().join("python/lab_boto3.py")).arg(lab.aws_endpoint());
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"))
        .await
        .expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.lines().count() >= 30, "it claims more than that: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_lambda_under_awslambdaric_hears_of_a_failover_through_sns() {
    let Some(python) = available(python()) else { return };
    let mut scene = Scene::new(Pace::brisk()).expect("a good scene");
    scene.world.failover_db_cluster("orders", None).expect("failover");
    let lab = Lab::start(scene.world, Options::default()).await.expect("loopback has ports");
    let child = Command::new(python)
        .args(["-m", "awslambdaric", "echo_handler.handler"])
        .current_dir(tests_dir().join("python"))
        .env("AWS_LAMBDA_RUNTIME_API", lab.runtime_api())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let _guard = Ended(child);
    let answers = || {
        let ended =
            lab.invocations().into_iter().filter_map(|invocation| invocation.ending?.answer());
        ended.filter(|answer| answer["subject"] == "RDS Notification Message").collect::<Vec<_>>()
    };
    let began = std::time::Instant::now();
    while answers().len() < 2 && began.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let heard: Vec<String> = answers().iter().map(|answer| answer["message"].to_string()).collect();
    assert!(heard.len() >= 2, "{:?}", lab.invocations());
    assert!(
        heard[0].contains("RDS-EVENT-0073") && heard[1].contains("RDS-EVENT-0071"),
        "{heard:?}"
    );
    assert!(
        answers()[0]["function"].as_str().is_some_and(|arn| arn.ends_with(":function:writerlink"))
    );
}

/// A process that ends with its value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The name that every endpoint of ministack has. It has no DNS server, so the lab's says where the
/// name leads.
const NAME: &str = "writer.db.test";

#[tokio::test(flavor = "multi_thread")]
async fn our_adapters_put_the_groups_of_ministack_right() {
    let Some(ministack) = available(Ministack::start(NAME)) else {
        return;
    };
    let seeded = ministack.seed();
    let names = Lab::start(World::new(Timestamp::now()), Options::default())
        .await
        .expect("loopback has ports");
    let point_to = |address: &str| {
        let addresses = vec![address.parse().expect("an address")];
        let mut world = names.world();
        let now = world.now();
        world.faults.add_name(NAME, NameEffect::Addresses(addresses), now, None);
    };
    // Where a database of ministack listens is for its containers to say.
    let binding = |name: &str, source: &str| {
        let group = seeded["groups"][name].as_str().expect("a group has an ARN");
        format!(
            "[[binding]]\nname = \"{name}\"\nsource = \"{source}\"\ntarget-group = \
             \"{group}\"\nport = 5432\nport-differs = \"allowed\"\n"
        )
    };
    let text = format!(
        "allow = [\"10.20.0.0/16\"]\n[dns]\nservers = [\"{}\"]\n[timing]\nsettle = 1\n{}{}",
        names.dns(),
        binding("orders", "cluster/orders"),
        binding("billing", "instance/billing")
    );
    let config =
        Config::parse(&text, &Location::Inline(text.clone())).expect("a good configuration");

    point_to("10.20.1.7");
    let report = reconcile(&config, &ministack.endpoint()).await;
    let ends: Vec<Status> = report.bindings.iter().map(|binding| binding.status).collect();
    // Its orders group held 10.20.2.9. For a single-AZ instance the removal waits for a target that
    // is seen healthy.
    assert_eq!(ends, [Status::Changed, Status::Changed], "{report:#?}");
    let state = ministack.state();
    assert_eq!(state["targets"]["orders"], serde_json::json!(["10.20.1.7:5432"]));
    assert_eq!(state["targets"]["billing"], serde_json::json!(["10.20.1.7:5432"]));

    ministack.fail_over();
    point_to("10.20.3.8");
    let report = reconcile(&config, &ministack.endpoint()).await;
    assert!(report.ok, "{report:#?}");
    assert_eq!(ministack.state()["targets"]["orders"], serde_json::json!(["10.20.3.8:5432"]));

    let writes = reconcile(&config, &ministack.endpoint()).await;
    assert!(writes.bindings.iter().all(|binding| binding.status == Status::Settled), "{writes:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_adapters_read_the_proxies_of_ministack() {
    let Some(ministack) = available(Ministack::start(NAME)) else {
        return;
    };
    ministack.seed();
    let made = ministack.seed_sets();
    let clients = Clients::at(&ministack.endpoint(), REGION).expect("a Region");
    let nobody = "127.0.0.1:53".parse().expect("an address");
    let rds = clients.read_ports(&[nobody]).expect("servers are given").rds;
    let scope = Scope { custom_endpoints: true, proxies: true, ..Scope::DATABASES };
    let topology =
        read_topology(&rds, scope, &MachineClock::start()).await.expect("databases are listed");
    let proxies = topology.proxies.expect("ministack has proxies");
    let front = &proxies[&"front".parse().expect("a name")];
    let told = |endpoint: &ProxyEndpoint| {
        let host = endpoint.endpoint.as_ref().map(ToString::to_string);
        (endpoint.status.clone(), host, endpoint.vpc.clone())
    };
    let wanted = |host: &Value| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        ("available".to_owned(), text(host), text(&made["vpc"]))
    };
    assert_eq!(front.port, Some(5432));
    assert_eq!(told(&front.default), wanted(&made["proxy"]));
    let further = &front.endpoints[&"front-ro".parse().expect("a name")];
    assert_eq!(told(further), wanted(&made["endpoint"]));
    // It lists the default endpoint a second time, by the proxy's own name.
    let names: Vec<&str> = front.endpoints.keys().map(Identifier::as_str).collect();
    assert_eq!(names, ["front", "front-ro"]);
    assert!(topology.custom_endpoints.is_err(), "ministack does not know the operation");
}

async fn reconcile(config: &Config, endpoint: &str) -> Report {
    let clients = Clients::at(endpoint, REGION).expect("a Region");
    let readers = clients.read_ports(&config.dns_servers).expect("servers are given");
    let run = Run::new(
        config,
        &Trigger::sweep(TriggerKind::Invoke),
        Timestamp::now(),
        Duration::from_secs(60),
    );
    drive(run, &readers, Some(&clients.writer()), &MachineClock::start(), &mut ()).await
}
