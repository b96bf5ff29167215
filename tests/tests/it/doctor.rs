//! `writerlink doctor` against worlds with planted faults: the whole way from a world's file over
//! the wire to the report. What each check decides is tested with its crate.

mod worlds;

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use writerlink_lab::scene::{Scene, config};
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::Call;
use writerlink_lab::world_file::WorldFile;

use crate::cli::program::{fake_credentials, run, writerlink};
use worlds::{PLANTS, SOUND};

/// What the program printed of a world, its exit code, and the calls that it made.
struct Examined {
    code: i32,
    stdout: String,
    calls: Vec<Call>,
}

async fn examine(file: &str) -> Examined {
    examine_as(file, "json").await
}

/// The same in another format.
async fn examine_as(file: &str, format: &str) -> Examined {
    let file =
        WorldFile::read(file, "world.toml").unwrap_or_else(|error| panic!("{error}\n{file}"));
    let Scene { world, links } = file.scene(file.pace()).expect("a good world");
    let lab = Lab::start(world, Options::default()).await.expect("loopback has ports");
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("writerlink.toml");
    std::fs::write(&path, config(&links, lab.dns(), "")).expect("a file");
    let path = path.to_str().expect("a path");
    let mut command: Command = writerlink(&["doctor", "--config", path, "--output", format]);
    fake_credentials(&mut command).env("AWS_ENDPOINT_URL", lab.aws_endpoint());
    let ran = tokio::task::spawn_blocking(move || run(&mut command));
    let (code, stdout, stderr) = ran.await.expect("it ends");
    assert!(!stdout.is_empty(), "{stderr}");
    let calls = lab.world().calls.iter().cloned().collect();
    Examined { code, stdout, calls }
}

/// The findings as pairs of an id and a severity.
fn findings(stdout: &str) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(stdout).expect("JSON");
    let found = report["findings"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    found.iter().map(|finding| (text(&finding["id"]), text(&finding["severity"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_a_worlds_file_plants_is_found() {
    for (name, file, id, severity) in PLANTS {
        let Examined { code, stdout, .. } = examine(file).await;
        let found = findings(&stdout);
        let wanted = (id.to_string(), severity.to_string());
        assert!(found.contains(&wanted), "{name}: {id} {severity} is not in {found:?}");
        let grave = matches!(*severity, "broken" | "will-break-at-the-next-failover");
        assert!(!grave || code == 2, "{name}: exit code {code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_sound_world_nothing_is_found_above_a_note() {
    for (name, file) in SOUND {
        let Examined { code, stdout, .. } = examine(file).await;
        let found = findings(&stdout);
        let graver: Vec<_> = found.iter().filter(|(_, severity)| severity != "note").collect();
        assert!(graver.is_empty(), "{name}: {stdout}");
        assert_eq!(code, 0, "{name}: {stdout}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_makes_no_call_that_its_policy_does_not_permit() {
    let (_, policy, _) = run(&mut writerlink(&["doctor", "--print-policy"]));
    let policy: Value = serde_json::from_str(&policy).expect("JSON");
    let statements = policy["Statement"].as_array().expect("a list");
    let actions: Vec<&str> = statements
        .iter()
        .flat_map(|statement| statement["Action"].as_array().expect("a list"))
        .map(|action| action.as_str().expect("a text"))
        .collect();
    let reads = |action: &&str| {
        let name = action.split(':').next_back().unwrap_or_default();
        ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb))
    };
    assert!(actions.iter().all(reads), "{actions:?}");
    let mut seen = std::collections::BTreeSet::new();
    for (_, file) in SOUND {
        for call in examine(file).await.calls {
            let action = format!("{}:{}", call.service.iam_prefix(), call.operation);
            // STS answers this one to anybody (AWS docs: GetCallerIdentity).
            let is_free = action == "sts:GetCallerIdentity";
            assert!(is_free || actions.contains(&action.as_str()), "{action} is not permitted");
            seen.insert(action);
        }
    }
    assert!(seen.len() > 25, "the worlds ask for little: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_is_not_checked_with_the_permission() {
    let denied = [
        ("ec2:DescribeSecurityGroups", "W110"),
        ("lambda:GetFunctionConfiguration", "W300"),
        ("rds:DescribeEventSubscriptions", "W301"),
        ("elasticloadbalancing:DescribeTargetGroupAttributes", "W220"),
        ("cloudwatch:DescribeAlarms", "W332"),
        ("scheduler:ListSchedules", "W330"),
    ];
    for (action, id) in denied {
        let file = format!("denied = [\"{action}\"]\n{}", worlds::DEMO);
        let Examined { code, stdout, .. } = examine(&file).await;
        let report: Value = serde_json::from_str(&stdout).expect("JSON");
        let missed = report["not_checked"].as_array().expect("a list");
        let has = |value: &Value| value["ids"].as_array().expect("a list").contains(&id.into());
        let of_it = missed.iter().find(|missed| missed["call"] == action && has(missed));
        assert!(of_it.is_some(), "{action}: {missed:#?}");
        let found = findings(&stdout);
        assert!(!found.iter().any(|(own, _)| own == id), "{action}: {found:?}");
        assert_eq!(code, 3, "{action}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_html_loads_nothing_and_holds_every_finding() {
    let file = format!("{}\n[[schedule]]\nname = \"off\"\nstate = \"DISABLED\"\n", worlds::DEMO);
    let page = examine_as(&file, "html").await.stdout;
    for part in ["<!doctype html>", "W330", "prefers-color-scheme", "@media print"] {
        assert!(page.contains(part), "{part}");
    }
    for loads in ["src=", "@import", "url(", "<link"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn questions_about_checks_need_no_account() {
    let (code, stdout, _) = run(&mut writerlink(&["doctor", "--explain", "w210"]));
    assert_eq!(code, 0);
    assert!(stdout.starts_with("W210  Cross-zone") && stdout.contains("https://docs.aws"));
    let (code, _, stderr) = run(&mut writerlink(&["doctor", "--explain", "W999"]));
    assert_eq!(code, 1);
    assert!(stderr.contains("W999") && stderr.contains("--checks"), "{stderr}");
    let (_, schema, _) = run(&mut writerlink(&["doctor", "--schema"]));
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert!(schema["properties"]["not_checked"].is_object());
}
