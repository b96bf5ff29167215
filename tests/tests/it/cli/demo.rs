//! `writerlink demo`, played to its end and interrupted.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::program::{run, writerlink};

#[test]
fn the_demo_ends_right_with_the_verdict_of_its_scenario() {
    let (code, stdout, stderr) = run(&mut writerlink(&["demo", "--output", "json"]));
    let verdict: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert_eq!((&verdict["scenario"], &verdict["ok"]), (&"two-failovers".into(), &true.into()));
    let links = verdict["links"].as_array().unwrap();
    assert_eq!(links.len(), 2);
    for link in links {
        assert_eq!(link["targets"], link["wanted"]);
        assert_eq!(link["empty_seconds"], 0.0);
        let outage = &link["outage"];
        assert!(outage["platform"].as_f64() > Some(0.0), "{stdout}");
        assert!(outage["load_balancer"].as_f64() > Some(0.0), "{stdout}");
    }
}

#[test]
fn ctrl_c_ends_a_demo_at_once() {
    let mut child =
        writerlink(&["demo"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    let mut lines = BufReader::new(stdout);
    while !line.contains(" truth ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the demo never started");
    }
    let pid = child.id().to_string();
    let begun = Instant::now();
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(2));
}
