//! Tests that the consumer's example logs in to a database and to a proxy, which present
//! certificates of different authorities.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use writerlink_tests::python::{python, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

#[test]
fn the_example_trusts_the_roots_of_rds_and_of_the_system_and_nobody_else() {
    let Some(python) = available(python()) else { return };
    let output = Command::new(python)
        .arg(tests_dir().join("python/iam_lambda_tls.py"))
        .output()
        .expect("it has an interpreter");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("the script prints JSON");
    let right = json!({"system": true, "rds": true, "stranger": false, "another name": false});
    assert_eq!(told, right);
}

/// `sslrootcert` takes one file, or `system`: which of them is right depends on what stands behind
/// the name. The line that the Terraform example prints is checked with the modules
/// (`layers/examples.py`).
#[test]
fn every_psql_line_in_the_documentation_names_the_roots_of_what_stands_behind_the_name() {
    let pages = ["docs/consumer.md", "docs/deploy.md"];
    let pages =
        pages.map(|page| fs::read_to_string(workspace_dir().join(page)).expect("it is there"));
    let lines = pages.iter().flat_map(|page| page.lines());
    for line in lines.filter(|line| line.contains("sslmode=verify-full")) {
        let is_proxy = line.contains(".proxy-");
        let roots = if is_proxy { "sslrootcert=system" } else { "sslrootcert=global-bundle.pem" };
        let speaks_of_one = line.contains("host=");
        assert!(!speaks_of_one || line.contains(roots), "{line}");
    }
}
