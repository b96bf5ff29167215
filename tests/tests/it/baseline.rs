//! Tests that the baseline in `tests/baseline/` behaves as its README says: it follows a completed
//! failover, and has the habits of published updaters.

use std::fs::File;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use writerlink_lab::fault::NameEffect;
use writerlink_lab::scene::{Link, Scene};
use writerlink_lab::wire::{Ending, Invocation, Invoked, Kind, Lab, Options};
use writerlink_lab::world::{Pace, World};
use writerlink_tests::deployed_lab::aws;
use writerlink_tests::python::{python, tests_dir};
use writerlink_tests::skip::available;

const PATIENCE: Duration = Duration::from_secs(60);

/// A region with the baseline as its Lambda.
struct Baseline {
    lab: Lab,
    links: Vec<Link>,
    child: Child,
    home: TempDir,
}

impl Baseline {
    async fn begin(scene: Scene, python: PathBuf) -> Self {
        let lab = Lab::start(scene.world, Options::default()).await.expect("loopback has ports");
        let home = TempDir::new().expect("there is room for temporary files");
        let log = File::create(home.path().join("log")).expect("a new directory can be written to");
        let child = Command::new(tests_dir().join("baseline/run"))
            .envs(aws(&lab))
            .env("AWS_LAMBDA_RUNTIME_API", lab.runtime_api())
            .env("WRITERLINK_LAB", settings(&lab, &scene.links).to_string())
            .env("WRITERLINK_PYTHON", python)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has a second handle"))
            .stderr(log)
            .spawn()
            .expect("the launcher can be run");
        Self { lab, links: scene.links, child, home }
    }

    fn orders(&self) -> &Link {
        &self.links[0]
    }

    /// Invokes it once, and gives its answer.
    async fn ask(&self) -> Value {
        let invoked =
            tokio::time::timeout(PATIENCE, self.lab.invoke("writerlink", "{}", Kind::Sync)).await;
        match invoked {
            Ok(Ok(Invoked::Ended(_, ending))) => {
                ending.answer().unwrap_or_else(|| panic!("{ending:?}\n{}", self.log()))
            }
            other => panic!("{other:?}\n{}", self.log()),
        }
    }

    /// The addresses of a group's present targets.
    fn present(&self, link: &Link) -> Vec<IpAddr> {
        let present = link.present(&self.lab.world());
        present.into_iter().map(|(address, _)| address.ip()).collect()
    }

    /// What it wrote, in order.
    fn writes(&self) -> Vec<String> {
        let world = self.lab.world();
        let written =
            world.calls.iter().filter(|call| call.parameters.contains_key("Targets.member.1.Id"));
        written
            .map(|call| format!("{} {}", call.operation, call.parameters["Targets.member.1.Id"]))
            .collect()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Baseline {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nothing left to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value of `WRITERLINK_LAB`, which every program under test gets from the lab.
fn settings(lab: &Lab, links: &[Link]) -> Value {
    let world = lab.world();
    let links: Vec<Value> = links
        .iter()
        .map(|link| {
            json!({
                "name": link.name, "source": link.source.to_string(),
                "endpoint": endpoint(&world, link), "port": link.port,
                "target_group": link.group,
            })
        })
        .collect();
    json!({"dns": lab.dns().to_string(), "links": links})
}

fn endpoint(world: &World, link: &Link) -> String {
    match link.name.as_str() {
        "billing" => world.instance_endpoint(link.database()),
        _ => world.cluster_endpoint(link.database()),
    }
}

fn address(world: &World, instance: &str) -> IpAddr {
    world.rds.instance_address(instance).expect("an instance has an address")
}

fn point(world: &mut World, link: &Link, effect: NameEffect) {
    let (name, now) = (endpoint(world, link), world.now());
    world.faults.add_name(&name, effect, now, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_is_over_is_followed_by_one_invocation() {
    let Some(python) = available(python()) else { return };
    let mut scene = Scene::new(Pace::brisk()).expect("a good scene");
    scene.world.failover_db_cluster("orders", Some("orders-2")).expect("a failover");
    scene.world.pass(PATIENCE);
    // Its events are not what invokes it here.
    scene.world.sns.take_deliveries();
    let (old, new) = (address(&scene.world, "orders-1"), address(&scene.world, "orders-2"));
    let baseline = Baseline::begin(scene, python).await;
    assert_eq!(baseline.present(baseline.orders()), [old]);
    let answer = baseline.ask().await;
    assert_eq!(baseline.present(baseline.orders()), [new], "{}", baseline.log());
    assert_eq!(
        baseline.writes(),
        [format!("RegisterTargets {new}"), format!("DeregisterTargets {old}")]
    );
    let target = |address: IpAddr| json!([{"Id": address, "Port": 5432}]);
    assert_eq!(
        answer["orders-writer"],
        json!({"registered": target(new), "deregistered": target(old)})
    );
    assert_eq!(answer["billing"], json!({"registered": [], "deregistered": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_before_dns_has_moved_changes_nothing_and_is_a_success() {
    let Some(python) = available(python()) else { return };
    let pace = Pace { dns_lag: Duration::from_secs(3600), ..Pace::brisk() };
    let scene = Scene::new(pace).expect("a good scene");
    let old = address(&scene.world, "orders-1");
    let baseline = Baseline::begin(scene, python).await;
    baseline.lab.world().failover_db_cluster("orders", Some("orders-2")).expect("a failover");
    // The region's own events invoke it: RDS-EVENT-0073 at the beginning, RDS-EVENT-0071 once the
    // failover has completed.
    let events = async {
        loop {
            let ended: Vec<Invocation> = baseline.lab.invocations();
            if ended.iter().filter(|invocation| invocation.ending.is_some()).count() == 2 {
                return ended;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let events = tokio::time::timeout(PATIENCE, events).await;
    let events =
        events.unwrap_or_else(|_| panic!("{:?}\n{}", baseline.lab.invocations(), baseline.log()));
    for (event, id) in events.iter().zip(["RDS-EVENT-0073", "RDS-EVENT-0071"]) {
        assert!(event.payload.contains(id), "{}", event.payload);
        let answer = event.ending.as_ref().and_then(Ending::answer);
        let nothing = json!({"registered": [], "deregistered": []});
        assert_eq!(answer.expect("an answer")["orders-writer"], nothing);
    }
    assert_eq!(baseline.writes(), [""; 0]);
    assert_eq!(baseline.present(baseline.orders()), [old]);
    let writer = baseline.orders().writer(&baseline.lab.world()).map(|writer| writer.instance);
    assert_eq!(writer.as_deref(), Some("orders-2"), "the group is left on a reader");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_exist_changes_nothing_and_holds_up_no_other_link() {
    let Some(python) = available(python()) else { return };
    let mut scene = Scene::new(Pace::brisk()).expect("a good scene");
    let (old, new) = (address(&scene.world, "billing"), "10.20.3.9".parse().expect("an address"));
    point(&mut scene.world, &scene.links[0], NameEffect::NxDomain);
    point(&mut scene.world, &scene.links[1], NameEffect::Addresses(vec![new]));
    let baseline = Baseline::begin(scene, python).await;
    let answer = baseline.ask().await;
    let error = answer["orders-writer"]["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("NXDOMAIN"), "{answer:#}");
    assert_eq!(
        baseline.writes(),
        [format!("RegisterTargets {new}"), format!("DeregisterTargets {old}")]
    );
    assert!(baseline.log().contains("orders-writer: not followed"), "{}", baseline.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failback_inside_the_drain_leaves_the_baselines_group_without_a_target() {
    let Some(python) = available(python()) else { return };
    let scene = Scene::new(Pace::brisk()).expect("a good scene");
    let first = address(&scene.world, "orders-1");
    let second = address(&scene.world, "orders-2");
    let baseline = Baseline::begin(scene, python).await;
    point(&mut baseline.lab.world(), baseline.orders(), NameEffect::Addresses(vec![second]));
    baseline.ask().await;
    assert_eq!(baseline.present(baseline.orders()), [second], "{}", baseline.log());
    // The first target drains for some 18 s, and is listed meanwhile.
    point(&mut baseline.lab.world(), baseline.orders(), NameEffect::Addresses(vec![first]));
    let answer = baseline.ask().await;
    assert_eq!(answer["orders-writer"]["registered"], json!([]), "{answer:#}");
    assert!(baseline.present(baseline.orders()).is_empty(), "{}", baseline.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_ends_with_the_process_that_was_started() {
    let Some(python) = available(python()) else { return };
    let scene = Scene::new(Pace::brisk()).expect("a good scene");
    let mut baseline = Baseline::begin(scene, python).await;
    baseline.ask().await;
    baseline.child.kill().expect("it runs");
    baseline.child.wait().expect("it was started here");
    let queued = baseline.lab.invoke("writerlink", "{}", Kind::Async).await;
    assert!(queued.is_ok(), "{queued:?}");
    // A handler that lived on would answer this within milliseconds.
    let is_answered = baseline.lab.is_quiet_within(Duration::from_secs(2)).await;
    assert!(!is_answered, "{:?}", baseline.lab.invocations());
}

#[test]
fn a_python_that_lacks_something_is_told_with_the_command_that_installs_it() {
    if available(python()).is_none() {
        return;
    }
    let home = TempDir::new().expect("there is room for temporary files");
    let bare = home.path().join("bare-python");
    // Without its site-packages an interpreter has nothing but its own library.
    std::fs::write(&bare, "#!/bin/sh\nexec python3 -I -S \"$@\"\n")
        .expect("a new directory can be written to");
    let made = Command::new("chmod").arg("+x").arg(&bare).status();
    assert!(made.is_ok_and(|status| status.success()));
    let output = Command::new(tests_dir().join("baseline/run"))
        .env("WRITERLINK_PYTHON", &bare)
        .output()
        .expect("the launcher can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    let command = format!("{} -m pip install awslambdaric boto3 dnspython\n", bare.display());
    assert!(said.ends_with(&command), "{said}");
    assert_eq!(output.status.code(), Some(1));
}
