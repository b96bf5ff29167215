//! Help, and usage errors, which are refused before anything is read.

use super::program::{run, writerlink};

#[test]
fn help_is_complete_for_every_command_and_exits_0() {
    for (name, arguments) in [
        ("writerlink", &["--help"][..]),
        ("demo", &["demo", "--help"]),
        ("init", &["init", "--help"]),
        ("check", &["check", "--help"]),
        ("audit", &["audit", "--help"]),
        ("doctor", &["doctor", "--help"]),
        ("completions", &["completions", "--help"]),
        ("record", &["record", "--help"]),
        ("record_show", &["record", "show", "--help"]),
        ("lab", &["lab", "--help"]),
        ("lab_run", &["lab", "run", "--help"]),
        ("lab_serve", &["lab", "serve", "--help"]),
        ("lab_schema", &["lab", "schema", "--help"]),
        ("lab_simulate", &["lab", "simulate", "--help"]),
        ("lab_bench", &["lab", "bench", "--help"]),
    ] {
        let (code, stdout, stderr) = run(&mut writerlink(arguments));
        assert_eq!((code, stderr.as_str()), (0, ""), "{name}");
        assert!(stdout.contains("Examples:"), "{name} has no examples");
        insta::assert_snapshot!(format!("help_{name}"), stdout);
    }
}

#[test]
fn a_benchmark_without_a_row_is_refused() {
    let (code, stdout, stderr) = run(&mut writerlink(&["lab", "bench", "--row", "nope"]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("no row begins with `nope`") && stderr.contains("--list"), "{stderr}");
}

#[test]
fn what_no_play_can_have_is_refused_before_anything_is_played() {
    for (arguments, says) in [
        (&["--handler", "bootstrap", "--handler", "bootstrap"][..], "is given twice"),
        (&["--leaving", "live", "--leaving", "live"], "is given twice"),
        (&["--handler", " "], "name a program"),
        (&["--handler", "x {endpont}"], "{endpoint}"),
        (&["--seeds", "9..1"], "must not be above the last"),
        (&["--delay", "flap-period=0.01"], "flap-period: write 0.1 seconds at least"),
        (&["--delay", "health-lag=-1"], "health-lag: -1 is no delay"),
        (&["--delay", "nonsense=3"], "topology-lag"),
    ] {
        let mut program = writerlink(&["lab", "run", "planned-failover"]);
        let (code, stdout, stderr) = run(program.args(arguments));
        assert_eq!((code, stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_usage_error_exits_1_because_2_means_drift() {
    for arguments in [
        &[][..],
        &["--nonsense"],
        &["sync"],
        &["init", "--cluster", "orders", "--instance", "billing"],
        &["init", "--cluster", "a--b"],
        &["audit", "--output", "yaml"],
        &["audit", "orders"],
        &["audit", "--source", "cluster/orders", "--allow", "10.20.0.0/16"],
        &["audit", "--source", "cluster/orders", "--target-group", "arn"],
        &["audit", "--port", "5432"],
        &["audit", "--config", "a", "--source", "b", "--target-group", "c", "--allow", "d"],
        &["check", "--config", "a", "b"],
        &["check", "--schema", "a"],
        &["completions", "tcsh"],
        &["demo", "--output", "table"],
        &["lab"],
        &["lab", "serve", "--speed", "0"],
        &["lab", "serve", "--demo-world"],
        &["lab", "run", "--jobs", "0"],
        &["lab", "run", "--all", "planned-failover"],
        &["lab", "simulate", "--seed", "1", "--seeds", "2"],
        &["lab", "simulate", "--seed", "one"],
        &["lab", "simulate", "--for", "180"],
        &["lab", "simulate", "--seeds", "0"],
        &["lab", "simulate", "--threads", "0"],
        &["lab", "serve", "--budgets", "half"],
        &["lab", "bench", "--wire", "--row", "storm"],
    ] {
        let (code, stdout, stderr) = run(&mut writerlink(arguments));
        assert_eq!(code, 1, "{arguments:?}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(stderr.contains("--help"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = writerlink(&["demo", "--help"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
