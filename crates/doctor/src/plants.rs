//! Faults planted in a sound account: each is found, also beside every other one.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use writerlink_aws::account::{
    AclEntry, Balancer, Certificate, EndpointConnection, EndpointService, EventInvoke,
    EventSubscription, Forward, Function, FunctionVpc, GroupDetail, Instance, Listener, Override,
    Peer, PortRange, Schedule, SecurityGroup, SourceMapping, TargetSeen,
};
use writerlink_core::config::Config;

use crate::account::{Account, Following, Topic};
use crate::fixture::{
    BALANCER, FUNCTION, GROUP, LISTENER, OUTCOMES, QUEUE, SERVICE, SUBSCRIPTION, TOPIC, attributes,
    config, multi_az, now, rule, sound, target,
};
use crate::read::Gap;
use crate::report::SeverityWord::{
    self, Broken, CostsYouSeconds as Costs, Note, WillBreakAtTheNextFailover as WillBreak,
};
use crate::report::{Report, examine};

/// A fault, and the finding that it must bring.
type Plant = (&'static str, fn(&mut Account), &'static str, SeverityWord);

fn instances(account: &mut Account, id: &str, change: fn(&mut Instance)) {
    let all = account.databases.instances.as_mut().expect("read");
    change(all.get_mut(id).expect("an instance"));
}

fn group(account: &mut Account) -> &mut GroupDetail {
    account.links.groups.as_mut().expect("read").get_mut(GROUP).expect("the group")
}

fn balancer(account: &mut Account) -> &mut Balancer {
    account.links.balancers.as_mut().expect("read").get_mut(BALANCER).expect("the balancer")
}

fn listener(account: &mut Account) -> &mut Listener {
    let all = account.links.listeners.get_mut(BALANCER).expect("asked");
    &mut all.as_mut().expect("read")[0]
}

fn targets(account: &mut Account) -> &mut Vec<TargetSeen> {
    account.links.targets.get_mut(GROUP).expect("asked").as_mut().expect("read")
}

fn services(account: &mut Account, change: impl FnMut(&mut EndpointService)) {
    account.links.services.as_mut().expect("read").iter_mut().for_each(change);
}

fn set(account: &mut Account, key: &str, value: &str) {
    let all = account.links.group_attributes.get_mut(GROUP).expect("asked").as_mut().expect("read");
    all.insert(key.to_owned(), value.to_owned());
}

fn security_group<'a>(account: &'a mut Account, id: &str) -> &'a mut SecurityGroup {
    account.network.security_groups.get_mut(id).expect("asked").as_mut().expect("read")
}

fn deny(account: &mut Account, subnet: &str, egress: bool, ports: (u16, u16)) {
    let acl = account.network.acls.get_mut(subnet).expect("asked").as_mut().expect("read");
    acl.entries.push(AclEntry {
        number: 50,
        egress,
        allow: false,
        protocol: "6".to_owned(),
        ports: Some(PortRange { from: ports.0, to: ports.1 }),
        network: "10.20.0.0/16".parse().expect("a network"),
    });
}

fn subscription(account: &mut Account, change: impl FnMut(&mut EventSubscription)) {
    let all = account.events.subscriptions.as_mut().expect("read");
    all.iter_mut().filter(|one| one.name == "db-cluster").for_each(change);
}

fn topic<'a>(account: &'a mut Account, arn: &str) -> &'a mut Topic {
    account.events.topics.get_mut(arn).expect("a topic")
}

fn following(account: &mut Account, change: impl FnOnce(&mut Following)) {
    account.events.functions.get_mut(FUNCTION).map(change);
}

fn function(account: &mut Account, change: impl FnOnce(&mut Function)) {
    following(account, |facts| {
        change(facts.function.as_mut().expect("read").as_mut().expect("it exists"));
    });
}

fn schedules(account: &mut Account, change: fn(&mut Schedule)) {
    account.events.schedules.as_mut().expect("read").iter_mut().for_each(change);
    account.events.schedule_details.values_mut().flatten().for_each(change);
}

/// Changes the text of the function's own configuration.
fn own(account: &mut Account, from: &str, to: &str) {
    function(account, |f| {
        let text = f.variables.get_mut("WRITERLINK_CONFIG").expect("set");
        *text = text.replace(from, to);
    });
}

/// Puts a queue between the topic and the function.
fn queue(account: &mut Account, state: &str) {
    let subscribed = topic(account, TOPIC).subscriptions.as_mut().expect("read");
    for one in subscribed {
        one.protocol = "sqs".to_owned();
        one.endpoint = QUEUE.to_owned();
    }
    let mapping = SourceMapping { source: Some(QUEUE.to_owned()), state: Some(state.to_owned()) };
    following(account, |f| {
        f.mappings = Ok(vec![mapping]);
        f.policy = Ok(None);
    });
}

fn valid_for(account: &mut Account, days: i64) {
    let end = now().checked_add(SignedDuration::from_hours(24 * days)).ok();
    let all = account.databases.instances.as_mut().expect("read");
    let certificate = Certificate { authority: None, valid_till: end };
    all.get_mut("orders-2").expect("an instance").certificate = Some(certificate);
}

const PLANTS: &[Plant] = &[
    (
        "the writer fails its health checks",
        |a| targets(a)[0].state = "unhealthy".to_owned(),
        "W101",
        Broken,
    ),
    (
        "a zonal shift",
        |a| {
            let state = "zonal_shift_active".to_owned();
            targets(a)[0].over = Some(Override { state, description: None });
        },
        "W102",
        Broken,
    ),
    ("the database admits nobody", |a| security_group(a, "sg-db").ingress.clear(), "W110", Broken),
    (
        "the database admits another group",
        |a| security_group(a, "sg-db").ingress = vec![rule(Peer::Group("sg-app".to_owned()))],
        "W110",
        Broken,
    ),
    (
        "the reader has a group of its own, which admits nobody",
        |a| {
            let other = SecurityGroup {
                id: "sg-2".to_owned(),
                ingress: vec![],
                ..security_group(a, "sg-db").clone()
            };
            a.network.security_groups.insert("sg-2".to_owned(), Ok(other));
            instances(a, "orders-2", |i| i.security_groups = vec!["sg-2".to_owned()]);
        },
        "W110",
        WillBreak,
    ),
    (
        "the load balancer may reach nothing",
        |a| security_group(a, "sg-link").egress.clear(),
        "W111",
        Broken,
    ),
    (
        "the load balancer may reach today's address only",
        |a| {
            let here = Peer::Network("10.20.0.1/32".parse().expect("a network"));
            security_group(a, "sg-link").egress = vec![rule(here)];
        },
        "W111",
        WillBreak,
    ),
    ("an ACL denies the port", |a| deny(a, "subnet-a", false, (5432, 5432)), "W112", Broken),
    ("an ACL denies the answers", |a| deny(a, "subnet-b", true, (1024, 65535)), "W112", WillBreak),
    (
        "the balancer lacks the reader's zone",
        |a| balancer(a).zones.retain(|z| z.zone != "eu-west-1b"),
        "W113",
        WillBreak,
    ),
    (
        "the balancer lacks the writer's zone",
        |a| balancer(a).zones.retain(|z| z.zone != "eu-west-1a"),
        "W113",
        Broken,
    ),
    (
        "a subnet outside `allow`",
        |a| {
            let subnet = a.network.subnets.get_mut("subnet-b").expect("asked");
            let network = "10.99.0.0/24".parse().expect("a network");
            subnet.as_mut().expect("read").networks = vec![network];
        },
        "W114",
        WillBreak,
    ),
    ("HTTP checks", |a| group(a).health_check.protocol = "HTTP".to_owned(), "W120", Broken),
    ("checks of another port", |a| group(a).health_check.port = "8080".to_owned(), "W120", Broken),
    ("checks every 30 s", |a| group(a).health_check.interval = 30, "W121", Costs),
    ("a target on another port only", |a| targets(a)[0].port = 5433, "W123", Broken),
    ("no listener", |a| listener(a).forwards.clear(), "W200", Broken),
    (
        "a listener of no weight",
        |a| listener(a).forwards.iter_mut().for_each(|f| f.weight = 0),
        "W200",
        Broken,
    ),
    (
        "half of the traffic goes elsewhere",
        |a| listener(a).forwards.push(Forward { group: "other".to_owned(), weight: 1 }),
        "W200",
        Note,
    ),
    (
        "an application load balancer",
        |a| balancer(a).kind = "application".to_owned(),
        "W201",
        Broken,
    ),
    ("a balancer that failed", |a| balancer(a).state = "failed".to_owned(), "W201", Broken),
    ("another listener port", |a| listener(a).port = 15432, "W202", Note),
    ("a TLS listener", |a| listener(a).protocol = "TLS".to_owned(), "W203", Broken),
    ("cross-zone off", |a| set(a, "load_balancing.cross_zone.enabled", "false"), "W210", WillBreak),
    (
        "cross-zone off at the balancer",
        |a| drop(a.links.balancer_attributes.insert(BALANCER.to_owned(), Ok(attributes(&[])))),
        "W210",
        WillBreak,
    ),
    (
        "enforcement on, and nobody admitted",
        |a| balancer(a).enforce_on_private_link = Some("on".to_owned()),
        "W212",
        Broken,
    ),
    ("proxy protocol", |a| set(a, "proxy_protocol_v2.enabled", "true"), "W220", Broken),
    ("client addresses", |a| set(a, "preserve_client_ip.enabled", "true"), "W221", Note),
    (
        "no termination",
        |a| set(a, "deregistration_delay.connection_termination.enabled", "false"),
        "W222",
        Costs,
    ),
    ("a long drain", |a| set(a, "deregistration_delay.timeout_seconds", "300"), "W222", Costs),
    (
        "no termination of the unhealthy",
        |a| set(a, "target_health_state.unhealthy.connection_termination.enabled", "false"),
        "W223",
        Costs,
    ),
    (
        "two healthy targets wanted",
        |a| set(a, "target_group_health.dns_failover.minimum_healthy_targets.count", "2"),
        "W224",
        Costs,
    ),
    (
        "a short idle time-out",
        |a| {
            let short = attributes(&[("tcp.idle_timeout.seconds", "60")]);
            a.links.listener_attributes.insert(LISTENER.to_owned(), Ok(short));
        },
        "W225",
        Note,
    ),
    ("no endpoint service", |a| a.links.services = Ok(vec![]), "W230", Note),
    ("a service that failed", |a| services(a, |s| s.state = "Failed".to_owned()), "W231", Broken),
    (
        "a service that is open to everybody",
        |a| {
            services(a, |s| s.acceptance_required = false);
            a.links.principals.insert(SERVICE.to_owned(), Ok(vec!["*".to_owned()]));
        },
        "W232",
        Broken,
    ),
    (
        "a service for nobody",
        |a| {
            a.links.principals.insert(SERVICE.to_owned(), Ok(vec![]));
            a.links.connections.insert(SERVICE.to_owned(), Ok(vec![]));
        },
        "W232",
        Broken,
    ),
    (
        "an endpoint that waits",
        |a| {
            let all = a.links.connections.get_mut(SERVICE).expect("asked").as_mut().expect("read");
            all.push(EndpointConnection {
                service: SERVICE.to_owned(),
                endpoint: "vpce-2".to_owned(),
                owner: "777788889999".to_owned(),
                state: "pendingAcceptance".to_owned(),
                region: None,
            });
        },
        "W233",
        Note,
    ),
    ("no function", |a| a.events.functions.clear(), "W300", WillBreak),
    (
        "the function follows another group",
        |a| {
            own(a, "targetgroup/orders", "targetgroup/other");
        },
        "W300",
        WillBreak,
    ),
    (
        "no subscription for clusters",
        |a| a.events.subscriptions.as_mut().expect("read").retain(|s| s.name != "db-cluster"),
        "W301",
        Costs,
    ),
    (
        "no failovers",
        |a| subscription(a, |s| s.categories = vec!["backup".to_owned()]),
        "W301",
        Costs,
    ),
    (
        "another cluster",
        |a| subscription(a, |s| s.sources = vec!["billing".to_owned()]),
        "W301",
        Costs,
    ),
    ("a disabled subscription", |a| subscription(a, |s| s.enabled = false), "W302", Costs),
    (
        "no permission",
        |a| subscription(a, |s| s.status = "no-permission".to_owned()),
        "W302",
        Costs,
    ),
    (
        "a disabled subscription and no sweep",
        |a| {
            subscription(a, |s| s.enabled = false);
            a.events.schedules = Ok(vec![]);
        },
        "W302",
        WillBreak,
    ),
    (
        "few categories",
        |a| subscription(a, |s| s.categories = vec!["failover".to_owned()]),
        "W303",
        Note,
    ),
    (
        "a policy without RDS",
        |a| topic(a, TOPIC).attributes = Ok(attributes(&[("Policy", r#"{"Statement": []}"#)])),
        "W304",
        Costs,
    ),
    (
        "the key of SNS",
        |a| {
            let all = topic(a, TOPIC).attributes.as_mut().expect("read");
            all.insert("KmsMasterKeyId".to_owned(), "alias/aws/sns".to_owned());
        },
        "W305",
        Costs,
    ),
    (
        "a key of one's own",
        |a| {
            let all = topic(a, TOPIC).attributes.as_mut().expect("read");
            all.insert("KmsMasterKeyId".to_owned(), "alias/mine".to_owned());
        },
        "W305",
        Note,
    ),
    (
        "an unconfirmed function",
        |a| {
            let all = topic(a, TOPIC).subscriptions.as_mut().expect("read");
            all.iter_mut().for_each(|s| s.arn = None);
        },
        "W306",
        Costs,
    ),
    (
        "a filter",
        |a| {
            let policy = attributes(&[("FilterPolicy", r#"{"kind": ["failover"]}"#)]);
            let all = &mut topic(a, TOPIC).subscription_attributes;
            all.insert(SUBSCRIPTION.to_owned(), Ok(policy));
        },
        "W307",
        Costs,
    ),
    ("no permission to invoke", |a| following(a, |f| f.policy = Ok(None)), "W308", Costs),
    (
        "a function that failed",
        |a| function(a, |f| f.state = Some("Failed".to_owned())),
        "W320",
        Broken,
    ),
    ("a configuration that is refused", |a| own(a, "{", "{ bad"), "W321", Broken),
    ("a source that is misspelled", |a| own(a, "cluster/orders", "clustr/orders"), "W321", Broken),
    ("another source", |a| own(a, "cluster/orders", "cluster/ledger"), "W321", Broken),
    (
        "the function may register less",
        |a| own(a, "10.20.0.0/16", "10.20.0.0/24"),
        "W114",
        WillBreak,
    ),
    (
        "a schedule once a day",
        |a| schedules(a, |s| s.expression = Some("cron(0 3 * * ? *)".to_owned())),
        "W330",
        Costs,
    ),
    (
        "a schedule for once",
        |a| schedules(a, |s| s.expression = Some("at(2026-01-01T00:00:00)".to_owned())),
        "W330",
        WillBreak,
    ),
    ("a queue that nobody reads", |a| queue(a, "Disabled"), "W306", Costs),
    ("outcomes that start the function", |a| own(a, ":outcomes", ":rds-events"), "W335", Broken),
    (
        "a private name that failed",
        |a| {
            services(a, |s| {
                s.private_name = Some("db.example.com".to_owned());
                s.private_name_state = Some("failed".to_owned());
            });
        },
        "W231",
        Costs,
    ),
    (
        "the database admits one zone's node only",
        |a| {
            let zone = Peer::Network("10.20.0.0/24".parse().expect("a network"));
            security_group(a, "sg-db").ingress = vec![rule(zone)];
        },
        "W110",
        Broken,
    ),
    (
        "enforcement on, and a security group admitted",
        |a| {
            balancer(a).enforce_on_private_link = Some("on".to_owned());
            let group = Peer::Group("sg-app".to_owned());
            security_group(a, "sg-link").ingress = vec![rule(group)];
        },
        "W212",
        Broken,
    ),
    ("a concurrency of 0", |a| following(a, |f| f.concurrency = Ok(Some(0))), "W322", WillBreak),
    ("no reserved concurrency", |a| following(a, |f| f.concurrency = Ok(None)), "W322", Note),
    ("a time-out of 3 s", |a| function(a, |f| f.timeout = 3), "W323", WillBreak),
    ("a time-out of 90 s", |a| function(a, |f| f.timeout = 90), "W323", Costs),
    ("nowhere for failures", |a| following(a, |f| f.event_invoke = Ok(None)), "W324", Note),
    (
        "failures that wait",
        |a| {
            let seven = attributes(&[("ApproximateNumberOfMessages", "7")]);
            a.events.queues.insert(QUEUE.to_owned(), Ok(seven));
        },
        "W324",
        Note,
    ),
    (
        "retries",
        |a| {
            let on_failure = Some(QUEUE.to_owned());
            let invoke = EventInvoke { retries: None, longest_age: None, on_failure };
            following(a, |f| f.event_invoke = Ok(Some(invoke)));
        },
        "W325",
        Note,
    ),
    (
        "a function that may reach nothing",
        |a| {
            let security_groups = vec!["sg-db".to_owned()];
            let vpc = FunctionVpc { vpc: "vpc-1".to_owned(), subnets: vec![], security_groups };
            function(a, |f| f.vpc = Some(vpc));
        },
        "W326",
        Broken,
    ),
    (
        "a disabled schedule",
        |a| schedules(a, |s| s.state = "DISABLED".to_owned()),
        "W330",
        WillBreak,
    ),
    (
        "a sweep every hour",
        |a| schedules(a, |s| s.expression = Some("rate(1 hour)".to_owned())),
        "W330",
        Costs,
    ),
    ("no sweep was seen", |a| following(a, |f| f.sweeps = Ok(vec![])), "W331", Broken),
    (
        "sweeps that do nothing",
        |a| {
            following(a, |f| {
                f.sweeps.as_mut().expect("read").iter_mut().for_each(|s| s.maximum = 0.0)
            });
        },
        "W331",
        Broken,
    ),
    ("no alarm", |a| a.events.alarms = Ok(vec![]), "W332", Note),
    (
        "disabled alarms",
        |a| {
            a.events
                .alarms
                .as_mut()
                .expect("read")
                .iter_mut()
                .for_each(|a| a.actions_enabled = false)
        },
        "W333",
        Costs,
    ),
    ("an alarm for nobody", |a| topic(a, OUTCOMES).subscriptions = Ok(vec![]), "W333", Costs),
    (
        "a name that does not exist",
        |a| {
            for answer in a.names.values_mut().flatten() {
                answer.addresses.clear();
                answer.missing = true;
            }
        },
        "W400",
        Broken,
    ),
    (
        "a private zone",
        |a| {
            let answer = a.names.get_mut(crate::fixture::ENDPOINT).expect("asked");
            answer.as_mut().expect("read").addresses = vec![[10, 20, 0, 77].into()];
        },
        "W401",
        Broken,
    ),
    (
        "a long time to live",
        |a| a.names.values_mut().flatten().for_each(|answer| answer.ttl = 300),
        "W402",
        Costs,
    ),
    (
        "a public database",
        |a| instances(a, "orders-1", |i| i.publicly_accessible = true),
        "W403",
        Broken,
    ),
    (
        "a stopped member",
        |a| instances(a, "orders-2", |i| i.status = "stopped".to_owned()),
        "W500",
        Broken,
    ),
    (
        "a single member",
        |a| {
            let all = a.databases.clusters.as_mut().expect("read");
            all.get_mut("orders").expect("the cluster").members.pop();
        },
        "W501",
        Costs,
    ),
    ("a certificate that has expired", |a| valid_for(a, -1), "W510", Broken),
    ("a certificate for ten days", |a| valid_for(a, 10), "W510", WillBreak),
    ("a certificate for two months", |a| valid_for(a, 60), "W510", Note),
    (
        "targets that move",
        |a| drop(a.links.targets_later.insert(GROUP.to_owned(), Ok(vec![target(9)]))),
        "W600",
        Note,
    ),
];

fn look(account: &Account, config: &Config) -> Report {
    let bindings: Vec<_> = config.usable().collect();
    examine(account, config, &bindings, None)
}

/// The ids that were found, with their severities.
fn found(account: &Account) -> BTreeSet<(&'static str, SeverityWord)> {
    let report = look(account, &config("cluster/orders"));
    report.findings.iter().map(|finding| (finding.id, finding.severity)).collect()
}

#[test]
fn each_planted_fault_is_found_with_its_severity() {
    for (name, plant, id, severity) in PLANTS {
        let mut account = sound();
        plant(&mut account);
        let found = found(&account);
        assert!(found.contains(&(*id, *severity)), "{name}: {found:?}");
    }
}

/// What a fault makes meaningless, because it takes away the thing that has the other fault, or is
/// planted in the same place.
const HIDES: &[(&str, &[&str])] = &[
    ("a TLS listener", &["W225"]),
    ("a disabled schedule", &["W331"]),
    ("a disabled subscription and no sweep", &["W331"]),
    ("a function that may reach nothing", &["W403"]),
    ("a name that does not exist", &["W401"]),
    ("a policy without RDS", &["W305"]),
    ("a service for nobody", &["W233"]),
    ("a single member", &["W110", "W114", "W500", "W510"]),
    ("a subnet outside `allow`", &["W112"]),
    ("few categories", &["W301"]),
    ("no alarm", &["W333"]),
    ("no endpoint service", &["W231", "W232", "W233"]),
    ("no function", &["W114", "W306", "W307", "W308", "W32", "W33"]),
    ("no listener", &["W202", "W203", "W225"]),
    ("no subscription for clusters", &["W302"]),
    ("retries", &["W324"]),
    ("a configuration that is refused", &["W114", "W300", "W335"]),
    ("a source that is misspelled", &["W114", "W300", "W335"]),
    ("a queue that nobody reads", &["W307", "W308", "W335"]),
    ("a queue in between", &["W308"]),
    ("an unconfirmed function", &["W307", "W335"]),
    ("the balancer lacks the reader's zone", &["W110", "W112", "W210"]),
    ("the balancer lacks the writer's zone", &["W112", "W210"]),
    ("the function follows another group", &["W114", "W306", "W307", "W308", "W32", "W33"]),
];

#[test]
fn a_fault_beside_another_is_found_too() {
    let hides = |by: &str, id: &str| {
        HIDES.iter().any(|(name, ids)| *name == by && ids.iter().any(|own| id.starts_with(own)))
    };
    let mut hidden = Vec::new();
    for (first, plant, id, _) in PLANTS {
        for (second, other, other_id, _) in PLANTS.iter().filter(|(name, ..)| name != first) {
            let mut account = sound();
            plant(&mut account);
            other(&mut account);
            let found: BTreeSet<_> = found(&account).into_iter().map(|(id, _)| id).collect();
            let pairs = [(second, first, id), (first, second, other_id)];
            let of_it = pairs.iter().filter(|(by, _, id)| !found.contains(*id) && !hides(by, id));
            hidden.extend(of_it.map(|(by, what, id)| format!("{by} hides {what} ({id})")));
        }
    }
    hidden.sort();
    hidden.dedup();
    assert!(hidden.is_empty(), "{hidden:#?}");
}

/// A sound account: its source, and how it differs.
type Shape = (&'static str, &'static str, fn(&mut Account));

const SHAPES: &[Shape] = &[
    ("a cluster", "cluster/orders", |_| {}),
    ("an instance", "instance/orders", |a| {
        own(a, "cluster/orders", "instance/orders");
        let all = a.databases.instances.as_mut().expect("read");
        all.clear();
        all.insert("orders".to_owned(), multi_az());
    }),
    ("readers", "cluster/orders/readers", |a| {
        own(a, "cluster/orders", "cluster/orders/readers");
        let reader = TargetSeen { address: [10, 20, 1, 2].into(), ..target(2) };
        a.links.targets.insert(GROUP.to_owned(), Ok(vec![reader]));
        a.links.targets_later = a.links.targets.clone();
    }),
    ("rules by network", "cluster/orders", |a| {
        let subnets = || vec![rule(Peer::Network("10.20.0.0/16".parse().expect("a network")))];
        security_group(a, "sg-db").ingress = subnets();
        security_group(a, "sg-link").egress = subnets();
    }),
    ("a balancer without security groups", "cluster/orders", |a| {
        balancer(a).security_groups.clear();
        balancer(a).enforce_on_private_link = None;
        let subnets = Peer::Network("10.20.0.0/16".parse().expect("a network"));
        security_group(a, "sg-db").ingress = vec![rule(subnets)];
    }),
    ("everybody may leave", "cluster/orders", |a| {
        let all = rule(Peer::Network("0.0.0.0/0".parse().expect("a network")));
        let every = writerlink_aws::account::Rule { protocol: "-1".to_owned(), ports: None, ..all };
        security_group(a, "sg-link").egress = vec![every];
    }),
    ("a subnet group that names no zones", "cluster/orders", |a| {
        let all = rule(Peer::Network("0.0.0.0/0".parse().expect("a network")));
        security_group(a, "sg-link").egress = vec![all];
        for id in ["orders-1", "orders-2"] {
            instances(a, id, |i| {
                let group = i.subnet_group.as_mut().expect("a group");
                group.subnets.iter_mut().for_each(|subnet| subnet.zone = None);
            });
        }
    }),
    ("a function in a VPC, and a public database", "cluster/orders", |a| {
        instances(a, "orders-1", |i| i.publicly_accessible = true);
        let all = rule(Peer::Network("0.0.0.0/0".parse().expect("a network")));
        let every = writerlink_aws::account::Rule { ports: None, ..all };
        let own = SecurityGroup { egress: vec![every], ..security_group(a, "sg-db").clone() };
        a.network.security_groups.insert("sg-own".to_owned(), Ok(own));
        let (vpc, subnets, security_groups) =
            ("vpc-1".to_owned(), vec![], vec!["sg-own".to_owned()]);
        function(a, |f| f.vpc = Some(FunctionVpc { vpc, subnets, security_groups }));
    }),
    ("a configuration in a file", "cluster/orders", |a| {
        let path = "/var/task/writerlink.toml".to_owned();
        function(a, |f| drop(f.variables.insert("WRITERLINK_CONFIG".to_owned(), path)));
    }),
    ("one subscription for everything", "cluster/orders", |a| {
        let all = a.events.subscriptions.as_mut().expect("read");
        all.truncate(1);
        all[0].source_type = None;
        all[0].categories.clear();
    }),
    ("a second, disabled subscription", "cluster/orders", |a| {
        let all = a.events.subscriptions.as_mut().expect("read");
        let name = "old".to_owned();
        all.push(EventSubscription { name, enabled: false, ..all[0].clone() });
    }),
    ("readers in each zone, without cross-zone", "cluster/orders/readers", |a| {
        own(a, "cluster/orders", "cluster/orders/readers");
        set(a, "load_balancing.cross_zone.enabled", "false");
        let other = || TargetSeen { zone: Some("eu-west-1b".to_owned()), ..target(2) };
        targets(a).push(other());
        a.links.targets_later = a.links.targets.clone();
    }),
    ("a queue in between", "cluster/orders", |a| queue(a, "Enabled")),
    ("an observer without a schedule beside", "cluster/orders", |a| {
        let mut other = a.events.functions[FUNCTION].clone();
        let observing = other.function.as_mut().expect("read").as_mut().expect("it exists");
        observing.name = "observer".to_owned();
        let text = observing.variables.get_mut("WRITERLINK_CONFIG").expect("set");
        *text = text.replace("\"name\"", "\"mode\": \"observe\", \"name\"");
        a.events.functions.insert(FUNCTION.replace("writerlink", "observer"), other);
    }),
    ("another team's broken function with a file beside", "cluster/orders", |a| {
        let mut other = a.events.functions[FUNCTION].clone();
        let theirs = other.function.as_mut().expect("read").as_mut().expect("it exists");
        theirs.name = "theirs".to_owned();
        theirs.state = Some("Failed".to_owned());
        theirs.variables.insert("WRITERLINK_CONFIG".to_owned(), "/var/task/c.toml".to_owned());
        a.events.functions.insert(FUNCTION.replace("writerlink", "theirs"), other);
    }),
    ("a failover under way", "cluster/orders", |a| {
        let leaving = TargetSeen { state: "draining".to_owned(), ..target(9) };
        targets(a).push(leaving);
        a.links.targets_later.insert(GROUP.to_owned(), Ok(vec![target(1)]));
    }),
];

#[test]
fn in_a_sound_account_of_any_shape_nothing_is_found_above_a_note() {
    for (name, source, shape) in SHAPES {
        let mut account = sound();
        shape(&mut account);
        let report = look(&account, &config(source));
        let graver: Vec<_> = report.findings.iter().filter(|f| f.severity > Note).collect();
        assert!(graver.is_empty(), "{name}: {graver:#?}");
        assert_eq!(report.not_checked, [], "{name}");
    }
}

#[test]
fn what_may_not_be_read_is_not_checked_and_never_fine() {
    let mut account = sound();
    security_group(&mut account, "sg-db").ingress.clear();
    for group in account.network.security_groups.values_mut() {
        *group = Err(gap());
    }
    let report = look(&account, &config("cluster/orders"));
    let [missed] = report.not_checked.as_slice() else { panic!("{:?}", report.not_checked) };
    assert_eq!(missed.ids, ["W110", "W111"], "and W212 does not apply");
    assert_eq!(missed.gap, gap());
    let blind = Account::unread("eu-west-1", now(), &gap());
    let report = look(&blind, &config("cluster/orders"));
    assert_eq!(report.fine, 0, "nothing is fine that nobody could see");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn readers_without_cross_zone_need_a_target_in_each_zone() {
    let mut account = sound();
    set(&mut account, "load_balancing.cross_zone.enabled", "false");
    let report = look(&account, &config("cluster/orders/readers"));
    let found = report.findings.iter().find(|finding| finding.id == "W210");
    let found = found.expect("the zone of the one target is found");
    assert_eq!(found.severity, WillBreak);
    assert!(found.found.contains("a zone without a target"), "{}", found.found);
}

#[test]
fn a_group_that_cannot_hold_the_standby_of_a_warm_binding_costs_seconds() {
    let mut account = sound();
    (SHAPES[1].2)(&mut account);
    let mut config = config("instance/orders");
    let told = |account: &Account, config: &Config| {
        let report = look(account, config);
        report.findings.iter().filter(|found| found.id == "W521").map(|f| f.severity).collect()
    };
    let all: fn(&mut Account) = |account| set(account, "load_balancing.cross_zone.enabled", "true");
    all(&mut account);
    let none: Vec<SeverityWord> = told(&account, &config);
    assert_eq!(none, [], "a cold binding has no standby in its group");
    let binding = config.bindings[0].as_mut().expect("a binding");
    binding.standby = writerlink_core::config::StandbyMode::Warm;
    assert_eq!(told(&account, &config), [], "this group can hold it");
    set(&mut account, "target_health_state.unhealthy.connection_termination.enabled", "false");
    assert_eq!(told(&account, &config), [Costs]);
    set(&mut account, "load_balancing.cross_zone.enabled", "false");
    assert_eq!(told(&account, &config), [Costs, Costs]);
}

/// Something that was not read, the check that then has no answer, and what must not be said.
type Unread = (fn(&mut Account), &'static str, &'static [(&'static str, SeverityWord)]);

fn gap() -> Gap {
    Gap::unread("some:Call", "denied", "Allow it.")
}

const UNREAD: &[Unread] = &[
    (
        |a| {
            subscription(a, |s| s.enabled = false);
            a.events.schedules = Err(gap());
        },
        "W330",
        &[("W302", WillBreak)],
    ),
    (
        |a| a.events.schedule_details.values_mut().for_each(|one| *one = Err(gap())),
        "W330",
        &[("W330", WillBreak), ("W330", Costs)],
    ),
    (|a| a.databases.subnet_groups = Err(gap()), "W113", &[]),
    (|a| a.databases.instances = Err(gap()), "W403", &[]),
    (|a| following(a, |f| f.function = Err(gap())), "W300", &[("W300", WillBreak)]),
    (
        |a| function(a, |f| f.variables_fault = Some("the key is denied".to_owned())),
        "W300",
        &[("W300", WillBreak)],
    ),
    (
        |a| {
            a.events.functions.clear();
            a.events.left_out = Some(gap());
        },
        "W300",
        &[("W300", WillBreak)],
    ),
    (|a| following(a, |f| f.policy = Err(gap())), "W308", &[("W308", Costs)]),
    (|a| following(a, |f| f.sweeps = Err(gap())), "W331", &[("W331", Broken)]),
    (|a| a.names.values_mut().for_each(|one| *one = Err(gap())), "W400", &[("W400", Broken)]),
];

#[test]
fn a_part_that_was_not_read_gives_no_answer_and_no_false_one() {
    for (number, (unread, id, never)) in UNREAD.iter().enumerate() {
        let mut account = sound();
        unread(&mut account);
        let report = look(&account, &config("cluster/orders"));
        let missed = report.not_checked.iter().any(|missed| missed.ids.contains(id));
        assert!(missed, "row {number}: {:?}", report.not_checked);
        let found: BTreeSet<_> = report.findings.iter().map(|f| (f.id, f.severity)).collect();
        assert!(
            never.iter().all(|false_one| !found.contains(false_one)),
            "row {number}: {found:?}"
        );
    }
}

#[test]
fn a_topic_for_outcomes_that_does_not_exist_is_told() {
    use writerlink_core::failure::{CallError, Failure, Rejection};
    let gone =
        CallError::new("sns:ListSubscriptionsByTopic", Failure::Rejected(Rejection::NotFound), "");
    let mut account = sound();
    account.events.alarms = Ok(vec![]);
    topic(&mut account, OUTCOMES).subscriptions = Err(gone.into());
    assert!(found(&account).contains(&("W334", Costs)));
}

#[test]
fn the_same_finding_of_two_bindings_is_told_once() {
    let one = format!(
        "{{\"name\": \"orders\", \"source\": \"cluster/orders\", \"target-group\": \"{GROUP}\"}}"
    );
    let two =
        one.replace("\"name\": \"orders\"", "\"name\": \"second\"").replace("/orders/", "/two/");
    let text = format!("{{\"allow\": [\"10.20.0.0/16\"], \"binding\": [{one}, {two}]}}");
    let place = writerlink_core::config::Location::from(text.as_str());
    let config = Config::parse(&text, &place).expect("a good configuration");
    let mut account = sound();
    function(&mut account, |f| {
        f.timeout = 3;
        f.variables.insert("WRITERLINK_CONFIG".to_owned(), text);
    });
    let report = look(&account, &config);
    let found: Vec<_> = report.findings.iter().filter(|finding| finding.id == "W323").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].bindings, ["orders", "second"]);
}
