//! Tests the functions' settings: one run at a time, no retries, a sweep every minute, and a
//! recorder that is told the same as the reconciler.

use std::fs;

use serde_json::{Value, json};
use writerlink_core::config::Timing;
use writerlink_tests::python::tests_dir;

use crate::GROUP;
use crate::template::{evaluate, properties, reconciler};

#[test]
fn the_sweep_is_the_only_retry() {
    let Some(template) = reconciler() else { return };
    let invocations = &template["Resources"]["Invocations"]["Properties"];
    assert_eq!(invocations["FunctionName"], json!({"Ref": "Function"}));
    assert_eq!(invocations["MaximumRetryAttempts"], 0);
    assert_eq!(
        invocations["DestinationConfig"]["OnFailure"],
        json!({"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}})
    );
    let target = &template["Resources"]["Sweep"]["Properties"]["Target"];
    assert_eq!(target["RetryPolicy"]["MaximumRetryAttempts"], 0);
}

#[test]
fn one_run_goes_at_a_time_unless_the_account_cannot_reserve() {
    let Some(template) = reconciler() else { return };
    let reserved = &template["Resources"]["Function"]["Properties"]["ReservedConcurrentExecutions"];
    assert_eq!(evaluate(template, reserved, &[]), 1);
    assert_eq!(evaluate(template, reserved, &[("ReserveConcurrency", "false")]), Value::Null);
}

#[test]
fn a_sweep_comes_every_minute_with_the_input_that_the_lambda_knows() {
    let Some(template) = reconciler() else { return };
    let sweep = &template["Resources"]["Sweep"]["Properties"];
    assert_eq!(sweep["ScheduleExpression"], "rate(1 minute)");
    assert_eq!(sweep["FlexibleTimeWindow"], json!({"Mode": "OFF"}));
    let recorded = fs::read_to_string(tests_dir().join("events/scheduler-sweep.json"))
        .expect("it is recorded");
    let recorded: Value = serde_json::from_str(&recorded).expect("it is JSON");
    let input: Value =
        serde_json::from_str(sweep["Target"]["Input"].as_str().expect("an input is text"))
            .expect("JSON");
    assert_eq!(input, recorded);
}

#[test]
fn the_function_outlives_the_longest_watch() {
    let Some(template) = reconciler() else { return };
    let timeout = &template["Resources"]["Function"]["Properties"]["Timeout"];
    let timeout = evaluate(template, timeout, &[]).as_u64().expect("it has a timeout");
    let watch = Timing::default().longest_watch().as_secs();
    assert!(
        timeout >= watch + 30,
        "{timeout} s leave no time to write and answer after {watch} s of watching"
    );
}

#[test]
fn the_recorder_is_the_same_code_with_the_same_configuration_in_another_role() {
    let Some(template) = reconciler() else { return };
    let (function, recorder) =
        (properties(template, "Function"), properties(template, "RecorderFunction"));
    for same in ["Runtime", "Architectures", "Handler", "CodeUri", "MemorySize"] {
        assert_eq!(function[same], recorder[same], "{same}");
    }
    let given = [("Source", "cluster/orders"), ("TargetGroupArns", GROUP), ("Probe", "connect")];
    let variables = |of: &Value| evaluate(template, &of["Environment"]["Variables"], &given);
    let (told, recorders) = (variables(function), variables(recorder));
    assert_eq!(
        recorders,
        json!({
            "WRITERLINK_ROLE": "recorder",
            "WRITERLINK_PROBE": "connect",
            "WRITERLINK_CONFIG": told["WRITERLINK_CONFIG"],
        })
    );
    assert_eq!(
        function["Environment"]["Variables"]["WRITERLINK_CONFIG"],
        recorder["Environment"]["Variables"]["WRITERLINK_CONFIG"],
        "of other parameters too"
    );
}

/// The recorder answers an event that comes while it records, after that: 14 minutes, and the
/// longest pause of Lambda between two attempts, 5 minutes.
#[test]
fn an_event_outlives_a_recording_and_a_recording_its_timeout() {
    let Some(template) = reconciler() else { return };
    let invocations = properties(template, "RecorderInvocations");
    let waits = invocations["MaximumEventAgeInSeconds"].as_u64().expect("a number");
    assert!(waits >= 14 * 60 + 5 * 60, "{waits}");
    let timeout = properties(template, "RecorderFunction")["Timeout"].as_u64().expect("a number");
    assert!((14 * 60 + 30..=900).contains(&timeout), "{timeout}: Lambda allows 900");
    assert!(invocations.get("DestinationConfig").is_none(), "a lost record pages nobody");
}
