//! What a session reads, and when.

use std::collections::BTreeMap;

use super::*;
use crate::evidence::{Answer, Answers};
use crate::failure::{CallError, Failure};
use crate::record::session::{Came, Wish};
use crate::record::{Channel, Front, Limits, Session};
use crate::source::Identifier;
use crate::standby::Placement;
use crate::target::{Family, Target, TargetState};
use crate::topology::{Cluster, Databases, Form, Instance, Member, Standby, Topology};

fn id(text: &str) -> Identifier {
    text.parse().expect("an identifier")
}

/// `orders` with this writer, and so many other clusters.
fn topology(writer: &str, others: usize) -> Topology {
    let members = ["orders-1", "orders-2"];
    let member = |name: &&str| Member { instance: id(name), writer: *name == writer };
    let cluster = |members: Vec<Member>| Cluster {
        engine: "aurora-mysql".to_owned(),
        resource_id: None,
        form: Form::Instances,
        status: "available".to_owned(),
        publish: None,
        endpoint: "orders.example.com".parse().ok(),
        port: Some(3306),
        members,
        replicates: false,
    };
    let instance = |name: &&str| {
        let instance = Instance {
            engine: "aurora-mysql".to_owned(),
            resource_id: None,
            status: "available".to_owned(),
            publish: None,
            endpoint: format!("{name}.example.com").parse().ok(),
            port: Some(3306),
            cluster: Some(id("orders")),
            vpc: None,
            standby: Standby::Unknown,
            network: None,
            placement: Placement::default(),
        };
        (id(name), instance)
    };
    let other = |number| (id(&format!("other-{number}")), cluster(Vec::new()));
    let orders = (id("orders"), cluster(members.iter().map(member).collect()));
    Topology {
        clusters: (0..others).map(other).chain([orders]).collect(),
        instances: members.iter().map(instance).collect(),
        ..Topology::default()
    }
}

fn begin(told: &[Told], probes: bool) -> Session {
    let occasion = Occasion::of(&bindings(), told, &Recorded::default(), at(0.0).0);
    let limits = Limits {
        function: "recorder".to_owned(),
        region: "eu-west-1".to_owned(),
        left: Duration::from_secs(880),
        probes,
    };
    let occasion = occasion.expect("an occasion");
    Session::begin(&bindings(), &occasion, Recorded::default(), limits, at(0.0).0)
}

/// A session about `orders`.
fn of_orders(probes: bool) -> Session {
    begin(&[told(Some(73), SourceType::Cluster, "orders", 0.0)], probes)
}

/// What a session reads at a moment, in words.
fn wishes(session: &mut Session, second: f64) -> Vec<String> {
    let word = |wish: Wish| match wish {
        Wish::Topology(scope) => match scope.databases {
            Databases::Named(named) => format!("{} named", named.clusters.len()),
            _ => "lists".to_owned(),
        },
        Wish::Names(..) => "names".to_owned(),
        Wish::Targets(..) => "targets".to_owned(),
        Wish::Front(..) => "front".to_owned(),
        Wish::Connect(..) => "connect".to_owned(),
    };
    session.wishes(at(second), || true).into_iter().map(word).collect()
}

fn healthy(last: u8) -> Vec<Target> {
    let address = SocketAddr::new(ip(last), 3306);
    vec![Target { address, zone: None, state: TargetState::Healthy, reason: None }]
}

/// Answers everything that is under way: `orders-N` writes at 10.20.0.N, and is the target.
fn answer(session: &mut Session, second: f64, writer: u8, others: usize) {
    let read = topology(&format!("orders-{writer}"), others);
    session.take(Came::Topology(Ok(read)), when(second));
    session.take(Came::Targets(0, Ok(healthy(writer))), when(second));
    session.take(Came::Names(0, answers(writer)), when(second));
}

/// What DNS answers while `orders-N` writes.
fn answers(writer: u8) -> Answers {
    let at = |name: &str, last: u8| {
        let answer = Answer { addresses: vec![ip(last)], ..Answer::default() };
        (name.parse().expect("a name"), Ok(answer))
    };
    BTreeMap::from([
        at("orders.example.com", writer),
        at("orders-1.example.com", 1),
        at("orders-2.example.com", 2),
    ])
}

#[test]
fn a_session_looks_every_second_and_after_a_quiet_minute_every_five() {
    let mut session = of_orders(false);
    assert_eq!(wishes(&mut session, 0.0), ["lists", "targets"]);
    assert_eq!(wishes(&mut session, 0.5), [""; 0], "both are under way");
    answer(&mut session, 0.5, 1, 0);
    assert_eq!(wishes(&mut session, 1.0), ["lists", "targets", "names"]);
    answer(&mut session, 1.1, 1, 0);
    for (second, looks) in [(2.0, true), (60.9, true), (62.0, false), (65.0, false), (66.0, true)] {
        assert_eq!(!wishes(&mut session, second).is_empty(), looks, "{second}");
        if looks {
            answer(&mut session, second + 0.1, 1, 0);
        }
    }
}

#[test]
fn targets_are_not_read_without_a_token_and_nothing_waits_for_it() {
    let mut session = of_orders(false);
    let wishes = session.wishes(at(0.0), || false);
    assert!(matches!(wishes.as_slice(), [Wish::Topology(_)]), "{wishes:?}");
}

#[test]
fn in_a_large_region_the_database_is_asked_for_by_name_and_the_lists_once_a_minute() {
    let mut session = of_orders(false);
    let (mut lists, mut named) = (Vec::new(), 0);
    for second in 0..=70 {
        let now = f64::from(second);
        match wishes(&mut session, now).first().map(String::as_str) {
            Some("lists") => lists.push(second),
            Some("1 named") => named += 1,
            _ => {}
        }
        answer(&mut session, now + 0.1, 1, 400);
    }
    assert_eq!((lists, named), (vec![0, 65], 61), "the pace is 5 s when the first minute is over");
}

#[test]
fn a_probe_finds_the_load_balancer_once_and_tells_when_the_link_answered_again() {
    let mut session = of_orders(true);
    assert_eq!(wishes(&mut session, 0.0), ["lists", "targets", "front"]);
    answer(&mut session, 0.1, 1, 0);
    let front = Front { name: "link.example.com".parse().expect("a name"), port: 3306 };
    session.take(Came::Front(0, Ok(Some(front))), when(0.2));
    for (second, answers) in [(1.0, true), (2.0, false), (3.0, false), (4.0, true)] {
        assert!(wishes(&mut session, second).contains(&"connect".to_owned()), "{second}");
        session.take(Came::Connected(0, Ok(answers)), when(second));
        answer(&mut session, second + 0.2, if second < 3.0 { 1 } else { 2 }, 0);
    }
    session.end_all(at(5.0));
    let records = session.take_records();
    assert_eq!(records[0].figures.link, between(3.0, 4.0));

    let mut without = of_orders(true);
    assert!(wishes(&mut without, 0.0).contains(&"front".to_owned()));
    without.take(Came::Front(0, Ok(None)), when(0.1));
    assert!(!wishes(&mut without, 1.0).iter().any(|one| one == "connect" || one == "front"));
}

#[test]
fn a_load_balancer_that_cannot_be_read_is_looked_for_again_every_five_seconds_twenty_times() {
    let throttled = || {
        let action = "elasticloadbalancing:DescribeListeners";
        Came::Front(0, Err(CallError::new(action, Failure::Throttled, "Rate exceeded")))
    };
    let searches = |session: &mut Session, until: u32| {
        let mut searches = Vec::new();
        for second in 0..until {
            let now = f64::from(second);
            if wishes(session, now).contains(&"front".to_owned()) {
                searches.push(second);
                session.take(throttled(), when(now + 0.1));
            }
            answer(session, now + 0.2, 1, 0);
        }
        searches
    };
    let mut never = of_orders(true);
    assert_eq!(searches(&mut never, 150), (0..20).map(|nth| nth * 5).collect::<Vec<_>>());
    never.end_all(at(150.0));
    let record = never.take_records().remove(0);
    let gaps: Vec<_> = record.gaps.iter().map(|gap| (gap.of, gap.reads, &*gap.why)).collect();
    assert_eq!(gaps, [(Channel::Link, 20, "throttled")]);
    assert_eq!((record.link_end, record.reads.link), (Some(LinkEnd::Unread), 0));

    let mut later = of_orders(true);
    assert_eq!(searches(&mut later, 4), [0]);
    assert!(wishes(&mut later, 5.0).contains(&"front".to_owned()));
    let front = Front { name: "link.example.com".parse().expect("a name"), port: 3306 };
    later.take(Came::Front(0, Ok(Some(front))), when(5.1));
    assert_eq!(wishes(&mut later, 5.2), ["connect"], "at once");
    later.take(Came::Connected(0, Ok(true)), when(5.3));
    later.end_all(at(6.0));
    assert_eq!(later.take_records()[0].link_end, Some(LinkEnd::Answers));
}

#[test]
fn a_topology_that_cannot_be_read_is_a_gap_and_dns_goes_on_by_what_was_read_before() {
    let mut session = of_orders(false);
    wishes(&mut session, 0.0);
    answer(&mut session, 0.1, 1, 0);
    wishes(&mut session, 1.0);
    let error = CallError::new("rds:DescribeDBClusters", Failure::Throttled, "Rate exceeded");
    session.take(Came::Topology(Err(error)), when(1.0));
    session.take(Came::Names(0, answers(2)), when(1.1));
    session.end_all(at(3.0));
    let record = session.take_records().remove(0);
    assert_eq!((record.figures.dns, record.figures.topology), (between(0.1, 1.1), None));
    assert_eq!((record.gaps[0].why.as_str(), record.reads.throttled), ("throttled", 1));
    assert_eq!(record.end, End::TimeOver);
}

#[test]
fn a_binding_of_which_the_rds_api_shows_a_move_is_watched_from_then_on() {
    // An event of the instance `billing`: `orders` is watched in passing.
    let mut session = begin(&[told(Some(13), SourceType::Instance, "billing", 0.0)], false);
    assert_eq!(session.close().collect::<Vec<_>>(), ["billing"]);
    wishes(&mut session, 0.0);
    session.take(Came::Topology(Ok(topology("orders-1", 0))), when(0.0));
    wishes(&mut session, 1.0);
    session.take(Came::Topology(Ok(topology("orders-2", 0))), when(1.0));
    assert_eq!(session.close().collect::<Vec<_>>(), ["writer", "billing"]);
    assert_eq!(wishes(&mut session, 1.2), ["targets"]);
    session.take(Came::Targets(0, Ok(healthy(1))), when(1.2));
    let Some(Wish::Names(0, names, Family::V4)) = session.wishes(at(1.4), || true).pop() else {
        panic!("it asks for the names")
    };
    assert_eq!(names.len(), 3);
    answer(&mut session, 1.4, 2, 0);
    session.end_all(at(2.0));
    let records = session.take_records();
    let seen = records.iter().find(|record| record.binding == "writer").expect("a record");
    assert_eq!((seen.cause.by, seen.figures.topology), (CauseKind::Seen, between(0.0, 1.4)));
}
