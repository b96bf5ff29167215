use super::*;
use crate::failure::{CallError, Failure, Rejection};
use crate::guard::Allow;
use crate::source::Fallback;
use crate::target::Family;
use crate::topology::{
    Cluster, CustomEndpoint, Form, Instance, Member, Membership, Network, Proxy, ProxyEndpoint,
    Standby, Topology,
};

fn id(text: &str) -> Identifier {
    text.parse().expect("id")
}

fn name(label: &str) -> HostName {
    format!("{label}.db.test").parse().expect("name")
}

fn instance(label: &str, cluster: Option<&str>) -> Instance {
    Instance {
        engine: "postgres".to_owned(),
        resource_id: None,
        status: "available".to_owned(),
        publish: None,
        endpoint: Some(name(label)),
        port: Some(5432),
        cluster: cluster.map(id),
        vpc: Some("vpc-1".to_owned()),
        standby: Standby::RefusesTcp,
        network: None,
        placement: Default::default(),
    }
}

/// The cluster `orders` with the writer `orders-1` and the reader `orders-2`, and the instance
/// `billing`.
fn topology() -> Topology {
    let member = |label: &str, writer| Member { instance: id(label), writer };
    let cluster = Cluster {
        engine: "aurora-postgresql".to_owned(),
        resource_id: None,
        form: Form::Instances,
        status: "available".to_owned(),
        publish: None,
        endpoint: Some(name("orders")),
        port: Some(5432),
        members: vec![member("orders-1", true), member("orders-2", false)],
        replicates: false,
    };
    Topology {
        clusters: [(id("orders"), cluster)].into(),
        instances: [
            (id("orders-1"), instance("orders-1", Some("orders"))),
            (id("orders-2"), instance("orders-2", Some("orders"))),
            (id("billing"), instance("billing", None)),
        ]
        .into(),
        ..Topology::default()
    }
}

fn answer(aliases: &[&str], addresses: &[&str]) -> Result<Answer, LookupError> {
    Ok(Answer {
        aliases: aliases.iter().map(|alias| name(alias)).collect(),
        addresses: addresses.iter().map(|a| a.parse().expect("address")).collect(),
        ttl: Duration::from_secs(5),
    })
}

/// Every name as it should be: the cluster's name is an alias of `orders-1`.
fn answers() -> Answers {
    [
        (name("orders"), answer(&["orders-1"], &["10.20.0.1"])),
        (name("orders-1"), answer(&[], &["10.20.0.1"])),
        (name("orders-2"), answer(&[], &["10.20.0.2"])),
        (name("billing"), answer(&[], &["10.20.0.9"])),
    ]
    .into()
}

fn look(source: &str, topology: &Topology, answers: &Answers) -> Evidence {
    let allow = Allow::new(vec!["10.20.0.0/16".parse().expect("network")]).expect("allow");
    weigh(&source.parse().expect("source"), topology, answers, &allow, Family::V4)
}

/// What the keys come to, in a few words.
fn words(evidence: &Evidence) -> String {
    match evidence.verdict() {
        Verdict::Agree(member_at) => {
            format!("agree on {} at {}", member_at.member, member_at.address)
        }
        Verdict::Disagree { topology, dns } => {
            format!("{} against {}", topology.member, dns.member)
        }
        Verdict::Listed(listing) => format!("all of {listing}"),
        Verdict::Unknown(unknown) => unknown.word().to_owned(),
    }
}

#[test]
fn both_keys_of_a_cluster_name_who_and_where() {
    assert_eq!(
        words(&look("cluster/orders", &topology(), &answers())),
        "agree on orders-1 at 10.20.0.1"
    );
    assert_eq!(
        words(&look("instance/billing", &topology(), &answers())),
        "agree on billing at 10.20.0.9"
    );
}

#[test]
fn dns_of_a_cluster_names_the_member_by_alias_or_else_by_address() {
    let mut moved = answers();
    moved.insert(name("orders"), answer(&["orders-2"], &["10.20.0.2"]));
    assert_eq!(words(&look("cluster/orders", &topology(), &moved)), "orders-1 against orders-2");
    moved.insert(name("orders"), answer(&[], &["10.20.0.2"]));
    assert_eq!(words(&look("cluster/orders", &topology(), &moved)), "orders-1 against orders-2");
}

#[test]
fn while_rds_cannot_be_read_only_an_alias_of_a_known_members_name_says_who() {
    let allow = Allow::new(vec!["10.20.0.0/16".parse().expect("network")]).expect("allow");
    let says = |asked: &[(&str, Result<Answer, LookupError>)]| {
        let mut answers = answers();
        answers.extend(asked.iter().map(|(label, answer)| (name(label), answer.clone())));
        let error = CallError::new("rds:DescribeDBClusters", Failure::Unreachable, "x");
        let source = "cluster/orders".parse().expect("source");
        let evidence =
            weigh_dns_alone(&source, &topology(), &answers, &allow, Family::V4, error.clone());
        assert_eq!(evidence.topology(), Some(&Err(Unknown::Call(error))));
        match evidence.dns().expect("a cluster has it") {
            Ok(member_at) => format!("{} at {}", member_at.member, member_at.address),
            Err(unknown) => unknown.word().to_owned(),
        }
    };
    let alias = |member: &str, address: &str| ("orders", answer(&[member], &[address]));
    for (asked, word) in [
        (vec![alias("orders-2", "10.20.0.2")], "orders-2 at 10.20.0.2"),
        // By its address alone, it would be `orders-2`.
        (vec![("orders", answer(&[], &["10.20.0.2"]))], "no-alias"),
        (vec![alias("orders-9", "10.20.0.2")], "no-alias"),
        // Not the address that the member's own name gives.
        (vec![alias("orders-2", "10.20.0.66")], "not-a-member"),
        (vec![alias("orders-2", "10.99.0.2")], "address-refused"),
        (
            vec![alias("orders-2", "10.20.0.2"), ("orders-1", answer(&[], &["10.20.0.2"]))],
            "shared-address",
        ),
        (vec![("orders", Err(LookupError::NxDomain))], "dns-nxdomain"),
        (
            vec![alias("orders-2", "10.20.0.2"), ("orders-2", Err(LookupError::Timeout))],
            "dns-timeout",
        ),
    ] {
        assert_eq!(says(&asked), word, "{asked:?}");
    }
}

/// Of a Multi-AZ DB cluster no documentation says whether its name is an alias. Its members may be
/// shown as `MultiAZ`.
#[test]
fn a_multi_az_db_cluster_is_a_cluster_whichever_way_its_name_leads_to_the_writer() {
    let label = |number: u8| format!("ledger-instance-{number}");
    let members =
        (1..=3).map(|number| Member { instance: id(&label(number)), writer: number == 2 });
    let cluster = Cluster {
        engine: "aurora-postgresql".to_owned(),
        resource_id: None,
        form: Form::Instances,
        status: "failing-over".to_owned(),
        publish: None,
        endpoint: Some(name("ledger")),
        port: Some(5432),
        members: members.collect(),
        replicates: false,
    };
    let topology = Topology {
        clusters: [(id("ledger"), cluster)].into(),
        instances: (1..=3)
            .map(|number| (id(&label(number)), instance(&label(number), Some("ledger"))))
            .collect(),
        ..Topology::default()
    };
    let facts =
        facts(&"cluster/ledger".parse().expect("source"), &topology).expect("it is followed");
    assert_eq!(facts.standby, Standby::Unknown, "its readers accept connections");
    let own =
        (1..=3).map(|number| (name(&label(number)), answer(&[], &[&format!("10.20.{number}.10")])));
    let mut answers: Answers = own.collect();
    for (writer, aliases, verdict) in [
        (1, vec![], "ledger-instance-2 against ledger-instance-1"),
        (1, vec![label(1)], "ledger-instance-2 against ledger-instance-1"),
        (2, vec![], "agree on ledger-instance-2 at 10.20.2.10"),
        (2, vec![label(2)], "agree on ledger-instance-2 at 10.20.2.10"),
    ] {
        let aliases: Vec<&str> = aliases.iter().map(String::as_str).collect();
        answers.insert(name("ledger"), answer(&aliases, &[&format!("10.20.{writer}.10")]));
        assert_eq!(words(&look("cluster/ledger", &topology, &answers)), verdict);
    }
}

#[test]
fn an_alias_of_the_writer_with_another_address_is_no_agreement() {
    let mut poisoned = answers();
    poisoned.insert(name("orders"), answer(&["orders-1"], &["10.20.0.66"]));
    assert_eq!(words(&look("cluster/orders", &topology(), &poisoned)), "orders-1 against orders-1");
}

#[test]
fn every_answer_that_is_no_evidence_is_unknown_with_its_reason() {
    for (given, reason) in [
        (answer(&[], &["10.20.0.77"]), "not-a-member"),
        (answer(&["orders-1"], &["52.17.0.1"]), "address-refused"),
        (answer(&["orders-1"], &["127.0.0.1"]), "address-refused"),
        (answer(&["orders-1"], &["10.20.0.1", "52.17.0.1"]), "address-refused"),
        (answer(&["orders-1"], &["10.20.0.1", "10.20.0.2"]), "several-addresses"),
        (answer(&["orders-1"], &["fd12::1"]), "address-refused"),
        (answer(&["orders-1"], &[]), "dns-no-address"),
        (Err(LookupError::NxDomain), "dns-nxdomain"),
        (Err(LookupError::NoAddress), "dns-no-address"),
        (Err(LookupError::Refused("SERVFAIL".to_owned())), "dns-refused"),
        (Err(LookupError::Timeout), "dns-timeout"),
    ] {
        for (source, label) in [("cluster/orders", "orders"), ("instance/billing", "billing")] {
            if source == "instance/billing" && reason == "not-a-member" {
                continue; // An instance has no members: its own name is all there is.
            }
            let mut answers = answers();
            answers.insert(name(label), given.clone());
            assert_eq!(words(&look(source, &topology(), &answers)), reason, "{source}: {given:?}");
        }
    }
}

#[test]
fn a_cluster_with_no_writer_or_two_is_unknown() {
    for (first, second, reason) in [(false, false, "no-writer"), (true, true, "several-writers")] {
        let mut topology = topology();
        let cluster = topology.clusters.get_mut(&id("orders")).expect("orders");
        cluster.members[0].writer = first;
        cluster.members[1].writer = second;
        assert_eq!(words(&look("cluster/orders", &topology, &answers())), reason);
    }
}

#[test]
fn t7_a_member_that_is_being_created_does_not_disturb_the_rest() {
    let mut topology = topology();
    topology.instances.get_mut(&id("orders-2")).expect("orders-2").endpoint = None;
    assert_eq!(
        words(&look("cluster/orders", &topology, &answers())),
        "agree on orders-1 at 10.20.0.1"
    );
    topology.instances.get_mut(&id("orders-1")).expect("orders-1").endpoint = None;
    assert_eq!(words(&look("cluster/orders", &topology, &answers())), "no-endpoint");
}

#[test]
fn t7_only_a_database_that_has_no_endpoint_to_follow_is_idle() {
    for (status, idle) in [
        ("available", false),
        ("storage-optimization", false),
        ("rebooting", false),
        ("upgrading", false),
        ("configuring-enhanced-monitoring", false),
        ("failing-over", false),
        ("modifying", false),
        ("starting", false),
        ("a-word-of-tomorrow", false),
        ("creating", true),
        ("stopped", true),
        ("stopping", true),
        ("deleting", true),
    ] {
        let mut topology = topology();
        topology.instances.get_mut(&id("billing")).expect("billing").status = status.to_owned();
        topology.clusters.get_mut(&id("orders")).expect("orders").status = status.to_owned();
        for source in ["instance/billing", "cluster/orders"] {
            let words = words(&look(source, &topology, &answers()));
            assert_eq!(words == "source-idle", idle, "{source} {status}: {words}");
        }
    }
}

#[test]
fn t6_an_instance_of_a_cluster_is_refused_in_favour_of_the_cluster() {
    let evidence = look("instance/orders-1", &topology(), &answers());
    assert_eq!(words(&evidence), "instance-of-cluster");
    assert!(evidence.to_string().contains("follow `cluster/orders`"), "{evidence}");
}

#[test]
fn a_source_that_rds_does_not_list_is_not_found() {
    assert_eq!(words(&look("cluster/nobody", &topology(), &answers())), "source-not-found");
    assert_eq!(words(&look("instance/nobody", &topology(), &answers())), "source-not-found");
}

#[test]
fn a_clusters_own_name_and_those_of_its_members_are_asked_together() {
    let asked = questions(&"cluster/orders".parse().expect("source"), &topology());
    assert_eq!(asked, [name("orders-1"), name("orders-2"), name("orders")]);
}

#[test]
fn an_address_that_several_members_share_is_no_evidence_unless_they_share_the_name() {
    let link = answer(&[], &["10.20.0.50"]);
    let shadowed: Answers =
        ["orders", "orders-1", "orders-2"].map(|label| (name(label), link.clone())).into();
    assert_eq!(words(&look("cluster/orders", &topology(), &shadowed)), "shared-address");
    // The alias is left as it was, and all that it leads to is not.
    let mut aliased = shadowed.clone();
    aliased.insert(name("orders"), answer(&["orders-1"], &["10.20.0.50"]));
    let seen = look("cluster/orders", &topology(), &aliased);
    assert_eq!(words(&seen), "shared-address");
    assert!(seen.topology().is_some_and(Result::is_err), "nor does topology know where");
    let mut one_name = topology();
    for label in ["orders-1", "orders-2"] {
        one_name.instances.get_mut(&id(label)).expect(label).endpoint = Some(name("orders"));
    }
    assert_eq!(
        words(&look("cluster/orders", &one_name, &shadowed)),
        "agree on orders-1 at 10.20.0.50"
    );
}

/// What an IPv6 group's look comes to where RDS says this of every instance's network, and every
/// name answers this.
fn look_for_ipv6(
    source: &str,
    network: Option<Network>,
    answered: Result<Answer, LookupError>,
) -> Evidence {
    let mut topology = topology();
    for instance in topology.instances.values_mut() {
        instance.network = network;
    }
    let answers: Answers = ["orders", "orders-1", "orders-2", "billing"]
        .map(|label| (name(label), answered.clone()))
        .into();
    let allow = Allow::new(vec!["fd12::/48".parse().expect("network")]).expect("allow");
    weigh(&source.parse().expect("source"), &topology, &answers, &allow, Family::V6)
}

#[test]
fn an_ipv4_database_behind_an_ipv6_group_is_told_by_name_whatever_the_source() {
    for (source, instance) in [("cluster/orders", "orders-1"), ("instance/billing", "billing")] {
        for answered in [Err(LookupError::NoAddress), answer(&[], &[])] {
            let evidence = look_for_ipv6(source, Some(Network::Ipv4), answered);
            let Verdict::Unknown(unknown) = evidence.verdict() else {
                panic!("{source}: {evidence}")
            };
            assert_eq!(unknown.word(), "no-shared-family");
            assert_eq!(
                unknown.to_string(),
                format!(
                    "{instance} is of the network type IPV4, and the target group takes IPv6 \
                     addresses only: they share no address family"
                )
            );
        }
    }
}

#[test]
fn a_name_without_an_address_is_no_matter_of_families_where_rds_does_not_say_so() {
    for network in [None, Some(Network::Dual)] {
        let evidence = look_for_ipv6("cluster/orders", network, Err(LookupError::NoAddress));
        assert_eq!(words(&evidence), "dns-no-address", "{network:?}");
    }
    let silent = look_for_ipv6("cluster/orders", Some(Network::Ipv4), Err(LookupError::Timeout));
    assert_eq!(words(&silent), "dns-timeout");
}

#[test]
fn an_address_that_dns_gives_is_not_doubted_for_what_rds_says_of_the_network() {
    let evidence =
        look_for_ipv6("instance/billing", Some(Network::Ipv4), answer(&[], &["fd12::9"]));
    assert_eq!(words(&evidence), "agree on billing at fd12::9");
}

/// The cluster `orders` with two readers, a custom endpoint and a proxy.
fn sets() -> Topology {
    let mut topology = topology();
    let cluster = topology.clusters.get_mut(&id("orders")).expect("the cluster");
    cluster.members.push(Member { instance: id("orders-3"), writer: false });
    topology.instances.insert(id("orders-3"), instance("orders-3", Some("orders")));
    let custom = |takes_writer, members| CustomEndpoint {
        cluster: id("orders"),
        status: "available".to_owned(),
        takes_writer,
        members,
    };
    topology.custom_endpoints = Ok([
        (id("reports"), custom(false, Membership::Only([id("orders-1"), id("orders-3")].into()))),
        (id("anybody"), custom(true, Membership::AllBut([id("orders-2")].into()))),
        (id("nobody"), custom(false, Membership::Only([id("orders-1")].into()))),
    ]
    .into());
    let endpoint = |label: &str, status: &str| ProxyEndpoint {
        status: status.to_owned(),
        endpoint: Some(name(label)),
        vpc: Some("vpc-1".to_owned()),
    };
    let proxy = Proxy {
        port: Some(5432),
        default: endpoint("proxy", "available"),
        endpoints: [
            (id("read-only"), endpoint("proxy-ro", "available")),
            (id("new"), endpoint("proxy-new", "creating")),
        ]
        .into(),
    };
    topology.proxies = Ok([(id("front"), proxy)].into());
    topology
}

fn answers_of_sets() -> Answers {
    let more = [
        (name("orders-3"), answer(&[], &["10.20.0.3"])),
        (name("proxy"), answer(&[], &["10.20.0.11", "10.20.0.12"])),
        (name("proxy-ro"), answer(&[], &["10.20.0.13"])),
        (name("db"), answer(&[], &["10.20.0.21", "10.20.0.22"])),
    ];
    answers().into_iter().chain(more).collect()
}

#[test]
fn a_set_has_every_member_that_belongs_to_it_and_is_up() {
    for (source, says) in [
        ("cluster/orders/readers", "all of orders-2 at 10.20.0.2, orders-3 at 10.20.0.3"),
        // The writer is on the static list, and no reader any more.
        ("cluster/orders/custom/reports", "all of orders-3 at 10.20.0.3"),
        ("cluster/orders/custom/anybody", "all of orders-1 at 10.20.0.1, orders-3 at 10.20.0.3"),
        ("cluster/orders/custom/nobody", "no-reader"),
        ("cluster/orders/custom/other", "source-not-found"),
        ("cluster/billing/custom/reports", "misnamed"),
        ("proxy/front", "all of 10.20.0.11, 10.20.0.12"),
        ("proxy/front/read-only", "all of 10.20.0.13"),
        ("proxy/front/new", "source-idle"),
        ("proxy/back", "source-not-found"),
        ("dns/db.db.test", "all of 10.20.0.21, 10.20.0.22"),
    ] {
        assert_eq!(words(&look(source, &sets(), &answers_of_sets())), says, "{source}");
    }
}

#[test]
fn a_reader_that_is_not_up_does_not_belong_to_the_set() {
    for (status, says) in [
        ("creating", "all of orders-2 at 10.20.0.2"),
        ("deleting", "all of orders-2 at 10.20.0.2"),
        ("stopped", "all of orders-2 at 10.20.0.2"),
        ("failed", "all of orders-2 at 10.20.0.2"),
        ("incompatible-parameters", "all of orders-2 at 10.20.0.2"),
        ("rebooting", "all of orders-2 at 10.20.0.2, orders-3 at 10.20.0.3"),
        ("storage-optimization", "all of orders-2 at 10.20.0.2, orders-3 at 10.20.0.3"),
    ] {
        let mut topology = sets();
        let third = topology.instances.get_mut(&id("orders-3")).expect("a reader");
        third.status = status.to_owned();
        let evidence = look("cluster/orders/readers", &topology, &answers_of_sets());
        assert_eq!(words(&evidence), says, "{status}");
    }
}

#[test]
fn the_writer_stands_in_for_readers_only_while_there_is_none_and_only_where_it_may() {
    let mut topology = sets();
    let without = |fallback, topology: &Topology| {
        let allow = Allow::new(vec!["10.20.0.0/16".parse().expect("network")]).expect("allow");
        let source = Source::Readers(id("orders"), fallback);
        words(&weigh(&source, topology, &answers_of_sets(), &allow, Family::V4))
    };
    let both = "all of orders-2 at 10.20.0.2, orders-3 at 10.20.0.3";
    assert_eq!(without(Fallback::Writer, &topology), both);
    for reader in ["orders-2", "orders-3"] {
        topology.instances.get_mut(&id(reader)).expect("a reader").status = "deleting".to_owned();
    }
    assert_eq!(without(Fallback::Writer, &topology), "all of orders-1 at 10.20.0.1");
    assert_eq!(without(Fallback::None, &topology), "no-reader");
}

#[test]
fn nobody_is_a_reader_while_rds_names_no_writer_or_several() {
    for (writers, replicates, says) in [
        ([false, false, false], false, "no-writer"),
        ([true, true, false], false, "several-writers"),
        ([true, true, false], true, "several-writers"),
        // A secondary of a global database has readers only.
        (
            [false, false, false],
            true,
            "all of orders-1 at 10.20.0.1, orders-2 at 10.20.0.2, orders-3 at 10.20.0.3",
        ),
    ] {
        let mut topology = sets();
        let cluster = topology.clusters.get_mut(&id("orders")).expect("the cluster");
        cluster.replicates = replicates;
        for (member, writer) in cluster.members.iter_mut().zip(writers) {
            member.writer = writer;
        }
        let reasons = |source| words(&look(source, &topology, &answers_of_sets()));
        assert_eq!(reasons("cluster/orders/readers"), says, "{writers:?}");
        let of_readers = reasons("cluster/orders/custom/reports");
        assert_eq!(of_readers.starts_with("all of"), replicates && !writers[0], "{of_readers}");
        // Whoever takes the writer too need not tell them apart.
        assert_eq!(
            reasons("cluster/orders/custom/anybody"),
            "all of orders-1 at 10.20.0.1, orders-3 at 10.20.0.3"
        );
    }
}

#[test]
fn a_member_that_cannot_be_placed_leaves_a_gap_and_takes_nothing_from_the_others() {
    let mut silent = answers_of_sets();
    silent.insert(name("orders-3"), Err(LookupError::NxDomain));
    let evidence = look("cluster/orders/readers", &sets(), &silent);
    assert_eq!(words(&evidence), "dns-nxdomain", "the set is not known as a whole");
    let named: Vec<IpAddr> = evidence.by_topology().expect("some").into_keys().collect();
    assert_eq!(named, [IpAddr::from([10, 20, 0, 2])]);
    let mut unlisted = sets();
    unlisted.instances.remove(&id("orders-3"));
    let evidence = look("cluster/orders/readers", &unlisted, &answers_of_sets());
    assert_eq!(words(&evidence), "no-endpoint", "a lost page is no removed reader");
    silent.insert(name("orders-2"), answer(&[], &["10.20.0.1"]));
    silent.insert(name("orders-3"), answer(&[], &["10.20.0.1"]));
    let shadowed = look("cluster/orders/readers", &sets(), &silent);
    assert_eq!(words(&shadowed), "shared-address");
    assert_eq!(shadowed.by_topology(), None);
}

#[test]
fn one_refused_address_refuses_the_whole_answer_of_a_name() {
    let mut answers = answers_of_sets();
    answers.insert(name("db"), answer(&[], &["10.20.0.21", "52.17.1.1"]));
    assert_eq!(words(&look("dns/db.db.test", &sets(), &answers)), "address-refused");
}

#[test]
fn a_list_that_could_not_be_read_is_unknown_for_those_alone_who_need_it() {
    let denied =
        CallError::new("rds:DescribeDBProxies", Failure::Rejected(Rejection::AccessDenied), "x");
    let topology =
        Topology { proxies: Err(denied.clone()), custom_endpoints: Err(denied), ..sets() };
    for (source, says) in [
        ("proxy/front", "access-denied"),
        ("cluster/orders/custom/reports", "access-denied"),
        ("cluster/orders", "agree on orders-1 at 10.20.0.1"),
        ("dns/db.db.test", "all of 10.20.0.21, 10.20.0.22"),
    ] {
        assert_eq!(words(&look(source, &topology, &answers_of_sets())), says, "{source}");
    }
}

#[test]
fn a_cluster_that_replicates_has_no_writer_to_follow_until_one_is_promoted() {
    let mut topology = topology();
    let cluster = topology.clusters.get_mut(&id("orders")).expect("the cluster");
    cluster.replicates = true;
    cluster.members[0].writer = false;
    assert_eq!(words(&look("cluster/orders", &topology, &answers())), "global-secondary");
    let readers = look("cluster/orders/readers", &topology, &answers());
    assert_eq!(
        words(&readers),
        "all of orders-1 at 10.20.0.1, orders-2 at 10.20.0.2",
        "its readers serve"
    );
    let cluster = topology.clusters.get_mut(&id("orders")).expect("the cluster");
    cluster.members[0].writer = true;
    assert_eq!(
        words(&look("cluster/orders", &topology, &answers())),
        "agree on orders-1 at 10.20.0.1"
    );
}

#[test]
fn what_a_blue_green_deployment_has_replaced_is_known_by_its_name_and_where_that_leads() {
    let mut topology = topology();
    for (old, cluster) in [("orders-1-old1", "orders-old1"), ("orders-2-older", "x")] {
        topology.instances.insert(id(old), instance(old, Some(cluster)));
    }
    topology.instances.insert(id("billing-old2"), instance("billing-old2", None));
    let mut answers = answers();
    answers.insert(name("orders-1-old1"), answer(&[], &["10.20.0.5"]));
    answers.insert(name("billing-old2"), answer(&[], &["10.20.0.8"]));
    let members = |source: &str| {
        let source: Source = source.parse().expect("source");
        let asked = questions(&source, &topology);
        assert!(asked.iter().all(|name| !name.as_str().contains("older")), "{asked:?}");
        let known: Answers =
            answers.clone().into_iter().filter(|(name, _)| asked.contains(name)).collect();
        member_addresses(&source, &topology, &known)
    };
    let at = |last: u8, label: &str| (IpAddr::from([10, 20, 0, last]), id(label));
    assert_eq!(members("instance/billing"), [at(8, "billing-old2")].into());
    assert_eq!(
        members("cluster/orders"),
        [at(1, "orders-1"), at(2, "orders-2"), at(5, "orders-1-old1")].into()
    );
}

#[test]
fn proxies_and_names_go_on_while_clusters_and_instances_cannot_be_read() {
    let denied =
        CallError::new("rds:DescribeDBClusters", Failure::Rejected(Rejection::AccessDenied), "x");
    let topology = Topology { unread: Some(denied), ..sets() };
    for (source, says) in [
        ("proxy/front", "all of 10.20.0.11, 10.20.0.12"),
        ("dns/db.db.test", "all of 10.20.0.21, 10.20.0.22"),
        ("cluster/orders", "access-denied"),
        ("cluster/orders/readers", "access-denied"),
        ("instance/billing", "access-denied"),
    ] {
        assert_eq!(words(&look(source, &topology, &answers_of_sets())), says, "{source}");
    }
}
