//! `writerlink check`: what it prints of good and of broken configurations, and its exit codes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::program::{BAD_BINDING, BINDING, run, writerlink};

/// Two mistakes of a binding and one that two bindings share.
const BROKEN: &str = r#"[timing]
setle = 20

[[binding]]
name = "orders"
sorce = "cluster/orders"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
mode = "watch"

[[binding]]
name = "billing"
source = "instance/billing"
target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/billing/0123456789abcdef"
"#;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("good.toml", BINDING.as_bytes());
    write("broken.toml", BROKEN.as_bytes());
    write("one-bad.toml", format!("{BINDING}{BAD_BINDING}").as_bytes());
    write("utf-16.toml", b"\xff\xfea\0l\0l\0o\0w\0");
    fs::create_dir(folder.path().join("folder")).unwrap();
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = writerlink(&["check"]);
    command.args(arguments).current_dir(folder);
    command
}

#[test]
fn every_mistake_is_printed_with_its_place_and_what_is_good_is_listed() {
    let folder = folder();
    let paths = ["good.toml", "broken.toml", "one-bad.toml", "utf-16.toml", "folder", "gone.toml"];
    let mut page = String::new();
    for path in paths {
        let (code, stdout, stderr) = run(&mut check(folder.path(), &[path]));
        assert_eq!((code, stderr.as_str()), (i32::from(path != "good.toml"), ""), "{path}");
        page.push_str(&format!("$ writerlink check {path}\n{stdout}\n"));
    }
    insta::assert_snapshot!("check", page);
    let (code, all, _) = run(&mut check(folder.path(), &paths));
    assert_eq!(code, 1);
    assert!(page.lines().filter(|l| !l.starts_with('$')).all(|line| all.contains(line)), "{all}");
}

#[test]
fn the_same_is_printed_as_json() {
    let folder = folder();
    let paths = ["good.toml", "broken.toml", "gone.toml"];
    let (code, stdout, _) = run(check(folder.path(), &["--output", "json"]).args(paths));
    assert_eq!(code, 1);
    let answer: Value = serde_json::from_str(&stdout).unwrap();
    insta::assert_json_snapshot!("check_json", answer);
}

#[test]
fn a_text_comes_from_the_option_from_the_variable_or_from_standard_input() {
    let folder = folder();
    let says = |command: &mut Command, code: i32, part: &str| {
        let (exit, stdout, stderr) = run(command);
        assert_eq!(exit, code, "{stdout}{stderr}");
        assert!(stdout.contains(part), "{part:?} is not in {stdout}{stderr}");
    };
    let text = "the configuration text: no mistake, 1 binding";
    says(&mut check(folder.path(), &["--config", BINDING]), 0, text);
    says(check(folder.path(), &[]).env("WRITERLINK_CONFIG", BINDING), 0, text);
    let place = "the configuration text, line 2, column 1: `setle`";
    says(&mut check(folder.path(), &["--config", BROKEN]), 1, place);
    says(&mut check(folder.path(), &["--config", "allow = []"]), 1, "looks like the text itself");
    let far = "[[binding]]\nname = \"far\"\nsource = \"cluster/far\"\ntarget-group = \
               \"arn:aws:elasticloadbalancing:us-east-2:111122223333:targetgroup/far/0123456789abcdef\"";
    let remark = "remark: binding `far`: the target group is in us-east-2";
    says(&mut check(folder.path(), &["--config", &format!("{BINDING}{far}")]), 0, remark);
    // A file that is named counts, and not the variable.
    let variable = ("WRITERLINK_CONFIG", BROKEN);
    says(check(folder.path(), &["good.toml"]).env(variable.0, variable.1), 0, "good.toml: no");

    let mut child =
        check(folder.path(), &["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(BROKEN.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.starts_with("<stdin>:2:1: `setle`"), "{stdout}");

    let (code, stdout, stderr) = run(&mut check(folder.path(), &[]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("--config") && stderr.contains("WRITERLINK_CONFIG"), "{stderr}");
}

#[test]
fn the_schema_that_is_printed_is_that_of_the_documentation() {
    let (code, stdout, _) = run(&mut writerlink(&["check", "--schema"]));
    let path = writerlink_tests::python::workspace_dir().join("docs/writerlink.schema.json");
    assert_eq!((code, stdout), (0, fs::read_to_string(path).unwrap()));
}

#[test]
fn every_shell_gets_a_script_that_completes_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, stdout, stderr) = run(&mut writerlink(&["completions", shell]));
        assert_eq!((code, stderr.as_str()), (0, ""), "{shell}");
        assert!(stdout.contains("audit") && stdout.contains("completions"), "{shell}");
    }
}

#[test]
fn a_permit_is_checked_with_the_text_and_is_refused_if_it_is_broken_itself() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/\
                 0123456789abcdef";
    let permit = format!(
        "allow = [\"10.20.0.0/16\"]\ntarget-groups = [\"{group}\"]\nmodes = [\"manage\"]\n"
    );
    let good = BINDING.replace("[dns]\nservers = [\"127.0.0.1:9\"]\n", "");
    write("permit.toml", &permit);
    write("broken.toml", "allow = []\n");
    write("good.toml", &good);
    write("foreign.toml", &good.replace("targetgroup/orders", "targetgroup/theirs"));
    for (permit, text, code, says) in [
        ("permit.toml", "good.toml", 0, "good.toml: no mistake, 1 binding"),
        ("permit.toml", "foreign.toml", 1, "foreign.toml:8:1: binding `orders-writer`: `target-gr"),
        ("broken.toml", "good.toml", 1, "the permit is refused: 3 mistakes"),
        ("gone.toml", "good.toml", 1, "gone.toml: the configuration cannot be read"),
    ] {
        let arguments = ["--permit", permit, text];
        let (exit, stdout, stderr) = run(&mut check(folder.path(), &arguments));
        assert_eq!(exit, code, "{stdout}{stderr}");
        assert!(format!("{stdout}{stderr}").contains(says), "{stdout}{stderr}");
    }
}

#[test]
fn a_configuration_outside_needs_a_good_place_and_a_permit() {
    let folder = TempDir::new().unwrap();
    for (place, permit, says) in [
        ("ssm:/a", "", "WRITERLINK_PERMIT is not set, and ssm:/a is outside the function"),
        ("ssm:/a", "allow = []\n", "the permit is refused"),
        ("s3://bindings", "", "WRITERLINK_PERMIT is not set"),
    ] {
        let mut command = check(folder.path(), &["--config", place]);
        let (code, _, stderr) = run(command.env("WRITERLINK_PERMIT", permit));
        assert!(code == 1 && stderr.contains(says), "{stderr}");
    }
}
