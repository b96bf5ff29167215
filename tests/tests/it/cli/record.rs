//! `writerlink record show`: what it takes, and what it refuses.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::program::{run, writerlink};

/// A record as the recorder writes it into its log.
const RECORD: &str = include_str!("record/orders.jsonl");

/// Runs the program with this text on its standard input.
fn run_with(command: &mut Command, text: &str) -> (i32, String, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_log_on_standard_input_is_shown_as_a_timeline() {
    let log = format!("START RequestId: r-1\n{RECORD}END RequestId: r-1\n");
    let (code, stdout, stderr) = run_with(&mut writerlink(&["record", "show", "-"]), &log);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stderr, "writerlink: 2 other lines or events were left out\n");
    insta::assert_snapshot!(stdout);
}

#[test]
fn several_files_are_compared_and_can_be_made_anonymous() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["one.jsonl", "two.jsonl"].map(|name| folder.path().join(name));
    fs::write(&files[0], RECORD).unwrap();
    fs::write(&files[1], RECORD.replace("orders-writer", "stock")).unwrap();
    let show = |more: &[&str]| {
        let mut program = writerlink(&["record", "show"]);
        let (code, stdout, stderr) = run(program.args(more).args(&files));
        assert_eq!((code, stderr.as_str()), (0, ""));
        stdout
    };
    assert!(show(&[]).contains("2 records"));
    let json: Value = serde_json::from_str(&show(&["--anonymous", "--output", "json"])).unwrap();
    let names: Vec<_> =
        json["records"].as_array().unwrap().iter().map(|one| &one["binding"]).collect();
    assert_eq!(names, ["binding-1", "binding-2"]);
    let compared = &json["comparison"][0];
    assert_eq!((&compared["source"], &compared["records"]), (&"cluster".into(), &2.into()));
    assert_eq!(compared["times"][0]["count"], 2);
    assert!(show(&["--output", "html"]).starts_with("<!doctype html>"));
}

#[test]
fn what_cannot_be_shown_is_refused_with_its_place() {
    for (text, says) in [
        ("", "there is no record in -"),
        ("{\"level\": \"INFO\"}\n", "there is no record in -"),
        (
            &RECORD.replace("\"eu-west-1\"", "1"),
            "-:1: this record is broken: invalid type: integer `1`",
        ),
        (&format!("x\n{}", &RECORD[..500]), "-:2: this line has a part of a record"),
    ] {
        let (code, stdout, stderr) = run_with(&mut writerlink(&["record", "show", "-"]), text);
        assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    }
    let (code, _, stderr) = run(&mut writerlink(&["record", "show", "/nowhere/x.log"]));
    assert!(code == 1 && stderr.contains("/nowhere/x.log cannot be read"), "{stderr}");
    let (code, _, stderr) = run(&mut writerlink(&["record", "show"]));
    assert!(code == 1 && stderr.contains("<FILE>..."), "{stderr}");
}

#[test]
fn what_is_broken_is_listed_beside_what_is_shown_and_never_quoted_from_an_anonymous_log() {
    let arn = "arn:aws:rds:eu-west-1:111122223333:db:orders";
    let broken = RECORD.replace("\"complete\"", &format!("\"{arn}\\u001b\""));
    let log = format!("{RECORD}{broken}{}", &RECORD[..500]);
    for (more, names) in [(&[][..], true), (&["--anonymous"], false)] {
        let mut program = writerlink(&["record", "show", "-"]);
        let (code, stdout, stderr) = run_with(program.args(more), &log);
        assert_eq!((code, stdout.contains("FailoverToHealthy")), (1, true), "{stderr}");
        assert!(stderr.contains("-:2: ") && stderr.contains("-:3: "), "{stderr}");
        assert_eq!(stderr.contains(arn), names, "{stderr}");
        assert_eq!(stderr.contains("orders-writer"), names, "{stderr}");
        assert!(!stderr.contains('\u{1b}'), "{stderr}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_remedy_beside_the_records_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let [gzip, latin, good] = ["000000.gz", "latin-1.log", "good.log"].map(|name| {
        let path = folder.path().join(name);
        path.to_str().unwrap().to_owned()
    });
    fs::write(&gzip, [0x1f, 0x8b, 8, 0]).unwrap();
    fs::write(&latin, b"\n\xe9").unwrap();
    fs::write(&good, RECORD).unwrap();
    let bad = ["/nowhere/x.log", &gzip, &latin];
    let says = [
        "/nowhere/x.log cannot be read: No such file or directory (os error 2): name a".to_owned(),
        format!("{gzip} is compressed with gzip: gunzip it first"),
        format!("{latin}:2: this is not UTF-8 text: save it as UTF-8"),
    ];
    let show = |files: &[&str]| {
        run(writerlink(&["record", "show", "--output", "json"]).args(bad).args(files))
    };
    let (code, stdout, stderr) = show(&[&good]);
    assert!(code == 1 && says.iter().all(|words| stderr.contains(words)), "{stderr}");
    let shown: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((shown["records"].as_array().unwrap().len(), &shown["unread"]), (1, &json!(3)));
    let (code, stdout, stderr) = show(&[]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(says.iter().all(|words| stderr.contains(words)), "{stderr}");
}
