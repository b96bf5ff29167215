use proptest::prelude::*;

use super::*;

const READ: &str = action::TARGETS;
const SECOND: Duration = Duration::from_secs(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// How many calls of a kind go out at one moment.
fn at_once(pacer: &Pacer, call: &str, class: Class, now: Duration) -> usize {
    (0..1_000).take_while(|_| pacer.take(call, class, now).is_ok()).count()
}

fn throttle(pacer: &Pacer, call: &'static str, taken: Duration, now: Duration) {
    let error = CallError::new(call, Failure::Throttled, "Rate exceeded");
    pacer.hear(call, taken, now, &Err::<(), _>(error));
}

fn succeed(pacer: &Pacer, call: &str, times: usize, now: Duration) {
    for _ in 0..times {
        pacer.hear(call, now, now, &Ok(()));
    }
}

/// The rate of a bucket, in thousandths of a call a second.
fn rate(pacer: &Pacer, bucket: usize) -> u128 {
    pacer.with(|buckets| buckets.0[bucket].rate)
}

#[test]
fn half_of_the_documented_budgets_is_used_unless_another_share_is_configured() {
    for (percent, burst, a_second) in [(50, 20, 5), (100, 40, 10), (20, 8, 2)] {
        let share = Share::new(percent).expect("a share");
        let of = |class| at_once(&Pacer::of(share), action::REGISTER, class, SECOND);
        assert_eq!(of(Class::Register), burst / 2, "registrations");
        // Nothing is left to be left by this class.
        let pacer = Pacer::of(share);
        assert_eq!(at_once(&pacer, READ, Class::Register, SECOND), burst, "all calls");
        assert_eq!(at_once(&pacer, READ, Class::Register, 2 * SECOND), a_second);
        let later = 3_600 * SECOND;
        assert_eq!(at_once(&pacer, READ, Class::Register, later), burst, "no more is saved");
    }
}

#[test]
fn the_smallest_share_lets_every_class_go_sometime() {
    let pacer = Pacer::of(Share::new(1).expect("a share"));
    let mut now = SECOND;
    for class in Class::ALL.into_iter().rev().cycle().take(12) {
        let call = if matches!(class, Class::Register | Class::Deregister) {
            action::REGISTER
        } else {
            READ
        };
        while let Err(wait) = pacer.take(call, class, now) {
            assert!(wait < 60 * SECOND, "{class:?} waits {wait:?}");
            now += wait;
        }
    }
}

#[test]
fn a_wait_is_exactly_as_long_as_a_token_takes() {
    let pacer = Pacer::default();
    at_once(&pacer, READ, Class::Register, SECOND);
    assert_eq!(pacer.take(READ, Class::Register, SECOND), Err(millis(200)));
    let almost = SECOND + millis(200) - Duration::from_nanos(1);
    assert_eq!(pacer.take(READ, Class::Register, almost), Err(Duration::from_nanos(1)));
    assert_eq!(pacer.take(READ, Class::Register, SECOND + millis(200)), Ok(()));
}

#[test]
fn a_call_never_takes_the_token_that_a_call_of_an_earlier_class_waits_for() {
    for (earlier, later) in Class::ALL.into_iter().zip(Class::ALL.into_iter().skip(1)) {
        let pacer = Pacer::default();
        at_once(&pacer, READ, Class::Register, SECOND);
        let first = pacer.take(READ, earlier, SECOND).expect_err("nothing is left");
        let second = pacer.take(READ, later, SECOND).expect_err("nothing is left");
        assert!(first < second, "{earlier:?} {first:?}, {later:?} {second:?}");
        assert!(pacer.take(READ, later, SECOND + first).is_err());
        assert_eq!(pacer.take(READ, earlier, SECOND + first), Ok(()));
    }
}

#[test]
fn after_all_routine_reads_a_read_and_a_registration_for_an_event_go_at_once() {
    let pacer = Pacer::default();
    assert_eq!(at_once(&pacer, READ, Class::Routine, SECOND), 18);
    assert_eq!(pacer.take(READ, Class::Urgent, SECOND), Ok(()));
    assert_eq!(pacer.take(action::REGISTER, Class::Register, SECOND), Ok(()));
}

#[test]
fn a_registration_that_waits_for_its_own_bucket_takes_nothing_from_the_accounts() {
    let pacer = Pacer::default();
    assert_eq!(at_once(&pacer, action::REGISTER, Class::Register, SECOND), 10);
    assert_eq!(at_once(&pacer, READ, Class::Register, SECOND), 10);
}

#[test]
fn a_throttle_halves_the_rate_takes_what_was_saved_and_is_made_good_by_sixteen_successes() {
    let pacer = Pacer::default();
    throttle(&pacer, READ, SECOND, 2 * SECOND);
    assert_eq!(rate(&pacer, ACCOUNT), 2_500);
    assert_eq!(pacer.take(READ, Class::Register, 2 * SECOND), Err(millis(400)));
    succeed(&pacer, READ, 4, 2 * SECOND);
    assert_eq!(rate(&pacer, ACCOUNT), 2_500 + 4 * 312);
    succeed(&pacer, READ, 16, 2 * SECOND);
    assert_eq!(rate(&pacer, ACCOUNT), 5_000);
}

#[test]
fn the_rate_never_falls_below_a_sixteenth() {
    let pacer = Pacer::default();
    for number in 1..20 {
        throttle(&pacer, READ, number * SECOND, number * SECOND);
    }
    assert_eq!(rate(&pacer, ACCOUNT), 312);
}

#[test]
fn calls_that_were_throttled_together_halve_the_rate_once() {
    let pacer = Pacer::default();
    for answered in 0..10 {
        throttle(&pacer, READ, SECOND, 2 * SECOND + millis(answered));
    }
    assert_eq!(rate(&pacer, ACCOUNT), 2_500);
    throttle(&pacer, READ, 3 * SECOND, 4 * SECOND);
    assert_eq!(rate(&pacer, ACCOUNT), 1_250);
}

#[test]
fn a_throttled_registration_slows_registrations_and_no_reads() {
    let pacer = Pacer::default();
    throttle(&pacer, action::REGISTER, SECOND, SECOND);
    assert_eq!((rate(&pacer, ACCOUNT), rate(&pacer, REGISTRATION)), (5_000, 1_000));
}

#[test]
fn the_rate_of_rds_is_found_out_up_to_a_ceiling() {
    let pacer = Pacer::default();
    let call = action::CLUSTERS;
    assert_eq!((at_once(&pacer, call, Class::Register, SECOND), rate(&pacer, RDS)), (10, 5_000));
    succeed(&pacer, call, 16, SECOND);
    assert_eq!(rate(&pacer, RDS), 5_000 + 16 * 312);
    succeed(&pacer, call, 1_000, SECOND);
    assert_eq!(rate(&pacer, RDS), 20_000);
    throttle(&pacer, call, SECOND, SECOND);
    assert_eq!((rate(&pacer, RDS), rate(&pacer, ACCOUNT)), (10_000, 5_000));
}

proptest! {
    /// Whatever is asked for and whenever, and whatever was throttled: in no time did more calls go
    /// out than a full bucket and its full rate allow.
    #[test]
    fn no_bucket_is_ever_exceeded(
        percent in 1_u64..=100,
        steps in prop::collection::vec((0_u64..700, 0_usize..4, 0_u8..10), 1..100),
    ) {
        let pacer = Pacer::of(Share::new(percent).expect("a share"));
        let mut now = SECOND;
        let mut taken: [Vec<Duration>; 3] = Default::default();
        for (passed, class, fate) in steps {
            now += millis(passed * passed / 700);
            let class = Class::ALL[class];
            let call = match (class, fate) {
                (Class::Register, _) => action::REGISTER,
                (Class::Deregister, _) => action::DEREGISTER,
                (_, 0..4) => action::INSTANCES,
                _ => READ,
            };
            while pacer.take(call, class, now).is_ok() {
                buckets_of(call).iter().for_each(|bucket| taken[*bucket].push(now));
                match fate {
                    0 | 5 => throttle(&pacer, call, now, now),
                    1..5 => succeed(&pacer, call, 1, now),
                    _ => {}
                }
                if fate % 2 == 0 {
                    break;
                }
            }
        }
        for (bucket, moments) in taken.iter().enumerate() {
            let (burst, most) = pacer.with(|all| (all.0[bucket].burst, all.0[bucket].most));
            for (first, from) in moments.iter().enumerate() {
                for (last, to) in moments.iter().enumerate().skip(first) {
                    let calls = u128::try_from(last - first + 1).expect("few");
                    let allowed = burst + (*to - *from).as_nanos() * most;
                    prop_assert!(calls * TOKEN <= allowed, "{calls} in {:?}", *to - *from);
                }
            }
        }
    }
}
