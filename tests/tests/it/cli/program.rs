//! The program, started in an empty environment.

use std::process::{Command, Output, Stdio};

use writerlink_tests::programs;

/// A configuration with one good binding.
pub(crate) const BINDING: &str = r#"
allow = ["10.20.0.0/16"]

[dns]
servers = ["127.0.0.1:9"]

[[binding]]
name = "orders-writer"
source = "cluster/orders"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
"#;

/// A binding whose target group is not an ARN of one.
pub(crate) const BAD_BINDING: &str = r#"
[[binding]]
name = "stock"
source = "cluster/stock"
target-group = "arn:aws:s3:::stock"
"#;

/// The program in an empty environment, so that nothing on this machine affects a test.
pub(crate) fn writerlink(arguments: &[&str]) -> Command {
    let mut command = Command::new(programs::writerlink());
    command
        .args(arguments)
        .env_clear()
        .env("COLUMNS", "100")
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    command
}

/// Runs the program; returns its exit code, standard output and standard error.
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Credentials that nobody checks, and a Region.
pub(crate) fn fake_credentials(command: &mut Command) -> &mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", "lab")
        .env("AWS_SECRET_ACCESS_KEY", "lab")
        .env("AWS_REGION", "eu-west-1")
}
