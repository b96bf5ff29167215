use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::*;
use crate::evidence::facts;
use crate::topology::{
    Cluster, CustomEndpoint, Instance, Member, Membership, Proxy, ProxyEndpoint, Standby,
};

fn id(text: &str) -> Identifier {
    text.parse().expect("an identifier")
}

fn host(label: &str) -> Option<HostName> {
    format!("{label}.db.test").parse().ok()
}

fn cluster(label: &str, engine: &str, form: Form, members: &[&str]) -> (Identifier, Cluster) {
    let member =
        |(place, label): (usize, &&str)| Member { instance: id(label), writer: place == 0 };
    let cluster = Cluster {
        engine: engine.to_owned(),
        resource_id: Some(id(&format!("cluster-{label}"))),
        form,
        status: "available".to_owned(),
        publish: None,
        endpoint: host(label),
        port: Some(5432),
        members: members.iter().enumerate().map(member).collect(),
        replicates: false,
    };
    (id(label), cluster)
}

fn instance(label: &str, engine: &str, of: Option<&str>) -> (Identifier, Instance) {
    let instance = Instance {
        engine: engine.to_owned(),
        resource_id: Some(id(&format!("db-{label}"))),
        status: "available".to_owned(),
        publish: None,
        endpoint: host(label),
        port: Some(5432),
        cluster: of.map(id),
        vpc: None,
        standby: Standby::Unknown,
        network: None,
        placement: Default::default(),
    };
    (id(label), instance)
}

/// Something of every kind that RDS lists.
fn topology() -> Topology {
    let endpoint = |label: &str| ProxyEndpoint {
        status: "available".to_owned(),
        endpoint: host(label),
        vpc: None,
    };
    let proxy = Proxy {
        port: Some(5432),
        default: endpoint("front"),
        endpoints: BTreeMap::from([(id("front-ro"), endpoint("front-ro"))]),
    };
    let reports = CustomEndpoint {
        cluster: id("orders"),
        status: "available".to_owned(),
        takes_writer: false,
        members: Membership::AllBut(BTreeSet::new()),
    };
    let aurora = "aurora-postgresql";
    Topology {
        clusters: [
            cluster("orders", aurora, Form::Instances, &["orders-1", "orders-2"]),
            cluster("graph", "neptune", Form::Instances, &["graph-1"]),
            cluster("docs", "docdb", Form::Instances, &["docs-1"]),
            cluster("empty", aurora, Form::Instances, &[]),
            cluster("old", aurora, Form::ServerlessV1, &[]),
            cluster("wide", aurora, Form::Limitless, &[]),
            cluster("express", aurora, Form::OutsideVpc, &["express-1"]),
        ]
        .into(),
        instances: [
            instance("orders-1", aurora, Some("orders")),
            instance("orders-2", aurora, Some("orders")),
            instance("graph-1", "neptune", Some("graph")),
            instance("docs-1", "docdb", Some("docs")),
            instance("express-1", aurora, Some("express")),
            instance("billing", "mysql", None),
        ]
        .into(),
        custom_endpoints: Ok(BTreeMap::from([(id("reports"), reports)])),
        proxies: Ok(BTreeMap::from([(id("front"), proxy)])),
        ..Topology::default()
    }
}

fn message(source: &str, topology: &Topology) -> String {
    let source = source.parse().expect("a source");
    facts(&source, topology).expect_err("it cannot be followed").to_string()
}

#[test]
fn a_name_that_rds_lists_as_something_else_is_told_with_what_to_write() {
    for (source, is, write) in [
        ("cluster/orders-2", "an instance of the cluster `orders`", "cluster/orders"),
        (
            "cluster/orders-2/readers",
            "an instance of the cluster `orders`",
            "cluster/orders/readers",
        ),
        ("cluster/billing", "an instance of no cluster", "instance/billing"),
        ("instance/orders", "a cluster", "cluster/orders"),
        ("cluster/cluster-orders", "the resource id of `orders`", "cluster/orders"),
        ("cluster/CLUSTER-ORDERS/readers", "the resource id of `orders`", "cluster/orders/readers"),
        (
            "cluster/cluster-orders/custom/reports",
            "a custom endpoint of",
            "cluster/orders/custom/reports",
        ),
        ("instance/cluster-orders", "the resource id of `orders`", "cluster/orders"),
        ("instance/db-billing", "the resource id of `billing`", "instance/billing"),
        ("instance/db-orders-1", "the resource id of `orders-1`", "cluster/orders"),
        ("cluster/db-orders-1", "the resource id of `orders-1`", "cluster/orders"),
        ("cluster/empty/custom/reports", "a custom endpoint of", "cluster/orders/custom/reports"),
        ("cluster/nobody/custom/reports", "a custom endpoint of", "cluster/orders/custom/reports"),
        ("cluster/orders/custom/orders-2", "an instance of the cluster", "cluster/orders"),
        (
            "cluster/reports",
            "a custom endpoint of the cluster `orders`",
            "cluster/orders/custom/reports",
        ),
        ("instance/front", "a proxy", "proxy/front"),
        ("cluster/front", "a proxy", "proxy/front"),
        ("proxy/front-ro", "an endpoint of the proxy `front`", "proxy/front/front-ro"),
        ("proxy/orders", "a cluster", "cluster/orders"),
        ("proxy/nobody/front-ro", "an endpoint of the proxy `front`", "proxy/front/front-ro"),
    ] {
        let message = message(source, &topology());
        assert!(message.contains(is), "{source}: {message}");
        assert!(message.ends_with(&format!("write `{write}`")), "{source}: {message}");
    }
}

#[test]
fn a_database_that_cannot_be_followed_is_told_with_its_engine_or_form_by_whatever_name() {
    let dns = "follow `dns/";
    for (source, says) in [
        ("cluster/graph", ["with engine neptune", "follow `dns/graph.db.test`"]),
        ("cluster/docs", ["with engine docdb", "follow `dns/docs.db.test`"]),
        ("cluster/docs/readers", ["with engine docdb", "follow `dns/docs.db.test`"]),
        ("instance/docs-1", ["with engine docdb", "follow `dns/docs-1.db.test`"]),
        ("cluster/docs-1", ["cluster/docs with engine docdb", dns]),
        ("cluster/cluster-docs", ["cluster/docs with engine docdb", dns]),
        ("instance/db-docs-1", ["with engine docdb", dns]),
        ("cluster/old", ["has no instances", "follow `dns/old.db.test`"]),
        ("cluster/wide", ["has no instances", "describe-db-shard-groups"]),
        ("cluster/wide/readers", ["has no instances", "Limitless"]),
        ("cluster/empty", ["has no instances", "before one is created"]),
        ("cluster/express", ["cluster/express has no VPC networking", "no address"]),
        ("cluster/express-1", ["cluster/express has no VPC networking", "no address"]),
    ] {
        let message = message(source, &topology());
        for part in says {
            assert!(message.contains(part), "{source}: {message}");
        }
    }
}

#[test]
fn what_nobody_has_is_not_found_whatever_else_is_listed() {
    for source in [
        "cluster/nobody",
        "cluster/nobody/readers",
        "instance/nobody",
        "cluster/orders/custom/nobody",
        "cluster/nobody/custom/nobody",
        "proxy/nobody",
        "proxy/front/nobody",
    ] {
        let not_found = format!("RDS lists no {source} in this Region and account");
        assert_eq!(message(source, &topology()), not_found);
    }
}

#[test]
fn lists_that_were_not_read_say_nothing_of_a_name() {
    let alone = Topology {
        custom_endpoints: Ok(BTreeMap::new()),
        proxies: Ok(BTreeMap::new()),
        ..topology()
    };
    assert!(message("instance/front", &alone).starts_with("RDS lists no instance/front in"));
}

#[test]
fn a_cluster_that_is_not_made_yet_or_that_replicates_may_have_no_instances() {
    for (status, replicates, word) in [
        ("creating", false, "source-idle"),
        ("available", true, "global-secondary"),
        ("available", false, "no-instances"),
    ] {
        let mut topology = topology();
        let empty = topology.clusters.get_mut(&id("empty")).expect("it is listed");
        (empty.status, empty.replicates) = (status.to_owned(), replicates);
        let unknown = facts(&"cluster/empty".parse().expect("a source"), &topology)
            .expect_err("nothing to follow");
        assert_eq!(unknown.word(), word);
    }
}
