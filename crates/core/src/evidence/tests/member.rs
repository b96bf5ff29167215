//! A member of a cluster, whatever its role.

use super::*;

const MEMBER: &str = "cluster/orders/instance/orders-2";

#[test]
fn a_member_is_where_its_own_name_says_whoever_writes_and_whether_anyone_does() {
    let there = "agree on orders-2 at 10.20.0.2";
    for writers in [[true, false], [false, true], [false, false], [true, true]] {
        let mut topology = topology();
        let cluster = topology.clusters.get_mut(&id("orders")).expect("it is listed");
        for (member, writer) in cluster.members.iter_mut().zip(writers) {
            member.writer = writer;
        }
        for replicates in [false, true] {
            let cluster = topology.clusters.get_mut(&id("orders")).expect("it is listed");
            cluster.replicates = replicates;
            assert_eq!(words(&look(MEMBER, &topology, &answers())), there);
        }
    }
    // The cluster's own name is not asked.
    let asked = questions(&MEMBER.parse().expect("a source"), &topology());
    assert_eq!(asked, [name("orders-1"), name("orders-2")]);
    let mut silent = answers();
    silent.remove(&name("orders"));
    silent.insert(name("orders-1"), Err(LookupError::Timeout));
    assert_eq!(words(&look(MEMBER, &topology(), &silent)), there);
}

#[test]
fn a_member_that_cannot_be_placed_is_unknown_with_its_reason() {
    let mut shared = answers();
    shared.insert(name("orders-1"), answer(&[], &["10.20.0.2"]));
    let mut two = answers();
    two.insert(name("orders-2"), answer(&[], &["10.20.0.2", "10.20.0.3"]));
    let mut outside = answers();
    outside.insert(name("orders-2"), answer(&[], &["10.21.0.2"]));
    let mut gone = answers();
    gone.insert(name("orders-2"), Err(LookupError::NxDomain));
    for (answers, word) in [
        (shared, "shared-address"),
        (two, "several-addresses"),
        (outside, "address-refused"),
        (gone, "dns-nxdomain"),
    ] {
        assert_eq!(words(&look(MEMBER, &topology(), &answers)), word);
    }
}

#[test]
fn a_member_that_rds_lists_in_part_is_unknown_and_never_nobody() {
    let look_after = |change: fn(&mut Topology)| {
        let mut topology = topology();
        change(&mut topology);
        words(&look(MEMBER, &topology, &answers()))
    };
    let status = |topology: &mut Topology, status: &str| {
        topology.instances.get_mut(&id("orders-2")).expect("listed").status = status.to_owned();
    };
    for up in ["rebooting", "upgrading", "failed", "storage-full"] {
        let mut topology = topology();
        status(&mut topology, up);
        assert_eq!(words(&look(MEMBER, &topology, &answers())), "agree on orders-2 at 10.20.0.2");
    }
    for idle in ["creating", "stopped", "deleting"] {
        let mut topology = topology();
        status(&mut topology, idle);
        assert_eq!(words(&look(MEMBER, &topology, &answers())), "source-idle");
    }
    let stopped = |topology: &mut Topology| {
        topology.clusters.get_mut(&id("orders")).expect("listed").status = "stopped".to_owned();
    };
    assert_eq!(look_after(stopped), "source-idle");
    let without_endpoint = |topology: &mut Topology| {
        topology.instances.get_mut(&id("orders-2")).expect("listed").endpoint = None;
    };
    assert_eq!(look_after(without_endpoint), "no-endpoint");
    let lost_page = |topology: &mut Topology| drop(topology.instances.remove(&id("orders-2")));
    assert_eq!(look_after(lost_page), "no-endpoint");
    let deleted = |topology: &mut Topology| {
        topology.clusters.get_mut(&id("orders")).expect("listed").members.truncate(1);
        topology.instances.remove(&id("orders-2"));
    };
    assert_eq!(look_after(deleted), "member-not-listed");
}

#[test]
fn the_port_of_a_member_is_its_own_instances() {
    let mut topology = topology();
    topology.instances.get_mut(&id("orders-2")).expect("listed").port = Some(5433);
    let facts = facts(&MEMBER.parse().expect("a source"), &topology).expect("it can be followed");
    assert_eq!((facts.port, facts.vpc.as_deref()), (Some(5433), Some("vpc-1")));
}

#[test]
fn what_stands_at_another_members_address_is_known_and_so_is_what_was_replaced() {
    let mut topology = topology();
    topology.instances.insert(id("orders-2-old1"), instance("orders-2-old1", Some("orders-old1")));
    let mut answers = answers();
    answers.insert(name("orders-2-old1"), answer(&[], &["10.20.0.5"]));
    let source: Source = MEMBER.parse().expect("a source");
    let asked = questions(&source, &topology);
    answers.retain(|name, _| asked.contains(name));
    let at = |last: u8, label: &str| (IpAddr::from([10, 20, 0, last]), id(label));
    assert_eq!(
        member_addresses(&source, &topology, &answers),
        [at(1, "orders-1"), at(2, "orders-2"), at(5, "orders-2-old1")].into()
    );
}
