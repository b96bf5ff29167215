//! Tests what the CDK makes of the templates, with the tests beside the constructs.

use std::fs;
use std::path::Path;
use std::process::Command;

use writerlink_tests::python::{linters, outcome, workspace_dir};
use writerlink_tests::skip::{Skip, available};

#[test]
fn the_cdk_makes_of_the_templates_what_stands_in_them() {
    let Some(python) = available(linters()) else { return };
    if available(installed(&python)).is_none() {
        return;
    }
    let output = outcome(&mut in_cdk(&python, "node", &["--test"]), "");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
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

/// The packages of `infra/cdk/package-lock.json`, installed once for each content that it has.
fn installed(python: &Path) -> Result<(), Skip> {
    let cdk = workspace_dir().join("infra/cdk");
    let lock = fs::read(cdk.join("package-lock.json")).expect("it is part of the source");
    let stamp = cdk.join("node_modules/installed");
    if fs::read(&stamp).is_ok_and(|done| done == lock) {
        return Ok(());
    }
    let mut npm = in_cdk(python, "npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    let output = npm.output().expect("the environment has Node.js");
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Skip(format!(
            "npm ci failed: the packages come from npm's registry, or from the one that npm is \
             configured for\n  {why}"
        )));
    }
    fs::write(stamp, lock).expect("npm made the directory");
    Ok(())
}

/// Runs the environment's Node.js in `infra/cdk`: a distribution's own may be older than the CDK
/// takes, as Debian 12's is.
fn in_cdk(python: &Path, program: &str, arguments: &[&str]) -> Command {
    let programs = python.parent().expect("it is bin/python of an environment");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(programs.join(program));
    command
        .args(arguments)
        .current_dir(workspace_dir().join("infra/cdk"))
        .env("PATH", format!("{}:{path}", programs.display()));
    command
}
