//! Tests the files that `infra/release` makes, and that it makes all of them or none.
//!
//! Builds take minutes and need a machine for each target, so these release small programs that say
//! of themselves what the real ones say, from a scratch repository with a changelog of its own.

mod refused;
mod scratch;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use writerlink_tests::python::{linters, workspace_dir};
use writerlink_tests::skip::available;

use self::scratch::{Scratch, TARGETS, run};
use crate::lint::said;

#[test]
fn a_release_has_every_file_and_each_is_what_its_name_says() {
    let Some(scratch) = Scratch::with_every_program() else { return };
    let made = scratch.path().join("target/release-0.1.0");
    run(&mut scratch.release(&["v0.1.0", "--programs", "programs"]));

    let names: BTreeSet<String> = contents(&made).into_keys().collect();
    let archives = archives("0.1.0");
    let lists: Vec<String> = archives.iter().map(|archive| list_of(archive)).collect();
    let others = ["NOTES.md", "SHA256SUMS", CONSTRUCTS].into_iter().chain(TEMPLATES);
    let others = others.map(str::to_owned);
    let expected: BTreeSet<String> = archives.iter().cloned().chain(lists).chain(others).collect();
    assert_eq!(names, expected);

    let read = opened(&made);
    for archive in &archives {
        let program = &read[archive]["program"];
        let list: Value = parsed(&made.join(list_of(archive)));
        let root = &list["metadata"]["component"];
        assert_eq!(root["hashes"][0]["content"], *program, "{archive}");
        assert!(list["components"].as_array().is_some_and(|all| all.len() > 50), "{archive}");
    }
    assert_eq!(read["bootstrap-arm64.zip"]["files"], json!([["bootstrap", "755", 1980, ""]]));
    for target in TARGETS {
        let folder = format!("writerlink-0.1.0-{target}");
        let files = [
            ("writerlink", "755"),
            ("README.md", "644"),
            ("LICENSE-APACHE", "644"),
            ("LICENSE-MIT", "644"),
            ("completions/writerlink.bash", "644"),
            ("completions/_writerlink", "644"),
            ("completions/writerlink.fish", "644"),
        ];
        let files = files.map(|(name, mode)| json!([format!("{folder}/{name}"), mode, 1980, "00"]));
        let archive = &read[format!("{folder}.tar.gz").as_str()];
        assert_eq!(archive["files"], json!(files));
        assert_eq!(archive["last"], "completions fish", "the program prints them");
        let list: Value = parsed(&made.join(format!("{folder}.cdx.json")));
        let names: BTreeSet<&str> = list["components"]
            .as_array()
            .expect("they are listed")
            .iter()
            .filter_map(|each| each["name"].as_str())
            .collect();
        assert!(names.contains("writerlink-doctor") && !names.contains("writerlink-lab"));
    }

    let sums = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(&made)
        .output()
        .expect("it is part of coreutils");
    assert!(sums.status.success());
    let sums = String::from_utf8_lossy(&sums.stdout).lines().count();
    assert_eq!(sums, expected.len() - 2, "all but the sums and the notes");
    for template in TEMPLATES {
        let own = fs::read(workspace_dir().join("infra").join(template)).expect("it is there");
        assert!(fs::read(made.join(template)).expect("it is there") == own, "{template}");
    }
    let notes = fs::read_to_string(made.join("NOTES.md")).expect("it is there");
    let expected = "### Added\n\n- A thing that users see: its page, and\n  \
                    [the standard](https://a.example/).\n";
    assert_eq!(notes, expected);
}

/// Nobody runs npm for a release, and this is the reason why nobody needs to.
#[test]
fn the_package_of_the_constructs_has_the_files_that_npm_packs_and_npm_installs_it() {
    let Some(scratch) = Scratch::with_every_program() else { return };
    run(&mut scratch.release(&["0.1.0", "--programs", "programs"]));
    let [made, packed, elsewhere] =
        ["release-0.1.0", "packed", "elsewhere"].map(|name| scratch.target().join(name));
    for folder in [&packed, &elsewhere] {
        fs::create_dir(folder).expect("there is room");
    }
    let python = available(linters()).expect("it was there a moment ago");
    let npm = |folder: &Path, arguments: &[&str], path: &Path| {
        let programs = python.parent().expect("it is bin/python of an environment");
        let others = std::env::var("PATH").unwrap_or_default();
        let mut npm = Command::new(programs.join("npm"));
        npm.args(arguments).arg(path).args(["--offline", "--no-audit", "--no-fund"]);
        npm.current_dir(folder).env("PATH", format!("{}:{others}", programs.display()));
        run(&mut npm)
    };
    npm(&scratch.path().join("infra/cdk"), &["pack", "--pack-destination"], &packed);
    let [ours, its] = [&made, &packed].map(|folder| opened(folder)[CONSTRUCTS].clone());
    assert_eq!(ours["contents"], its["contents"]);
    let files = ours["files"].as_array().expect("they are listed");
    assert!(files.iter().all(|file| file[1] == "644" && file[2] == 1980), "{files:?}");

    fs::write(elsewhere.join("package.json"), "{}").expect("there is room");
    npm(&elsewhere, &["install", "--legacy-peer-deps"], &made.join(CONSTRUCTS));
    let package = elsewhere.join("node_modules/writerlink-cdk");
    assert_eq!(parsed(&package.join("package.json"))["version"], "0.1.0");
    assert!(package.join("templates/reconciler.yaml").is_file());
}

#[test]
fn parts_built_apart_are_the_same_bytes_as_a_release_built_at_once() {
    let Some(scratch) = Scratch::with_every_program() else { return };
    let link = ["--repository", "https://example.com/them/writerlink"];
    let mut whole = scratch.release(&["0.1.0", "--programs", "programs"]);
    run(whole.args(link));
    let parts = scratch.path().join("target/parts");
    fs::create_dir(&parts).expect("there is room");
    for target in TARGETS {
        let part = format!("target/{target}");
        run(&mut scratch.release(&["0.1.0", target, "--programs", "programs", "--output", &part]));
        for (name, content) in contents(&scratch.path().join(part)) {
            fs::write(parts.join(name), content).expect("there is room");
        }
    }
    let mut gathered = scratch.release(&["0.1.0", "--built", "target/parts"]);
    run(gathered.args(link).args(["--output", "target/gathered"]));

    let [whole, gathered] = ["release-0.1.0", "gathered"]
        .map(|name| contents(&scratch.path().join("target").join(name)));
    assert_eq!(whole.len(), 20);
    assert!(whole.keys().eq(gathered.keys()));
    for (name, content) in &whole {
        assert!(gathered[name] == *content, "{name} differs");
    }
    let notes = String::from_utf8_lossy(&whole["NOTES.md"]);
    let links = [
        "(https://example.com/them/writerlink/blob/v0.1.0/docs/page.md#a)",
        "(https://a.example/)",
    ];
    assert!(links.iter().all(|link| notes.contains(link)), "{notes}");
}

#[test]
fn a_dry_run_names_what_this_machine_cannot_build_and_makes_the_rest() {
    let Some(scratch) = Scratch::with_every_program() else { return };
    // Changes that no commit has.
    scratch.write("infra/new", "");
    scratch.stand_ins(&format!("{}-dirty", scratch.commit()));
    fs::remove_dir_all(scratch.path().join("programs/aarch64-apple-darwin")).expect("it is there");
    let dry = ["0.1.0", "--programs", "programs", "--dry-run", "--unreleased"];
    let told = run(&mut scratch.release(&dry));
    let lacks = "programs/aarch64-apple-darwin/writerlink";
    assert!(told.contains(&format!("Left to the pipeline: aarch64-apple-darwin needs {lacks}\n")));
    let made = contents(&scratch.path().join("target/release-0.1.0"));
    assert_eq!(made.len(), 18, "{:?}", made.keys());
    assert_eq!(String::from_utf8_lossy(&made["NOTES.md"]), "- What comes next.\n");
}

#[test]
fn only_what_its_checksums_name_is_published_and_under_its_own_tag() {
    let scratch = tempfile::tempdir().expect("there is room for temporary files");
    let write = |name: &str, text: &str| {
        fs::write(scratch.path().join(name), text).expect("there is room");
    };
    write("gh", "#!/bin/sh\necho \"$@\"\n");
    run(Command::new("chmod").arg("+x").arg(scratch.path().join("gh")));
    let mut files = archives("1.0.0-rc.1");
    files.push("writerlink-cdk-1.0.0-rc.1.tgz".to_owned());
    files.extend(TEMPLATES.map(str::to_owned));
    for file in &files {
        write(file, "a file");
    }
    write("NOTES.md", "notes");
    let sums = run(Command::new("sha256sum").args(&files).current_dir(scratch.path()));
    write("SHA256SUMS", &sums);
    let publish = |version: &str| {
        let path = std::env::var("PATH").unwrap_or_default();
        Command::new(workspace_dir().join(".ci/publish"))
            .args([version.as_ref(), scratch.path().as_os_str()])
            .env("PATH", format!("{}:{path}", scratch.path().display()))
            .output()
            .expect("it is a script")
    };
    let published = String::from_utf8(publish("v1.0.0-rc.1").stdout).expect("it is text");
    let expected = "release create v1.0.0-rc.1 --verify-tag --title 1.0.0-rc.1 --notes-file \
                    NOTES.md --prerelease SHA256SUMS";
    assert_eq!(published, format!("{expected} {}\n", files.join(" ")));
    let refused = |version: &str, expected: &str| {
        let output = publish(version);
        assert!(!output.status.success() && !said(&output).contains("release create"));
        assert!(said(&output).contains(expected), "{}", said(&output));
    };
    refused("1.0.0", "is no whole release of 1.0.0: it lacks writerlink-1.0.0-");
    for missing in &files {
        let fewer: Vec<&str> = sums.lines().filter(|line| !line.ends_with(missing)).collect();
        write("SHA256SUMS", &format!("{}\n", fewer.join("\n")));
        refused("1.0.0-rc.1", &format!("it lacks {missing}"));
    }
    write("SHA256SUMS", &sums);
    write("bootstrap-arm64.zip", "another program");
    refused("1.0.0-rc.1", "bootstrap-arm64.zip: FAILED");
}

const CONSTRUCTS: &str = "writerlink-cdk-0.1.0.tgz";
const TEMPLATES: [&str; 5] =
    ["access.yaml", "consumer.yaml", "failovers.yaml", "field-kit.yaml", "writerlink.yaml"];

/// The programs' archives of a whole release.
fn archives(version: &str) -> Vec<String> {
    let functions = ["arm64", "x86_64"].map(|arch| format!("bootstrap-{arch}.zip"));
    let programs = TARGETS.map(|target| format!("writerlink-{version}-{target}.tar.gz"));
    functions.into_iter().chain(programs).collect()
}

fn list_of(archive: &str) -> String {
    format!("{}.cdx.json", archive.trim_end_matches(".zip").trim_end_matches(".tar.gz"))
}

fn parsed(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("it is there")).expect("it is JSON")
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("it is there");
    let read = |entry: fs::DirEntry| {
        (
            entry.file_name().to_string_lossy().into_owned(),
            fs::read(entry.path()).expect("it is a file"),
        )
    };
    entries.map(|entry| read(entry.expect("it can be listed"))).collect()
}

/// Of each archive in a folder: its files with mode, year and owners, the checksum of the first,
/// the text of the last, and the checksum of each by its name.
fn opened(folder: &Path) -> Value {
    let script = "import hashlib, json, pathlib, sys, tarfile, time, zipfile
read = {}
for path in pathlib.Path(sys.argv[1]).iterdir():
    if path.suffix == '.zip':
        archive = zipfile.ZipFile(path)
        files = [[each.filename, oct(each.external_attr >> 16)[-3:], each.date_time[0], '']
                 for each in archive.infolist()]
        contents = [archive.read(name) for name, *_ in files]
    elif path.suffix in ('.gz', '.tgz'):
        archive = tarfile.open(path)
        files = [[each.name, oct(each.mode)[-3:], time.gmtime(each.mtime)[0],
                  f'{each.uid}{each.gid}{each.uname}{each.gname}'] for each in archive]
        contents = [archive.extractfile(name).read() for name, *_ in files]
    else:
        continue
    sums = [hashlib.sha256(content).hexdigest() for content in contents]
    read[path.name] = {'files': files, 'program': sums[0],
                       'contents': dict(zip([name for name, *_ in files], sums)),
                       'last': ' '.join(contents[-1].decode(errors='replace').split('\\0')[1:3])}
print(json.dumps(read))";
    let python = available(linters()).expect("it was there a moment ago");
    let read = run(Command::new(python).args(["-c", script]).arg(folder));
    serde_json::from_str(&read).expect("the script prints JSON")
}
