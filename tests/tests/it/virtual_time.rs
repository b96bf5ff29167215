//! Plays the real run and its driver on the lab's world at AWS's pace in virtual time.

use std::time::Duration;

use writerlink_core::event::SourceType;
use writerlink_core::report::Status;
use writerlink_lab::fault::{Effect, Fault, NameEffect};
use writerlink_lab::scene::Link;
use writerlink_lab::world::dns::Move;
use writerlink_lab::world::elbv2::TargetRequest;
use writerlink_lab::world::rds::{Naming, Network, Reboot};
use writerlink_tests::kinds::{self, HOST, machine};
use writerlink_tests::members;
use writerlink_tests::play::{Play, status};

const S: Duration = Duration::from_secs(1);

#[test]
fn an_aurora_failover_is_followed_from_its_first_event_on() {
    let play = Play::new();
    play.world().failover_db_cluster("orders", None).expect("failover");
    let began = play.now();
    let report = play.event(73, SourceType::Cluster, "orders");
    assert_eq!(status(&report, "orders-writer"), Status::Changed, "{report:#?}");
    assert!(play.is_right(&play.orders) && play.is_right(&play.billing));
    assert!(play.was_never_empty(&play.orders));
    // Promoted after 8 s, shown by the API after 13 s, by DNS from 14 s on and for good after 39 s.
    assert!(play.now() - began < 45 * S, "took {:?}", play.now() - began);
}

/// The claim for clients that choose: no registration is on their way, and no call that writes.
#[test]
fn a_failed_over_clusters_writer_is_a_healthy_target_of_its_own_port_when_it_begins_to_write() {
    let play = Play::with(members::add);
    let old = play.orders.writer(&play.world()).expect("a writer").address;
    let registered = members::changes(&play.world(), &play.links);
    let began = play.now();
    play.world().failover_db_cluster("orders", None).expect("failover");
    let event = play.trigger(73, SourceType::Cluster, "orders");
    let (writes, reached) = loop {
        {
            let world = play.world();
            let new = play.orders.writer(&world).expect("a writer").address;
            if new != old && world.accepts_tcp(new.ip()) {
                let serves = |link: &Link| link.present(&world).contains(&(new, "healthy"));
                break (play.now(), members::of(&play.links).any(serves));
            }
        }
        assert!(play.now() - began < 60 * S, "nobody was promoted");
        play.pass(S);
    };
    assert!(reached, "the new writer's own port leads to it after {:?}", writes - began);
    let report = play.run(&event);
    assert_eq!(status(&report, "orders-writer"), Status::Changed, "{report:#?}");
    play.pass(120 * S);
    assert!(play.sweep().ok);
    assert_eq!(members::changes(&play.world(), &play.links), registered);
}

#[test]
fn a_member_whose_host_is_replaced_is_followed_by_its_own_port() {
    let play = Play::with(members::add);
    play.world().replace_host("orders-2").expect("it exists");
    play.pass(60 * S);
    for _ in 0..4 {
        play.sweep();
        play.pass(60 * S);
    }
    let link = members::of(&play.links).nth(1).expect("orders-2");
    assert!(play.is_right(link) && play.was_never_empty(link));
}

#[test]
fn the_completed_event_of_a_failover_that_was_followed_holds_the_function_for_no_time() {
    let play = Play::new();
    play.world().failover_db_cluster("orders", None).expect("failover");
    let announced = play.trigger(73, SourceType::Cluster, "orders");
    play.pass(10 * S);
    assert_eq!(status(&play.run(&announced), "orders-writer"), Status::Changed);
    // Once DNS has stopped going back and forth.
    play.pass(30 * S);
    let began = play.now();
    let report = play.event(71, SourceType::Cluster, "orders");
    assert_eq!(status(&report, "orders-writer"), Status::Settled, "{report:#?}");
    assert!(play.now() - began < 2 * S, "took {:?}", play.now() - began);
}

#[test]
fn an_event_that_comes_minutes_late_finds_its_work_done_or_does_it() {
    let play = Play::new();
    play.world().failover_db_cluster("orders", None).expect("failover");
    play.pass(280 * S);
    let report = play.event(71, SourceType::Cluster, "orders");
    assert_eq!(status(&report, "orders-writer"), Status::Changed);
    assert!(play.is_right(&play.orders));
    assert_eq!(
        status(&play.event(71, SourceType::Cluster, "orders"), "orders-writer"),
        Status::Settled
    );
}

#[test]
fn a_lost_event_is_made_up_for_by_the_next_sweep() {
    let play = Play::new();
    play.world().failover_db_cluster("orders", None).expect("failover");
    play.pass(60 * S);
    let report = play.sweep();
    assert_eq!(status(&report, "orders-writer"), Status::Changed);
    assert!(play.is_right(&play.orders));
}

#[test]
fn a_person_who_vouches_for_dns_has_a_failover_followed_while_rds_cannot_be_read() {
    for effect in [Effect::ServerErrorBefore, Effect::Throttle, Effect::Hang] {
        let play = Play::new();
        assert!(play.sweep().ok, "it reads the members' names");
        play.world().failover_db_cluster("orders", None).expect("failover");
        play.world().faults.add(Fault::on("DescribeDBClusters", effect.clone()).times(u32::MAX));
        play.pass(60 * S);
        let writer = play.orders.writer(&play.world()).expect("a writer").instance;
        let reader = ["orders-1", "orders-2"].into_iter().find(|id| *id != writer);
        let before = play.world().elbv2.timeline().len();
        let others = [play.sweeping(), play.vouching("orders-writer", reader.expect("a reader"))];
        for trigger in others {
            assert_eq!(status(&play.run(&trigger), "orders-writer"), Status::Held, "{effect:?}");
        }
        assert_eq!(play.world().elbv2.timeline().len(), before);
        let began = play.now();
        let report = play.run(&play.vouching("orders-writer", &writer));
        assert_eq!(status(&report, "orders-writer"), Status::Changed, "{effect:?}: {report:#?}");
        assert!(report.trigger.trust.is_some_and(|trust| trust.used));
        assert!(play.now() - began < 120 * S, "{effect:?} took {:?}", play.now() - began);
        assert!(play.is_right(&play.orders) && play.was_never_empty(&play.orders), "{effect:?}");
        play.world().faults.clear();
        assert_eq!(status(&play.sweep(), "orders-writer"), Status::Settled, "{effect:?}");
    }
}

#[test]
fn a_multi_az_failover_registers_at_once_and_removes_when_the_new_target_has_been_healthy() {
    let play = Play::new();
    play.world().reboot_db_instance("billing", Reboot::ToStandby).expect("reboot");
    let began = play.now();
    let report = play.event(13, SourceType::Instance, "billing");
    assert!(status(&report, "billing").is_ok(), "{report:#?}");
    let registered = {
        let world = play.world();
        let writer = play.billing.writer(&world).expect("writer").address.ip().to_string();
        let new = world
            .elbv2
            .timeline()
            .iter()
            .find(|t| t.group == play.billing.group && t.target.id == writer);
        new.expect("registered").at - began
    };
    assert!(registered < 55 * S, "promoted at 45 s, in DNS at 51 s, registered at {registered:?}");
    // Sweeps finish what the load balancer's registration was waited for.
    for _ in 0..4 {
        if play.is_right(&play.billing) {
            break;
        }
        play.pass(20 * S);
        play.sweep();
    }
    assert!(play.is_right(&play.billing) && play.was_never_empty(&play.billing));
}

#[test]
fn a_multi_az_db_cluster_is_followed_through_its_failover_whatever_its_name_is_an_alias_of() {
    for names in [Naming::Alias, Naming::Address] {
        let play = Play::with(|scene| scene.add_multi_az_cluster(names).expect("a good scene"));
        let ledger = &play.links[2];
        play.world().failover_db_cluster("ledger", None).expect("failover");
        let began = play.now();
        let report = play.event(73, SourceType::Cluster, "ledger");
        assert_eq!(status(&report, "ledger-writer"), Status::Changed, "{report:#?}");
        assert!(play.is_right(ledger) && play.was_never_empty(ledger), "{names:?}");
        // Promoted after 20 s, shown by the API after 25 s, by DNS from 26 s on and for good after
        // 51 s.
        assert!(play.now() - began < 57 * S, "took {:?}", play.now() - began);
        play.pass(60 * S);
        play.world().lose_writer("ledger").expect("it exists");
        play.pass(60 * S);
        assert_eq!(status(&play.sweep(), "ledger-writer"), Status::Changed);
        assert!(play.is_right(ledger) && play.was_never_empty(ledger), "{names:?}");
    }
}

#[test]
fn an_ipv6_group_follows_a_dual_stack_cluster_with_ipv6_addresses_alone() {
    let play = Play::with(|scene| scene.add_dual_stack_cluster().expect("a good scene"));
    let parcels = &play.links[2];
    play.world().failover_db_cluster("parcels", None).expect("failover");
    let report = play.event(73, SourceType::Cluster, "parcels");
    assert_eq!(status(&report, "parcels-writer"), Status::Changed, "{report:#?}");
    assert!(play.is_right(parcels) && play.was_never_empty(parcels));
    let written =
        report.bindings.iter().flat_map(|binding| [&binding.registered, &binding.deregistered]);
    let written: Vec<&String> = written.flatten().collect();
    assert_eq!(written, ["[2001:db8:20:2::c]:5432", "[2001:db8:20:1::c]:5432"]);
    assert!(play.sweep().ok);
}

#[test]
fn an_ipv6_group_whose_database_has_ipv4_alone_is_held_with_the_reason_and_left_alone_until_it_is_dual_stack_again()
 {
    let play = Play::with(|scene| scene.add_dual_stack_cluster().expect("a good scene"));
    let parcels = &play.links[2];
    let modify = play.world().pace.modify;
    let ids =
        || parcels.present(&play.world()).into_iter().map(|(target, _)| target).collect::<Vec<_>>();
    let before = ids();
    play.world().change_network("parcels", Network::Ipv4).expect("it is available");
    play.pass(modify);
    play.world().failover_db_cluster("parcels", None).expect("failover");
    let began = play.now();
    let report = play.event(73, SourceType::Cluster, "parcels");
    let held = report
        .bindings
        .iter()
        .find(|binding| binding.name == "parcels-writer")
        .expect("it is bound");
    let reason = held.reason.as_ref().expect("a reason");
    assert_eq!((held.status, reason.code), (Status::Held, "no-shared-family"), "{report:#?}");
    assert!(reason.remedy.as_ref().is_some_and(|remedy| remedy.contains("--network-type DUAL")));
    // What only the operator can change is not watched for as long as an event otherwise is.
    assert!(held.rounds == 1 && play.now() - began < 20 * S, "{} rounds", held.rounds);
    // A sweep goes on with the others, and does not call it an error of its own.
    assert_eq!(status(&play.sweep(), "orders-writer"), Status::Settled);
    assert_eq!(ids(), before, "nothing is written");
    play.pass(60 * S);
    play.world().change_network("parcels", Network::Dual).expect("it is available");
    play.pass(modify);
    for _ in 0..4 {
        play.sweep();
        play.pass(60 * S);
    }
    assert!(play.is_right(parcels) && play.was_never_empty(parcels));
}

/// `corp`, the name outside RDS.
fn corp(play: &Play) -> &Link {
    play.links.iter().find(|link| link.name == "corp").expect("it is bound")
}

#[test]
fn a_registration_that_waits_for_dns_is_waited_for_beside_removals_that_are_too_many() {
    let source = "\"dns/db.corp.example\"";
    let play = Play::configured(kinds::add, |config| {
        config.replace(source, &format!("{source}\nmax-removals = 1"))
    });
    let corp = corp(&play);
    let target = |ip: &str| TargetRequest::new(ip, corp.port);
    let (own, _) = corp.present(&play.world())[0];
    let stale = ["10.20.2.240", "10.20.2.241"].map(target);
    play.world().register_targets(&corp.group, &stale).expect("room");
    play.world().deregister_targets(&corp.group, &[target(&own.ip().to_string())]).expect("there");
    let before = corp.present(&play.world()).len();
    // A name must give an address for 10 s. Nothing else would keep this sweep awake.
    let report = play.sweep();
    assert_eq!(status(&report, "corp"), Status::Held, "{report:#?}");
    let present = corp.present(&play.world());
    assert!(present.iter().any(|(address, _)| *address == own), "{present:?}");
    assert_eq!(present.len(), before + 1, "none is removed: {present:?}");
}

#[test]
fn an_address_that_a_name_gave_a_moment_ago_keeps_its_group_from_being_told_as_settled() {
    let play = Play::with(kinds::add);
    let corp = corp(&play);
    let before = corp.present(&play.world());
    let stale = TargetRequest::new("10.20.2.240", corp.port);
    play.world().register_targets(&corp.group, &[stale]).expect("room");
    // The sweep looks for long enough to remove the stale target. The name moves amid that.
    let machines = [1, 2].map(|zone| machine(zone, 211));
    play.world().move_host(HOST, corp.port, &machines, Move::After(12 * S));
    let report = play.sweep();
    let present = corp.present(&play.world());
    assert!(before.iter().all(|(old, _)| present.iter().any(|(is, _)| is == old)), "{present:?}");
    assert!(present.len() > before.len(), "{present:?}");
    assert_eq!(status(&report, "corp"), Status::Waiting, "{report:#?}");
}

#[test]
fn a_kill_at_any_moment_is_mended_by_the_next_sweeps() {
    let mut killed = 0;
    for millis in (0..2600).step_by(20) {
        let play = Play::new();
        play.world().failover_db_cluster("orders", None).expect("failover");
        play.pass(60 * S);
        let trigger = play.trigger(71, SourceType::Cluster, "orders");
        let ending = play.run_perhaps_killed(&trigger, Some(Duration::from_millis(millis)));
        killed += u32::from(ending == "killed");
        assert!(play.was_never_empty(&play.orders), "killed after {millis} ms");
        let report = play.sweep();
        assert!(report.ok, "killed after {millis} ms: {report:#?}");
        assert!(play.is_right(&play.orders), "killed after {millis} ms: {report:#?}");
    }
    assert!(killed > 20, "only {killed} runs were long enough to be killed");
}

#[test]
fn what_is_right_is_never_written_to_by_any_number_of_sweeps() {
    let play = Play::new();
    let before = play.world().elbv2.timeline().len();
    for _ in 0..60 {
        assert!(play.sweep().ok);
        play.pass(59 * S);
    }
    assert_eq!(play.world().elbv2.timeline().len(), before);
}

#[test]
fn every_fault_of_a_write_ends_right_or_says_so_and_never_empties_the_group() {
    for operation in ["RegisterTargets", "DeregisterTargets"] {
        for effect in [
            Effect::Throttle,
            Effect::AccessDenied,
            Effect::ServerErrorBefore,
            Effect::ServerErrorAfter,
            Effect::ResetBefore,
            Effect::ResetAfter,
            Effect::Hang,
            Effect::MalformedXml,
        ] {
            for times in [1, 2, 5] {
                let play = Play::new();
                play.world().failover_db_cluster("orders", None).expect("failover");
                play.pass(60 * S);
                play.world().faults.add(Fault::on(operation, effect.clone()).times(times));
                let report = play.event(71, SourceType::Cluster, "orders");
                let what = format!("{operation} {effect:?} {times} times: {report:#?}");
                assert_eq!(report.ok, play.is_right(&play.orders), "{what}");
                assert!(play.was_never_empty(&play.orders), "{what}");
                if times == 1 && effect != Effect::AccessDenied {
                    assert!(report.ok, "{what}");
                }
                play.world().faults.clear();
                for _ in 0..2 {
                    play.pass(20 * S);
                    play.sweep();
                }
                assert!(play.is_right(&play.orders), "mended by sweeps: {what}");
            }
        }
    }
}

#[test]
fn throttled_and_slow_writes_end_right_in_one_run() {
    let millis = Duration::from_millis;
    let throttles = [6, 10].map(|times| (Effect::Throttle, times));
    let delays = [1000, 2500, 5000, 10_000].map(|delay| (Effect::Delay(millis(delay)), u32::MAX));
    for (effect, times) in throttles.into_iter().chain(delays) {
        for operation in ["RegisterTargets", "DeregisterTargets"] {
            for event in [true, false] {
                let play = Play::new();
                play.world().failover_db_cluster("orders", None).expect("failover");
                play.pass(60 * S);
                play.world().faults.add(Fault::on(operation, effect.clone()).times(times));
                let report = if event {
                    play.event(71, SourceType::Cluster, "orders")
                } else {
                    play.sweep()
                };
                let what = format!("{operation} {effect:?} {times} times, event {event}");
                assert_eq!(
                    status(&report, "orders-writer"),
                    Status::Changed,
                    "{what}: {report:#?}"
                );
                assert!(
                    play.is_right(&play.orders) && play.was_never_empty(&play.orders),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn every_fault_of_a_name_changes_nothing_while_it_lasts() {
    let public = "52.17.0.1".parse().expect("address");
    let stranger = "10.20.1.200".parse().expect("address");
    for effect in [
        NameEffect::NxDomain,
        NameEffect::ServFail,
        NameEffect::Timeout,
        NameEffect::Empty,
        NameEffect::Addresses(vec![public]),
        NameEffect::Addresses(vec!["127.0.0.1".parse().expect("address")]),
        NameEffect::Addresses(vec![stranger]),
        NameEffect::Addresses(vec![stranger, public]),
    ] {
        let play = Play::new();
        let name = play.world().cluster_endpoint("orders");
        let now = play.now();
        play.world().faults.add_name(&name, effect.clone(), now, None);
        let before = play.world().elbv2.timeline().len();
        let report = play.sweep();
        assert_eq!(status(&report, "orders-writer"), Status::Held, "{effect:?}");
        assert_eq!(
            status(&report, "billing"),
            Status::Settled,
            "the other binding goes on: {effect:?}"
        );
        assert_eq!(play.world().elbv2.timeline().len(), before, "{effect:?}");
    }
}
