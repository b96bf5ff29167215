mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::*;
use crate::config::{Mode, PortDiffers, StandbyMode};
use crate::evidence::{Evidence, Facts, Key, Listing, MemberAt, Unknown};
use crate::failure::{CallError, Failure, LookupError};
use crate::guard::Allow;
use crate::target::{Target, TargetGroup, Zone};
use crate::topology::Standby;

const GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";

fn binding() -> Binding {
    Binding {
        name: "orders".to_owned(),
        source: "cluster/orders".parse().expect("source"),
        target_group: GROUP.parse().expect("arn"),
        port: None,
        port_differs: PortDiffers::Held,
        mode: Mode::Manage,
        exclusive: false,
        max_removals: 4,
        outside_vpc: false,
        standby: StandbyMode::Cold,
        allow: Allow::new(vec!["10.20.0.0/16".parse().expect("network")]).expect("allow"),
        consent: crate::config::Consent::Written,
    }
}

fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([10, 20, 0, last], 5432))
}

fn target(last: u8, state: &str) -> Target {
    Target { address: address(last), zone: None, state: state.into(), reason: None }
}

fn member_at(last: u8) -> MemberAt {
    MemberAt { member: format!("orders-{last}").parse().expect("id"), address: address(last).ip() }
}

fn unknown() -> Unknown {
    Unknown::Lookup("orders.example.com".parse().expect("name"), LookupError::NxDomain)
}

fn cluster(topology: Option<u8>, dns: Option<u8>) -> Evidence {
    let reading = |key: Option<u8>| key.map(member_at).ok_or_else(unknown);
    Evidence::Cluster { topology: reading(topology), dns: reading(dns) }
}

fn instance(dns: Option<u8>) -> Evidence {
    Evidence::Instance { dns: dns.map(member_at).ok_or_else(unknown) }
}

/// A look in which everything is favourable: a test takes away what it is about.
fn look(evidence: Evidence, targets: &[Target]) -> Observation {
    let is_cluster = matches!(evidence, Evidence::Cluster { .. });
    let elsewhere = IpAddr::from([10, 99, 0, 1]);
    let members = (1..=9).map(|last| address(last).ip()).chain([elsewhere]);
    Observation {
        evidence,
        facts: Some(Facts {
            port: Some(5432),
            vpc: Some("vpc-1".to_owned()),
            standby: Standby::RefusesTcp,
        }),
        group: TargetGroup {
            target_type: "ip".to_owned(),
            protocol: "TCP".to_owned(),
            family: crate::target::Family::V4,
            vpc: Some("vpc-1".to_owned()),
            in_use: true,
        },
        targets: targets.to_vec(),
        standby: StandbySeen::default(),
        earlier: EarlierRounds {
            event: false,
            topology_named: 2,
            steady_for: Duration::from_secs(30),
            agreed_for: Duration::from_secs(30),
            failover: true,
            former: members.filter(|_| is_cluster).collect(),
            key_change: KeyChange::None,
            dns_move: KeyChange::None,
            trust: TrustInDns::NotGiven,
            registration_proof: RegistrationProof::Proven,
            recent: BTreeMap::new(),
            refused: BTreeSet::new(),
            removed_this_round: false,
            reread: true,
        },
    }
}

fn decide(seen: &Observation) -> Plan {
    plan(&binding(), &Timing::default(), seen)
}

/// What a plan comes to, in one line.
fn words(plan: &Plan) -> String {
    let now = plan.now.as_ref().map_or("-".to_owned(), |step| match step {
        Step::Reread => "reread".to_owned(),
        Step::Do(action) => action.to_string().replace("10.20.0.", "."),
    });
    let holds: Vec<&str> = plan.holds.iter().map(Hold::word).collect();
    format!("{now} | {}", holds.join(", "))
}

#[test]
fn each_situation_of_a_cluster_has_its_plan() {
    let both = [target(1, "healthy"), target(2, "initial")];
    let cases: &[(&str, Evidence, &[Target], &str)] = &[
        ("the group holds exactly the agreed one", cluster(Some(1), Some(1)), &both[..1], "- | "),
        (
            "the writer moved and is not registered",
            cluster(Some(2), Some(2)),
            &both[..1],
            "register .2:5432 | ",
        ),
        ("both are present", cluster(Some(2), Some(2)), &both, "deregister .1:5432 | "),
        ("the group is empty", cluster(Some(1), Some(1)), &[], "register .1:5432 | "),
        (
            "the agreed one is draining",
            cluster(Some(1), Some(1)),
            &[target(1, "draining"), target(2, "healthy")],
            "register .1:5432 | ",
        ),
        (
            "the agreed one is unhealthy.draining, which is registered all the same",
            cluster(Some(1), Some(1)),
            &[target(1, "unhealthy.draining")],
            "- | ",
        ),
        (
            "the other is unhealthy.draining, and would come back",
            cluster(Some(1), Some(1)),
            &[target(1, "healthy"), target(2, "unhealthy.draining")],
            "deregister .2:5432 | ",
        ),
        (
            "only others are draining",
            cluster(Some(1), Some(1)),
            &[target(1, "healthy"), target(2, "draining")],
            "- | ",
        ),
        (
            "the writer is down and registered",
            cluster(Some(1), Some(1)),
            &[target(1, "unhealthy")],
            "- | ",
        ),
        ("the keys disagree", cluster(Some(2), Some(1)), &both[..1], "- | keys-disagree"),
        ("the name does not exist", cluster(Some(1), None), &both, "- | dns-nxdomain"),
        ("the topology is unknown", cluster(None, Some(1)), &both, "- | dns-nxdomain"),
        ("nothing is known and the group is empty", cluster(None, None), &[], "- | dns-nxdomain"),
        (
            "the group is empty and the keys disagree",
            cluster(Some(2), Some(1)),
            &[],
            "register .2:5432 | keys-disagree",
        ),
        (
            "the group is empty and DNS is unknown",
            cluster(Some(2), None),
            &[],
            "register .2:5432 | dns-nxdomain",
        ),
        (
            "the group is empty and the topology is unknown",
            cluster(None, Some(1)),
            &[],
            "- | dns-nxdomain",
        ),
    ];
    for (situation, evidence, targets, expected) in cases {
        assert_eq!(words(&decide(&look(evidence.clone(), targets))), *expected, "{situation}");
    }
}

#[test]
fn a_target_that_no_failover_explains_makes_all_of_them_wait() {
    let mut seen = look(cluster(Some(1), Some(1)), &healthy(&[1, 2, 3]));
    seen.earlier.agreed_for = Duration::ZERO;
    assert_eq!(words(&decide(&seen)), "deregister .2:5432, .3:5432 | ");
    seen.earlier.former.remove(&address(3).ip());
    assert_eq!(words(&decide(&seen)), "- | settling");
    seen.targets = healthy(&[1, 2]);
    assert_eq!(words(&decide(&seen)), "deregister .2:5432 | ");
}

#[test]
fn nothing_is_removed_before_the_agreed_target_is_known_to_be_registered() {
    let mut seen = look(cluster(Some(2), Some(2)), &[target(1, "healthy"), target(2, "initial")]);
    seen.earlier.registration_proof = RegistrationProof::Unproven;
    assert_eq!(words(&decide(&seen)), "register .2:5432 | ", "a reading may be stale");
    seen.earlier.registration_proof = RegistrationProof::HealthyBriefly;
    assert_eq!(
        words(&decide(&seen)),
        "- | seen-briefly",
        "a healthy target is read again, not registered again"
    );
}

#[test]
fn nothing_is_removed_before_both_keys_were_read_again() {
    let mut seen = look(cluster(Some(2), Some(2)), &[target(1, "healthy"), target(2, "initial")]);
    seen.earlier.reread = false;
    assert_eq!(words(&decide(&seen)), "reread | ");
}

#[test]
fn topology_alone_registers_only_with_an_event_and_when_it_says_so_twice() {
    for (event, named, expected) in [
        (true, 2, "register .2:5432 | keys-disagree"),
        (true, 1, "- | keys-disagree"),
        (false, 2, "- | keys-disagree"),
    ] {
        let mut seen = look(cluster(Some(2), Some(1)), &[target(1, "healthy")]);
        seen.earlier.event = event;
        seen.earlier.topology_named = named;
        assert_eq!(words(&decide(&seen)), expected, "event {event}, named {named} times");
    }
}

#[test]
fn an_instance_whose_standby_refuses_tcp_is_followed_at_once_and_others_when_dns_is_steady() {
    let mut seen = look(instance(Some(2)), &[target(1, "healthy")]);
    seen.earlier.steady_for = Duration::ZERO;
    assert_eq!(words(&decide(&seen)), "register .2:5432 | ");
    if let Some(facts) = &mut seen.facts {
        facts.standby = Standby::Unknown;
    }
    assert_eq!(words(&decide(&seen)), "- | dns-unsteady");
    seen.earlier.steady_for = STEADY;
    assert_eq!(words(&decide(&seen)), "register .2:5432 | ");
}

#[test]
fn an_unused_target_is_reported_and_nothing_is_removed_in_its_favour() {
    let targets = [target(1, "unused"), target(2, "healthy")];
    let mut seen = look(cluster(Some(1), Some(1)), &targets);
    assert_eq!(words(&decide(&seen)), "- | target-zone-not-enabled");
    seen.group.in_use = false;
    assert_eq!(words(&decide(&seen)), "- | group-not-in-use");
}

#[test]
fn foreign_targets_are_left_alone_and_reported_unless_the_binding_is_exclusive() {
    let outside =
        Target { address: SocketAddr::from(([10, 99, 0, 1], 5432)), ..target(1, "healthy") };
    let mut elsewhere = target(2, "healthy");
    elsewhere.address.set_port(5433);
    let seen = look(cluster(Some(1), Some(1)), &[target(1, "healthy"), elsewhere, outside]);
    assert_eq!(words(&decide(&seen)), "- | foreign-target, foreign-target");
    let exclusive = Binding { exclusive: true, ..binding() };
    let removed = words(&plan(&exclusive, &Timing::default(), &seen));
    assert_eq!(removed, "deregister .2:5433, 10.99.0.1:5432 | ");
}

#[test]
fn more_removals_than_allowed_means_none_and_the_writer_is_registered_all_the_same() {
    let others: Vec<Target> = (2..=6).map(|last| target(last, "healthy")).collect();
    let seen = look(cluster(Some(1), Some(1)), &others);
    assert_eq!(words(&decide(&seen)), "register .1:5432 | too-many-removals");
    let with_writer: Vec<Target> = others.iter().cloned().chain([target(1, "healthy")]).collect();
    let seen = look(cluster(Some(1), Some(1)), &with_writer);
    let plan = decide(&seen);
    assert_eq!(words(&plan), "- | too-many-removals");
    assert!(plan.actions().is_empty());
}

#[test]
fn an_address_outside_the_groups_vpc_is_registered_in_all_zones() {
    let mut seen = look(cluster(Some(1), Some(1)), &[]);
    seen.group.vpc = Some("vpc-2".to_owned());
    let Some(Step::Do(Action::Register(registration))) = decide(&seen).now else {
        panic!("no registration")
    };
    assert_eq!(registration.zone, Some(Zone::all()));
}

/// A set that its key lists as these, in a run that has read it twice and for long enough.
fn set(key: Key, listed: &[u8]) -> Evidence {
    let listed = listed.iter().map(|last| (address(*last).ip(), None)).collect();
    Evidence::Set { key, listing: Ok(Listing { listed, gap: None }) }
}

fn healthy(lasts: &[u8]) -> Vec<Target> {
    lasts.iter().map(|last| target(*last, "healthy")).collect()
}

#[test]
fn a_set_that_is_present_as_a_whole_needs_nothing() {
    for key in [Key::Topology, Key::Dns] {
        let plan = decide(&look(set(key, &[1, 2]), &healthy(&[1, 2])));
        assert!(plan.is_clean(), "{plan:?}");
    }
}

#[test]
fn a_new_member_is_registered_when_it_was_read_twice_and_an_address_when_dns_is_steady() {
    let mut seen = look(set(Key::Topology, &[1, 2]), &healthy(&[1]));
    seen.earlier.topology_named = 1;
    assert_eq!(words(&decide(&seen)), "reread | ");
    let mut seen = look(set(Key::Dns, &[1, 2]), &healthy(&[1]));
    seen.facts.as_mut().expect("facts").standby = Standby::Unknown;
    seen.earlier.steady_for = Duration::from_secs(9);
    assert_eq!(words(&decide(&seen)), "- | dns-unsteady");
    seen.earlier.steady_for = Duration::from_secs(10);
    assert_eq!(words(&decide(&seen)), "register .2:5432 | ");
}

#[test]
fn a_set_loses_at_most_half_of_its_targets_in_a_round_and_never_the_last() {
    let most = |mut seen: Observation| {
        seen.earlier.removed_this_round = false;
        let first = words(&decide(&seen));
        seen.earlier.removed_this_round = true;
        (first, words(&decide(&seen)))
    };
    for key in [Key::Topology, Key::Dns] {
        let (first, more) = most(look(set(key, &[1]), &healthy(&[1, 2, 3, 4])));
        assert_eq!(
            (first.as_str(), more.as_str()),
            ("deregister .2:5432, .3:5432 | ", "- | half-a-round")
        );
        let (first, _) = most(look(set(key, &[1]), &healthy(&[1, 2])));
        assert_eq!(first, "deregister .2:5432 | ");
        let (first, _) = most(look(set(key, &[1]), &healthy(&[1, 2, 3])));
        assert_eq!(first, "deregister .2:5432, .3:5432 | ", "half of three, rounded up");
    }
}

#[test]
fn nothing_leaves_a_set_before_all_that_is_wanted_is_in_it() {
    let plan = decide(&look(set(Key::Topology, &[5]), &healthy(&[1, 2])));
    assert_eq!(words(&plan), "register .5:5432 | ");
    assert_eq!(
        plan.actions()[1],
        "deregister 10.20.0.1:5432, 10.20.0.2:5432",
        "it is said what follows"
    );
}

#[test]
fn readers_wait_for_no_health_and_no_time_but_are_read_again() {
    let mut seen = look(set(Key::Topology, &[1]), &[target(1, "initial"), target(2, "unhealthy")]);
    seen.earlier.agreed_for = Duration::ZERO;
    seen.earlier.failover = false;
    assert_eq!(words(&decide(&seen)), "deregister .2:5432 | ");
    seen.earlier.reread = false;
    assert_eq!(words(&decide(&seen)), "reread | ");
    seen.earlier.registration_proof = RegistrationProof::Unproven;
    assert_eq!(words(&decide(&seen)), "register .1:5432 | ");
}

#[test]
fn the_addresses_of_a_name_leave_when_the_agreement_has_lasted_and_never_where_caches_last_too_long()
 {
    let mut seen = look(set(Key::Dns, &[1]), &healthy(&[1, 2]));
    seen.earlier.agreed_for = Duration::from_secs(29);
    assert_eq!(words(&decide(&seen)), "- | settling");
    seen.earlier.agreed_for = Duration::from_secs(300);
    let of_long_lives =
        Timing { settle: LONGEST_SETTLE + Duration::from_secs(1), ..Timing::default() };
    let plan = plan(&binding(), &of_long_lives, &seen);
    assert_eq!(words(&plan), "- | cached-for-long");
}

#[test]
fn a_gap_adds_what_is_known_and_removes_nothing() {
    let listed = [(address(1).ip(), None), (address(2).ip(), None)].into();
    let gap = Some(unknown());
    let evidence = Evidence::Set { key: Key::Topology, listing: Ok(Listing { listed, gap }) };
    let seen = look(evidence.clone(), &healthy(&[1, 7]));
    assert_eq!(words(&decide(&seen)), "register .2:5432 | dns-nxdomain");
    let seen = look(evidence, &healthy(&[1, 2, 7]));
    assert_eq!(words(&decide(&seen)), "- | dns-nxdomain");
}

#[test]
fn an_unused_member_of_a_set_is_told_and_keeps_nobody_else_out() {
    let seen = look(set(Key::Topology, &[1, 2]), &[target(1, "unused")]);
    assert_eq!(words(&decide(&seen)), "register .2:5432 | target-zone-not-enabled");
    let seen = look(
        set(Key::Topology, &[1, 2]),
        &[target(1, "unused"), target(2, "healthy"), target(3, "healthy")],
    );
    assert_eq!(words(&decide(&seen)), "deregister .3:5432 | target-zone-not-enabled");
}

#[test]
fn an_instance_that_was_switched_over_waits_for_time_and_not_for_health() {
    let mut seen = look(instance(Some(2)), &[target(1, "healthy"), target(2, "initial")]);
    assert_eq!(words(&decide(&seen)), "- | target-initial");
    seen.earlier.former = [address(1).ip()].into();
    assert_eq!(words(&decide(&seen)), "deregister .1:5432 | ");
    seen.earlier.agreed_for = Duration::from_secs(29);
    assert_eq!(words(&decide(&seen)), "- | settling");
}

#[test]
fn a_name_outside_the_vpc_is_registered_for_all_zones() {
    let mut outside = binding();
    outside.outside_vpc = true;
    let plan = plan(&outside, &Timing::default(), &look(set(Key::Dns, &[1]), &[]));
    let Some(Step::Do(Action::Register(registration))) = plan.now else {
        panic!("{plan:?}");
    };
    assert_eq!(registration.zone, Some(Zone::all()));
}

#[test]
fn a_node_of_a_proxy_is_registered_as_soon_as_an_answer_lists_it() {
    let mut seen = look(set(Key::Dns, &[1, 2]), &healthy(&[1, 3]));
    seen.facts.as_mut().expect("facts").standby = Standby::Equal;
    (seen.earlier.steady_for, seen.earlier.agreed_for) = (Duration::ZERO, Duration::ZERO);
    assert_eq!(words(&decide(&seen)), "register .2:5432 | ");
}

#[test]
fn an_address_that_a_name_gave_within_the_settle_time_does_not_leave() {
    let mut seen = look(set(Key::Dns, &[1, 2]), &healthy(&[1, 2, 3, 4]));
    let ago = Duration::from_secs;
    seen.earlier.recent = [(address(1).ip(), ago(0)), (address(3).ip(), ago(12))].into();
    let plan = decide(&seen);
    assert_eq!(words(&plan), "deregister .4:5432 | settling");
    assert!(plan.holds.contains(&Hold::Settling(ago(18))), "{plan:?}");
    seen.targets = healthy(&[1, 2, 3]);
    assert_eq!(words(&decide(&seen)), "- | settling", "it is not told as in sync");
}

#[test]
fn a_name_that_goes_on_moving_is_held_and_one_that_has_just_come_waits() {
    let mut seen = look(set(Key::Dns, &[1]), &healthy(&[2]));
    seen.facts.as_mut().expect("facts").standby = Standby::Unknown;
    seen.earlier.steady_for = Duration::ZERO;
    let weight = |seen: &Observation| decide(seen).weightiest().map(Hold::weight);
    assert_eq!(weight(&seen), Some(Weight::Waits));
    seen.earlier.key_change = KeyChange::Unexplained;
    assert_eq!(words(&decide(&seen)), "- | dns-rotates");
    assert_eq!(weight(&seen), Some(Weight::Holds));
}

#[test]
fn dns_alone_adds_after_a_move_with_an_event_that_has_stayed_and_removes_nothing() {
    let call = CallError::new("rds:DescribeDBClusters", Failure::Unreachable, "x");
    let away = |dns| Evidence::Cluster {
        topology: Err(Unknown::Call(call.clone())),
        dns: Ok(member_at(dns)),
    };
    let mut seen = look(away(2), &healthy(&[1]));
    assert_eq!(words(&decide(&seen)), "- | unreachable", "DNS has not moved");
    seen.earlier.dns_move = KeyChange::Unexplained;
    assert_eq!(words(&decide(&seen)), "- | unreachable", "there is no event");
    seen.earlier.dns_move = KeyChange::AfterEvent;
    assert_eq!(words(&decide(&seen)), "register .2:5432 | unreachable");
    assert_eq!(decide(&seen).weightiest().map(Hold::weight), Some(Weight::Holds));
    seen.earlier.steady_for = Duration::from_secs(29);
    let plan = decide(&seen);
    assert_eq!(words(&plan), "- | unreachable, dns-alone-waits");
    assert_eq!(plan.actions(), ["register 10.20.0.2:5432"], "so the run looks on");
    seen.earlier.steady_for = Duration::from_secs(30);
    seen.targets = healthy(&[1, 2]);
    assert_eq!(words(&decide(&seen)), "- | unreachable, on-dns-alone");
    // An API that was read and names nobody contradicts.
    seen.targets = healthy(&[1]);
    let nobody = Unknown::NoWriter("orders".parse().expect("id"));
    seen.evidence = Evidence::Cluster { topology: Err(nobody), dns: Ok(member_at(2)) };
    assert_eq!(words(&decide(&seen)), "- | no-writer");
}

#[test]
fn what_was_refused_goes_last() {
    let mut seen = look(set(Key::Topology, &[1, 2, 3]), &healthy(&[3]));
    seen.earlier.refused = [address(1)].into();
    assert_eq!(decide(&seen).actions(), ["register 10.20.0.2:5432", "register 10.20.0.1:5432"]);
}

#[test]
fn members_that_were_listed_once_wait_behind_a_gap_for_their_second_reading() {
    let listed = [(address(1).ip(), None)].into();
    let gap = Some(unknown());
    let evidence = Evidence::Set { key: Key::Topology, listing: Ok(Listing { listed, gap }) };
    let mut seen = look(evidence, &[]);
    seen.earlier.topology_named = 1;
    let plan = decide(&seen);
    assert_eq!((words(&plan).as_str(), plan.registrations()), ("- | dns-nxdomain", 1));
}
