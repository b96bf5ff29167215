//! `writerlink demo`, played to its end and interrupted.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{run, writerlink};

#[test]
fn the_demo_ends_with_exactly_the_writer_in_both_groups() {
    let begun = Instant::now();
    let (code, stdout, stderr) = run(&mut writerlink(&["demo", "--output", "json"]));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let outcome: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert_eq!(outcome["ok"], true);
    let groups = outcome["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    for group in groups {
        assert_eq!(group["targets"], serde_json::json!([group["writer"]]));
    }
    let count = |kind: &str, database: &str| {
        let entries = outcome["timeline"].as_array().unwrap();
        let matches =
            |entry: &&serde_json::Value| entry["kind"] == kind && entry["database"] == database;
        entries.iter().filter(matches).count()
    };
    for database in ["orders", "billing"] {
        assert!(count("deregister", database) >= 1, "{stdout}");
        assert!(count("register", database) >= 1);
        assert!(count("truth", database) == 3, "the old writer, its loss, and the new writer");
    }
    assert!(count("keys", "orders") > 3, "DNS flapped");
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
