//! What the CDK makes of the templates, judged by the tests beside the constructs.

use std::fs;
use std::io::{self, ErrorKind};
use std::process::{Command, Output};

use writerlink_tests::python::workspace_dir;
use writerlink_tests::skip::{Skip, available};

#[test]
fn the_cdk_makes_of_the_templates_what_stands_in_them() {
    if available(installed()).is_none() {
        return;
    }
    let output = in_cdk("node", &["--test"]).expect("it was there a moment ago");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The packages of `infra/cdk/package-lock.json`, installed once for each content that it has.
fn installed() -> Result<(), Skip> {
    let version = said(
        "node",
        &["--version"],
        "install Node.js 20 or later (on Debian: apt-get install nodejs npm)",
    )?;
    let major = version.trim().trim_start_matches('v').split('.').next();
    if major
        .and_then(|major| major.parse::<u32>().ok())
        .is_none_or(|major| major < 20)
    {
        return Err(Skip(format!(
            "Node.js is {}, and the CDK needs 20 or later",
            version.trim()
        )));
    }
    let cdk = workspace_dir().join("infra/cdk");
    let lock = fs::read(cdk.join("package-lock.json")).expect("it is part of the source");
    let stamp = cdk.join("node_modules/installed");
    if fs::read(&stamp).is_ok_and(|done| done == lock) {
        return Ok(());
    }
    said(
        "npm",
        &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        "the packages come from npm's registry, or from the one that npm is configured for",
    )?;
    fs::write(stamp, lock).expect("npm made the directory");
    Ok(())
}

fn said(program: &str, arguments: &[&str], remedy: &str) -> Result<String, Skip> {
    match in_cdk(program, arguments) {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            Err(Skip(format!("{program} failed: {remedy}\n  {why}")))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Skip(format!("there is no {program}: {remedy}"))),
        Err(error) => Err(Skip(format!("{program} cannot be run ({error}): {remedy}"))),
    }
}

fn in_cdk(program: &str, arguments: &[&str]) -> io::Result<Output> {
    Command::new(program)
        .args(arguments)
        .current_dir(workspace_dir().join("infra/cdk"))
        .output()
}
