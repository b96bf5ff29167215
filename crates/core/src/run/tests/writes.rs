//! Writes that are throttled, slow, refused or wait for their turn, and answers that are lost.

use super::fixture::Storm;
use super::*;
use crate::report::BindingReport;

const THROTTLED: Reply = Reply::Fail(Failure::Throttled);

/// The run of a sweep, or of an event, in which the cluster has failed over from .1 to .2.
fn failover(event: bool) -> RunFixture {
    let mut fixture = if event { RunFixture::event("RDS-EVENT-0071") } else { RunFixture::sweep() };
    failed_over(&mut fixture.world);
    fixture
}

fn reason(binding: &BindingReport) -> (&'static str, &str) {
    binding.reason.as_ref().map(|reason| (reason.code, reason.message.as_str())).expect("a reason")
}

#[test]
fn six_and_ten_throttles_in_a_row_of_each_write_end_right_in_one_run() {
    for failure in [Failure::Throttled, Failure::Unreachable, Failure::Certificate] {
        for (event, times, done_before) in [
            (false, 6, 0),
            (false, 10, 0),
            (true, 10, 0),
            (false, 6, 1),
            (false, 10, 1),
            (true, 10, 1),
        ] {
            let mut fixture = failover(event);
            fixture.world.replies = vec![Reply::Done; done_before];
            fixture.world.replies.extend(vec![Reply::Fail(failure); times]);
            let report = fixture.play();
            let what = format!("{failure}, {times} times after {done_before}");
            assert_eq!(report.bindings[0].status, Status::Changed, "{what}: {report:#?}");
            assert_eq!(fixture.world.present(), [2], "{what}");
            assert_eq!(fixture.world.writes().len(), 2 + times, "{what}");
            assert!(fixture.now < 70 * S, "{what}: {:?}", fixture.now);
        }
    }
}

#[test]
fn the_pauses_between_throttled_writes_grow_to_eight_seconds_and_differ_between_bindings() {
    let pauses = |name: &str| {
        let mut fixture = RunFixture::sweep().with_config(&format!(
            "allow = [\"10.20.0.0/16\"]\n[[binding]]\nname = \"{name}\"\nsource = \
             \"cluster/orders\"\ntarget-group = \
             \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"\n"
        ));
        failed_over(&mut fixture.world);
        fixture.world.replies = vec![THROTTLED; 7];
        fixture.play();
        let times = fixture.world.log_times("register .2");
        times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    let (orders, ledger) = (pauses("orders"), pauses("ledger"));
    assert_ne!(orders, ledger);
    for pauses in [orders, ledger] {
        for (pause, longest) in pauses.iter().zip([500, 1000, 2000, 4000, 8000, 8000, 8000]) {
            // A reading of the keys and of the targets comes after the pause.
            let longest = Duration::from_millis(longest) + S;
            assert!(*pause >= (longest - S) / 2 && *pause <= longest, "{pauses:?}");
        }
    }
}

#[test]
fn a_run_that_is_throttled_to_its_end_says_how_often_and_that_nothing_was_done() {
    for done_before in [0, 1] {
        let mut fixture = failover(true);
        fixture.world.replies = vec![Reply::Done; done_before];
        fixture.world.replies.extend(vec![THROTTLED; 99]);
        let report = fixture.play();
        let binding = &report.bindings[0];
        assert_eq!(binding.status, Status::Failed);
        let (code, message) = reason(binding);
        let tried = fixture.world.writes().len() - done_before;
        assert_eq!(code, "throttled");
        assert!(message.contains(&format!("{tried} times in a row")), "{tried}: {message}");
        assert!(message.contains(["register", "deregister"][done_before]), "{message}");
        assert_eq!(binding.registered.len(), done_before);
        assert_eq!(binding.deregistered, [""; 0]);
        assert!(!binding.planned.is_empty());
        assert!(fixture.now > 200 * S && fixture.now < 240 * S, "{:?}", fixture.now);
    }
}

#[test]
fn a_write_of_1_to_10_s_is_waited_for_and_sent_once() {
    for millis in [1000, 2500, 5000, 10_000] {
        for event in [false, true] {
            let mut fixture = failover(event);
            fixture.world.writes_take = Duration::from_millis(millis);
            let report = fixture.play();
            assert_eq!(report.bindings[0].status, Status::Changed, "{millis} ms");
            assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"], "{millis} ms");
        }
    }
}

#[test]
fn a_registration_whose_answer_is_lost_is_read_back_at_once_and_sent_again_soon() {
    // It was done, or not: a reading may show it, but only an acknowledgement or health is enough
    // to remove another on.
    for reply in [Reply::LostAfter, Reply::LostBefore] {
        let mut fixture = failover(true);
        fixture.world.replies = vec![reply];
        let report = fixture.play();
        assert_eq!(report.bindings[0].status, Status::Changed, "{reply:?}");
        assert_eq!(fixture.world.writes(), ["register .2", "register .2", "deregister .1"]);
        assert_eq!(fixture.world.calls_after("register .2")[0], "targets");
        let times = fixture.world.log_times("register .2");
        assert!(times[1] - times[0] < 2 * S, "{reply:?}: {times:?}");
        assert!(fixture.now < 5 * S, "{reply:?}: {:?}", fixture.now);
    }
}

#[test]
fn a_removal_whose_answer_is_lost_is_done_when_a_reading_shows_it() {
    let mut fixture = failover(true);
    fixture.world.replies = vec![Reply::Done, Reply::LostAfter];
    let report = fixture.play();
    assert_eq!(report.bindings[0].status, Status::Changed);
    assert_eq!(report.bindings[0].deregistered, ["10.20.0.1:5432"]);
    assert_eq!(fixture.world.writes(), ["register .2", "deregister .1"]);
    assert!(fixture.now < 4 * S, "{:?}", fixture.now);
}

#[test]
fn a_removal_whose_answer_is_lost_is_sent_again_when_it_cannot_land_any_more() {
    for event in [false, true] {
        let mut fixture = failover(event);
        fixture.world.replies = vec![Reply::Done, Reply::LostBefore];
        let report = fixture.play();
        assert_eq!(report.bindings[0].status, Status::Changed);
        assert_eq!(fixture.world.writes(), ["register .2", "deregister .1", "deregister .1"]);
        let times = fixture.world.log_times("deregister .1");
        let waited = times[1] - times[0];
        assert!(waited >= LONGEST_WRITE && waited < LONGEST_WRITE + 3 * S, "{times:?}");
        let read = fixture.world.log_times("targets").into_iter().filter(|at| *at > times[0]);
        assert!(read.take_while(|at| *at < times[1]).count() >= 10, "it is read all the while");
    }
}

#[test]
fn answers_that_stay_lost_are_told_by_their_error_when_the_readings_show_that_nothing_was_done() {
    let mut fixture = failover(false);
    fixture.world.replies = vec![Reply::LostBefore; 99];
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!((binding.status, reason(binding).0), (Status::Failed, "answer-lost"));
    assert_eq!(binding.registered, [""; 0], "it claims only what was confirmed");
    let sent = fixture.world.writes().len();
    assert!((20..60).contains(&sent), "{sent} writes in 240 s");
}

#[test]
fn an_answer_that_was_lost_does_not_explain_a_later_write_that_never_shows() {
    let mut fixture = failover(true);
    fixture.world.reads_lag = 1000 * S;
    fixture.world.replies = vec![Reply::LostBefore];
    let report = fixture.play();
    assert_eq!(reason(&report.bindings[0]).0, "write-ineffective");
}

#[test]
fn a_sweep_ends_right_in_nine_of_ten_storms_in_which_half_of_all_calls_fail() {
    let mut right = 0;
    for seed in 0..200 {
        let mut fixture = failover(false);
        fixture.world.storm = Some(Storm(seed));
        let report = fixture.play();
        assert!(fixture.world.never_empty);
        let is_right = fixture.world.present() == [2];
        assert!(is_right || !report.ok, "{seed}: {report:#?}");
        right += u32::from(is_right && report.bindings[0].status == Status::Changed);
    }
    println!("{right} of 200 sweeps end right");
    assert!(right >= 180, "{right} of 200");
}

#[test]
fn a_permit_is_taken_before_the_keys_are_read_again_and_the_write_follows_at_once() {
    let mut fixture = failover(true);
    fixture.world.set(2, "healthy");
    fixture.world.permits_take = 8 * S;
    // While the removal waits for its turn, the cluster fails back.
    fixture.at(10 * S, |world| {
        world.writer = 1;
        world.dns = vec![1];
    });
    fixture.play();
    assert_eq!(fixture.world.writes(), ["deregister .2"], "{:?}", fixture.world.log);
}

#[test]
fn keys_are_read_again_before_a_registration_that_waited_for_its_turn() {
    let calls = |permits_take| {
        let mut fixture = failover(true);
        fixture.world.permits_take = permits_take;
        fixture.play();
        let log = fixture.world.log.into_iter().map(|(_, what)| what);
        log.take_while(|what| what != "register .2").collect::<Vec<_>>()
    };
    let (at_once, late) = (calls(Duration::ZERO), calls(2 * S));
    assert_eq!(late[at_once.len()..], ["topology", "names"]);
}

#[test]
fn a_write_that_waits_for_its_turn_until_the_run_is_over_was_not_sent() {
    let mut fixture = failover(true).with_time(60 * S);
    failed_over(&mut fixture.world);
    fixture.world.permits_take = 300 * S;
    let report = fixture.play();
    let binding = &report.bindings[0];
    let (code, message) = reason(binding);
    assert_eq!((binding.status, code), (Status::Held, "out-of-time"));
    assert!(
        message.contains("register 10.20.0.2:5432") && message.contains("not sent"),
        "{message}"
    );
    assert_eq!(binding.planned, ["register 10.20.0.2:5432", "deregister 10.20.0.1:5432"]);
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn the_time_that_is_left_is_looked_at_again_when_a_permit_comes() {
    let mut fixture = failover(true).with_time(60 * S);
    failed_over(&mut fixture.world);
    fixture.world.permits_take = 50 * S;
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!((binding.status, reason(binding).0), (Status::Held, "out-of-time"));
    assert_eq!(fixture.world.writes(), [""; 0]);
}

#[test]
fn a_refused_member_of_a_set_is_not_sent_again_and_keeps_no_other_out() {
    let mut fixture = RunFixture::sweep().with_config(
        "allow = [\"10.20.0.0/16\"]\n[[binding]]\nname = \"orders\"\nsource = \
         \"cluster/orders/readers\"\ntarget-group = \
         \"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef\"\n",
    );
    fixture.world.replies = vec![Reply::Fail(Failure::Rejected(Rejection::Invalid))];
    let report = fixture.play();
    let binding = &report.bindings[0];
    assert_eq!(fixture.world.writes(), ["register .2", "register .3"]);
    assert_eq!(fixture.world.present(), [1, 3], "nothing leaves before all of the set is in");
    assert_eq!((binding.status, reason(binding).0), (Status::Failed, "refused-as-invalid"));
}
