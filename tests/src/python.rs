//! The Python side of the tests: clients and servers from other projects, and the linters of
//! `infra/`, in virtual environments under `target/` that the first test that needs one creates.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use crate::skip::Skip;

/// A Python interpreter that has boto3, ministack, moto and awslambdaric, at the versions of
/// `tests/requirements.txt`.
///
/// # Errors
///
/// What this machine lacks for it: Python, its `venv` module, or a package index to install from.
pub fn python() -> Result<PathBuf, Skip> {
    environment("requirements.txt")
}

/// A Python interpreter that has the drivers of PostgreSQL, at the versions of
/// `tests/requirements-drivers.txt`.
///
/// # Errors
///
/// As [`python`].
pub fn drivers() -> Result<PathBuf, Skip> {
    environment("requirements-drivers.txt")
}

/// A Python interpreter that has cfn-lint and the SAM CLI, at the versions of
/// `tests/requirements-infra.txt`.
///
/// # Errors
///
/// As [`python`].
pub fn linters() -> Result<PathBuf, Skip> {
    environment("requirements-infra.txt")
}

/// A Python interpreter that has checkov, at the version of `tests/requirements-checkov.txt`.
///
/// # Errors
///
/// As [`python`].
pub fn auditors() -> Result<PathBuf, Skip> {
    environment("requirements-checkov.txt")
}

/// A Python interpreter beside which the linter of workflows lies, at the version of
/// `tests/requirements-workflows.txt`.
///
/// # Errors
///
/// As [`python`].
pub fn workflow_linter() -> Result<PathBuf, Skip> {
    environment("requirements-workflows.txt")
}

/// The directory of this crate, `tests/`.
pub fn tests_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The directory of the workspace.
pub fn workspace_dir() -> &'static Path {
    tests_dir().parent().expect("tests/ lies in the workspace")
}

/// Runs a program of one of these environments that reads nothing but its arguments, what it is
/// given on standard input, `infra/`, and `tests/python/`. Once it has succeeded, it is not run
/// again for the same of all that: what it said is kept under `target/python/`.
///
/// # Panics
///
/// If the program cannot be started.
pub fn outcome(command: &mut Command, input: &str) -> Output {
    let mut hasher = DefaultHasher::new();
    hash_files(&workspace_dir().join("infra"), &mut hasher);
    hash_files(&tests_dir().join("python"), &mut hasher);
    let environment = command.get_envs().filter(|(name, _)| *name != "HOME");
    (command.get_program(), command.get_args().collect::<Vec<_>>()).hash(&mut hasher);
    (environment.collect::<Vec<_>>(), input).hash(&mut hasher);
    let kept = target_dir().join("python/said").join(format!("{:016x}", hasher.finish()));
    let read = |name: &str| fs::read(kept.join(name));
    if let (Ok(stderr), Ok(stdout)) = (read("stderr"), read("stdout")) {
        return Output { status: ExitStatus::default(), stdout, stderr };
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the environment has the program");
    let mut stdin = child.stdin.take().expect("it is piped");
    // A program that reads no input may have ended.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    if output.status.success() {
        let _lock = lock(&kept.with_extension("lock"));
        fs::create_dir_all(&kept).expect("target/ can be written to");
        // Standard output last: without it nothing counts as kept.
        for (name, said) in [("stderr", &output.stderr), ("stdout", &output.stdout)] {
            let part = kept.join(format!("{name}.part"));
            fs::write(&part, said).expect("target/ can be written to");
            fs::rename(&part, kept.join(name)).expect("target/ can be written to");
        }
    }
    output
}

/// The paths and the contents of all files of a directory, but for packages and caches.
fn hash_files(directory: &Path, hasher: &mut DefaultHasher) {
    let entries = fs::read_dir(directory).expect("it is part of the source");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if !path.ends_with("node_modules") && !path.ends_with("__pycache__") {
                hash_files(&path, hasher);
            }
        } else {
            (&path, fs::read(&path).expect("it can be read")).hash(hasher);
        }
    }
}

/// The environment of a requirements file. Its directory is named by the file's content, so that a
/// changed requirement is a new environment, and it counts only once its last file is written, so
/// that a killed set-up is done again.
fn environment(requirements: &str) -> Result<PathBuf, Skip> {
    let requirements = tests_dir().join(requirements);
    let home = home(&requirements);
    let python = home.join("bin/python");
    let complete = home.join("complete");
    if complete.exists() && python.exists() {
        return Ok(python);
    }
    let _lock = lock(&home.with_extension("lock"));
    // Another process may have finished it while this one waited.
    if !complete.exists() || !python.exists() {
        set_up(&home, &requirements)?;
        File::create(&complete).expect("the environment was made a moment ago");
    }
    Ok(python)
}

fn home(requirements: &Path) -> PathBuf {
    let text = fs::read_to_string(requirements).expect("the requirements are part of the source");
    // Not a stable hash across releases of Rust: another hash only means another set-up.
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let stem = requirements.file_stem().expect("a file has a name").to_string_lossy();
    target_dir().join("python").join(format!("{stem}-{:016x}", hasher.finish()))
}

fn target_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace_dir().join(target)
}

/// Held until it is dropped: test binaries are processes of their own, and two must not install at
/// once.
fn lock(path: &Path) -> File {
    fs::create_dir_all(path.parent().expect("it lies under target/"))
        .expect("target/ can be written to");
    let file = File::create(path).expect("target/ can be written to");
    file.lock().expect("target/ lies on a file system with locks");
    file
}

fn set_up(home: &Path, requirements: &Path) -> Result<(), Skip> {
    if home.exists() {
        fs::remove_dir_all(home).expect("what a killed set-up left can be removed");
    }
    let version = Command::new("python3")
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 10))"])
        .output();
    finished(version, "python3", "install Python 3.10 or later")?;
    let _ = writeln!(io::stderr(), "setting up {} (once; about a minute)", home.display());
    let venv = Command::new("python3").args(["-m", "venv"]).arg(home).output();
    finished(venv, "python3 -m venv", "on Debian: apt-get install python3-venv")?;
    // Not compiled: most of what the packages bring is never imported.
    let pip = Command::new(home.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--disable-pip-version-check",
            "--retries",
            "2",
            "--requirement",
        ])
        .arg(requirements)
        .output();
    finished(
        pip,
        "pip install",
        "the packages come from PyPI, or from the index that pip is configured for",
    )
}

/// Success, or why the machine cannot do this.
fn finished(output: io::Result<Output>, what: &str, remedy: &str) -> Result<(), Skip> {
    let output =
        output.map_err(|error| Skip(format!("{what} cannot be run ({error}): {remedy}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = last[last.len().saturating_sub(5)..].join("\n  ");
    Err(Skip(format!("{what} failed ({}): {remedy}\n  {last}", output.status)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skip::available;
    use std::time::{Duration, Instant};

    #[test]
    fn an_environment_that_exists_costs_next_to_nothing() {
        let Some(first) = available(python()) else {
            return;
        };
        // The best of several, because the machine may be busy with other tests.
        let took = (0..10).map(|_| {
            let start = Instant::now();
            assert_eq!(python().as_ref(), Ok(&first));
            start.elapsed()
        });
        let best = took.min().expect("there are ten");
        assert!(best < Duration::from_millis(50), "it took {best:?}");
    }

    #[test]
    fn the_environment_has_what_the_requirements_say() {
        let Some(python) = available(python()) else {
            return;
        };
        let script = "import boto3, importlib.metadata as m; print('boto3==' + boto3.__version__, \
            *(p + '==' + m.version(p) for p in ('ministack', 'moto')))";
        let output = Command::new(python).args(["-c", script]).output().expect("it runs");
        let requirements =
            fs::read_to_string(tests_dir().join("requirements.txt")).expect("it is there");
        for package in String::from_utf8_lossy(&output.stdout).split_whitespace() {
            assert!(
                requirements.lines().any(|line| line == package),
                "{package} is not what is required"
            );
        }
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn a_command_that_is_missing_is_named_with_its_remedy() {
        let skip = finished(
            Command::new("writerlink-no-such-command").output(),
            "python3",
            "install Python",
        );
        let Err(Skip(reason)) = skip else { panic!("a missing command is no success") };
        assert!(
            reason.starts_with("python3 cannot be run (") && reason.ends_with("install Python"),
            "{reason}"
        );
    }

    #[test]
    fn a_command_that_fails_is_quoted() {
        let output =
            Command::new("sh").args(["-c", "echo ensurepip is not available >&2; exit 3"]).output();
        let Err(Skip(reason)) = finished(output, "python3 -m venv", "apt-get install python3-venv")
        else {
            panic!("exit code 3 is no success")
        };
        assert!(
            reason.contains("ensurepip is not available") && reason.contains("python3-venv"),
            "{reason}"
        );
    }
}
