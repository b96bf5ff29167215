//! Sound accounts for tests: an Aurora cluster behind a link as `infra/` builds it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use writerlink_aws::account::{
    AclEntry, Alarm, Attributes, Balancer, BalancerZone, Certificate, Cluster, ClusterMember,
    EndpointConnection, EndpointService, EventInvoke, EventSubscription, Forward, Function,
    GroupDetail, HealthCheck, Instance, Listener, Measurement, Metric, NetworkAcl, Peer, PortRange,
    Rule, Schedule, SecurityGroup, Subnet, SubnetGroup, SubnetOfGroup, TargetSeen,
    TopicSubscription,
};
use writerlink_core::config::{Config, Location};

use crate::account::{Account, Following, Resolved, Topic, schedule_id};
use crate::read::Gap;

pub(crate) const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";
pub(crate) const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/link/0123456789abcdef";
pub(crate) const LISTENER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/net/link/0123456789abcdef/1";
pub(crate) const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:rds-events";
pub(crate) const OUTCOMES: &str = "arn:aws:sns:eu-west-1:111122223333:outcomes";
pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:writerlink";
pub(crate) const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:failures";
pub(crate) const SERVICE: &str = "vpce-svc-1";
pub(crate) const SUBSCRIPTION: &str = "arn:aws:sns:eu-west-1:111122223333:rds-events:1";
pub(crate) const WRITER: &str = "orders-1.abc.eu-west-1.rds.amazonaws.com";
pub(crate) const ENDPOINT: &str = "orders.cluster-abc.eu-west-1.rds.amazonaws.com";

/// A configuration with one binding of this source.
pub(crate) fn config(source: &str) -> Config {
    let text = format!(
        r#"{{"allow": ["10.20.0.0/16"], "notify-topic": "{OUTCOMES}", "binding": [
            {{"name": "orders", "source": "{source}", "target-group": "{GROUP}"}}]}}"#
    );
    Config::parse(&text, &Location::from(text.as_str())).expect("a good configuration")
}

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:eu-west-1:111122223333:{rest}")
}

pub(crate) fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().expect("a moment")
}

fn subnet_group() -> SubnetGroup {
    let subnet = |zone: &str| SubnetOfGroup {
        id: format!("subnet-{zone}"),
        zone: Some(format!("eu-west-1{zone}")),
    };
    SubnetGroup {
        name: "orders".to_owned(),
        vpc: Some("vpc-1".to_owned()),
        subnets: vec![subnet("a"), subnet("b")],
    }
}

/// An instance of the cluster, in a zone.
pub(crate) fn instance(id: &str, zone: &str) -> Instance {
    Instance {
        id: id.to_owned(),
        arn: arn("rds", &format!("db:{id}")),
        engine: "aurora-postgresql".to_owned(),
        engine_version: "17.4".to_owned(),
        status: "available".to_owned(),
        endpoint: Some(format!("{id}.abc.eu-west-1.rds.amazonaws.com")),
        port: Some(5432),
        multi_az: false,
        zone: Some(format!("eu-west-1{zone}")),
        secondary_zone: None,
        cluster: Some("orders".to_owned()),
        replica_of: None,
        subnet_group: Some(subnet_group()),
        security_groups: vec!["sg-db".to_owned()],
        publicly_accessible: false,
        network_type: Some("IPV4".to_owned()),
        iam_authentication: true,
        certificate: Some(Certificate {
            authority: Some("rds-ca-rsa2048-g1".to_owned()),
            valid_till: now().checked_add(SignedDuration::from_hours(24 * 300)).ok(),
        }),
        maintenance_window: Some("sun:04:00-sun:04:30".to_owned()),
        auto_minor_version_upgrade: true,
        pending: Vec::new(),
    }
}

/// A DB instance `orders` with a standby.
pub(crate) fn multi_az() -> Instance {
    Instance {
        id: "orders".to_owned(),
        engine: "postgres".to_owned(),
        endpoint: Some(WRITER.to_owned()),
        multi_az: true,
        secondary_zone: Some("eu-west-1b".to_owned()),
        cluster: None,
        ..instance("orders", "a")
    }
}

fn cluster() -> Cluster {
    let member = |id: &str, is_writer| ClusterMember {
        instance: id.to_owned(),
        is_writer,
        promotion_tier: Some(1),
    };
    Cluster {
        id: "orders".to_owned(),
        arn: arn("rds", "cluster:orders"),
        engine: "aurora-postgresql".to_owned(),
        status: "available".to_owned(),
        endpoint: Some(ENDPOINT.to_owned()),
        reader_endpoint: None,
        port: Some(5432),
        members: vec![member("orders-1", true), member("orders-2", false)],
        subnet_group: Some("orders".to_owned()),
        security_groups: vec!["sg-db".to_owned()],
        iam_authentication: true,
        maintenance_window: Some("sun:04:00-sun:04:30".to_owned()),
    }
}

pub(crate) fn rule(peer: Peer) -> Rule {
    let ports = Some(PortRange { from: 5432, to: 5432 });
    Rule { protocol: "tcp".to_owned(), ports, peers: vec![peer] }
}

fn security_group(id: &str, ingress: Vec<Rule>, egress: Vec<Rule>) -> SecurityGroup {
    let (id, name, vpc) = (id.to_owned(), id.to_owned(), "vpc-1".to_owned());
    SecurityGroup { id, name, vpc, ingress, egress }
}

pub(crate) fn target(last: u8) -> TargetSeen {
    TargetSeen {
        address: [10, 20, 0, last].into(),
        port: 5432,
        zone: Some("eu-west-1a".to_owned()),
        state: "healthy".to_owned(),
        reason: None,
        description: None,
        over: None,
    }
}

/// An account in which nothing is wrong.
pub(crate) fn sound() -> Account {
    let mut account =
        Account::unread("eu-west-1", now(), &Gap::unread("none", "it was not read", ""));
    account.number = Ok("111122223333".to_owned());
    databases(&mut account);
    links(&mut account);
    network(&mut account);
    events(&mut account);
    let resolved = |last: u8| {
        let addresses = vec![[10, 20, last - 1, last].into()];
        Ok(Resolved { addresses, aliases: Vec::new(), ttl: 5, missing: false })
    };
    account.names = BTreeMap::from([
        (ENDPOINT.to_owned(), resolved(1)),
        (WRITER.to_owned(), resolved(1)),
        ("orders-2.abc.eu-west-1.rds.amazonaws.com".to_owned(), resolved(2)),
    ]);
    account
}

fn databases(account: &mut Account) {
    let instances = [instance("orders-1", "a"), instance("orders-2", "b")];
    let databases = &mut account.databases;
    databases.instances = Ok(instances.map(|one| (one.id.clone(), one)).into());
    databases.clusters = Ok([("orders".to_owned(), cluster())].into());
    databases.subnet_groups = Ok([("orders".to_owned(), subnet_group())].into());
    databases.proxies = Ok(BTreeMap::new());
    databases.proxy_endpoints = Ok(BTreeMap::new());
    databases.maintenance = Ok(Vec::new());
}

fn links(account: &mut Account) {
    let zone = |zone: &str| BalancerZone {
        zone: format!("eu-west-1{zone}"),
        subnet: Some(format!("subnet-{zone}")),
    };
    let group = GroupDetail {
        arn: GROUP.to_owned(),
        name: "orders".to_owned(),
        target_type: "ip".to_owned(),
        protocol: "TCP".to_owned(),
        port: Some(5432),
        vpc: Some("vpc-1".to_owned()),
        address_type: "ipv4".to_owned(),
        load_balancers: vec![BALANCER.to_owned()],
        health_check: HealthCheck {
            enabled: true,
            protocol: "TCP".to_owned(),
            port: "traffic-port".to_owned(),
            interval: 10,
            timeout: 4,
            healthy_threshold: 2,
            unhealthy_threshold: 2,
        },
    };
    let balancer = Balancer {
        arn: BALANCER.to_owned(),
        name: "link".to_owned(),
        kind: "network".to_owned(),
        scheme: "internal".to_owned(),
        state: "active".to_owned(),
        vpc: Some("vpc-1".to_owned()),
        address_type: "ipv4".to_owned(),
        zones: vec![zone("a"), zone("b")],
        security_groups: vec!["sg-link".to_owned()],
        enforce_on_private_link: Some("off".to_owned()),
    };
    let listener = Listener {
        arn: LISTENER.to_owned(),
        load_balancer: BALANCER.to_owned(),
        port: 5432,
        protocol: "TCP".to_owned(),
        forwards: vec![Forward { group: GROUP.to_owned(), weight: 1 }],
    };
    let service = EndpointService {
        id: SERVICE.to_owned(),
        name: format!("com.amazonaws.vpce.eu-west-1.{SERVICE}"),
        state: "Available".to_owned(),
        acceptance_required: true,
        load_balancers: vec![BALANCER.to_owned()],
        zones: vec!["eu-west-1a".to_owned(), "eu-west-1b".to_owned()],
        regions: vec!["eu-west-1".to_owned()],
        address_types: vec!["ipv4".to_owned()],
        private_name: None,
        private_name_state: None,
    };
    let connection = EndpointConnection {
        service: SERVICE.to_owned(),
        endpoint: "vpce-1".to_owned(),
        owner: "444455556666".to_owned(),
        state: "available".to_owned(),
        region: None,
    };
    let links = &mut account.links;
    links.groups = Ok([(GROUP.to_owned(), group)].into());
    links.group_attributes = [(
        GROUP.to_owned(),
        Ok(attributes(&[
            ("deregistration_delay.timeout_seconds", "30"),
            ("deregistration_delay.connection_termination.enabled", "true"),
            ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
            ("preserve_client_ip.enabled", "false"),
        ])),
    )]
    .into();
    links.targets = [(GROUP.to_owned(), Ok(vec![target(1)]))].into();
    links.targets_later = links.targets.clone();
    links.balancers = Ok([(BALANCER.to_owned(), balancer)].into());
    let on = attributes(&[("load_balancing.cross_zone.enabled", "true")]);
    links.balancer_attributes = [(BALANCER.to_owned(), Ok(on))].into();
    links.listeners = [(BALANCER.to_owned(), Ok(vec![listener]))].into();
    let idle = attributes(&[("tcp.idle_timeout.seconds", "350")]);
    links.listener_attributes = [(LISTENER.to_owned(), Ok(idle))].into();
    links.services = Ok(vec![service]);
    let principal = "arn:aws:iam::444455556666:root".to_owned();
    links.principals = [(SERVICE.to_owned(), Ok(vec![principal]))].into();
    links.connections = [(SERVICE.to_owned(), Ok(vec![connection]))].into();
}

pub(crate) fn acl(id: &str, subnet: &str) -> NetworkAcl {
    let entry = |egress| AclEntry {
        number: 100,
        egress,
        allow: true,
        protocol: "-1".to_owned(),
        ports: None,
        network: "0.0.0.0/0".parse().expect("a network"),
    };
    NetworkAcl {
        id: id.to_owned(),
        subnets: vec![subnet.to_owned()],
        entries: vec![entry(false), entry(true)],
    }
}

fn network(account: &mut Account) {
    let network = &mut account.network;
    for (zone, third) in [("a", 0), ("b", 1)] {
        let id = format!("subnet-{zone}");
        let subnet = Subnet {
            id: id.clone(),
            vpc: "vpc-1".to_owned(),
            zone: format!("eu-west-1{zone}"),
            networks: vec![format!("10.20.{third}.0/24").parse().expect("a network")],
        };
        network.subnets.insert(id.clone(), Ok(subnet));
        network.acls.insert(id.clone(), Ok(acl("acl-1", &id)));
    }
    let database = security_group("sg-db", vec![rule(Peer::Group("sg-link".to_owned()))], vec![]);
    let link = security_group("sg-link", vec![], vec![rule(Peer::Group("sg-db".to_owned()))]);
    for group in [database, link] {
        network.security_groups.insert(group.id.clone(), Ok(group));
    }
}

fn events(account: &mut Account) {
    use writerlink_core::event::catalogue::entries;
    let subscription = |kind: &str| {
        let mut categories: Vec<String> = entries()
            .filter(|entry| entry.source == kind)
            .map(|entry| entry.category.to_owned())
            .collect();
        categories.dedup();
        EventSubscription {
            name: kind.to_owned(),
            topic: TOPIC.to_owned(),
            status: "active".to_owned(),
            enabled: true,
            source_type: Some(kind.to_owned()),
            sources: Vec::new(),
            categories,
        }
    };
    let policy = format!(
        r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"Service":
            "events.rds.amazonaws.com"}}, "Action": "sns:Publish", "Resource": "{TOPIC}"}}]}}"#
    );
    let subscribed = |protocol: &str, endpoint: &str| TopicSubscription {
        arn: Some(SUBSCRIPTION.to_owned()),
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
    };
    let topic = |policy: &str, subscription| Topic {
        attributes: Ok(attributes(&[("Policy", policy)])),
        subscriptions: Ok(vec![subscription]),
        subscription_attributes: [(SUBSCRIPTION.to_owned(), Ok(Attributes::new()))].into(),
    };
    let events = &mut account.events;
    events.subscriptions = Ok(vec![subscription("db-cluster"), subscription("db-instance")]);
    events.quotas = Ok(Vec::new());
    events.topics = [
        (TOPIC.to_owned(), topic(&policy, subscribed("lambda", FUNCTION))),
        (OUTCOMES.to_owned(), topic("{}", subscribed("email", "oncall@example.com"))),
    ]
    .into();
    events.functions = [(FUNCTION.to_owned(), following())].into();
    let sweep = Schedule {
        name: "sweep".to_owned(),
        group: "default".to_owned(),
        state: "ENABLED".to_owned(),
        target: FUNCTION.to_owned(),
        expression: Some("rate(1 minute)".to_owned()),
        input: Some(r#"{"trigger": "sweep"}"#.to_owned()),
    };
    events.schedule_details = [(schedule_id(&sweep), Ok(sweep.clone()))].into();
    events.schedules = Ok(vec![sweep]);
    events.alarms = Ok(vec![Alarm {
        name: "sweeps".to_owned(),
        state: "OK".to_owned(),
        actions_enabled: true,
        actions: vec![OUTCOMES.to_owned()],
        metrics: vec![Metric {
            namespace: "Writerlink".to_owned(),
            name: "SweepFinished".to_owned(),
            dimensions: [("Function".to_owned(), "writerlink".to_owned())].into(),
        }],
    }]);
    let queue = attributes(&[("ApproximateNumberOfMessages", "0")]);
    events.queues = [(QUEUE.to_owned(), Ok(queue))].into();
}

fn following() -> Following {
    let text = format!(
        r#"{{"allow": ["10.20.0.0/16"], "notify-topic": "{OUTCOMES}", "binding": [
            {{"name": "orders", "source": "cluster/orders", "target-group": "{GROUP}"}}]}}"#
    );
    let policy = format!(
        r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"Service": "sns.amazonaws.com"}},
            "Action": "lambda:InvokeFunction",
            "Condition": {{"ArnLike": {{"AWS:SourceArn": "{TOPIC}"}}}}}}]}}"#
    );
    Following {
        function: Ok(Some(Function {
            arn: FUNCTION.to_owned(),
            name: "writerlink".to_owned(),
            runtime: Some("provided.al2023".to_owned()),
            timeout: 300,
            state: Some("Active".to_owned()),
            last_update: Some("Successful".to_owned()),
            variables: [("WRITERLINK_CONFIG".to_owned(), text)].into(),
            variables_fault: None,
            dead_letter: None,
            vpc: None,
        })),
        concurrency: Ok(Some(1)),
        policy: Ok(Some(policy)),
        event_invoke: Ok(Some(EventInvoke {
            retries: Some(0),
            longest_age: Some(600),
            on_failure: Some(QUEUE.to_owned()),
        })),
        mappings: Ok(Vec::new()),
        sweeps: Ok(vec![Measurement { at: now(), sum: 1.0, maximum: 1.0 }]),
    }
}
