//! Tests our adapters, and the run on them, against moto. `src/moto.rs` lists how moto differs from
//! AWS.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use writerlink_aws::clock::MachineClock;
use writerlink_aws::{Clients, ReadPorts};
use writerlink_core::config::{Config, Location};
use writerlink_core::drive::{drive, read_topology};
use writerlink_core::event::{Event, EventId, SourceType, Trigger, TriggerKind};
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::{TargetGroupRead, TargetGroupWrite};
use writerlink_core::run::Run;
use writerlink_core::target::{Family, Registration, Target, TargetGroupArn, TargetState};
use writerlink_core::topology::Scope;
use writerlink_core::topology::Standby;
use writerlink_lab::fault::NameEffect;
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::World;
use writerlink_tests::moto::{Moto, REGION};
use writerlink_tests::skip::available;

/// More than a page of instances.
const CROWD: usize = 105;

fn clients(moto: &Moto) -> Clients {
    Clients::at(&moto.endpoint(), REGION).expect("a Region")
}

fn readers(moto: &Moto) -> ReadPorts {
    let nobody = "127.0.0.1:53".parse().expect("an address");
    clients(moto).read_ports(&[nobody]).expect("servers are given")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn group(seeded: &Value, name: &str) -> TargetGroupArn {
    text(&seeded["groups"][name]).parse().expect("a group has an ARN")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topology_of_several_pages_is_read_whole_and_shows_a_failover() {
    let Some(moto) = available(Moto::start()) else { return };
    let seeded = moto.seed(CROWD);
    let rds = readers(&moto).rds;
    let topology =
        read_topology(&rds, Scope::DATABASES, &MachineClock::start()).await.expect("a topology");
    assert_eq!(topology.instances.len(), CROWD + 3);
    let orders = &topology.clusters[&"orders".parse().expect("an id")];
    let writers = |cluster: &writerlink_core::topology::Cluster| {
        let members = cluster.members.iter().map(|m| (m.instance.to_string(), m.writer));
        members.collect::<Vec<_>>()
    };
    assert_eq!(writers(orders), [("orders-1".to_owned(), true), ("orders-2".to_owned(), false)]);
    assert_eq!(orders.endpoint.as_ref().map(ToString::to_string), Some(text(&seeded["cluster"])));
    assert_eq!((orders.port, orders.status.as_str()), (Some(5432), "available"));

    let billing = &topology.instances[&"billing".parse().expect("an id")];
    assert_eq!(
        billing.endpoint.as_ref().map(ToString::to_string),
        Some(text(&seeded["instances"]["billing"]))
    );
    assert_eq!((billing.vpc.clone(), &billing.cluster), (Some(text(&seeded["vpc"])), &None));
    assert_eq!(billing.standby, Standby::RefusesTcp, "it is a Multi-AZ one of PostgreSQL");

    moto.fail_over();
    let topology =
        read_topology(&rds, Scope::DATABASES, &MachineClock::start()).await.expect("a topology");
    let orders = &topology.clusters[&"orders".parse().expect("an id")];
    assert_eq!(writers(orders), [("orders-1".to_owned(), false), ("orders-2".to_owned(), true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_are_read_registered_and_deregistered_as_boto3_sees_them() {
    let Some(moto) = available(Moto::start()) else { return };
    let seeded = moto.seed(0);
    let (groups, writer) = (readers(&moto).groups, clients(&moto).writer());
    let orders = group(&seeded, "orders");

    let listed = groups.describe(std::slice::from_ref(&orders)).await.expect("an answer");
    let [(arn, Ok(found))] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(arn, &orders);
    assert_eq!(
        (found.target_type.as_str(), found.protocol.as_str(), found.family),
        ("ip", "TCP", Family::V4)
    );
    assert_eq!((found.vpc.clone(), found.in_use), (Some(text(&seeded["vpc"])), true));

    let old = Target {
        address: "10.20.2.9:5432".parse().expect("an address"),
        zone: None,
        state: TargetState::Healthy,
        reason: None,
    };
    let before = groups.targets(&orders).await.expect("targets");
    assert_eq!(before, [old]);
    let new = Registration { address: "10.20.1.7:5432".parse().expect("an address"), zone: None };
    writer.register(&orders, &new).await.expect("it is taken");
    assert_eq!(moto.targets("orders"), json!(["10.20.1.7:5432", "10.20.2.9:5432"]));
    writer.deregister(&orders, &before).await.expect("it is taken");
    assert_eq!(moto.targets("orders"), json!(["10.20.1.7:5432"]));

    let unknown =
        writer.deregister(&orders, &before).await.expect_err("moto refuses what AWS would take");
    assert_eq!(unknown.failure, Failure::Rejected(Rejection::Invalid));
    assert!(
        unknown.detail.starts_with("InvalidTarget: The specified target does not exist"),
        "{unknown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_published_with_its_subject_and_what_is_gone_is_not_found_by_any_call() {
    let Some(moto) = available(Moto::start()) else { return };
    let seeded = moto.seed(0);
    let (groups, writer, notifier) =
        (readers(&moto).groups, clients(&moto).writer(), clients(&moto).notifier());
    let topic = text(&seeded["topic"]);
    notifier.publish(&topic, "orders: changed", "é & <done>").await.expect("published");
    assert_eq!(moto.inbox(), json!([{"subject": "orders: changed", "message": "é & <done>"}]));

    let refusal = notifier.publish(&format!("{topic}-gone"), "s", "t").await.expect_err("no topic");
    assert_eq!(refusal.failure, Failure::Rejected(Rejection::NotFound), "{refusal}");
    let gone: TargetGroupArn =
        format!("{}0", text(&seeded["groups"]["orders"])).parse().expect("an ARN");
    let target = Target {
        address: "10.20.2.9:5432".parse().expect("an address"),
        zone: None,
        state: TargetState::Healthy,
        reason: None,
    };
    let registration = Registration { address: target.address, zone: None };
    for CallError { call, failure, detail } in [
        groups.describe(std::slice::from_ref(&gone)).await.expect_err("no group"),
        groups.targets(&gone).await.expect_err("no group"),
        writer.register(&gone, &registration).await.expect_err("no group"),
        writer.deregister(&gone, &[target]).await.expect_err("no group"),
    ] {
        assert_eq!(failure, Failure::Rejected(Rejection::NotFound), "{call}: {detail}");
        assert_eq!(detail, "TargetGroupNotFound: One or more target groups not found", "{call}");
    }
}

const SETS: Scope = Scope { custom_endpoints: true, proxies: true, ..Scope::DATABASES };

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_that_moto_lacks_are_unknown_and_never_empty_and_the_others_stay_readable() {
    let Some(moto) = available(Moto::start()) else { return };
    moto.seed(0);
    let made = moto.seed_sets();
    assert!(text(&made["proxy"]).starts_with("front."), "moto has proxies: {made}");
    let topology = read_topology(&readers(&moto).rds, SETS, &MachineClock::start())
        .await
        .expect("databases are listed");
    assert_eq!(topology.clusters.len(), 1);
    // A proxy without the list of its endpoints would look like one whose endpoints were deleted.
    for (refusal, call) in [
        (topology.proxies.err(), "rds:DescribeDBProxyEndpoints"),
        (topology.custom_endpoints.err(), "rds:DescribeDBClusterEndpoints"),
    ] {
        assert_eq!(refusal.expect("moto does not know the operation").call, call);
    }
}

/// Where the databases of the run below listen. moto knows no addresses.
const ORDERS_1: &str = "10.20.1.7";
const ORDERS_2: &str = "10.20.2.8";
const BILLING: &str = "10.20.1.11";

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_is_followed_by_event_and_sweep_as_api_and_dns_move() {
    let Some(moto) = available(Moto::start()) else { return };
    let seeded = moto.seed(0);
    let names = Names::of(&seeded).await;
    let config = configuration(&seeded, &names);
    let run = async |trigger: Trigger| run(&config, &moto, &trigger).await;
    let sweep = || Trigger::sweep(TriggerKind::Schedule);
    let event = || Trigger {
        events: vec![Event {
            id: Some(EventId(71)),
            about: SourceType::Cluster,
            source: "orders".parse().ok(),
            time: Some(Timestamp::now()),
        }],
        ..Trigger::sweep(TriggerKind::Sns)
    };

    names.point_orders_to("orders-1", ORDERS_1);
    assert_eq!(run(sweep()).await, ["orders changed: 10.20.1.7", "billing changed: 10.20.1.11"]);

    moto.fail_over();
    let added = ["orders held keys-disagree: 10.20.1.7 10.20.2.8"];
    assert_eq!(run(event()).await, added, "added on the API's word, and nothing else is looked at");

    names.point_orders_to("orders-2", ORDERS_2);
    let removed = ["orders changed: 10.20.2.8", "billing settled: 10.20.1.11"];
    assert_eq!(run(sweep()).await, removed, "removed when DNS agreed");
    assert_eq!(run(sweep()).await, ["orders settled: 10.20.2.8", "billing settled: 10.20.1.11"]);
    assert_eq!(moto.targets("orders"), json!(["10.20.2.8:5432"]));
}

/// Answers for the endpoint names of a moto.
struct Names {
    lab: Lab,
    cluster: String,
    seeded: Value,
}

impl Names {
    async fn of(seeded: &Value) -> Self {
        let lab = Lab::start(World::new(Timestamp::now()), Options::default()).await;
        let names = Self {
            lab: lab.expect("loopback has ports"),
            cluster: text(&seeded["cluster"]),
            seeded: seeded["instances"].clone(),
        };
        for (instance, address) in
            [("orders-1", ORDERS_1), ("orders-2", ORDERS_2), ("billing", BILLING)]
        {
            names.answer(
                &text(&names.seeded[instance]),
                NameEffect::Addresses(vec![address_of(address)]),
            );
        }
        names
    }

    fn point_orders_to(&self, instance: &str, address: &str) {
        let alias = text(&self.seeded[instance]);
        self.answer(&self.cluster, NameEffect::Alias(alias, vec![address_of(address)]));
    }

    fn answer(&self, name: &str, effect: NameEffect) {
        let mut world = self.lab.world();
        let now = world.now();
        world.faults.add_name(name, effect, now, None);
    }
}

fn address_of(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn configuration(seeded: &Value, names: &Names) -> Config {
    let binding = |name: &str, source: &str| {
        let group = text(&seeded["groups"][name]);
        format!(
            "[[binding]]\nname = \"{name}\"\nsource = \"{source}\"\ntarget-group = \"{group}\"\n"
        )
    };
    let text = format!(
        "allow = [\"10.20.0.0/16\"]\n[dns]\nservers = [\"{}\"]\n[timing]\nsettle = 1\nsweep = \
         2\npatience = 3\n{}{}",
        names.lab.dns(),
        binding("orders", "cluster/orders"),
        binding("billing", "instance/billing")
    );
    Config::parse(&text, &Location::Inline(text.clone())).expect("a good configuration")
}

/// Runs, and says how each binding ended and what its group holds then.
async fn run(config: &Config, moto: &Moto, trigger: &Trigger) -> Vec<String> {
    let clients = clients(moto);
    let readers = clients.read_ports(&config.dns_servers).expect("servers are given");
    let run = Run::new(config, trigger, Timestamp::now(), Duration::from_secs(60));
    let report =
        drive(run, &readers, Some(&clients.writer()), &MachineClock::start(), &mut ()).await;
    let mut ends = Vec::new();
    for (end, binding) in report.bindings.iter().zip(config.usable()) {
        let reason =
            end.reason.as_ref().map(|reason| format!(" {}", reason.code)).unwrap_or_default();
        let targets = readers.groups.targets(&binding.target_group).await.expect("targets");
        let held: Vec<String> =
            targets.iter().map(|target| target.address.ip().to_string()).collect();
        ends.push(format!("{} {}{reason}: {}", end.name, end.status.as_str(), held.join(" ")));
    }
    ends
}
