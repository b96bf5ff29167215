//! Tests what somebody else's handler meets in the lab: the lab's DNS server as its resolver, and
//! the recipe of docs/lab.md from its command to its verdict.

use std::io::{self, Write};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use writerlink_tests::programs;
use writerlink_tests::python::{python, tests_dir};
use writerlink_tests::skip::available;

/// The endpoint of the cluster that the lab serves without a file.
const ENDPOINT: &str = "orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com";

/// A user and a group without any rights.
const NOBODY: &str = "65534";

#[test]
fn a_c_library_asks_the_labs_dns_server_whoever_the_user_is() {
    // A copy that every user can run; target/ may lie in a folder that only its owner may enter.
    let home = TempDir::new_in("/tmp").expect("there is room for temporary files");
    let writerlink = home.path().join("writerlink");
    std::fs::copy(programs::writerlink(), &writerlink).expect("there is room for a program");
    open_to_all(home.path());
    let root = std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own));
    let as_nobody = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"];
    let users = [&[][..], &as_nobody];
    for user in &users[..if root.is_ok_and(|uid| uid == 0) { 2 } else { 1 }] {
        let words = [user, &["env", "-C", "/tmp"][..]].concat();
        let script = format!("getent hosts {ENDPOINT}; getent ahostsv4 {ENDPOINT}; id -u; pwd");
        let output = Command::new(words[0])
            .args(&words[1..])
            .arg(&writerlink)
            .args(["lab", "serve", "--", "sh", "-c", &script])
            .output()
            .expect("it runs");
        let (stdout, stderr) = texts(&output);
        if has_no_namespaces(&stderr) {
            continue;
        }
        assert!(output.status.success(), "{user:?}: {stderr}");
        let lines: Vec<&str> = stdout.lines().collect();
        assert_eq!((lines.len(), lines[5]), (6, "/tmp"), "{user:?}: {stdout}");
        assert!(
            lines[..4].iter().all(|line| line.starts_with("10.20.1.10 ")),
            "{user:?}: {stdout}"
        );
        let uid = if user.is_empty() { lines[4] } else { NOBODY };
        assert_eq!(lines[4], uid, "the user stays who he is");
    }
}

#[test]
fn the_recipe_takes_a_handler_that_resolves_by_itself_to_a_verdict() {
    let Some(python) = available(python()) else { return };
    let handler = format!(
        "env -C '{}' DB_ENDPOINT={{endpoint}} DB_PORT={{port}} TARGET_GROUP_ARN={{target_group}} \
         '{}' -m awslambdaric handler.handler",
        tests_dir().join("recipe").display(),
        python.display()
    );
    let output = Command::new(programs::writerlink())
        .args(["lab", "run", "planned-failover", "--speed", "10", "--handler", &handler])
        .output()
        .expect("it runs");
    let (stdout, stderr) = texts(&output);
    if has_no_namespaces(&stderr) {
        return;
    }
    let verdict: Value = serde_json::from_str(&stdout).expect("a verdict");
    assert_eq!(verdict["converged"], true, "{}", verdict["faults"]);
    assert_eq!(verdict["links"][0]["targets"], verdict["links"][0]["wanted"]);
    for call in ["DescribeTargetHealth", "RegisterTargets", "DeregisterTargets"] {
        assert!(verdict["call_counts"][call].as_u64() > Some(0), "{}", verdict["call_counts"]);
    }
}

/// Whether this machine makes no network namespaces. A container may forbid them, and nothing that
/// can be installed helps: so this is said, and fails nothing, in CI too.
fn has_no_namespaces(stderr: &str) -> bool {
    let has_none = stderr.contains("no network namespace can be made");
    if has_none {
        // Past the test harness, which would swallow it. A closed standard error has no reader.
        let _ = writeln!(io::stderr(), "skipped: {stderr}");
    }
    has_none
}

fn open_to_all(folder: &std::path::Path) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder, mode).expect("it was made a moment ago");
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}
