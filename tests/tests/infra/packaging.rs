//! The one command: `sam package` finds every layer and the code, and uploads them. It is the first half of `sam deploy`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use writerlink_tests::moto::{Moto, REGION};
use writerlink_tests::python::{linters, tests_dir};
use writerlink_tests::skip::available;

use crate::template::templates;

#[test]
fn one_command_uploads_every_layer_and_the_code_in_it() {
    let (Some(python), Some(moto)) = (available(linters()), available(Moto::start())) else {
        return;
    };
    let home = tempfile::tempdir().expect("there is room for temporary files");
    lay_out(home.path());
    let output = Command::new(python)
        .arg(tests_dir().join("python/sam_package.py"))
        .arg(home.path().join("infra/template.yaml"))
        .envs([
            ("AWS_ENDPOINT_URL", moto.endpoint()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ])
        .envs([
            ("AWS_ACCESS_KEY_ID", "moto"),
            ("AWS_SECRET_ACCESS_KEY", "moto"),
            ("SAM_CLI_TELEMETRY", "0"),
        ])
        .env("HOME", home.path())
        .output()
        .expect("the environment has the SAM CLI");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packaged: Value = serde_json::from_slice(&output.stdout).expect("the script prints JSON");
    let nested = packaged.as_object().expect("stacks by their names");
    let names: Vec<&str> = nested.keys().map(String::as_str).collect();
    assert_eq!(names, ["Database", "Link", "Proxy", "Reconciler"]);
    let code = &nested["Reconciler"]["Resources"]["Function"]["Properties"]["CodeUri"];
    assert!(
        code.as_str().is_some_and(|uri| uri.starts_with("s3://artifacts/")),
        "{code}"
    );
}

/// The templates, and an archive where they look for the code.
fn lay_out(home: &Path) {
    for directory in ["infra", "target/package"] {
        fs::create_dir_all(home.join(directory)).expect("it is empty");
    }
    for template in templates() {
        let name = template.file_name().expect("it is a file");
        fs::copy(&template, home.join("infra").join(name)).expect("it can be read");
    }
    fs::write(home.join("target/package/bootstrap.zip"), "the code").expect("it can be written");
}
