//! Runs CloudFormation's linter, SAM's validation and the security linter checkov on the templates.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use writerlink_tests::python::{auditors, linters, outcome};
use writerlink_tests::skip::available;

use crate::template::templates;

#[test]
fn cfn_lint_has_nothing_to_say_about_any_template() {
    let Some(python) = available(linters()) else {
        return;
    };
    let mut linter = Command::new(&python);
    linter
        .arg(python.with_file_name("cfn-lint"))
        .args(["--include-checks", "I", "--"])
        .args(templates());
    let output = outcome(&mut linter, "");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", said(&output));
}

#[test]
fn sam_takes_every_template_for_a_valid_one() {
    let Some(python) = available(linters()) else {
        return;
    };
    let home = tempfile::tempdir().expect("there is room for temporary files");
    for template in templates() {
        let mut sam = Command::new(&python);
        sam.args(["-m", "samcli", "validate", "--lint", "--template"])
            .arg(&template)
            .env("HOME", home.path())
            .env("SAM_CLI_TELEMETRY", "0")
            .env("AWS_DEFAULT_REGION", "eu-west-1");
        let output = outcome(&mut sam, "");
        let said = said(&output);
        assert!(output.status.success() && said.contains("is a valid SAM Template"), "{said}");
    }
}

/// Each check passes, or is suppressed in the template itself, beside the reason.
#[test]
fn checkov_finds_nothing_that_is_not_answered_for_in_its_place() {
    let Some(checks) = audited("cloudformation", "--file", &templates()) else {
        return;
    };
    // These have nested stacks alone, of which checkov asks nothing.
    let is_of_stacks = |path: &Path| path.to_string_lossy().ends_with("layers.yaml");
    for template in templates().iter().filter(|path| !is_of_stacks(path)) {
        let is_of_it = |check: &&Value| {
            check["file_abs_path"]
                .as_str()
                .is_some_and(|path| Path::new(path) == template.as_path())
        };
        let passed = checks.iter().filter(is_of_it).count();
        assert!(passed > 0, "nothing of {} was checked", template.display());
    }
}

/// The checks that these files pass; none may fail, and none may be suppressed without a reason.
/// checkov makes no network requests.
pub(crate) fn audited(framework: &str, option: &str, paths: &[PathBuf]) -> Option<Vec<Value>> {
    let python = available(auditors())?;
    let home = tempfile::tempdir().expect("there is room for temporary files");
    let mut checkov = Command::new(&python);
    checkov
        .arg(python.with_file_name("checkov"))
        .args(["--framework", framework, "--skip-download", "--output", "json", option])
        .args(paths)
        .env("HOME", home.path());
    let output = outcome(&mut checkov, "");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    assert_eq!(report["summary"]["parsing_errors"], 0, "{report:#}");
    assert_eq!(report["results"]["failed_checks"], json!([]));
    let checks = |kind: &str| report["results"][kind].as_array().expect("a list");
    for skipped in checks("skipped_checks") {
        let reason = skipped["check_result"]["suppress_comment"].as_str().unwrap_or_default();
        assert!(reason.ends_with('.'), "{} has no reason", skipped["check_id"]);
    }
    Some(checks("passed_checks").clone())
}

pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}
