//! The RDS API is away, and a person vouches for DNS.

use super::*;

/// A person's call, in a process that read the topology before. The cluster has failed over from A
/// (.1) to B (.2), as DNS says, and the RDS API gives no answer.
fn away(mut fixture: RunFixture) -> RunFixture {
    fixture.knows_the_topology();
    fixture.world.topology_failure = Some(Failure::Unreachable);
    fixture.world.writer = 2;
    fixture.world.dns = vec![2];
    fixture
}

fn is_used(report: &Report) -> bool {
    report.trigger.trust.as_ref().is_some_and(|trust| trust.used)
}

#[test]
fn what_dns_and_a_person_name_for_the_settle_time_is_registered_and_the_others_leave() {
    let mut fixture = away(RunFixture::trusting("orders-2", 600 * S));
    // The error is another one each time, and says as little.
    for second in 1..60 {
        let failure = [Failure::Unreachable, Failure::Throttled][second % 2];
        let second = u32::try_from(second).expect("a short time");
        fixture.at(second * S, move |world| world.topology_failure = Some(failure));
    }
    let report = fixture.play();
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
    let times = ["register .2", "deregister .1"].map(|write| fixture.world.log_times(write)[0]);
    assert!(times.iter().all(|time| (30 * S..35 * S).contains(time)), "{times:?}");
    let binding = &report.bindings[0];
    assert_eq!((binding.status, report.ok, is_used(&report)), (Status::Changed, true, true));
    assert!(binding.notes[0].contains("`trust` name"), "{:?}", binding.notes);
    assert!(fixture.world.never_empty);
}

#[test]
fn a_person_who_names_the_target_that_is_there_alone_gets_no_write() {
    let mut fixture = away(RunFixture::trusting("orders-2", 600 * S));
    fixture.world.targets.clear();
    fixture.world.set(2, "healthy");
    let report = fixture.play();
    assert_eq!(fixture.world.writes(), [""; 0]);
    assert_eq!((report.bindings[0].status, is_used(&report)), (Status::Settled, true));
    assert!(fixture.now >= 30 * S, "DNS must stay before the group is called right");
}

#[test]
fn once_rds_was_read_it_decides_for_the_rest_of_the_run_even_if_it_is_away_again() {
    let mut fixture = away(RunFixture::trusting("orders-2", 600 * S));
    fixture.at(10 * S, |world| {
        world.topology_failure = None;
        world.writer = 1;
    });
    fixture.at(12 * S, |world| world.topology_failure = Some(Failure::Unreachable));
    let report = fixture.play();
    assert_eq!(fixture.world.writes(), [""; 0]);
    assert!(!is_used(&report));
    let binding = &report.bindings[0];
    assert_eq!(binding.status, Status::Held);
    assert!(binding.notes[0].contains("RDS could be read in this run"), "{:?}", binding.notes);
}

#[test]
fn trust_that_does_not_count_writes_nothing_and_says_why() {
    type Change = fn(&mut RunFixture);
    let flaps: Change = |fixture| {
        for second in 1..12_u32 {
            let named = u8::try_from(2 - second % 2).expect("a number");
            fixture.at(second * 25 * S, move |world| world.dns = vec![named]);
        }
    };
    let cases: [(&str, u32, Change, &str, &str); 6] = [
        ("orders-2", 10, |_| {}, "trust-expired", "`trust` has expired"),
        ("orders-3", 600, |_| {}, "trust-other-writer", "orders-2 at 10.20.0.2, not orders-3"),
        ("orders-2", 600, flaps, "trust-waits", "of 30 s"),
        (
            "orders-2",
            600,
            |fixture| fixture.world.without_aliases = true,
            "trust-dns-unknown",
            "is an alias of no name",
        ),
        (
            "orders-2",
            600,
            |fixture| fixture.world.lookup_error = Some(LookupError::NxDomain),
            "trust-dns-unknown",
            "orders.db.test",
        ),
        (
            "orders-2",
            600,
            |fixture| fixture.run = RunFixture::trusting("orders-2", 600 * S).run,
            "trust-names-unknown",
            "gives no names of the cluster's members",
        ),
    ];
    for (writer, lasts, change, word, says) in cases {
        let mut fixture = away(RunFixture::trusting(writer, lasts * S));
        change(&mut fixture);
        let report = fixture.play();
        let reason = report.bindings[0].reason.clone().expect("it is held");
        assert_eq!((reason.code, report.ok), (word, false), "{reason:?}");
        assert!(reason.message.contains(says), "{reason:?}");
        assert_eq!((fixture.world.writes(), is_used(&report)), (Vec::new(), false), "{word}");
    }
}

#[test]
fn a_dry_run_lists_what_trust_would_do() {
    let mut fixture = away(RunFixture::trusting_in_a_dry_run("orders-2", 600 * S));
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!(binding.planned, ["register 10.20.0.2:5432", "deregister 10.20.0.1:5432"]);
    assert_eq!(binding.reason.as_ref().map(|reason| reason.code), Some("trust-waits"));
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn a_process_does_not_remember_a_persons_word_as_a_reading() {
    let mut fixture = away(RunFixture::trusting("orders-2", 600 * S));
    let before = fixture.run.memory();
    fixture.play();
    assert_eq!(fixture.run.memory(), before);
}
