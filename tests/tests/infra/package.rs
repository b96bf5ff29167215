//! Tests the output of `infra/package`: the same bytes each time, only our own files, a program
//! that starts in Lambda, and a list of the contents.
//!
//! A build for Lambda takes minutes, so these package a small program that says of itself what the
//! function says. That two builds in two directories with two cargo homes give the same bytes was
//! tried by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use writerlink_tests::programs::{bootstrap, writerlink};
use writerlink_tests::python::{linters, workspace_dir};
use writerlink_tests::skip::available;

/// This machine, in Lambda's words, and the other one.
pub(crate) const ARCHITECTURES: (&str, &str) =
    if cfg!(target_arch = "aarch64") { ("arm64", "x86_64") } else { ("x86_64", "arm64") };

#[test]
fn the_same_binary_gives_the_same_bytes_wherever_it_lies() {
    let Some(first) = packaged() else { return };
    let Some(second) = packaged() else { return };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(first.path()).expect("it can be listed") {
        let name = entry.expect("it can be listed").file_name();
        let [one, two] = [&first, &second]
            .map(|results| fs::read(results.path().join(&name)).expect("both have it"));
        assert!(one == two, "{} differs", name.to_string_lossy());
        names.insert(name.to_string_lossy().into_owned());
    }
    let arch = ARCHITECTURES.0;
    assert_eq!(
        names,
        BTreeSet::from([
            "bootstrap.zip".to_owned(),
            format!("bootstrap-{arch}.cdx.json"),
            format!("bootstrap-{arch}.zip"),
            format!("bootstrap-{arch}.zip.sha256"),
        ])
    );
}

#[test]
fn the_archive_is_what_lambda_unpacks_and_the_checksum_is_its_own() {
    let Some(results) = packaged() else { return };
    let Some(read) = unpacked(&results.path().join("bootstrap.zip")) else {
        return;
    };
    assert_eq!(read["files"], json!([["bootstrap", "0o100755", 3, 1980]]));
    let name = format!("bootstrap-{}.zip", ARCHITECTURES.0);
    let checksum =
        fs::read_to_string(results.path().join(format!("{name}.sha256"))).expect("it is there");
    let sha256 = read["sha256"].as_str().expect("a text");
    assert_eq!(checksum, format!("{sha256}  {name}\n"));
}

#[test]
fn a_configuration_goes_into_the_archive_and_the_parameter_for_it_is_told() {
    let Some(python) = available(linters()) else { return };
    let (source, results) = (scratch(), scratch());
    let program = program_that_needs("GLIBC_2.34", source.path());
    let config = source.path().join("writerlink.toml");
    fs::write(&config, "allow = [\"10.20.4.0/24\"]\n").expect("there is room");
    let with = |config: &Path| {
        let mut command = packaging(&python, &program, ARCHITECTURES.0, results.path());
        command.arg("--config").arg(config).output().expect("it has an interpreter")
    };
    let output = with(&config);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let parameters = format!("Architecture={} Config=/var/task/writerlink.toml\n", ARCHITECTURES.0);
    assert!(said.ends_with(&parameters), "{said}");
    let read = unpacked(&results.path().join("bootstrap.zip")).expect("as above");
    assert_eq!(
        read["files"],
        json!([["bootstrap", "0o100755", 3, 1980], ["writerlink.toml", "0o100644", 3, 1980]])
    );
    assert_eq!(read["last"], "allow = [\"10.20.4.0/24\"]\n");

    let empty = source.path().join("empty.toml");
    fs::write(&empty, " \n").expect("there is room");
    let named_alike = source.path().join("bootstrap");
    fs::write(&named_alike, "allow = []\n").expect("there is room");
    for wrong in [empty, named_alike, source.path().join("absent.toml")] {
        let output = with(&wrong);
        assert!(!output.status.success(), "{}", wrong.display());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("infra/package: ") && said.contains("configuration"), "{said}");
        assert_eq!(fs::read_dir(results.path()).expect("it is there").count(), 0);
    }
}

#[test]
fn a_program_that_is_not_the_function_is_refused() {
    let directory = scratch();
    let foreign = directory.path().join("foreign");
    fs::write(directory.path().join("foreign.c"), "int main(void) { return 0; }\n")
        .expect("there is room");
    compile(directory.path(), &["-o", "foreign", "foreign.c"]);
    for program in [foreign, writerlink(), PathBuf::from("/bin/ls")] {
        let Some(said) = refusal(&program, ARCHITECTURES.0) else {
            return;
        };
        let said = said.expect_err("it is another program");
        assert!(said.contains("is not the Lambda function of Writerlink"), "{said}");
    }
}

#[test]
fn the_function_that_cargo_builds_is_known_for_what_it_is() {
    let Some(said) = refusal(&bootstrap(), ARCHITECTURES.0) else {
        return;
    };
    // A machine whose glibc is newer than Lambda's builds it for itself alone.
    let is_taken =
        said.as_ref().map_or_else(|said| said.contains("provided.al2023 has glibc"), |()| true);
    assert!(is_taken, "{said:?}");
}

#[test]
fn every_tool_that_is_missing_is_named_at_once() {
    let Some(python) = available(linters()) else { return };
    let empty = scratch();
    let output = Command::new(python)
        .arg(workspace_dir().join("infra/package"))
        .arg(ARCHITECTURES.1)
        .arg("--output")
        .arg(empty.path())
        .env("PATH", empty.path())
        .env_remove("RUSTC")
        .output()
        .expect("it has an interpreter");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for tool in ["cargo (", "rustc (", "readelf (", "cargo-zigbuild or cargo-lambda, to build for"]
    {
        assert!(said.contains(&format!("\n  {tool}")), "{tool} is not named: {said}");
    }
    assert!(!said.contains("Traceback"), "{said}");
}

#[test]
fn a_binary_that_needs_a_newer_glibc_is_refused() {
    let needs = |version: &str| {
        let directory = scratch();
        let program = program_that_needs(version, directory.path());
        refusal(&program, ARCHITECTURES.0)
    };
    for version in ["GLIBC_2.35", "GLIBC_2.100", "GLIBC_ABI_DT_RELR", "GLIBC_PRIVATE"] {
        let Some(said) = needs(version) else { return };
        let said = said.expect_err(version);
        assert!(
            said.contains(&format!("needs {version}, and provided.al2023 has glibc 2.34")),
            "{said}"
        );
    }
    for version in ["GLIBC_2.34", "GLIBC_2.4"] {
        let Some(said) = needs(version) else { return };
        assert_eq!(said, Ok(()), "{version}");
    }
}

#[test]
fn a_binary_for_another_machine_is_refused() {
    let (ours, other) = ARCHITECTURES;
    let directory = scratch();
    let program = program_that_needs("GLIBC_2.34", directory.path());
    let Some(said) = refusal(&program, other) else { return };
    assert!(said.expect_err("it is ours").contains(&format!(
        "program is built for {ours}, and not for {other}: Lambda could not start it. Build it for"
    )));
    let Some(said) = refusal(&workspace_dir().join("Cargo.toml"), ours) else {
        return;
    };
    assert!(said.expect_err("it is text").contains("is not a program for Linux"));
}

#[test]
fn the_components_are_what_is_linked_and_nothing_else() {
    let Some(results) = packaged() else { return };
    let file = results.path().join(format!("bootstrap-{}.cdx.json", ARCHITECTURES.0));
    let list: Value =
        serde_json::from_slice(&fs::read(file).expect("it is there")).expect("it is JSON");
    assert_eq!((&list["bomFormat"], &list["specVersion"]), (&json!("CycloneDX"), &json!("1.6")));
    let root = &list["metadata"]["component"];
    assert_eq!(root["name"], "writerlink-lambda");
    assert_eq!(root["hashes"][0]["content"].as_str().map(str::len), Some(64));

    let components = list["components"].as_array().expect("they are listed");
    let names: BTreeSet<&str> =
        components.iter().filter_map(|each| each["name"].as_str()).collect();
    for linked in [
        "lambda_runtime",
        "aws_lambda_events",
        "aws-sdk-rds",
        "hickory-resolver",
        "ring",
        "std",
        "writerlink-core",
    ] {
        assert!(names.contains(linked), "{linked} is missing");
    }
    // Of the tests, of the CLI, and what runs in the compiler alone.
    let absent = [
        "proptest",
        "insta",
        "tempfile",
        "writerlink-lab",
        "clap",
        "aws-sdk-sso",
        "serde_derive",
        "syn",
        "cc",
    ];
    for stranger in absent {
        assert!(!names.contains(stranger), "{stranger} is not linked");
    }
    for each in components {
        assert!(each["licenses"][0]["expression"].is_string(), "{each}");
        let name = each["name"].as_str().expect("a text");
        let of_a_registry = !name.starts_with("writerlink") && name != "std";
        assert_eq!(each["purl"].is_string() && each["hashes"].is_array(), of_a_registry, "{each}");
    }
    let refs: BTreeSet<&str> =
        components.iter().filter_map(|each| each["bom-ref"].as_str()).collect();
    assert_eq!(refs.len(), components.len(), "each stands once");
    for edge in list["dependencies"].as_array().expect("they are listed") {
        for on in edge["dependsOn"].as_array().expect("they are listed") {
            assert!(refs.contains(on.as_str().expect("a text")), "{on} is no component");
        }
    }
}

/// The results for a small program, in a directory of their own.
fn packaged() -> Option<TempDir> {
    let python = available(linters())?;
    let (source, results) = (scratch(), scratch());
    let program = program_that_needs("GLIBC_2.34", source.path());
    // What is not executable becomes so in the archive.
    let copy = source.path().join("copy");
    fs::write(&copy, fs::read(program).expect("it was made a moment ago")).expect("there is room");
    let output = package(&python, &copy, ARCHITECTURES.0, results.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(results)
}

/// Runs `infra/package` on a binary, with its results in `output`.
pub(crate) fn package(python: &Path, binary: &Path, arch: &str, output: &Path) -> Output {
    packaging(python, binary, arch, output).output().expect("it has an interpreter")
}

fn packaging(python: &Path, binary: &Path, arch: &str, output: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .arg(workspace_dir().join("infra/package"))
        .arg("--binary")
        .arg(binary)
        .arg(arch)
        .arg("--output")
        .arg(output);
    command
}

/// An archive's files, its checksum, and the text of its last file.
fn unpacked(archive: &Path) -> Option<Value> {
    let script = "import hashlib, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
files = [[each.filename, oct(each.external_attr >> 16), each.create_system, each.date_time[0]]
         for each in archive.infolist()]
last = archive.read(files[-1][0]).decode(errors='replace') if len(files) > 1 else ''
digest = hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest()
print(json.dumps({'files': files, 'last': last, 'sha256': digest}))";
    let output = Command::new(available(linters())?)
        .args(["-c", script])
        .arg(archive)
        .output()
        .expect("it has an interpreter");
    Some(serde_json::from_slice(&output.stdout).expect("the script prints JSON"))
}

/// Whether `infra/package` takes the binary, or what it says.
fn refusal(binary: &Path, arch: &str) -> Option<Result<(), String>> {
    let python = available(linters())?;
    let directory = scratch();
    let output = package(&python, binary, arch, directory.path());
    if output.status.success() {
        return Some(Ok(()));
    }
    let made = fs::read_dir(directory.path()).expect("it is there").count();
    assert_eq!(made, 0, "what is refused leaves nothing to deploy");
    Some(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// A program that needs a symbol of this version, which a library beside it has: no machine has a
/// glibc of every version.
fn program_that_needs(version: &str, directory: &Path) -> PathBuf {
    let write =
        |name: &str, text: &str| fs::write(directory.join(name), text).expect("there is room");
    write("library.c", "int writerlink_needs(void) { return 0; }\n");
    write("library.map", &format!("{version} {{ writerlink_needs; }};\n"));
    write(
        "program.c",
        "const char *says = \"This is the Lambda function of Writerlink\";
int writerlink_needs(void);
int main(void) { return writerlink_needs(); }\n",
    );
    let cc = |arguments: &[&str]| compile(directory, arguments);
    cc(&["-shared", "-fPIC", "-Wl,--version-script=library.map", "-o", "library.so", "library.c"]);
    cc(&["-o", "program", "program.c", "library.so"]);
    directory.join("program")
}

fn compile(directory: &Path, arguments: &[&str]) {
    let output = Command::new("cc")
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("Rust links by cc");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn scratch() -> TempDir {
    tempfile::tempdir().expect("there is room for temporary files")
}
