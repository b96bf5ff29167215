//! How many calls a run makes: the account's budgets belong to others too.

use super::*;

const CONFIG: &str = "allow = [\"10.20.0.0/16\"]\n[[binding]]\nname = \"orders\"\nsource = \
    \"cluster/orders\"\ntarget-group = \
    \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"\n";

/// The calls of AWS's APIs in the world's log. A reading of the topology is two, a page each of
/// clusters and instances.
fn calls(fixture: &RunFixture) -> usize {
    let calls = |what: &str| match what {
        "topology" => 2,
        "names" => 0,
        _ => 1,
    };
    fixture.world.log.iter().map(|(_, what)| calls(what)).sum()
}

/// A planned failover at the lab's pace: announced 10 s ago, shown by the RDS API in 3 s, and by
/// DNS from then on in turns of 4 s for 25 s, of which the first names the new writer after
/// `dns_lag`. The completed event is of the time 28 s, and comes at 38 s.
fn planned_failover(dns_lag: Duration) -> (RunFixture, usize, Duration) {
    let mut fixture = RunFixture::event("RDS-EVENT-0073").with_config(CONFIG);
    fixture.then_at(Some("RDS-EVENT-0073"), Duration::ZERO, CONFIG, 10 * S);
    fixture.at(13 * S, |world| world.writer = 2);
    for turn in 0..6 {
        let dns = if turn % 2 == 0 { 2 } else { 1 };
        fixture.at(14 * S + dns_lag + turn * 4 * S, move |world| world.dns = vec![dns]);
    }
    fixture.at(39 * S + dns_lag, |world| world.dns = vec![2]);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    let right = fixture.world.log_times("deregister .1")[0];
    let first = calls(&fixture);
    let until = (38 * S).max(fixture.now);
    fixture.then_at(Some("RDS-EVENT-0071"), 28 * S, CONFIG, until - fixture.now);
    fixture.play();
    let all = first + calls(&fixture);
    (fixture, all, right)
}

#[test]
fn a_planned_failover_with_both_its_events_takes_25_calls_and_few_more_while_dns_lags() {
    for millis in (0..8000).step_by(500) {
        let lag = Duration::from_millis(millis);
        let (fixture, calls, right) = planned_failover(lag);
        assert_eq!(fixture.world.present(), [2]);
        // A round a second, and another second to the reading that confirms.
        assert!(right <= 14 * S + lag + Duration::from_millis(2200), "{lag:?}: {right:?}");
        // While DNS lags, a reading of the topology each 4 s, and of the targets each 5 s. And the
        // completed event is watched where it finds DNS back at the former writer.
        let more = if millis > 500 { 7 + 8 * (millis / 4000) } else { 0 };
        assert!(calls as u64 <= 25 + more, "{lag:?}: {calls} calls");
    }
}

#[test]
fn a_name_that_does_not_resolve_is_asked_for_again_and_aws_is_not() {
    let mut fixture = RunFixture::sweep();
    fixture.world.lookup_error = Some(LookupError::NxDomain);
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Held);
    assert!(calls(&fixture) <= 8, "{:?}", fixture.world.log);
    assert!(fixture.world.log_times("names").len() > 10);

    // As soon as it resolves, it is followed.
    let mut fixture = RunFixture::sweep();
    failed_over(&mut fixture.world);
    fixture.world.lookup_error = Some(LookupError::NxDomain);
    fixture.at(5 * S, |world| world.lookup_error = None);
    assert_eq!(fixture.play().bindings[0].status, Status::Changed);
    assert!(fixture.world.log_times("register .2")[0] < 7 * S);
}
