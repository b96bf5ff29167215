//! What is wrong with a release is said with its remedy, before anything is written.

use std::fs;
use std::process::Command;

use super::scratch::{Scratch, TARGETS, run};

type Spoil = fn(&Scratch);

/// What is done to a good repository, the arguments, and what is said.
const CASES: &[(&str, Spoil, &[&str], &str)] = &[
    (
        "a version without an entry",
        |scratch| committed(scratch, "[0.1.0] - 2026-12-01", "[0.1.0-rc.1] - 2026-12-01"),
        &[],
        "docs/CHANGELOG.md has no heading `## [0.1.0] - YYYY-MM-DD`. Write it above what is new",
    ),
    (
        "an entry without a date",
        |scratch| committed(scratch, "[0.1.0] - 2026-12-01", "[0.1.0]"),
        &[],
        "docs/CHANGELOG.md:7: the heading is `## [0.1.0]`. Write `## [0.1.0] - YYYY-MM-DD`",
    ),
    (
        "an entry in another form",
        |scratch| committed(scratch, "[0.1.0] - 2026-12-01", "v0.1.0 (2026-12-01)"),
        &[],
        "docs/CHANGELOG.md:7: the heading is `## v0.1.0 (2026-12-01)`. Write `## [0.1.0] - ",
    ),
    (
        "two entries",
        |scratch| committed(scratch, "[0.0.1] - 2026-01-01", "[0.1.0] - 2026-01-01"),
        &[],
        "docs/CHANGELOG.md has 2 headings of 0.1.0, in the lines 7 and 14. Put everything under",
    ),
    (
        "an entry that says nothing",
        |scratch| committed(scratch, "- A thing that users see: [its page](page.md#a), and\n", ""),
        &[],
        "docs/CHANGELOG.md:7: there is nothing under `## [0.1.0] - 2026-12-01`. Write there",
    ),
    (
        "nothing unreleased",
        |scratch| committed(scratch, "- What comes next.\n", ""),
        &["--dry-run", "--unreleased"],
        "docs/CHANGELOG.md:3: there is nothing under `## [Unreleased]`",
    ),
    ("the notes of what has no version", |_| (), &["--unreleased"], "--unreleased needs --dry-run"),
    (
        "another version than that of the manifest",
        |scratch| versioned(scratch, "Cargo.toml", "0.2.0"),
        &[],
        "the version is 0.2.0 in Cargo.toml, and not 0.1.0",
    ),
    (
        "a version that two builds can have",
        |scratch| versioned(scratch, "Cargo.toml", "0.1.0+linux"),
        &[],
        "the version in Cargo.toml is 0.1.0+linux. A release needs MAJOR.MINOR.PATCH, with",
    ),
    (
        "constructs of another version",
        |scratch| versioned(scratch, "infra/cdk/package.json", "0.2.0"),
        &[],
        "the version is 0.2.0 in infra/cdk/package.json, and not 0.1.0. Change it there and in",
    ),
    (
        "constructs without a file",
        |scratch| {
            fs::remove_file(scratch.path().join("infra/cdk/writerlink.d.ts")).expect("it is there");
            scratch.commit_all();
        },
        &[],
        "cannot read infra/cdk/writerlink.d.ts: No such file",
    ),
    (
        "changes that no commit has",
        |scratch| scratch.write("infra/new", ""),
        &[],
        "1 files are not as committed, the first is infra/new. Commit or remove them, or add",
    ),
    (
        "a directory with files in it",
        |scratch| {
            fs::create_dir(scratch.path().join("target/release-0.1.0")).expect("it is not there");
            scratch.write("target/release-0.1.0/old", "");
        },
        &[],
        "target/release-0.1.0 is there, and no empty directory. Remove it, or name another",
    ),
    (
        "a target that does not exist",
        |_| (),
        &["x86_64-pc-windows-msvc"],
        "unknown target x86_64-pc-windows-msvc: write one or more of aarch64-unknown-linux-gnu",
    ),
    ("an option that does not exist", |_| (), &["--dry"], "unrecognized arguments: --dry"),
    (
        "a part that this machine cannot build",
        |scratch| {
            fs::remove_dir_all(scratch.path().join("programs/x86_64-apple-darwin")).expect("there")
        },
        &[],
        "build all of it:\n  x86_64-apple-darwin needs programs/x86_64-apple-darwin/writerlink",
    ),
    (
        "a program of another machine",
        |scratch| swapped(scratch, "writerlink", "aarch64-apple-darwin", "x86_64-apple-darwin"),
        &[],
        "programs/x86_64-apple-darwin/writerlink is built for aarch64-apple-darwin, and not for \
         x86_64-apple-darwin. Build it for x86_64-apple-darwin",
    ),
    (
        "a function of another machine",
        |scratch| {
            let other = if cfg!(target_arch = "aarch64") { TARGETS[1] } else { TARGETS[0] };
            let own = if cfg!(target_arch = "aarch64") { TARGETS[0] } else { TARGETS[1] };
            swapped(scratch, "bootstrap", own, other);
        },
        &[],
        if cfg!(target_arch = "aarch64") {
            "bootstrap is built for arm64, and not for x86_64: Lambda could not start it. Build it"
        } else {
            "bootstrap is built for x86_64, and not for arm64: Lambda could not start it. Build it"
        },
    ),
    (
        "programs of another commit",
        |scratch| {
            scratch.write("infra/new", "");
            scratch.commit_all();
        },
        &[],
        "is not writerlink 0.1.0 of commit ",
    ),
    (
        "a program with the lab",
        |scratch| patched(scratch, "writerlink", b"without the lab", b"with all the lab"),
        &[],
        "writerlink was built with the lab. Build it with `cargo build --package writerlink-cli",
    ),
    (
        "a function that is another program",
        |scratch| patched(scratch, "bootstrap", b"the Lambda function", b"another progra"),
        &[],
        "bootstrap is not the Lambda function of Writerlink",
    ),
];

#[test]
fn what_is_wrong_with_a_release_is_said_before_anything_is_written() {
    for (case, spoil, arguments, expected) in CASES {
        let Some(scratch) = Scratch::with_every_program() else { return };
        spoil(&scratch);
        let all = [&["v0.1.0", "--programs", "programs"], *arguments].concat();
        refuses(&scratch, &all, case, expected);
    }
}

/// What is done to good parts, and what is said.
const PARTS: &[(&str, Spoil, &str)] = &[
    (
        "one is missing",
        |scratch| {
            fs::remove_file(scratch.path().join("target/parts/bootstrap-arm64.zip")).expect("there")
        },
        "target/parts lacks bootstrap-arm64.zip. Build each with `infra/release 0.1.0 TARGET`",
    ),
    (
        "one is of another release",
        |scratch| scratch.write("target/parts/writerlink-0.0.9-x86_64-apple-darwin.tar.gz", ""),
        "has writerlink-0.0.9-x86_64-apple-darwin.tar.gz, which is no part of release 0.1.0",
    ),
    (
        "an archive for the other architecture",
        |scratch| moved(scratch, "bootstrap-arm64.zip", "bootstrap-x86_64.zip"),
        "bootstrap-x86_64.zip is built for aarch64-unknown-linux-gnu, and not for x86_64-",
    ),
    (
        "an archive of the function that arrived in part",
        |scratch| changed(scratch, "bootstrap-arm64.zip", |whole| whole.truncate(whole.len() / 2)),
        "bootstrap-arm64.zip cannot be read: File is not a zip file. Build that part again",
    ),
    (
        "an archive of the function with other bytes",
        |scratch| changed(scratch, "bootstrap-arm64.zip", |whole| whole[50] ^= 0xff),
        "bootstrap-arm64.zip cannot be read: ",
    ),
    (
        "an archive without the function",
        |scratch| zipped(scratch, "other", "0o755"),
        "bootstrap-arm64.zip cannot be read: There is no item named 'bootstrap' in the archive.",
    ),
    (
        "a function that is not executable",
        |scratch| zipped(scratch, "bootstrap", "0o644"),
        "bootstrap in target/parts/bootstrap-arm64.zip is not executable, so it would not start",
    ),
    (
        "an archive with a configuration in it",
        |scratch| zipped(scratch, "bootstrap', 'writerlink.toml", "0o755"),
        "bootstrap-arm64.zip has writerlink.toml beside bootstrap. Build that part again with",
    ),
    (
        "the list of another program",
        |scratch| moved(scratch, "bootstrap-arm64.cdx.json", "bootstrap-x86_64.cdx.json"),
        "bootstrap-x86_64.cdx.json is the list of another program",
    ),
    (
        "no list",
        |scratch| scratch.write("target/parts/bootstrap-arm64.cdx.json", "[]"),
        "bootstrap-arm64.cdx.json is no list of components",
    ),
    (
        "an archive that arrived in part",
        |scratch| {
            let name = "writerlink-0.1.0-aarch64-apple-darwin.tar.gz";
            changed(scratch, name, |whole| whole.truncate(whole.len() / 2));
        },
        "writerlink-0.1.0-aarch64-apple-darwin.tar.gz cannot be read: ",
    ),
    (
        "parts of another commit",
        |scratch| {
            scratch.write("infra/new", "");
            scratch.commit_all();
        },
        "is not writerlink 0.1.0 of commit ",
    ),
];

#[test]
fn a_part_that_is_not_of_the_release_is_refused() {
    let Some(scratch) = Scratch::with_every_program() else { return };
    let all = [&["0.1.0", "--programs", "programs", "--output", "target/good"], &TARGETS[..]];
    run(&mut scratch.release(&all.concat()));
    for (case, spoil, expected) in PARTS {
        run(Command::new("cp").args(["-r", "good", "parts"]).current_dir(scratch.target()));
        spoil(&scratch);
        refuses(&scratch, &["0.1.0", "--built", "target/parts"], case, expected);
        fs::remove_dir_all(scratch.target().join("parts")).expect("it is there");
    }
}

/// What is said, and nothing written.
fn refuses(scratch: &Scratch, arguments: &[&str], case: &str, expected: &str) {
    let before = files(scratch);
    let output = scratch.release(arguments).output().expect("it has an interpreter");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{case}");
    assert!(said.contains(expected) && !said.contains("Traceback"), "{case}: {said}");
    assert_eq!(files(scratch), before, "{case}: nothing is written");
}

fn committed(scratch: &Scratch, from: &str, to: &str) {
    scratch.replace("docs/CHANGELOG.md", from, to);
    scratch.commit_all();
    scratch.stand_ins(&scratch.commit());
}

/// Puts the program of one target in the place of another's.
fn swapped(scratch: &Scratch, name: &str, from: &str, to: &str) {
    let program = scratch.path().join("programs").join(from).join(name);
    scratch.write(&format!("programs/{to}/{name}"), fs::read(program).expect("it is there"));
}

/// Sets the first version in a file.
fn versioned(scratch: &Scratch, name: &str, version: &str) {
    let text = fs::read_to_string(scratch.path().join(name)).expect("it is text");
    scratch.write(name, text.replacen("0.1.0", version, 1));
    scratch.commit_all();
}

/// Changes the bytes of a part.
fn changed(scratch: &Scratch, name: &str, change: fn(&mut Vec<u8>)) {
    let name = format!("target/parts/{name}");
    let mut bytes = fs::read(scratch.path().join(&name)).expect("it is there");
    change(&mut bytes);
    scratch.write(&name, bytes);
}

/// An archive with these files, as somebody else's tool would write it.
fn zipped(scratch: &Scratch, names: &str, mode: &str) {
    let script = format!(
        "from artifacts.archive import write_zip
write_zip('target/parts/bootstrap-arm64.zip', [(name, b'', {mode}) for name in ('{names}',)])"
    );
    let mut python = scratch.python(&["-c", &script]);
    run(python.env("PYTHONPATH", "infra"));
}

fn moved(scratch: &Scratch, from: &str, to: &str) {
    let [from, to] = [from, to].map(|name| scratch.path().join("target/parts").join(name));
    fs::copy(from, to).expect("both are there");
}

/// Changes what this machine's program says of itself.
fn patched(scratch: &Scratch, name: &str, from: &[u8], to: &[u8]) {
    for target in &TARGETS[..2] {
        let path = format!("programs/{target}/{name}");
        let mut program = fs::read(scratch.path().join(&path)).expect("it is there");
        let found = program.windows(from.len()).position(|window| window == from);
        let place = found.expect("it says so");
        program[place..place + from.len().min(to.len())]
            .copy_from_slice(&to[..from.len().min(to.len())]);
        scratch.write(&path, program);
    }
}

/// What lies in `target/`, but for cargo's note about the compiler.
fn files(scratch: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(scratch.target()).expect("it is there");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("it can be listed").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.retain(|name| name != ".rustc_info.json");
    names.sort();
    names
}
