//! Each call against moto: what the reader reads is what boto3 reads.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use writerlink_aws::Clients;
use writerlink_aws::account::{AccountReader, Measurement, Metric, Peer, PortRange};
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_tests::moto::{Moto, REGION};
use writerlink_tests::skip::available;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

fn reader(moto: &Moto) -> AccountReader {
    Clients::at(&moto.endpoint(), REGION).unwrap().account_reader()
}

fn metric() -> Metric {
    Metric {
        namespace: "Writerlink".to_owned(),
        name: "BindingNotOk".to_owned(),
        dimensions: BTreeMap::from([("Binding".to_owned(), "orders & billing".to_owned())]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_reads_what_boto3_reads() {
    let Some(moto) = available(Moto::start()) else { return };
    let made = moto.seed_account();
    let reader = reader(&moto);
    let of_function = text(&made["link"]);

    let identity = reader.identity().await.unwrap();
    let services = reader.endpoint_services().await.unwrap();
    let read = json!({
        "identity": [identity.account, identity.arn],
        "subnets": reader.subnets(&[text(&made["other"]).to_owned()]).await.unwrap().iter()
            .map(|s| json!([s.id, s.vpc, s.zone, s.networks])).collect::<Vec<_>>(),
        "network_acls": network_acls(&reader, &made).await,
        "endpoint_services": services.iter()
            .map(|s| json!([s.id, s.name, s.state, s.acceptance_required, s.load_balancers]))
            .collect::<Vec<_>>(),
        "endpoint_principals":
            sorted(reader.endpoint_principals(text(&made["service"])).await.unwrap()),
        "balancers": reader.balancers().await.unwrap().iter().map(|b| {
            let subnets: Vec<_> = b.zones.iter().filter_map(|zone| zone.subnet.clone()).collect();
            json!([b.arn, b.name, b.kind, b.scheme, b.vpc, sorted(subnets)])
        }).collect::<Vec<_>>(),
        "listeners": sorted(reader.listeners(text(&made["balancer"])).await.unwrap().iter()
            .map(|l| (l.arn.clone(), l.port, l.forwards[0].group.clone())).collect()),
        "source_mappings": reader.source_mappings(of_function).await.unwrap().iter()
            .map(|m| json!([m.source, m.state])).collect::<Vec<_>>(),
        "queue_attributes": reader.queue_attributes(text(&made["queue"])).await.unwrap(),
        "topic_attributes": reader.topic_attributes(text(&made["topic"])).await.unwrap(),
    });
    for (method, read) in read.as_object().unwrap() {
        assert_eq!(read, &made[method], "{method}");
    }
}

async fn network_acls(reader: &AccountReader, made: &Value) -> Value {
    let acls = reader.network_acls(&[text(&made["other"]).to_owned()]).await.unwrap();
    let [acl] = acls.as_slice() else { panic!("{acls:?}") };
    let entries = acl.entries.iter().map(|e| (e.number, e.egress, e.allow, e.network.to_string()));
    json!([acl.id, sorted(acl.subnets.clone()), sorted(entries.collect())])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_security_group_and_its_prefix_list_are_read_whole() {
    let Some(moto) = available(Moto::start()) else { return };
    let made = moto.seed_account();
    let reader = reader(&moto);
    let databases = [text(&made["databases"]).to_owned()];
    let groups = reader.security_groups(&databases).await.unwrap();
    let [group] = groups.as_slice() else { panic!("{groups:?}") };
    let [rule] = group.ingress.as_slice() else { panic!("{group:?}") };
    assert_eq!(
        (rule.protocol.as_str(), rule.ports),
        ("tcp", Some(PortRange { from: 5432, to: 5433 }))
    );
    assert_eq!(
        rule.peers,
        [
            Peer::Network("10.20.0.0/16".parse().unwrap()),
            Peer::Network("fd12::/48".parse().unwrap()),
            Peer::Group(text(&made["clients"]).to_owned()),
            Peer::PrefixList(text(&made["prefix_list"]).to_owned()),
        ]
    );
    let [egress] = group.egress.as_slice() else { panic!("{group:?}") };
    assert_eq!((egress.protocol.as_str(), egress.ports), ("-1", None));
    let networks = reader.prefix_list(text(&made["prefix_list"])).await.unwrap();
    assert_eq!(networks, ["10.30.0.0/16".parse().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_read_with_what_starts_it_and_without_its_secrets() {
    let Some(moto) = available(Moto::start()) else { return };
    let made = moto.seed_account();
    let reader = reader(&moto);
    let link = text(&made["link"]);
    let function = reader.function(link).await.unwrap();
    assert_eq!(
        (function.arn.as_str(), function.name.as_str(), function.timeout),
        (link, "link", 300)
    );
    assert_eq!(function.variables.keys().collect::<Vec<_>>(), ["WRITERLINK_CONFIG"]);
    assert_eq!(reader.concurrency(link).await.unwrap(), Some(1));
    assert_eq!(reader.concurrency("bare").await.unwrap(), None);
    let policy = reader.function_policy(link).await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&policy).unwrap(), made["function_policy"]);
    assert_eq!(reader.function_policy("bare").await.unwrap(), None);
    let invoke = reader.event_invoke(link).await.unwrap().unwrap();
    assert_eq!((invoke.retries, invoke.longest_age), (Some(1), Some(600)));
    assert_eq!(invoke.on_failure.as_deref(), made["queue"].as_str());
    assert_eq!(reader.event_invoke("bare").await.unwrap(), None);

    let [listed] = reader.schedules().await.unwrap().try_into().unwrap();
    assert_eq!((listed.name.as_str(), listed.group.as_str()), ("sweep", "default"));
    let schedule = reader.schedule("default", "sweep").await.unwrap();
    assert_eq!((schedule.target.as_str(), schedule.state.as_str()), (link, "ENABLED"));
    assert_eq!(schedule.expression.as_deref(), Some("rate(1 minute)"));
    assert_eq!(schedule.input.as_deref(), Some(r#"{"trigger": "sweep"}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_have_their_metrics_and_statistics_are_in_order() {
    let Some(moto) = available(Moto::start()) else { return };
    let made = moto.seed_account();
    let reader = reader(&moto);
    let alarms = reader.alarms().await.unwrap();
    assert_eq!(alarms.len(), 2);
    for alarm in &alarms {
        assert_eq!(alarm.metrics, [metric()], "{}", alarm.name);
    }
    let plain = alarms.iter().find(|alarm| alarm.name == "plain").unwrap();
    assert_eq!(plain.actions, [text(&made["topic"])]);
    let at = |minute: &str| format!("2026-11-30T12:0{minute}:00Z").parse().unwrap();
    let measured = reader.measurements(&metric(), at("0"), at("5"), Duration::from_secs(60)).await;
    assert_eq!(
        measured.unwrap(),
        [
            Measurement { at: at("0"), sum: 4.0, maximum: 2.5 },
            Measurement { at: at("1"), sum: 4.0, maximum: 4.0 },
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_and_groups_are_read_through_the_sdk() {
    let Some(moto) = available(Moto::start()) else { return };
    let made = moto.seed_account();
    let reader = reader(&moto);
    let instances = reader.instances().await.unwrap();
    let billing = instances.iter().find(|instance| instance.id == "billing").unwrap();
    assert_eq!((billing.engine.as_str(), billing.multi_az), ("postgres", true));
    assert_eq!(billing.subnet_group.as_ref().unwrap().subnets.len(), 2);
    let clusters = reader.clusters().await.unwrap();
    assert_eq!(clusters[0].members.len(), 2);
    assert_eq!(reader.subnet_groups().await.unwrap()[0].name, "databases");
    let [subscription] = reader.event_subscriptions().await.unwrap().try_into().unwrap();
    assert_eq!(
        (subscription.name.as_str(), subscription.sources),
        ("orders-events", vec!["orders".to_owned()])
    );
    moto.seed_sets();
    assert_eq!(reader.proxies().await.unwrap()[0].name, "front");
    let orders = text(&made["groups"]["orders"]);
    let groups = reader.groups().await.unwrap();
    let group = groups.iter().find(|group| group.arn == orders).unwrap();
    assert_eq!((group.target_type.as_str(), group.health_check.protocol.as_str()), ("ip", "TCP"));
    assert_eq!(reader.targets(orders).await.unwrap()[0].address.to_string(), "10.20.2.9");
    assert!(!reader.group_attributes(orders).await.unwrap().is_empty());
    assert!(!reader.balancer_attributes(text(&made["balancer"])).await.unwrap().is_empty());
    let [subscription] =
        reader.topic_subscriptions(text(&made["topic"])).await.unwrap().try_into().unwrap();
    let attributes = reader.subscription_attributes(&subscription.arn.unwrap()).await.unwrap();
    assert_eq!(attributes["Protocol"], "sqs");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_not_found() {
    let Some(moto) = available(Moto::start()) else { return };
    let reader = reader(&moto);
    let here = |kind: &str, rest: &str| format!("arn:aws:{kind}:{REGION}:123456789012:{rest}");
    let gone = |id: &str| [id.to_owned()];
    // What is asked for by a filter is left out.
    assert_eq!(reader.subnets(&gone("subnet-0123456789abcdef0")).await, Ok(vec![]));
    assert_eq!(reader.security_groups(&gone("sg-0123456789abcdef0")).await, Ok(vec![]));
    let fault = |answer: Result<(), CallError>| answer.unwrap_err();
    for CallError { call, failure, detail } in [
        fault(reader.function("gone").await.map(drop)),
        fault(reader.schedule("default", "gone").await.map(drop)),
        fault(reader.queue_attributes(&here("sqs", "gone")).await.map(drop)),
        fault(reader.topic_attributes(&here("sns", "gone")).await.map(drop)),
    ] {
        assert_eq!(failure, Failure::Rejected(Rejection::NotFound), "{call}: {detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_and_an_object_are_read_as_boto3_wrote_them() {
    let Some(moto) = available(Moto::start()) else { return };
    let made = moto.seed_account();
    let reader = Clients::at(&moto.endpoint(), REGION).unwrap().remote_reader();
    let tag = text(&made["tag"]);
    for (place, version) in [
        ("ssm:/writerlink/orders", Ok("2")),
        ("ssm:/writerlink/orders:2", Ok("2")),
        ("s3://bindings/teams/a b&c=+ü~.toml", Ok(tag)),
        ("ssm:/writerlink/gone", Err("ParameterNotFound")),
        ("ssm:/writerlink/orders:9", Err("ParameterVersionNotFound")),
        ("s3://bindings/gone", Err("NoSuchKey")),
        ("s3://gone-bindings/orders.toml", Err("NoSuchBucket")),
    ] {
        match (reader.read(&place.parse().unwrap()).await, version) {
            (Ok(read), Ok(version)) => {
                assert_eq!(read.bytes, "allow = []  # ü".as_bytes(), "{place}");
                assert_eq!(read.version, version, "{place}");
            }
            (Err(error), Err(code)) => {
                assert_eq!(error.failure, Failure::Rejected(Rejection::NotFound), "{error}");
                assert!(error.detail.starts_with(code), "{error}");
            }
            (read, _) => panic!("{place}: {read:?}"),
        }
    }
}
