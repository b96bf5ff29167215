//! Metrics in CloudWatch's embedded metric format: lines on standard output, no call and no permission.
//!
//! One line a run. A value at the root of a line can stand under one set of dimensions only once, so each binding that
//! is not ok has a line of its own; a binding that is well has none, and costs nothing. Every line has the function's
//! name as a dimension: an account may run several, and the sweeps of one must not hide that another's have stopped.

use std::time::Duration;

use serde_json::{Map, Value, json};
use writerlink_core::event::Trigger;
use writerlink_core::report::{BindingReport, Report, Status};

use crate::answer::Asker;

const NAMESPACE: &str = "Writerlink";

/// What is measured of one invocation.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The function's name.
    pub function: &'a str,
    /// When it ended, in milliseconds since 1970.
    pub at: u64,
    /// How long it took.
    pub took: Duration,
    /// Whether it ended in an error.
    pub failed: bool,
    /// The run, if there was one: a refused payload or a Delete has none.
    pub run: Option<(&'a Trigger, &'a Report)>,
}

impl Measured<'_> {
    /// The lines, the run's own first.
    ///
    /// `NotOk` is 1 for an invocation that failed or that has a binding that is not ok. `SweepFinished` is there for a sweep that
    /// could do its work, and is what tells a sweep that stopped coming. `BindingNotOk` is there for each binding
    /// that is not ok.
    pub fn lines(&self) -> Vec<String> {
        let mut values = vec![("DurationMs", "Milliseconds", whole(self.took.as_millis()))];
        let mut count = |name, value| values.push((name, "Count", value));
        count("Runs", u64::from(self.run.is_some()));
        count("NotOk", u64::from(self.failed || self.not_ok().next().is_some()));
        if let Some((trigger, report)) = self.run {
            let sum = |of: fn(&BindingReport) -> usize| report.bindings.iter().map(|b| of(b) as u64).sum::<u64>();
            count("Registered", sum(|binding| binding.registered.len()));
            count("Deregistered", sum(|binding| binding.deregistered.len()));
            count("Unmatched", report.unmatched.into());
            count("Unreadable", trigger.unreadable.into());
            if Asker::of(trigger) == Asker::Sweep && !report.helpless {
                count("SweepFinished", 1);
            }
        }
        let each = self
            .not_ok()
            .map(|binding| self.line(Some(&binding.name), &[("BindingNotOk", "Count", 1)]));
        std::iter::once(self.line(None, &values)).chain(each).collect()
    }

    /// Those that somebody may have to be woken for. `drift` is none: it is the answer to a question.
    fn not_ok(&self) -> impl Iterator<Item = &BindingReport> {
        let bindings = self.run.into_iter().flat_map(|(_, report)| &report.bindings);
        bindings.filter(|binding| !binding.status.is_ok() && binding.status != Status::Drift)
    }

    /// One line (AWS docs, "Specification: Embedded metric format").
    fn line(&self, binding: Option<&str>, values: &[(&str, &str, u64)]) -> String {
        let names: Vec<Value> = values
            .iter()
            .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
            .collect();
        let dimensions: Map<String, Value> = [("Function", Some(self.function)), ("Binding", binding)]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
            .collect();
        let by: Vec<&String> = dimensions.keys().collect();
        let mut root = Map::new();
        root.insert(
            "_aws".to_owned(),
            json!({"Timestamp": self.at, "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [by], "Metrics": names}]}),
        );
        root.extend(dimensions);
        root.extend(values.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
        Value::Object(root).to_string()
    }
}

fn whole(milliseconds: u128) -> u64 {
    u64::try_from(milliseconds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use writerlink_core::event::TriggerKind;

    use super::*;
    use crate::sample::{binding, event, report};

    fn lines(failed: bool, run: Option<(&Trigger, &Report)>) -> Vec<Value> {
        let measured = Measured {
            function: "writerlink",
            at: 1_700_000_000_123,
            took: Duration::from_micros(1_234_567),
            failed,
            run,
        };
        let lines = measured.lines();
        assert!(lines.iter().all(|line| !line.contains('\n')));
        lines
            .iter()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// The names declared are exactly the numbers at the root.
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
            .filter(|(_, value)| value.is_u64())
            .map(|(key, _)| key.as_str())
            .collect();
        present.sort_unstable();
        assert_eq!(declared, present);
    }

    #[test]
    fn a_run_is_one_line_and_every_binding_that_is_not_ok_one_more() {
        let mut report = report(vec![
            binding("orders", Status::Changed),
            binding("billing", Status::Held),
            binding("stock", Status::Failed),
            binding("asked", Status::Drift),
        ]);
        report.bindings[0].registered = vec!["10.20.1.7:5432".to_owned()];
        report.bindings[0].deregistered = vec!["10.20.2.9:5432".to_owned(), "10.20.3.9:5432".to_owned()];
        report.unmatched = 2;
        let trigger = Trigger {
            unreadable: 3,
            ..event(TriggerKind::Sns)
        };
        let lines = lines(true, Some((&trigger, &report)));
        lines.iter().for_each(assert_declared);
        let [run, billing, stock] = lines.as_slice() else {
            panic!("three lines, not {lines:?}")
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
        for (line, name) in [(billing, "billing"), (stock, "stock")] {
            assert_eq!((&line["Binding"], &line["BindingNotOk"]), (&json!(name), &json!(1)));
            assert_eq!(
                line["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
                json!([["Binding", "Function"]])
            );
        }
    }

    #[test]
    fn only_a_sweep_that_could_do_its_work_counts_as_finished() {
        let held = report(vec![binding("orders", Status::Held)]);
        let helpless = Report {
            helpless: true,
            ..held.clone()
        };
        for (trigger, report, finished) in [
            (Trigger::sweep(TriggerKind::Schedule), &held, true),
            (Trigger::sweep(TriggerKind::Sns), &held, true),
            (Trigger::sweep(TriggerKind::Schedule), &helpless, false),
            (Trigger::sweep(TriggerKind::Invoke), &held, false),
            (Trigger::sweep(TriggerKind::CustomResource), &held, false),
            (event(TriggerKind::Sns), &held, false),
        ] {
            let line = &lines(false, Some((&trigger, report)))[0];
            assert_eq!(line.get("SweepFinished").is_some(), finished, "{trigger:?}");
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
    fn a_run_that_ended_well_has_one_line_without_a_binding() {
        let report = report(vec![binding("orders", Status::Settled)]);
        let lines = lines(false, Some((&event(TriggerKind::Sns), &report)));
        assert_eq!(
            (lines.len(), &lines[0]["NotOk"], &lines[0]["Runs"]),
            (1, &json!(0), &json!(1))
        );
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
}
