//! Tests that the Terraform modules are formatted, equivalent to the templates, and pass the same
//! audit.

use std::process::Command;

use writerlink_tests::python::{linters, outcome, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

use crate::lint::{audited, said};

#[test]
fn terraform_and_cloudformation_make_the_same_of_the_same_inputs() {
    let Some(python) = available(linters()) else {
        return;
    };
    let mut script = Command::new(python);
    script.arg(tests_dir().join("python/drift.py")).arg(workspace_dir().join("infra"));
    let output = outcome(&mut script, "");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", said(&output));
}

/// Nothing in it reads a file outside. Its page and its copy of `policy.json` are generated, and
/// its tests parse and name what the module has. Terraform itself runs them: `.ci/terraform`.
#[test]
fn the_folder_of_a_terraform_module_is_whole_and_its_page_is_up_to_date() {
    let Some(python) = available(linters()) else {
        return;
    };
    let mut script = Command::new(python);
    script.arg(tests_dir().join("python/modules.py")).arg(workspace_dir().join("infra"));
    if std::env::var_os("WRITERLINK_WRITE_DOCS").is_some() {
        let written = script.arg("--write").output().expect("the environment has Python");
        assert!(written.status.success() && written.stdout.is_empty(), "{}", said(&written));
        return;
    }
    let output = outcome(&mut script, "");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", said(&output));
}

#[test]
fn terraform_has_nothing_to_format() {
    let Some(python) = available(linters()) else {
        return;
    };
    let output = Command::new(python.with_file_name("terraform"))
        .args(["fmt", "-check", "-recursive"])
        .arg(workspace_dir().join("infra/terraform"))
        .output()
        .expect("the environment has Terraform");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn checkov_finds_nothing_in_terraform_that_is_not_answered_for_in_its_place() {
    let modules = [workspace_dir().join("infra/terraform")];
    let Some(passed) = audited("terraform", "--directory", &modules) else {
        return;
    };
    assert!(passed.len() > 100, "only {} checks were made", passed.len());
}
