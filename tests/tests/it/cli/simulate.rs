//! `writerlink lab simulate`.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::program::{run, writerlink};

#[test]
fn a_seed_gives_the_same_transcript_each_time_and_ends_with_the_verdict() {
    let play = || run(&mut writerlink(&["lab", "simulate", "--seed", "5"]));
    let (code, stdout, stderr) = play();
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("begins: a sweep"), "{stdout}");
    assert!(stdout.contains("\nseed 5: every promise was kept."), "{stdout}");
    assert_eq!(play().1, stdout);
}

#[test]
fn many_seeds_end_with_their_rate_and_what_was_exercised() {
    let arguments = ["lab", "simulate", "--from", "40", "--seeds", "25", "--threads", "2"];
    let (code, stdout, stderr) = run(&mut writerlink(&arguments));
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("25 seeds from 40 on, in "), "{stdout}");
    assert!(stdout.contains(" a second on 2 threads"), "{stdout}");
    assert!(stdout.contains("NEVER"), "few seeds cannot reach every cell: {stdout}");
    assert!(stdout.trim_end().ends_with("Every promise was kept."), "{stdout}");
}

#[test]
fn it_ends_when_its_time_is_over() {
    let (code, stdout, _) = run(&mut writerlink(&["lab", "simulate", "--for", "300ms"]));
    assert_eq!(code, 0);
    assert!(stdout.contains(" seeds from 0 on, in "), "{stdout}");
}

#[test]
fn ctrl_c_ends_it_with_what_was_found_so_far() {
    let child =
        writerlink(&["lab", "simulate", "--for", "1h"]).stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id().to_string();
    while !catches_ctrl_c(&pid) {
        sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    assert!(stdout.contains(" seeds from 0 on, in "), "{stdout}");
}

/// Whether a process handles SIGINT already, according to the mask of caught signals (proc(5),
/// `SigCgt`).
fn catches_ctrl_c(pid: &str) -> bool {
    const SIGINT: u64 = 1 << (2 - 1);
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & SIGINT != 0
}
