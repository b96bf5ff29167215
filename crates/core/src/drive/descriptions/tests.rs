use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::drive::pacer::{Class, Pacer};
use crate::drive::tests::{Groups, VirtualClock, arn, target_group};
use crate::target::Target;

/// Describes groups, and gives what was found, in numbers of groups and words.
fn describe(
    descriptions: &Descriptions,
    groups: &Groups,
    numbers: impl Iterator<Item = usize>,
) -> Vec<Result<bool, Failure>> {
    let (clock, pacer) = (VirtualClock::default(), Pacer::default());
    let reads = Reads { clock: &clock, pacer: &pacer, class: Class::Urgent, end: Duration::MAX };
    let arns: Vec<_> = numbers.map(arn).collect();
    let described = clock.run(descriptions.describe(&groups, &reads, &arns));
    let found = |arn| match &described[arn] {
        Ok(group) => Ok(group.in_use),
        Err(error) => Err(error.failure),
    };
    arns.iter().map(found).collect()
}

fn target(state: TargetState) -> Target {
    let address = "10.20.0.1:5432".parse().expect("an address");
    Target { address, zone: None, state, reason: None }
}

#[test]
fn twenty_groups_are_described_in_one_call() {
    let groups = Groups::default();
    let found = describe(&Descriptions::default(), &groups, 0..20);
    assert_eq!(found, [Ok(true); 20]);
    assert_eq!(groups.described(), [20]);
}

#[test]
fn a_group_that_does_not_exist_is_found_by_halving_and_hides_no_other() {
    let groups = Groups { missing: BTreeSet::from([arn(7)]), ..Groups::default() };
    let found = describe(&Descriptions::default(), &groups, 0..20);
    for (number, found) in found.into_iter().enumerate() {
        let wanted =
            if number == 7 { Err(Failure::Rejected(Rejection::NotFound)) } else { Ok(true) };
        assert_eq!(found, wanted, "{number}");
    }
    assert_eq!(groups.described(), [20, 10, 5, 5, 2, 3, 1, 2, 10]);
}

#[test]
fn a_permission_that_is_missing_is_asked_for_once_and_is_every_groups_error() {
    let denied = Failure::Rejected(Rejection::AccessDenied);
    let groups = Groups { fails: Mutex::new(vec![denied]), ..Groups::default() };
    assert_eq!(describe(&Descriptions::default(), &groups, 0..20), [Err(denied); 20]);
    assert_eq!(groups.described(), [20]);
}

#[test]
fn a_group_that_the_answer_leaves_out_is_not_found_by_its_name() {
    let (clock, pacer) = (VirtualClock::default(), Pacer::default());
    let reads = Reads { clock: &clock, pacer: &pacer, class: Class::Urgent, end: Duration::MAX };
    let groups = Groups { left_out: BTreeSet::from([arn(1)]), ..Groups::default() };
    let arns = [arn(0), arn(1)];
    let described = clock.run(Descriptions::default().describe(&&groups, &reads, &arns));
    assert!(described[&arn(0)].is_ok());
    let error = described[&arn(1)].as_ref().expect_err("it is not in the answer");
    assert_eq!(error.failure, Failure::Rejected(Rejection::NotFound));
    assert!(error.detail.contains(arn(1).as_str()), "{error}");
}

#[test]
fn only_a_group_in_use_is_kept_and_only_until_its_targets_raise_a_doubt() {
    let descriptions = Descriptions::default();
    let groups = Groups { idle: BTreeSet::from([arn(1)]), ..Groups::default() };
    describe(&descriptions, &groups, 0..2);
    assert_eq!(descriptions.of(&arn(0)), Some(target_group(true)));
    assert_eq!(descriptions.of(&arn(1)), None, "it may be in use by the next run");

    let failed = |failure| Err(CallError::new(action::TARGETS, failure, "it fails"));
    for (read, is_kept) in [
        (Ok(vec![]), true),
        (Ok(vec![target(TargetState::Healthy)]), true),
        (failed(Failure::Throttled), true),
        (failed(Failure::Rejected(Rejection::NotFound)), false),
        (Ok(vec![target(TargetState::Healthy), target(TargetState::Unused)]), false),
    ] {
        describe(&descriptions, &groups, 0..1);
        descriptions.hear(&arn(0), &read);
        assert_eq!(descriptions.of(&arn(0)).is_some(), is_kept, "{read:?}");
    }
}
