//! The Node.js side of the tests: packages of npm, and the programs that use them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::python::linters;
use crate::skip::Skip;

/// Runs `program` of the environment's Node.js in a directory, with the packages of the directory's
/// `package-lock.json`. They are installed once for each content that it has.
///
/// # Errors
///
/// What this machine lacks for it: the environment of [`linters`], or npm's registry.
///
/// # Panics
///
/// If the directory has no `package-lock.json`.
pub fn node(directory: &Path) -> Result<Command, Skip> {
    let python = linters()?;
    let lock = fs::read(directory.join("package-lock.json")).expect("it is part of the source");
    let stamp = directory.join("node_modules/installed");
    if fs::read(&stamp).is_ok_and(|done| done == lock) {
        return Ok(program(&python, "node", directory));
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let output = program(&python, "npm", directory).args(arguments).output();
    let output = output.expect("the environment has Node.js");
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Skip(format!(
            "npm ci failed: the packages come from npm's registry, or from the one that npm is \
             configured for\n  {why}"
        )));
    }
    fs::write(stamp, lock).expect("npm made the directory");
    Ok(program(&python, "node", directory))
}

/// A program of the environment's Node.js: a distribution's own may be older than the packages
/// take, as Debian 12's is.
fn program(python: &Path, program: &str, directory: &Path) -> Command {
    let programs = python.parent().expect("it is bin/python of an environment");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(programs.join(program));
    command.current_dir(directory).env("PATH", format!("{}:{path}", programs.display()));
    command
}
