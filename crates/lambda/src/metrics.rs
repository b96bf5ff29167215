//! Metrics in CloudWatch's embedded metric format: lines on standard output, which need no call and
//! no permission.
//!
//! There is one line for the run, and one for each binding that the run answers for, because a line
//! holds one value of each dimension. A binding without a fault has a line too, with a 0. An alarm
//! on a metric that is written only on faults would have to fill the gaps, and a filled value would
//! take the place of a value that is only late (docs/decisions/010-alarms.md). Every line has the
//! function's name as a dimension: an account may have several functions, and the sweeps of one
//! must not hide that another's have stopped.

use std::time::Duration;

use serde_json::{Map, Value, json};
use writerlink_core::config::FollowedReport;
use writerlink_core::event::Trigger;
use writerlink_core::record::Record;
use writerlink_core::report::{BindingReport, Report, Status};

use crate::answer::Caller;

const NAMESPACE: &str = "Writerlink";

/// The measurements of one invocation.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    pub function: &'a str,
    /// When it ended, in milliseconds since 1970.
    pub at: u64,
    pub took: Duration,
    /// Whether it ended in an error.
    pub failed: bool,
    /// The run, if there was one: a refused payload or a Delete has none.
    pub run: Option<(&'a Trigger, &'a Report)>,
    /// The configuration, if it is outside the function.
    pub configuration: Option<&'a FollowedReport>,
}

impl Measured<'_> {
    /// The lines. The first is that of the run.
    ///
    /// `NotOk` is 1 if the invocation failed, or if it answers for a binding that is not ok. Every
    /// sweep writes `SweepFinished`: 1 if it could do its work. `BindingNotOk` is written for every
    /// binding that the run answers for: 1 if the binding is not ok. A run that was out of time
    /// counts as not ok. `SecondsWrong` is written for every binding that only observes and was
    /// looked at: what [`BindingReport::seconds_wrong`] says.
    pub fn lines(&self) -> Vec<String> {
        let mut values = vec![("DurationMs", "Milliseconds", json!(whole(self.took.as_millis())))];
        let mut count = |name, value: u64| values.push((name, "Count", json!(value)));
        count("Runs", u64::from(self.run.is_some()));
        // If the run of a custom resource did not end in time, its report has no bindings.
        let cut_off = self.run.is_some_and(|(_, report)| !report.ok && report.bindings.is_empty());
        let is_not_ok = |binding| is_result(binding) && !binding.status.is_ok();
        let not_ok = self.failed || cut_off || self.bindings().any(is_not_ok);
        count("NotOk", not_ok.into());
        for (code, name) in CONFIGURATION {
            if let Some(FollowedReport { findings, .. }) = self.configuration {
                count(name, findings.iter().any(|finding| finding.code == code).into());
            }
        }
        if let Some((trigger, report)) = self.run {
            let sum = |of: fn(&BindingReport) -> usize| {
                report.bindings.iter().map(|b| of(b) as u64).sum::<u64>()
            };
            count("Registered", sum(|binding| binding.registered.len()));
            count("Deregistered", sum(|binding| binding.deregistered.len()));
            count("Unmatched", report.unmatched.into());
            count("Unreadable", trigger.unreadable.into());
            // An event's run says nothing about whether the schedule still works.
            if Caller::of(trigger) == Caller::Sweep {
                count("SweepFinished", (!report.nothing_readable).into());
            }
        }
        let mut lines = vec![line(self.function, self.at, None, &values)];
        lines.extend(self.bindings().filter_map(|binding| {
            let mut values = Vec::new();
            if is_result(binding) {
                let not_ok = u64::from(!binding.status.is_ok());
                values.push(("BindingNotOk", "None", json!(not_ok)));
                values.extend(standby(binding));
            }
            // Whatever the run answers for: the next run does not measure this time again.
            values.extend(binding.seconds_wrong.map(|s| ("SecondsWrong", "Seconds", json!(s))));
            let name = Some(binding.name.as_str());
            (!values.is_empty()).then(|| line(self.function, self.at, name, &values))
        }));
        lines
    }

    fn bindings(&self) -> impl Iterator<Item = &BindingReport> {
        self.run.into_iter().flat_map(|(_, report)| &report.bindings)
    }
}

/// Whether an alarm may depend on how the binding ended: the run answers for it, and it is no
/// `drift`, which is the result of a dry run.
fn is_result(binding: &BindingReport) -> bool {
    binding.answered_for && binding.status != Status::Drift
}

/// The lines of a record: the times that it measured, in seconds.
pub fn of_record(record: &Record, at: u64) -> Option<String> {
    let measured = record.seconds.named().into_iter();
    let values =
        measured.filter_map(|(name, lasted)| Some((name, "Seconds", json!(lasted?.measured()?))));
    let values: Vec<_> = values.collect();
    let binding = Some(record.binding.as_str());
    (!values.is_empty()).then(|| line(&record.function, at, binding, &values))
}

/// The line of an invocation of the recorder: how many records it made, and whether it ended at
/// once because there was nothing to record.
pub fn of_recorder(function: &str, at: u64, records: usize, ignored: bool) -> String {
    let values =
        [("Records", "Count", json!(records)), ("Ignored", "Count", json!(u64::from(ignored)))];
    line(function, at, None, &values)
}

/// One line (AWS docs, "Specification: Embedded metric format"). The unit `None` is the default and
/// is omitted, because these lines are most of what a sweep of many bindings logs.
fn line(function: &str, at: u64, binding: Option<&str>, values: &[(&str, &str, Value)]) -> String {
    let names: Vec<Value> = values
        .iter()
        .map(|(name, unit, _)| match *unit {
            "None" => json!({"Name": name}),
            unit => json!({"Name": name, "Unit": unit}),
        })
        .collect();
    let dimensions: Map<String, Value> = [("Function", Some(function)), ("Binding", binding)]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
        .collect();
    // One set of all of them: each further set would be a metric of its own, at its own cost.
    let by: Vec<&String> = dimensions.keys().collect();
    let mut root = Map::new();
    root.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at,
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [by], "Metrics": names}
            ]
        }),
    );
    root.extend(dimensions);
    root.extend(values.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())));
    Value::Object(root).to_string()
}

/// The findings about a configuration outside the function, each with its metric.
const CONFIGURATION: [(&str, &str); 2] = [
    ("configuration-refused", "ConfigurationRefused"),
    ("configuration-unreadable", "ConfigurationUnreadable"),
];

/// The findings about a warm binding, each with its metric. While the writer's target is unhealthy,
/// nothing is removed, and the address beside it may be healthy: the load balancer's own metric of
/// healthy targets does not show that, so the writer has one.
const STANDBY: [(&str, &str); 6] = [
    ("writer-unhealthy", "WriterUnhealthy"),
    ("standby-not-found", "StandbyNotFound"),
    ("standby-ambiguous", "StandbyAmbiguous"),
    ("standby-unproven", "StandbyUnproven"),
    ("standby-refused", "StandbyRefused"),
    ("standby-unsafe", "StandbyUnsafe"),
];

/// What a run that looked for the standby of a binding found. No alarm of ours is on it.
fn standby(binding: &BindingReport) -> impl Iterator<Item = (&'static str, &'static str, Value)> {
    let found = binding.standby.is_some().then_some(STANDBY).into_iter().flatten();
    found.map(|(code, name)| {
        let is_found = binding.findings.iter().any(|finding| finding.code == code);
        (name, "None", json!(u64::from(is_found)))
    })
}

fn whole(milliseconds: u128) -> u64 {
    u64::try_from(milliseconds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use writerlink_core::event::TriggerKind;
    use writerlink_core::finding::{Finding, Severity};
    use writerlink_core::report::StandbyReport;

    use super::*;
    use crate::sample::{binding, event, record, report};

    fn lines(failed: bool, run: Option<(&Trigger, &Report)>) -> Vec<Value> {
        let measured = Measured {
            function: "writerlink",
            at: 1_700_000_000_123,
            took: Duration::from_micros(1_234_567),
            failed,
            run,
            configuration: None,
        };
        let lines = measured.lines();
        assert!(lines.iter().all(|line| !line.contains('\n')));
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The declared names are exactly the numbers at the root.
    fn assert_declared(line: &Value) {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Writerlink");
        let mut declared: Vec<&str> = directive["Metrics"]
            .as_array()
            .expect("metrics")
            .iter()
            .filter_map(|m| m["Name"].as_str())
            .collect();
        declared.sort_unstable();
        let root = line.as_object().expect("an object");
        let mut present: Vec<&str> = root
            .iter()
            .filter(|(_, value)| value.is_number())
            .map(|(key, _)| key.as_str())
            .collect();
        present.sort_unstable();
        assert_eq!(declared, present);
    }

    #[test]
    fn a_run_is_one_line_and_every_binding_that_it_answers_for_one_more() {
        let mut report = report(vec![
            binding("orders", Status::Changed),
            binding("billing", Status::Held),
            binding("stock", Status::Failed),
            binding("asked", Status::Drift),
            binding("another", Status::Failed),
        ]);
        report.bindings[4].answered_for = false;
        report.bindings[0].registered = vec!["10.20.1.7:5432".to_owned()];
        report.bindings[0].deregistered =
            vec!["10.20.2.9:5432".to_owned(), "10.20.3.9:5432".to_owned()];
        report.unmatched = 2;
        let trigger = Trigger { unreadable: 3, ..event(TriggerKind::Sns) };
        let lines = lines(true, Some((&trigger, &report)));
        lines.iter().for_each(assert_declared);
        let [run, orders, billing, stock] = lines.as_slice() else {
            panic!("four lines, not {lines:?}")
        };
        assert_eq!(run["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Function"]]));
        assert_eq!(run["Function"], "writerlink");
        assert_eq!(run["_aws"]["Timestamp"], 1_700_000_000_123_u64);
        for (name, value) in [
            ("Runs", 1),
            ("NotOk", 1),
            ("Registered", 1),
            ("Deregistered", 2),
            ("Unmatched", 2),
            ("Unreadable", 3),
            ("DurationMs", 1234),
        ] {
            assert_eq!(run[name], value, "{name}");
        }
        for (line, name, not_ok) in
            [(orders, "orders", 0), (billing, "billing", 1), (stock, "stock", 1)]
        {
            assert_eq!((&line["Binding"], &line["BindingNotOk"]), (&json!(name), &json!(not_ok)));
            assert_eq!(
                line["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
                json!([["Binding", "Function"]])
            );
        }
    }

    #[test]
    fn every_sweep_says_whether_it_could_do_its_work_and_nothing_else_does() {
        let held = report(vec![binding("orders", Status::Held)]);
        let nothing_readable = Report { nothing_readable: true, ..held.clone() };
        for (trigger, report, finished) in [
            (Trigger::sweep(TriggerKind::Schedule), &held, Some(1)),
            (Trigger::sweep(TriggerKind::Sns), &held, Some(1)),
            (Trigger::sweep(TriggerKind::Schedule), &nothing_readable, Some(0)),
            (Trigger::sweep(TriggerKind::Invoke), &held, None),
            (Trigger::sweep(TriggerKind::CustomResource), &held, None),
            (event(TriggerKind::Sns), &held, None),
        ] {
            let line = &lines(false, Some((&trigger, report)))[0];
            assert_eq!(line.get("SweepFinished").and_then(Value::as_u64), finished, "{trigger:?}");
            assert_eq!(line["NotOk"], 1);
        }
    }

    #[test]
    fn a_dry_run_that_finds_something_to_do_is_not_what_an_alarm_is_for() {
        let report = report(vec![binding("orders", Status::Drift)]);
        let lines = lines(false, Some((&event(TriggerKind::Invoke), &report)));
        assert_eq!((lines.len(), &lines[0]["NotOk"]), (1, &json!(0)));
    }

    #[test]
    fn every_good_end_writes_a_0_because_an_alarm_cannot_tell_a_gap_from_a_late_value() {
        for status in
            [Status::Settled, Status::Changed, Status::Waiting, Status::Idle, Status::Observed]
        {
            let report = report(vec![binding("orders", status)]);
            let lines = lines(false, Some((&Trigger::sweep(TriggerKind::Schedule), &report)));
            assert_eq!(
                (lines.len(), &lines[0]["NotOk"], &lines[0]["Runs"]),
                (2, &json!(0), &json!(1))
            );
            assert_eq!(lines[1]["BindingNotOk"], 0, "{status:?}");
        }
    }

    #[test]
    fn the_time_that_a_group_was_wrong_is_a_metric_also_of_a_binding_that_no_event_names() {
        let mut report = report(vec![
            binding("orders", Status::Observed),
            binding("billing", Status::Observed),
            binding("stock", Status::Settled),
        ]);
        report.bindings[0].seconds_wrong = Some(12.5);
        report.bindings[1].seconds_wrong = Some(0.0);
        report.bindings[1].answered_for = false;
        let lines = lines(false, Some((&event(TriggerKind::Sns), &report)));
        lines.iter().for_each(assert_declared);
        let [_, orders, billing, stock] = lines.as_slice() else {
            panic!("four lines, not {lines:?}")
        };
        assert_eq!((&orders["BindingNotOk"], &orders["SecondsWrong"]), (&json!(0), &json!(12.5)));
        let declared = &orders["_aws"]["CloudWatchMetrics"][0]["Metrics"][1];
        assert_eq!(declared, &json!({"Name": "SecondsWrong", "Unit": "Seconds"}));
        assert_eq!(billing["SecondsWrong"], json!(0.0));
        assert_eq!((billing.get("BindingNotOk"), stock.get("SecondsWrong")), (None, None));
    }

    #[test]
    fn what_keeps_a_standby_out_is_a_metric_and_of_a_cold_binding_there_is_none() {
        let standby = StandbyReport { address: None, state: None, proof: "ambiguous" };
        let ambiguous = Finding {
            code: "standby-ambiguous",
            severity: Severity::CostsYouSeconds,
            message: String::new(),
            remedy: String::new(),
        };
        let warm = BindingReport {
            standby: Some(standby),
            findings: vec![ambiguous],
            ..binding("billing", Status::Settled)
        };
        let report = report(vec![warm, binding("orders", Status::Settled)]);
        let lines = lines(false, Some((&Trigger::sweep(TriggerKind::Schedule), &report)));
        lines.iter().for_each(assert_declared);
        let [run, billing, orders] = lines.as_slice() else { panic!("three lines") };
        assert_eq!((&run["NotOk"], &billing["BindingNotOk"]), (&json!(0), &json!(0)));
        for (_, name) in STANDBY {
            let wanted = json!(u64::from(name == "StandbyAmbiguous"));
            assert_eq!((&billing[name], orders.get(name)), (&wanted, None), "{name}");
        }
    }

    #[test]
    fn the_line_of_a_binding_is_short() {
        let report = report(vec![binding("orders-writer", Status::Settled)]);
        let measured = Measured {
            function: "writerlink-Function-1A2B3C4D5E6F",
            at: 1_700_000_000_123,
            took: Duration::ZERO,
            failed: false,
            run: Some((&event(TriggerKind::Sns), &report)),
            configuration: None,
        };
        let line = &measured.lines()[1];
        assert!(line.len() <= 250, "{} bytes, which docs/cost.md prices: {line}", line.len());
    }

    #[test]
    fn a_configuration_outside_the_function_has_two_metrics_in_every_line_of_a_run() {
        for (code, values) in [(None, [0, 0]), (Some(0), [1, 0]), (Some(1), [0, 1])] {
            let finding = |at: usize| Finding {
                code: CONFIGURATION[at].0,
                severity: Severity::Broken,
                message: String::new(),
                remedy: String::new(),
            };
            let report = FollowedReport {
                from: "ssm:/writerlink/orders".to_owned(),
                version: Some("7".to_owned()),
                findings: code.map(finding).into_iter().collect(),
            };
            let measured = Measured {
                function: "writerlink",
                at: 0,
                took: Duration::ZERO,
                failed: false,
                run: None,
                configuration: Some(&report),
            };
            let line: Value = serde_json::from_str(&measured.lines()[0]).expect("JSON");
            assert_declared(&line);
            assert_eq!(CONFIGURATION.map(|(_, name)| line[name].as_u64()), values.map(Some));
        }
    }

    #[test]
    fn a_run_that_did_not_end_in_time_is_not_ok() {
        let cut_off = Report { ok: false, ..report(vec![]) };
        let trigger = Trigger::sweep(TriggerKind::CustomResource);
        assert_eq!(lines(false, Some((&trigger, &cut_off)))[0]["NotOk"], 1);
        let no_bindings = report(vec![]);
        assert_eq!(lines(false, Some((&trigger, &no_bindings)))[0]["NotOk"], 0);
    }

    #[test]
    fn an_invocation_without_a_run_is_measured_too() {
        let refused = lines(true, None);
        assert_declared(&refused[0]);
        assert_eq!(
            (refused.len(), &refused[0]["NotOk"], &refused[0]["Runs"]),
            (1, &json!(1), &json!(0))
        );
        assert_eq!(lines(false, None)[0]["NotOk"], 0);
    }

    #[test]
    fn a_record_writes_the_times_that_it_measured_and_no_others() {
        let line = of_record(&record(), 7).expect("a line");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        // One is not known to within 15 s, of another the beginning was not seen.
        assert_eq!(
            line,
            json!({
                "_aws": {"Timestamp": 7, "CloudWatchMetrics": [{
                    "Namespace": "Writerlink", "Dimensions": [["Binding", "Function"]],
                    "Metrics": [
                        {"Name": "EventLag", "Unit": "Seconds"},
                        {"Name": "FailoverToHealthy", "Unit": "Seconds"},
                    ],
                }]},
                "Binding": "orders", "Function": "writerlink-recorder",
                "EventLag": 9.5, "FailoverToHealthy": 97.0,
            })
        );
        let unseen = Record { seconds: Default::default(), ..record() };
        assert_eq!(of_record(&unseen, 7), None);
    }
}
