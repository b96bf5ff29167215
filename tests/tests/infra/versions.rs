//! Tests why the function has no alias: what the SAM translator does with `AutoPublishAlias` when a
//! parameter changes.

use std::process::Command;

use serde_json::Value;
use writerlink_tests::python::{linters, outcome, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

use crate::template::{properties, reconciler};

/// If the translator learns to see a parameter, this fails, and an alias becomes worth having.
#[test]
fn an_alias_would_go_on_with_the_old_configuration_when_a_parameter_changes() {
    let (Some(template), Some(python)) = (reconciler(), available(linters())) else {
        return;
    };
    let mut script = Command::new(python);
    script
        .arg(tests_dir().join("python/sam_versions.py"))
        .arg(workspace_dir().join("infra/reconciler.yaml"))
        .env("AWS_DEFAULT_REGION", "eu-west-1");
    let output = outcome(&mut script, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let versions: Value = serde_json::from_slice(&output.stdout).expect("the script prints JSON");
    for hashed in ["code", "all"] {
        let version = |of: &str| versions[hashed][of].as_str().expect("there is a version");
        assert_eq!(version("parameter"), version("before"), "{hashed}");
        assert_ne!(
            version("code-changed"),
            version("before"),
            "{hashed}: other code is another version"
        );
    }
    assert!(properties(template, "Function").get("AutoPublishAlias").is_none());
}
