use std::sync::Mutex;

use super::*;
use crate::drive::tests::VirtualClock;
use crate::failure::{Failure, Rejection};
use crate::ports::action;

const CALL: &str = action::TARGETS;

/// What happens to an attempt: how long it takes, and how it ends.
type Fate = (u64, Result<u8, Failure>);

/// A read whose attempts meet these fates, the last one again and again: its result, how long it
/// took, and when the attempts began, all in milliseconds.
fn read(fates: &[Fate], pacer: &Pacer, end: Duration) -> (Result<u8, Failure>, u64, Vec<u64>) {
    let clock = VirtualClock::default();
    let begun = Mutex::new(Vec::new());
    let millis = || u64::try_from(clock.now().as_millis()).expect("few");
    let reads = Reads { clock: &clock, pacer, class: Class::Urgent, end };
    let result = clock.run(reads.read(CALL, Tokens::Due, || {
        let number = {
            let mut begun = begun.lock().expect("no test panics in here");
            begun.push(millis());
            begun.len() - 1
        };
        let (takes, fate) = fates[number.min(fates.len() - 1)];
        clock.after(takes, fate.map_err(|failure| CallError::new(CALL, failure, "it fails")))
    }));
    let took = millis();
    (result.map_err(|error| error.failure), took, begun.into_inner().expect("no panic"))
}

fn read_freely(fates: &[Fate]) -> (Result<u8, Failure>, u64, Vec<u64>) {
    read(fates, &Pacer::default(), Duration::MAX)
}

#[test]
fn a_read_that_is_not_slow_is_made_once() {
    assert_eq!(read_freely(&[(900, Ok(1))]), (Ok(1), 900, vec![0]));
}

#[test]
fn a_slow_read_is_sent_a_second_time_and_the_first_answer_wins() {
    // Whichever it comes from.
    assert_eq!(read_freely(&[(60_000, Ok(1)), (50, Ok(2))]), (Ok(2), 1_050, vec![0, 1_000]));
    assert_eq!(read_freely(&[(2_500, Ok(1)), (60_000, Ok(2))]), (Ok(1), 2_500, vec![0, 1_000]));
    // A call that always takes long gets no third.
    assert_eq!(read_freely(&[(10_000, Ok(1))]), (Ok(1), 10_000, vec![0, 1_000]));
}

#[test]
fn while_one_of_two_may_still_answer_a_failure_of_the_other_is_no_result() {
    let lost = Err(Failure::Unreachable);
    let second_fails = [(5_000, Ok(1)), (50, lost), (60_000, Ok(3))];
    assert_eq!(read_freely(&second_fails), (Ok(1), 5_000, vec![0, 1_000, 2_050]));
    let first_fails = [(1_500, lost), (1_000, Ok(2))];
    assert_eq!(read_freely(&first_fails), (Ok(2), 2_000, vec![0, 1_000]));
}

#[test]
fn a_refusal_is_an_answer() {
    let denied = Err(Failure::Rejected(Rejection::AccessDenied));
    assert_eq!(read_freely(&[(20, denied)]), (denied, 20, vec![0]));
    assert_eq!(read_freely(&[(60_000, Ok(1)), (20, denied)]).1, 1_020);
}

#[test]
fn no_second_one_is_sent_without_a_token_at_once() {
    let pacer = Pacer::default();
    let fail = CallError::new(CALL, Failure::Throttled, "Rate exceeded");
    // At the lowest rate, a token takes 3.2 s.
    for number in 0..9 {
        let now = Duration::from_nanos(number);
        pacer.hear(CALL, now, now, &Err::<(), _>(fail.clone()));
    }
    let (result, took, begun) = read(&[(2_500, Ok(1))], &pacer, Duration::MAX);
    assert_eq!((result, begun.len(), took - begun[0]), (Ok(1), 1, 2_500));
    assert!(begun[0] >= 3_200, "{begun:?}");
}

/// The wait for a token is before the call, whose time-out is the client's.
#[test]
fn the_wait_for_a_token_is_not_a_part_of_the_call() {
    let pacer = Pacer::default();
    while pacer.take(CALL, Class::Register, Duration::ZERO).is_ok() {}
    // 200 ms for the token, and 50 ms for what an urgent read leaves.
    assert_eq!(read(&[(900, Ok(1))], &pacer, Duration::MAX), (Ok(1), 1_150, vec![250]));
}

#[test]
fn each_attempt_takes_a_token_and_a_throttle_slows_the_next() {
    let pacer = Pacer::default();
    let throttled = (20, Err(Failure::Throttled));
    let (result, _, begun) = read(&[throttled, throttled, (20, Ok(3))], &pacer, Duration::MAX);
    assert_eq!((result, begun.len()), (Ok(3), 3));
    // Half of 5 a second, then a quarter; the pauses alone would be 100 and 200 ms.
    assert!(begun[1] >= 20 + 400, "{begun:?}");
    assert!(begun[2] - begun[1] >= 20 + 800, "{begun:?}");
}

#[test]
fn a_read_that_keeps_failing_ends_within_ten_seconds_with_its_last_error() {
    let (result, took, begun) = read_freely(&[(20, Err(Failure::Unreachable))]);
    assert_eq!(result, Err(Failure::Unreachable));
    assert!((7..=9).contains(&begun.len()) && took <= 10_020, "{took} {begun:?}");
}

#[test]
fn near_the_end_of_the_run_the_error_comes_early_enough_to_be_reported() {
    let end = Duration::from_secs(4);
    let (result, took, _) = read(&[(20, Err(Failure::Unreachable))], &Pacer::default(), end);
    assert_eq!(result, Err(Failure::Unreachable));
    assert!(took <= 2_020, "{took}");
}

/// In a storm in which half of all calls fail, a round of six readings comes through.
#[test]
fn half_of_all_calls_can_fail() {
    let mut number: u64 = 1;
    let mut coin = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (number >> 40) & 1 == 0
    };
    let lost = (0..1_000).filter(|_| {
        let fates: Vec<Fate> =
            (0..40).map(|_| (20, if coin() { Ok(1) } else { Err(Failure::Unreachable) })).collect();
        read_freely(&fates).0.is_err()
    });
    assert!(lost.count() <= 15, "more than one in 66");
}
