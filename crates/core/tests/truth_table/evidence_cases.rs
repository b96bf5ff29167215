//! Evidence that the crate's own builder has made: the answers for the names of a cluster or an
//! instance, after the guard.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use writerlink_core::evidence::{Answer, Answers, Evidence, Reading, Unknown, weigh};
use writerlink_core::failure::LookupError;
use writerlink_core::guard::{Refusal, Special};
use writerlink_core::source::{Identifier, Source};
use writerlink_core::target::Family;
use writerlink_core::topology::{Cluster, Form, HostName, Instance, Member, Standby, Topology};

use crate::axes::Axes;
use crate::readings::member_at;
use crate::table::walk;
use crate::values::{CHIEF_STATES, PORT, allow, groups, ip, own, tempting};

#[test]
fn an_address_that_the_guard_refuses_is_never_registered_whichever_name_gives_it() {
    let mut tables = Vec::new();
    for (address, family, refusal) in refused() {
        let guarded = |label| Err(Unknown::Guarded(name(label), address, refusal.clone()));
        // With a good address, and after one. In an IPv6 group, that address would be refused
        // first.
        let after = (family == Family::V4).then(|| vec![ip(1), address]);
        for answer in [vec![address], vec![address, ip(1)]].into_iter().chain(after) {
            let by_dns = cluster(&[("orders", &answer)], family);
            assert_eq!(by_dns.dns(), Some(&guarded("orders")));
            let by_topology = cluster(&[("orders-1", &answer), ("orders", &[ip(2)])], family);
            assert_eq!(by_topology.topology(), Some(&guarded("orders-1")));
            let by_both = cluster(&[("orders-1", &answer), ("orders", &answer)], family);
            assert_eq!(by_both.dns(), Some(&guarded("orders")));
            assert_eq!(by_both.topology(), Some(&guarded("orders-1")));
            let of_instance = instance(&answer, family);
            assert_eq!(of_instance.dns(), Some(&guarded("orders-1")));
            let targets =
                groups(&[own(1), own(2), SocketAddr::new(address, PORT)], &["healthy", "draining"]);
            let table = |source, evidence| Axes {
                targets: targets.clone(),
                earlier_rounds: tempting(Duration::from_secs(30)),
                ..Axes::of(source, Standby::RefusesTcp, evidence)
            };
            tables.push(table("cluster/orders", vec![by_dns, by_topology, by_both]));
            tables.push(table("instance/orders-1", vec![of_instance]));
        }
    }
    walk(&tables)
        .are("147744 cells: 0 settled, 137328 held, 10416 register, 0 reread, 0 deregister");
}

#[test]
fn what_the_names_answer_has_the_plan_of_the_table() {
    let (stray, orders) = (ip(77), || name("orders"));
    let weighed = |answers: &[(&str, &[IpAddr])], topology: Reading, dns: Reading| {
        let evidence = cluster(answers, Family::V4);
        assert_eq!(evidence, Evidence::Cluster { topology, dns });
        evidence
    };
    let answered = |answers: &[(&str, &[IpAddr])], dns| weighed(answers, member_at(1, 1), dns);
    let shared = |label| Err(Unknown::SharedAddress(name(label), ip(1)));
    let evidence = vec![
        answered(&[("orders", &[ip(1)])], member_at(1, 1)),
        answered(&[("orders", &[ip(2)])], member_at(2, 2)),
        answered(&[("orders", &[stray])], Err(Unknown::NotAMember(orders(), stray))),
        weighed(
            &[("orders", &[ip(1)]), ("orders-2", &[ip(1)])],
            shared("orders-1"),
            shared("orders"),
        ),
        answered(&[("orders", &[ip(1), ip(2)])], Err(Unknown::SeveralAddresses(orders()))),
        answered(&[("orders", &[])], Err(Unknown::Lookup(orders(), LookupError::NoAddress))),
    ];
    let totals = walk(&[Axes {
        targets: groups(&[own(1), own(2), SocketAddr::new(stray, PORT)], &CHIEF_STATES),
        former: [ip(1), ip(2), stray].into(),
        ..Axes::of("cluster/orders", Standby::Unknown, evidence)
    }]);
    totals.are("72000 cells: 1152 settled, 57456 held, 11880 register, 756 reread, 756 deregister");
}

/// An address that must never be registered in a group of a family, and why.
fn refused() -> Vec<(IpAddr, Family, Refusal)> {
    let special = |special| Refusal::Special(special);
    let rows = [
        ("127.0.0.1", Family::V4, special(Special::Loopback)),
        ("::1", Family::V6, special(Special::Loopback)),
        ("169.254.169.253", Family::V4, special(Special::LinkLocal)),
        ("fe80::1", Family::V6, special(Special::LinkLocal)),
        ("224.0.0.1", Family::V4, special(Special::Multicast)),
        ("ff02::1", Family::V6, special(Special::Multicast)),
        ("0.0.0.0", Family::V4, special(Special::Unspecified)),
        ("::", Family::V6, special(Special::Unspecified)),
        ("255.255.255.255", Family::V4, special(Special::Broadcast)),
        ("::ffff:10.20.0.1", Family::V6, special(Special::Mapped)),
        ("fd12::1", Family::V4, Refusal::Family(Family::V4)),
        ("10.20.0.1", Family::V6, Refusal::Family(Family::V6)),
        ("10.21.0.1", Family::V4, Refusal::Outside),
        ("52.17.1.1", Family::V4, Refusal::Outside),
        ("fd12::1", Family::V6, Refusal::Outside),
    ];
    rows.map(|(address, family, refusal)| (address.parse().expect(address), family, refusal)).into()
}

/// The evidence of a cluster whose writer is `orders-1`, with these answers for its names.
fn cluster(answers: &[(&str, &[IpAddr])], family: Family) -> Evidence {
    look(&Source::Cluster(id("orders")), answers, family)
}

/// The evidence of the single instance `orders-1`, with this answer for its name.
fn instance(addresses: &[IpAddr], family: Family) -> Evidence {
    look(&Source::Instance(id("orders-1")), &[("orders-1", addresses)], family)
}

fn id(text: &str) -> Identifier {
    text.parse().expect("an identifier")
}

fn name(label: &str) -> HostName {
    format!("{label}.db.test").parse().expect("a name")
}

fn look(source: &Source, answers: &[(&str, &[IpAddr])], family: Family) -> Evidence {
    let answer = |addresses: &[IpAddr]| Answer {
        aliases: Vec::new(),
        addresses: addresses.to_vec(),
        ttl: Duration::from_secs(5),
    };
    let healthy = [("orders-1", vec![ip(1)]), ("orders-2", vec![ip(2)])];
    let healthy = healthy.iter().map(|(label, addresses)| (name(label), Ok(answer(addresses))));
    let given = answers.iter().map(|(label, addresses)| (name(label), Ok(answer(addresses))));
    let answers: Answers = healthy.chain(given).collect();
    weigh(source, &topology(source), &answers, &allow(), family)
}

fn topology(source: &Source) -> Topology {
    let instance = |label: &str| Instance {
        engine: "postgres".to_owned(),
        resource_id: None,
        status: "available".to_owned(),
        publish: None,
        endpoint: Some(name(label)),
        port: Some(PORT),
        cluster: source.cluster().cloned(),
        vpc: Some("vpc-1".to_owned()),
        standby: Standby::RefusesTcp,
        network: None,
        placement: Default::default(),
    };
    let member = |label: &str, writer| Member { instance: id(label), writer };
    let cluster = Cluster {
        engine: "aurora-postgresql".to_owned(),
        resource_id: None,
        form: Form::Instances,
        status: "available".to_owned(),
        publish: None,
        endpoint: Some(name("orders")),
        port: Some(PORT),
        members: vec![member("orders-1", true), member("orders-2", false)],
        replicates: false,
    };
    Topology {
        clusters: [(id("orders"), cluster)].into(),
        instances: ["orders-1", "orders-2"].map(|label| (id(label), instance(label))).into(),
        ..Topology::default()
    }
}
