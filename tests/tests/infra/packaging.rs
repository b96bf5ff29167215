//! Tests what `sam package`, the first half of `sam deploy`, makes of the templates: it uploads the
//! reconciler's code and leaves the flat template unchanged.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use writerlink_tests::moto::{Moto, REGION};
use writerlink_tests::python::{linters, tests_dir};
use writerlink_tests::skip::available;

use crate::template::{read, templates, text};

#[test]
fn sam_uploads_the_code_of_the_reconciler_and_nothing_of_the_flat_template() {
    let (Some(python), Some(moto)) = (available(linters()), available(Moto::start())) else {
        return;
    };
    let home = tempfile::tempdir().expect("there is room for temporary files");
    lay_out(home.path());
    let package = |template: &str| -> Value {
        let output = Command::new(&python)
            .arg(tests_dir().join("python/sam_package.py"))
            .arg(home.path().join("infra").join(template))
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
        serde_json::from_slice(&output.stdout).expect("the script prints JSON")
    };

    let mut flat = package("writerlink.yaml");
    assert_eq!(flat["uploaded"], json!([]));
    let wanted = read("writerlink.yaml").expect("there is what reads it");
    let resources = flat["template"]["Resources"].as_object_mut().expect("it has resources");
    for (name, resource) in resources {
        // What SAM adds to every resource.
        let metadata = resource["Metadata"].as_object_mut().expect("it is added");
        assert_eq!(metadata.remove("SamResourceId"), Some(json!(name)));
        if metadata.is_empty() {
            resource.as_object_mut().expect("a resource").remove("Metadata");
        }
    }
    assert_eq!(flat["template"], wanted);

    let reconciler = package("reconciler.yaml");
    let code = text(&reconciler["template"]["Resources"]["Function"]["Properties"]["CodeUri"]);
    let key = code.strip_prefix("s3://artifacts/").expect("it is in the bucket");
    assert_eq!(reconciler["uploaded"], json!([key]));
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
