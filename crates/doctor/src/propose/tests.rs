//! Proposals of small Regions.

use writerlink_core::config::{Config, ConfigError, Location, Mode};
use writerlink_core::source::Source;

use super::parameters::{File, Own, terraform};
use super::sample::{arn, region};
use super::toml::configuration;
use super::*;
use crate::fixture;

fn request() -> Request {
    Request {
        database: None,
        group: None,
        port: None,
        name: None,
        mode: Mode::Observe,
        member_ports: None,
        dns_servers: Vec::new(),
    }
}

fn of(source: &str) -> Request {
    Request { database: Some(source.parse().expect("a source")), ..request() }
}

fn cloudformation(proposal: &Proposal) -> File {
    parameters::cloudformation(proposal, &Own::default()).expect("nothing is added")
}

fn parsed(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, &Location::File("writerlink.toml".into()))
}

fn gap(call: &str) -> Gap {
    Gap::unread(call, "not permitted", &format!("Allow `{call}`."))
}

/// The bindings in a line: name and source, `?` for a doubtful one, `!` for an open entry.
fn told(proposal: &Proposal) -> String {
    let entry = |entry: &Entry| {
        let binding = entry.binding.as_ref().map_or("-".to_owned(), |binding| {
            let doubt = if binding.is_doubtful { "?" } else { "" };
            let group = binding.target_group.known().map_or("(no group) ", |_| "");
            format!("{group}{} {}{doubt}", binding.name, binding.source)
        });
        binding + if entry.is_open { "!" } else { "" }
    };
    proposal.entries.iter().map(entry).collect::<Vec<_>>().join(", ")
}

/// A group for each kind of source, and one without a target.
const GROUPS: [(&str, &[u8]); 6] = [
    ("a-writer", &[1]),
    ("b-readers", &[2, 3]),
    ("c-billing", &[11]),
    ("d-front", &[21, 22]),
    ("e-front-ro", &[31]),
    ("f-empty", &[]),
];

#[test]
fn a_cluster_of_which_ports_are_asked_for_gets_a_binding_for_each_member() {
    let asked = Request { member_ports: Some(5441), ..of("cluster/orders") };
    let proposal = propose(&region(&GROUPS[..1]), &asked).expect("a proposal");
    let found = "a-writer cluster/orders, (no group) orders-1 cluster/orders/instance/orders-1, \
        (no group) orders-2 cluster/orders/instance/orders-2, \
        (no group) orders-3 cluster/orders/instance/orders-3";
    assert_eq!(told(&proposal), found);
    assert!(!proposal.is_complete(), "the groups are still to be made");
    let text = configuration(&proposal);
    assert!(text.contains("<target-group-of-orders-2>"), "{text}");
    let file = cloudformation(&proposal);
    assert_eq!(file.of, "members.yaml");
    let ports = "orders-1=5441,orders-2=5442,orders-3=5443";
    assert_eq!(file.content["Parameters"]["MemberPorts"], ports);
    let file = terraform(&proposal);
    assert_eq!(
        (file.of, &file.content["member_ports"]["orders-3"]),
        ("terraform/members", &5443.into())
    );
}

#[test]
fn ports_of_members_are_for_a_cluster_and_leave_the_databases_own_to_the_writer() {
    let refused = |request: &Request| propose(&region(&[]), request).expect_err("it is refused");
    let asked = |first| Request { member_ports: Some(first), ..of("cluster/orders") };
    for first in [5430, 5432] {
        assert_eq!(refused(&asked(first)), Refused::Writer { first, writer: 5432 });
    }
    for first in [65534, 65535] {
        assert_eq!(refused(&asked(first)), Refused::Beyond { first, count: 3 });
    }
    let alone = Request { member_ports: Some(5441), ..of("instance/billing") };
    assert_eq!(refused(&alone), Refused::NoCluster);
    let group = Some("a-writer".to_owned());
    let named = Request { name: Some("mine".to_owned()), group: group.clone(), ..asked(5441) };
    let other = Request { port: Some(6432), group, ..asked(5441) };
    for request in [named, other] {
        let refused = propose(&region(&GROUPS[..1]), &request).expect_err("it is refused");
        assert_eq!(refused, Refused::ForOneBinding);
        assert!(!refused.to_string().contains("--target-group"), "it is given already");
    }
}

/// Puts a group behind a listener of its own on the link's load balancer.
fn listen(region: &mut Region, port: u16, group: &str) {
    let listeners = region.account.links.listeners.values_mut().flatten().next();
    let listeners = listeners.expect("the fixture has a load balancer");
    listeners[0].forwards.retain(|forward| forward.group != arn(group));
    let mut own = listeners[0].clone();
    own.arn = format!("{}{port}", fixture::LISTENER);
    own.port = port;
    own.forwards = vec![writerlink_aws::account::Forward { group: arn(group), weight: 1 }];
    listeners.push(own);
}

#[test]
fn a_member_keeps_its_group_and_port_and_a_new_one_comes_after_them() {
    let mut region = region(&[("a-writer", &[1]), ("m-1", &[1]), ("m-2", &[2]), ("m-3", &[])]);
    for (port, group) in [(5441, "m-1"), (5442, "m-2"), (5450, "m-3")] {
        listen(&mut region, port, group);
    }
    let tags = region.tagged.as_mut().expect("they are read");
    tags.insert(arn("m-3"), "cluster/orders/instance/orders-3".to_owned());
    let clusters = region.account.databases.clusters.as_mut().expect("they are read");
    let members = &mut clusters.get_mut("orders").expect("the cluster").members;
    for number in [20, 10] {
        let instance = format!("orders-{number}");
        let (is_writer, promotion_tier) = (false, None);
        let member = writerlink_aws::account::ClusterMember { instance, is_writer, promotion_tier };
        members.push(member);
    }
    let asked = Request { member_ports: Some(5441), ..of("cluster/orders") };
    let proposal = propose(&region, &asked).expect("a proposal");
    let file = cloudformation(&proposal);
    assert_eq!(
        file.content["Parameters"]["MemberPorts"],
        "orders-1=5441,orders-2=5442,orders-3=5450,orders-10=5451,orders-20=5452"
    );
    let groups: Vec<(&str, Option<&String>)> =
        proposal.bindings().map(|binding| (&*binding.name, binding.target_group.known())).collect();
    let [writer, one, two, three] = ["a-writer", "m-1", "m-2", "m-3"].map(arn);
    assert_eq!(
        groups,
        [
            ("a-writer", Some(&writer)),
            ("orders-1", Some(&one)),
            ("orders-2", Some(&two)),
            ("orders-3", Some(&three)),
            ("orders-10", None),
            ("orders-20", None),
        ]
    );
}

#[test]
fn a_port_on_which_the_load_balancer_listens_for_another_is_passed_over_and_named() {
    let mut region = region(&[("a-writer", &[1]), ("billing", &[11])]);
    listen(&mut region, 5442, "billing");
    let asked = Request { member_ports: Some(5441), ..of("cluster/orders") };
    let proposal = propose(&region, &asked).expect("a proposal");
    let file = cloudformation(&proposal);
    let ports = "orders-1=5441,orders-2=5443,orders-3=5444";
    assert_eq!(file.content["Parameters"]["MemberPorts"], ports);
    let said = file.notes.join(" ");
    for part in ["Port 5442 is passed over", "link listens on it for billing", "/15442)"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn each_group_becomes_a_binding_a_question_or_a_remark() {
    let orders = || of("cluster/orders");
    let one = |name: &str| Request { group: Some(name.to_owned()), ..request() };
    for (groups, request, expected) in [
        (
            &GROUPS[..],
            request(),
            "a-writer cluster/orders, b-readers cluster/orders/readers, c-billing \
             instance/billing, d-front proxy/front, e-front-ro proxy/front/front-ro, -",
        ),
        (&GROUPS, orders(), "a-writer cluster/orders, b-readers cluster/orders/readers"),
        (&GROUPS, of("proxy/front"), "d-front proxy/front, e-front-ro proxy/front/front-ro"),
        (&GROUPS, one("f-empty"), "-!"),
        (&GROUPS, Request { group: Some(arn("a-writer")), ..request() }, "a-writer cluster/orders"),
        (
            &GROUPS,
            Request { group: Some("f-empty".to_owned()), ..orders() },
            "f-empty cluster/orders",
        ),
        (
            &GROUPS,
            Request { group: Some("b-readers".to_owned()), ..orders() },
            "b-readers cluster/orders/readers",
        ),
        (
            &GROUPS,
            Request { group: Some("c-billing".to_owned()), ..orders() },
            "c-billing cluster/orders!",
        ),
        (
            &GROUPS,
            Request { name: Some("payments".to_owned()), ..of("instance/billing") },
            "payments instance/billing",
        ),
        (&[("old", &[2])], request(), "old cluster/orders?!"),
        (&[("both", &[1, 2])], request(), "-!"),
        (&[("both", &[1, 2])], orders(), "-!"),
        (&[("other", &[77])], request(), "-"),
        (&[("one", &[1]), ("two", &[1])], orders(), "one cluster/orders, two cluster/orders"),
        (&[("other", &[77])], orders(), "(no group) orders cluster/orders"),
        (&[], request(), ""),
    ] {
        let proposal = propose(&region(groups), &request).expect("it is there");
        assert_eq!(told(&proposal), expected, "{request:?}");
    }
}

#[test]
fn what_was_asked_for_and_is_not_there_is_refused() {
    for (request, expected) in [
        (of("cluster/stock"), "cluster/stock"),
        (of("instance/orders-1"), "--cluster orders"),
        (Request { group: Some("stock".to_owned()), ..request() }, "stock"),
        (Request { name: Some("a".to_owned()), ..request() }, "`--target-group`"),
    ] {
        let refused = propose(&region(&GROUPS), &request).expect_err("it is not there");
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    let mut region = region(&GROUPS);
    let groups = region.account.links.groups.as_mut().expect("it is read");
    groups.values_mut().for_each(|group| group.protocol = "TLS".to_owned());
    let asked = Request { group: Some("a-writer".to_owned()), ..request() };
    let refused = propose(&region, &asked).expect_err("it is for TLS");
    assert!(refused.to_string().contains("TLS"), "{refused}");
    assert_eq!(told(&propose(&region, &request()).expect("an empty proposal")), "");
}

#[test]
fn a_complete_proposal_is_a_configuration_that_allows_exactly_the_subnets() {
    for (groups, port) in [(&GROUPS[..], None), (&GROUPS[2..3], Some(6432))] {
        let request = Request { port, ..request() };
        let proposal = propose(&region(groups), &request).expect("a proposal");
        // A port that is not the database's own needs a decision.
        assert_eq!(proposal.is_complete(), port.is_none());
        let text = configuration(&proposal);
        let config = parsed(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(config.bindings.len(), proposal.bindings().count(), "{text}");
        for (read, written) in config.bindings.iter().zip(proposal.bindings()) {
            let read = read.as_ref().unwrap_or_else(|bad| panic!("{bad}\n{text}"));
            assert_eq!((&read.name, &read.source), (&written.name, &written.source));
            assert_eq!(Some(&read.target_group.to_string()), written.target_group.known());
            assert_eq!((read.mode, read.port), (Mode::Observe, port));
            for (address, is_inside) in
                [("10.20.0.0", true), ("10.20.1.255", true), ("10.20.2.0", false)]
            {
                let address = address.parse().expect("an address");
                assert_eq!(read.allow.contains(address), is_inside, "{address}\n{text}");
            }
        }
    }
}

/// One thing that may not be read.
type Break = fn(&mut Region);

const NO_SUBNET: Break = |region| {
    region.account.network.subnets.insert("subnet-b".to_owned(), Err(gap("ec2:DescribeSubnets")));
};
const NO_CLUSTERS: Break =
    |region| region.account.databases.clusters = Err(gap("rds:DescribeDBClusters"));
const NO_GROUPS: Break = |region| {
    region.account.links.groups = Err(gap("elasticloadbalancing:DescribeTargetGroups"));
};
const NO_TARGETS: Break = |region| {
    let denied = Err(gap("elasticloadbalancing:DescribeTargetHealth"));
    region.account.links.targets.values_mut().for_each(|targets| *targets = denied.clone());
};
const NO_NAME: Break = |region| {
    region.names.v4.insert(fixture::WRITER.to_owned(), Err(gap("a DNS lookup")));
    region.names.v4.insert(fixture::ENDPOINT.to_owned(), Err(gap("a DNS lookup")));
};
const NO_TAGS: Break = |region| region.tagged = Err(gap("elasticloadbalancing:DescribeTags"));
const NO_BALANCERS: Break = |region| {
    region.account.links.balancers = Err(gap("elasticloadbalancing:DescribeLoadBalancers"));
};

#[test]
fn what_could_not_be_read_is_a_blank_or_a_comment_with_the_permission() {
    let writer = || Request { group: Some("a-writer".to_owned()), ..of("cluster/orders") };
    for (what, request, blank, call) in [
        (NO_SUBNET, request(), Some("<allow-of-orders>"), "ec2:DescribeSubnets"),
        (NO_CLUSTERS, writer(), Some("<allow-of-orders>"), "rds:DescribeDBClusters"),
        (NO_CLUSTERS, request(), None, "rds:DescribeDBClusters"),
        (
            NO_GROUPS,
            of("cluster/orders"),
            Some("<target-group-of-orders>"),
            "elasticloadbalancing:DescribeTargetGroups",
        ),
        (NO_TARGETS, request(), None, "elasticloadbalancing:DescribeTargetHealth"),
        (NO_NAME, request(), None, "a DNS lookup"),
        (NO_TAGS, request(), None, "elasticloadbalancing:DescribeTags"),
        (NO_BALANCERS, request(), None, "elasticloadbalancing:DescribeLoadBalancers"),
    ] {
        let mut region = region(&GROUPS[..1]);
        what(&mut region);
        let proposal = propose(&region, &request).expect("a proposal");
        let text = configuration(&proposal);
        assert!(!proposal.is_complete(), "{call}\n{text}");
        assert!(text.contains(call), "{call}\n{text}");
        let Some(blank) = blank else { continue };
        let refused = parsed(&text).expect_err("a blank is no value").to_string();
        assert!(refused.contains(blank), "{refused}\n{text}");
    }
}

#[test]
fn a_tagged_group_is_left_to_discovery_and_its_text_stays_in_a_comment() {
    let mut region = region(&GROUPS[..2]);
    let evil = "cluster/x\n[[binding]]\r\nname = \"y\"\u{202e}".to_owned();
    region.tagged = Ok([(arn("b-readers"), evil.clone())].into());
    let database = &mut region.account.databases;
    let instances = database.instances.as_mut().expect("it is read");
    instances.get_mut("orders-1").expect("the writer").zone = Some(evil);
    let proposal = propose(&region, &request()).expect("a proposal");
    assert_eq!(told(&proposal), "a-writer cluster/orders, -!", "such a tag names no source");
    let named = Request { group: Some("b-readers".to_owned()), ..request() };
    let asked = propose(&region, &named).expect("a proposal");
    assert_eq!(told(&asked), "b-readers cluster/orders/readers");
    let text = configuration(&proposal);
    let config = parsed(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(config.names(), ["a-writer"]);
    assert!(text.lines().all(|line| !line.contains('\u{202e}') && !line.contains('\r')), "{text}");
}

#[test]
fn a_draining_target_says_nothing() {
    let mut region = region(&[("orders", &[1, 2])]);
    let targets = region.account.links.targets.get_mut(&arn("orders")).expect("the group");
    targets.as_mut().expect("they are read")[1].state = "draining".to_owned();
    let proposal = propose(&region, &request()).expect("a proposal");
    assert_eq!(told(&proposal), "orders cluster/orders");
}

#[test]
fn another_port_or_another_vpc_is_said_and_not_taken_over() {
    let mut region = region(&GROUPS[..1]);
    for target in region.account.links.targets.values_mut().flatten().flatten() {
        target.port = 6432;
    }
    let groups = region.account.links.groups.as_mut().expect("it is read");
    groups.values_mut().for_each(|group| group.vpc = Some("vpc-2".to_owned()));
    let proposal = propose(&region, &request()).expect("a proposal");
    let said = proposal.entries[0].comments.join(" ");
    for part in ["port 6432", "own, 5432", "vpc-2", "vpc-1", "sg-link", "listens for it on"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(proposal.bindings().next().expect("the binding").port, None);
}

#[test]
fn an_ipv6_group_is_compared_by_ipv6_and_allows_ipv6_networks() {
    let mut region = region(&GROUPS[..1]);
    let address: std::net::IpAddr = "2001:db8:20::1".parse().expect("an address");
    let groups = region.account.links.groups.as_mut().expect("it is read");
    groups.values_mut().for_each(|group| group.address_type = "ipv6".to_owned());
    for target in region.account.links.targets.values_mut().flatten().flatten() {
        target.address = address;
    }
    let mut writer = region.names.v4[fixture::WRITER].clone().expect("it is resolved");
    writer.addresses = vec![address];
    region.names.v6.insert(fixture::WRITER.to_owned(), Ok(writer));
    let allow = |region: &Region| {
        let proposal = propose(region, &request()).expect("a proposal");
        assert_eq!(told(&proposal), "a-writer cluster/orders");
        proposal.bindings().next().expect("the binding").allow.clone()
    };
    let Value::Blank { gap, .. } = allow(&region) else { panic!("no subnet has IPv6") };
    assert!(gap.why.contains("IPv6"), "{gap:?}");
    for (id, network) in [("subnet-a", "2600:1f18::/64"), ("subnet-b", "2600:1f18:0:2::/64")] {
        let subnet = region.account.network.subnets.get_mut(id).expect("the subnet");
        let networks = &mut subnet.as_mut().expect("it is read").networks;
        networks.push(network.parse().expect("a network"));
    }
    let networks = allow(&region).known().expect("both subnets have IPv6").len();
    assert_eq!(networks, 2, "they do not adjoin");
}

#[test]
fn parameters_are_those_of_the_template_that_makes_what_is_missing() {
    let keys = |content: &serde_json::Value| {
        let keys = content.as_object().expect("an object").keys();
        keys.map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    let source: Source = "cluster/orders".parse().expect("a source");
    let asked = || Request { database: Some(source.clone()), ..request() };
    for (groups, request, template, parameters, module, variables) in [
        (
            &GROUPS[..1],
            request(),
            "reconciler.yaml",
            "Allow LoadBalancerArn Mode Source TargetGroupArns",
            "terraform/reconciler",
            "bindings load_balancer_arns name package",
        ),
        (
            &GROUPS,
            request(),
            "reconciler.yaml",
            "Config TargetGroupArns",
            "terraform/reconciler",
            "bindings load_balancer_arns name package",
        ),
        (
            &[],
            asked(),
            "writerlink.yaml",
            "Allow CodeBucket CodeKey DatabaseEndpoint DatabaseSecurityGroupId Mode Port Source \
             SubnetIds VpcId",
            "terraform/link",
            "database_security_group_id name port subnet_ids vpc_id",
        ),
    ] {
        let proposal = propose(&region(groups), &request).expect("a proposal");
        let file = cloudformation(&proposal);
        assert_eq!((file.of, &*keys(&file.content["Parameters"])), (template, parameters));
        assert!(file.is_complete, "{:?}", file.notes);
        let file = terraform(&proposal);
        assert_eq!((file.of, &*keys(&file.content)), (module, variables));
    }
}

#[test]
fn what_a_person_adds_is_in_the_file_or_refused_by_the_template_that_lacks_it() {
    let principal = "arn:aws:iam::444455556666:root";
    let own = Own {
        code: Some(("bucket".to_owned(), "writerlink.zip".to_owned())),
        allowed_principals: vec![principal.to_owned(); 2],
        notify_email: Some("dba@example.com".to_owned()),
    };
    let added = |groups: &[(&str, &[u8])], own: &Own| {
        let proposal = propose(&region(groups), &of("cluster/orders")).expect("a proposal");
        parameters::cloudformation(&proposal, own)
    };
    let file = added(&[], &own).expect("writerlink.yaml has them all");
    for (name, value) in [
        ("CodeBucket", "bucket"),
        ("CodeKey", "writerlink.zip"),
        ("AllowedPrincipals", &format!("{principal},{principal}")),
        ("NotifyEmail", "dba@example.com"),
        ("DatabaseEndpoint", fixture::ENDPOINT),
    ] {
        assert_eq!(file.content["Parameters"][name], value);
    }
    assert!(!file.notes.iter().any(|note| note.contains("<code-")), "{:?}", file.notes);
    for (key, built_for) in [
        ("writerlink-0.1.0-arm64.zip", Some("arm64")),
        ("v1/bootstrap-x86_64.zip", Some("x86_64")),
        ("writerlink-amd64.zip", Some("x86_64")),
        ("arm64/bootstrap-x86_64.zip", None),
        ("writerlink.zip", None),
    ] {
        let code = Some(("bucket".to_owned(), key.to_owned()));
        let file = added(&[], &Own { code, ..Own::default() }).expect("writerlink.yaml has them");
        assert_eq!(file.content["Parameters"]["Architecture"].as_str(), built_for, "{key}");
        let is_asked = file.notes.iter().any(|note| note.contains("for arm64 or x86_64"));
        assert_eq!(is_asked, built_for.is_none(), "{key}");
    }
    let refused = added(&GROUPS[..1], &own).expect_err("reconciler.yaml has no such parameter");
    assert_eq!(
        refused.to_string(),
        "`--code` is for infra/writerlink.yaml, and these are parameters of \
         infra/reconciler.yaml, because the target group is there already (docs/adopt.md): leave \
         it out"
    );
    let file = added(&GROUPS[..1], &Own { notify_email: own.notify_email, ..Own::default() });
    let file = file.expect("reconciler.yaml notifies too");
    assert_eq!(file.content["Parameters"]["NotifyEmail"], "dba@example.com");
}

#[test]
fn a_configuration_that_the_environment_cannot_hold_goes_into_the_package() {
    let names: Vec<String> = (10..40).map(|number| format!("orders-{number}")).collect();
    let groups: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &[1][..])).collect();
    let proposal = propose(&region(&groups), &request()).expect("a proposal");
    for (file, key) in [
        (cloudformation(&proposal).clone(), "/Parameters/Config"),
        (terraform(&proposal).clone(), "/config"),
    ] {
        let path = file.content.pointer(key).and_then(|config| config.as_str());
        assert_eq!(path, Some("/var/task/writerlink.toml"));
        assert!(file.notes.iter().any(|note| note.contains("--config writerlink.toml")));
    }
    assert!(parsed(&configuration(&proposal)).is_ok());
}

#[test]
fn a_public_database_makes_the_parameters_incomplete() {
    let mut region = region(&[]);
    let instances = region.account.databases.instances.as_mut().expect("they are read");
    instances.get_mut("orders-2").expect("the fixture has it").publicly_accessible = true;
    let proposal = propose(&region, &of("cluster/orders")).expect("a proposal");
    let file = cloudformation(&proposal);
    assert!(!file.is_complete);
    let note = "Publicly accessible: orders-2.";
    assert!(file.notes.iter().any(|said| said.starts_with(note)), "{:?}", file.notes);
}

#[test]
fn a_blank_makes_the_parameters_incomplete_too() {
    for groups in [&GROUPS[..1], &[]] {
        let mut region = region(groups);
        NO_SUBNET(&mut region);
        let proposal = propose(&region, &of("cluster/orders")).expect("a proposal");
        let file = cloudformation(&proposal);
        assert!(!file.is_complete);
        assert_eq!(file.content["Parameters"]["Allow"], "<allow-of-orders>");
        assert!(file.notes.iter().any(|note| note.contains("ec2:DescribeSubnets")));
    }
}
