//! `writerlink audit` without a region to audit: what it refuses, and its exit code when nothing
//! can be read.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use writerlink_tests::python::workspace_dir;

use super::program::{BAD_BINDING, BINDING, fake_credentials, run, writerlink};

#[test]
fn without_a_configuration_both_ways_to_give_one_are_named() {
    let empty = writerlink(&["audit", "--config", " "]);
    for mut command in [writerlink(&["audit"]), empty] {
        let (code, stdout, stderr) = run(&mut command);
        assert_eq!((code, stdout.as_str()), (1, ""));
        assert!(stderr.contains("--config") && stderr.contains("WRITERLINK_CONFIG"));
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_named_with_the_cause_and_the_remedy() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path().to_str().unwrap();
    for (path, cause) in [("/nowhere/writerlink.toml", "No such file"), (folder, "Is a directory")]
    {
        let (code, _, stderr) = run(&mut writerlink(&["audit", "--config", path]));
        assert_eq!(code, 1);
        assert!(stderr.starts_with(&format!("writerlink: {path}: ")), "{stderr}");
        assert!(stderr.contains(cause) && stderr.contains("--config"), "{stderr}");
    }
}

#[test]
fn a_mistake_is_reported_with_file_line_and_column() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("writerlink.toml");
    fs::write(&path, "allow = [\"10.20.0.0/16\"]\n[[binding]\n").unwrap();
    let (code, _, stderr) = run(writerlink(&["audit"]).env("WRITERLINK_CONFIG", &path));
    assert_eq!(code, 1);
    let place = format!("{}:2:1: ", path.display());
    assert!(stderr.contains(&place), "{stderr}");
}

#[test]
fn a_configuration_without_a_usable_binding_is_refused_with_every_fault() {
    for (text, fault) in [
        ("allow = [\"10.20.0.0/16\"]\n".to_owned(), "no usable binding"),
        (format!("allow = [\"10.20.0.0/16\"]\n{BAD_BINDING}"), "arn:aws:s3:::stock"),
    ] {
        let (code, _, stderr) = run(writerlink(&["audit"]).env("WRITERLINK_CONFIG", text));
        assert_eq!(code, 1);
        assert!(stderr.contains(fault), "{stderr}");
    }
}

#[test]
fn the_config_option_wins_over_the_variable() {
    let mut command = writerlink(&["audit", "--config", "/nowhere/option.toml"]);
    let (_, _, stderr) = run(command.env("WRITERLINK_CONFIG", "/nowhere/variable.toml"));
    assert!(stderr.contains("option.toml") && !stderr.contains("variable.toml"));
}

#[test]
fn one_binding_can_be_audited_without_a_configuration() {
    const GROUP: &str =
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";
    let one = |source, group, allow| {
        let options = ["audit", "--source", source, "--target-group", group, "--allow", allow];
        let mut command = writerlink(&options);
        run(command.env("WRITERLINK_CONFIG", "/nowhere/variable.toml"))
    };
    let (code, stdout, stderr) = one("cluster/orders", GROUP, "10.20.0.0/16");
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("--region") && !stderr.contains("nowhere"), "{stderr}");

    let (code, _, stderr) = one("orders", "orders", "10.20.0.0");
    assert_eq!(code, 1);
    for part in ["`--source`: ", "`--target-group`: ", "`--allow`: "] {
        assert!(stderr.contains(part), "{part} is not in {stderr}");
    }
}

#[test]
fn a_mistyped_binding_name_is_refused_with_the_names_that_there_are() {
    let (code, stdout, stderr) =
        run(&mut writerlink(&["audit", "--config", BINDING, "--binding", "order"]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("`--binding order`") && stderr.contains("orders-writer"));
}

#[test]
fn without_a_region_every_place_for_one_is_named() {
    let (code, _, stderr) = run(&mut writerlink(&["audit", "--config", BINDING]));
    assert_eq!(code, 1);
    assert!(stderr.contains("--region") && stderr.contains("AWS_REGION"), "{stderr}");
}

#[test]
fn without_credentials_it_could_not_run() {
    let begun = Instant::now();
    let mut command = writerlink(&["audit", "--config", BINDING, "--region", "eu-west-1"]);
    let (code, stdout, stderr) = run(&mut command);
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("no-credentials"), "{stdout}");
    assert!(stderr.contains("--profile"), "{stderr}");
    assert!(begun.elapsed() < Duration::from_secs(40));
}

#[test]
fn an_endpoint_that_points_nowhere_leaves_it_unable_to_tell() {
    let begun = Instant::now();
    let mut command = writerlink(&["audit", "--config", BINDING, "--output", "json"]);
    let (code, stdout, stderr) =
        run(fake_credentials(&mut command).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    assert_eq!(code, 3, "{stdout}{stderr}");
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["ok"], false);
    let reason = &report["bindings"][0]["reason"];
    assert_eq!(reason["code"], "unreachable");
    assert!(reason["remedy"].as_str().unwrap().contains("AWS_ENDPOINT_URL"));
    assert!(begun.elapsed() < Duration::from_secs(40));
}

#[test]
fn one_bad_binding_is_shown_beside_the_others_and_exits_1() {
    let text = format!("{BINDING}{BAD_BINDING}");
    let mut command = writerlink(&["audit", "--config", &text]);
    let (code, stdout, stderr) =
        run(fake_credentials(&mut command).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    assert_eq!(code, 1, "{stdout}{stderr}");
    for shown in ["orders-writer", "unreachable", "stock", "bad-configuration"] {
        assert!(stdout.contains(shown), "{shown} is missing in\n{stdout}");
    }
    assert!(stderr.contains("the configuration of stock is refused"), "{stderr}");
}

#[test]
fn nothing_in_this_program_names_what_writes_to_a_target_group() {
    fn search(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                search(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let names = ["ElbWriteClient", ".writer()", "writerlink_aws::writer"];
            if names.iter().any(|name| text.contains(name)) {
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    search(&workspace_dir().join("crates/cli/src"), &mut found);
    assert_eq!(found, Vec::<String>::new());
}
