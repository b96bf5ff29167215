//! Tests that the program starts. What it does is tested in `tests/`.

use std::process::Command;

#[test]
fn it_says_its_version_its_commit_and_its_target() {
    let program = Command::new(env!("CARGO_BIN_EXE_writerlink")).arg("--version").output();
    let said = String::from_utf8(program.expect("it starts").stdout).expect("it is text");
    let built = said.strip_prefix(concat!("writerlink ", env!("CARGO_PKG_VERSION"), " ("));
    let (commit, target) = built.expect("its version").split_once(", ").expect("two facts");
    let is_commit = commit.len() == 12 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_commit || commit == "unknown commit", "{said}");
    assert!(target.starts_with(std::env::consts::ARCH) && target.ends_with(")\n"), "{said}");
}
