//! `writerlink lab run`: what it lists, what it refuses, and what it prints. The whole-system tests
//! check the verdicts of the scenarios.

use serde_json::{Value, json};

use super::program::{run, writerlink};

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
        (
            &["planned-failover", "--handler", "p {endpiont}"],
            "there is no placeholder `{endpiont}`; there are `{endpoint}`, ",
        ),
        (&["--scenarios", "/no/such/file", "--all"], "/no/such/file: the scenarios cannot be read"),
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
fn a_program_that_cannot_be_measured_ends_no_other_and_its_reason_is_in_every_format() {
    let play = |format: &str| {
        let arguments = ["lab", "run", "stale-extra-target", "--speed", "30", "--output", format];
        let handlers = ["--handler", "/no/such/program", "--handler", IDLE];
        run(writerlink(&arguments).args(handlers))
    };
    let (code, stdout, stderr) = play("json");
    assert_eq!(code, 1);
    let rows: Value = serde_json::from_str(&stdout).unwrap();
    let reason = rows[0]["not_measured"].as_str().unwrap();
    assert!(reason.contains("it keeps ending with exit status: 127"), "{reason}");
    assert_eq!((&rows[0]["scenario"], &rows[0]["ok"]), (&rows[1]["scenario"], &Value::Bool(false)));
    assert_eq!((&rows[1]["converged"], rows.as_array().unwrap().len()), (&Value::Bool(false), 2));
    assert!(stderr.ends_with("writerlink: 1 of 2 runs were not measured\n"), "{stderr}");
    let (code, stdout, _) = play("grid");
    assert_eq!(code, 1);
    let mut lines = stdout.lines();
    let is_told = |line: &str| line.contains("/no/such/program") && line.ends_with("not measured");
    assert!(lines.any(is_told), "{stdout}");
    assert!(
        stdout.contains("\nstale-extra-target, seed 1: not measured: `/no/such/program`: "),
        "{stdout}"
    );
}

#[test]
fn scenarios_of_a_file_take_the_place_of_the_built_in_ones() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.toml");
    let text = "[[scenario]]\nname = \"mine\"\ntitle = \"My own\"\n\
                steps = [{ at = 5, do.fail-over = \"orders\" }]\n";
    let list = |text: &str| {
        std::fs::write(&file, text).unwrap();
        run(writerlink(&["lab", "run", "--list", "--scenarios"]).arg(&file))
    };
    assert_eq!(list(text), (0, " mine  My own\n".to_owned(), String::new()));
    let (code, stdout, stderr) = list(&text.replace("orders", "order"));
    assert_eq!((code, stdout.as_str()), (1, ""));
    let place = format!("writerlink: {}:4:", file.display());
    assert!(stderr.starts_with(&place) && stderr.contains("write `orders`"), "{stderr}");
    let (_, _, stderr) = run(writerlink(&["lab", "run", "x", "--scenarios"]).arg(&file));
    assert!(stderr.starts_with(&place), "the whole file is checked: {stderr}");
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
