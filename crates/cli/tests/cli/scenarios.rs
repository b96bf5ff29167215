//! `writerlink lab run`: what it lists, what it refuses, and what it prints. The whole-system tests
//! check the verdicts of the scenarios.

use serde_json::{Value, json};

use crate::program::{run, writerlink};

#[test]
fn every_scenario_is_listed_with_its_sentence() {
    let (code, stdout, _) = run(&mut writerlink(&["lab", "run", "--list"]));
    assert_eq!(code, 0);
    assert!(stdout.lines().count() > 20, "{stdout}");
    assert!(
        stdout.lines().next().is_some_and(|line| line.contains("planned-failover")
            && line.contains("failover of an Aurora cluster"))
    );
}

#[test]
fn what_cannot_be_played_is_refused_before_anything_is_played() {
    for (arguments, words) in [
        (&["planned"][..], "there is no scenario `planned`; there are: planned-failover, "),
        (
            &["planned-failover", "--delay", "helth-lag=1"],
            "--delay: there is no delay `helth-lag`; there are: create-instance, ",
        ),
        (&[], "no scenario is named: `writerlink lab run --list` lists them"),
        (
            &["planned-failover", "--report", "/no/such/folder/x.html"],
            "name a file in a folder that exists",
        ),
        (
            &["planned-failover", "--handler", "/no/such/program"],
            "it keeps ending with exit status: 127",
        ),
    ] {
        let (code, stdout, stderr) = run(&mut writerlink(&[&["lab", "run"], arguments].concat()));
        assert_eq!((code, stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}

/// A short program that takes invocations and ignores them.
const IDLE: &str = r#"python3 -c '
import os, urllib.request as u
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    id = u.urlopen(api + "next").headers["lambda-runtime-aws-request-id"]
    u.urlopen(api + id + "/response", data=b"{}")
'"#;

#[test]
fn a_scenario_that_ends_wrong_exits_2_with_a_verdict_and_a_report() {
    let home = tempfile::tempdir().unwrap();
    let report = home.path().join("report.html");
    let arguments =
        ["lab", "run", "stale-extra-target", "--speed", "30", "--handler", IDLE, "--report"];
    let (code, stdout, stderr) = run(writerlink(&arguments).arg(&report));
    assert_eq!((code, stderr.as_str()), (2, ""));
    let verdict: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(verdict["ok"], false);
    assert_eq!(
        verdict["faults"][0],
        "orders-writer: the group holds 10.20.1.10:5432 and 10.20.3.10:5432; it should hold \
         10.20.1.10:5432"
    );
    assert_eq!(
        (&verdict["calls"], &verdict["seconds_to_converge"]),
        (&serde_json::json!([]), &Value::Null)
    );
    let page = std::fs::read_to_string(report).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("10.20.3.10:5432"));
}

#[test]
fn what_could_be_played_is_printed_beside_what_could_not() {
    let arguments = ["lab", "run", "stale-extra-target", "--speed", "30", "--handler", IDLE];
    let (code, stdout, stderr) =
        run(writerlink(&arguments).args(["--handler", "/no/such/program"]));
    assert_eq!(code, 1);
    let verdicts: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(verdicts.as_array().map(Vec::len), Some(1), "{stdout}");
    assert!(
        stderr.contains("`/no/such/program`: it keeps ending with exit status: 127"),
        "{stderr}"
    );
}

#[test]
fn several_seeds_are_printed_with_the_figures_of_all_and_the_report_of_the_first() {
    let home = tempfile::tempdir().unwrap();
    let report = home.path().join("report.html");
    let arguments =
        ["lab", "run", "stale-extra-target", "--speed", "30", "--handler", IDLE, "--seeds", "2..3"];
    let (code, stdout, _) = run(writerlink(&arguments).arg("--report").arg(&report));
    assert_eq!(code, 2);
    let played: Value = serde_json::from_str(&stdout).unwrap();
    let runs = &played["runs"][0];
    assert_eq!((&runs["seeds"], &runs["ok"]), (&json!([2, 3]), &json!(0)));
    assert_eq!(runs["calls"], json!({"median": 0.0, "min": 0.0, "max": 0.0}));
    // Never right: no figure.
    assert_eq!(runs["seconds_to_converge"]["median"], Value::Null);
    let assumed = |index: usize| played["verdicts"][index]["assumptions"].clone();
    assert_eq!(
        (&assumed(0)["shown_first"], &assumed(1)["shown_first"]),
        (&json!("dns"), &json!("rds-api"))
    );
    assert_eq!((&assumed(0)["timeout"], &assumed(0)["retries"]), (&json!(3.0), &json!(2)));
    let page = std::fs::read_to_string(report).unwrap();
    assert_eq!(page.matches("\"seed\":").count(), 2, "a recording and a verdict, of seed 2");
}
