//! What `doctor` and `init` read of an account: the requests byte for byte as botocore's, the
//! answers as moto gives them, and answers that no service should give.
#![allow(clippy::unwrap_used)]

mod bytes;
mod endpoints;
mod moto;
mod wire;

use std::process::Command;

use serde_json::Value;
use writerlink_tests::python::{python, tests_dir};
use writerlink_tests::skip::available;

/// What `account_requests.py` says of botocore.
fn botocore() -> Option<Value> {
    let python = available(python())?;
    let mut command = Command::new(python);
    command.arg(tests_dir().join("python/account_requests.py"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("AWS_CONFIG_FILE", "/dev/null");
    let output = command.output().expect("the environment has an interpreter");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("the script prints JSON"))
}
