//! Tests what the CDK makes of the templates, with the tests beside the constructs.

use std::fs;

use serde_json::Value;
use writerlink_tests::node::node;
use writerlink_tests::python::{outcome, workspace_dir};
use writerlink_tests::skip::available;

#[test]
fn the_cdk_makes_of_the_templates_what_stands_in_them() {
    let Some(mut node) = available(node(&workspace_dir().join("infra/cdk"))) else { return };
    let output = outcome(node.arg("--test"), "");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_package_of_the_constructs_has_the_version_of_the_programs() {
    for file in ["package.json", "package-lock.json"] {
        let path = workspace_dir().join("infra/cdk").join(file);
        let text = fs::read_to_string(path).expect("it is part of the source");
        let package: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"), "{file}");
    }
}

/// Without it the CDK makes a change set that includes nested stacks, whose parameters are then
/// placeholders, which the templates' patterns refuse.
#[test]
fn every_cdk_deployment_that_we_document_does_without_a_nested_change_set() {
    let (docs, infra) = (workspace_dir().join("docs"), workspace_dir().join("infra"));
    let pages = fs::read_dir(docs).expect("it is part of the source");
    let pages =
        pages.map(|entry| entry.expect("it can be listed").path()).filter(|path| path.is_file());
    let mut found = 0;
    for path in pages.chain([infra.join("README.md"), infra.join("cdk/app.js")]) {
        let bytes = fs::read(&path).expect("it can be read");
        let text = String::from_utf8_lossy(&bytes);
        for line in text.lines().filter(|line| line.contains("cdk deploy")) {
            found += 1;
            assert!(line.contains("--method=direct"), "{}: {line}", path.display());
        }
    }
    assert!(found >= 2, "only {found} were found: is the search broken?");
}
