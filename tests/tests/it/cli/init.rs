//! `writerlink init` against the served lab.

use std::fs;

use tempfile::TempDir;

use super::lab::Served;
use super::program::{fake_credentials, run, writerlink};

#[test]
fn the_demo_world_gets_a_configuration_with_which_an_audit_finds_it_in_sync() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("writerlink.toml");
    let served = Served::start(&[]);
    let dns = served.dns();
    let init = || served.command(&["init", "--dns-server", &dns]);
    let (code, stdout, stderr) = run(init().args(["--output", path.to_str().unwrap()]));
    assert_eq!(stdout, "");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!((code, &*stderr), (0, ""), "{text}");
    let (code, stdout, _) = run(&mut writerlink(&["check", path.to_str().unwrap()]));
    assert_eq!(code, 0, "{stdout}");
    let (code, stdout, stderr) = run(&mut served.audit(&path));
    assert_eq!(code, 0, "{text}{stdout}{stderr}");
    assert!(stdout.contains("cluster/orders") && stdout.contains("instance/billing"), "{stdout}");

    let (code, _, stderr) = run(init().args(["--output", path.to_str().unwrap()]));
    assert_eq!(code, 1);
    assert!(stderr.contains("not overwritten"), "{stderr}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let (code, stdout, stderr) = run(init().args(["--cluster", "stock"]));
    assert_eq!((code, &*stdout), (1, ""));
    assert!(stderr.contains("cluster/stock") && stderr.contains("--region"), "{stderr}");
}

#[test]
fn without_credentials_it_could_not_run_and_without_an_answer_it_could_not_tell() {
    let (code, stdout, stderr) = run(&mut writerlink(&["init", "--region", "eu-west-1"]));
    assert_eq!((code, &*stdout), (1, ""), "{stderr}");
    assert!(stderr.contains("--profile"), "{stderr}");
    let mut command = writerlink(&["init", "--dns-server", "127.0.0.1:9"]);
    let (code, stdout, stderr) =
        run(fake_credentials(&mut command).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    assert_eq!(code, 3, "{stdout}{stderr}");
    assert!(stdout.contains("Not read: elasticloadbalancing:DescribeTargetGroups"), "{stdout}");
}
