//! Tells a program which commit it was built from, and for which target: `writerlink`, and
//! `bootstrap`, whose package names this file too.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=WRITERLINK_COMMIT");
    // A release says it. A build in a clone asks git, and one of an archive cannot know it.
    let commit = env::var("WRITERLINK_COMMIT").ok().or_else(commit);
    println!(
        "cargo::rustc-env=WRITERLINK_COMMIT={}",
        commit.as_deref().unwrap_or("unknown commit")
    );
    println!("cargo::rustc-env=WRITERLINK_TARGET={}", env::var("TARGET").expect("cargo sets it"));
}

fn commit() -> Option<String> {
    // Each commit and each checkout adds a line to it.
    println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned()).filter(|said| !said.is_empty())
}
