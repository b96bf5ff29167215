//! Finds the real programs as cargo built them.

use std::path::PathBuf;

/// `bootstrap`, the Lambda.
pub fn bootstrap() -> PathBuf {
    program("bootstrap")
}

/// `writerlink`, the CLI.
pub fn writerlink() -> PathBuf {
    program("writerlink")
}

/// The program beside this test. Cargo builds it for the integration tests of its own package,
/// which `cargo test --workspace` includes.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let built = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps").join(name);
    assert!(built.exists(), "{} is not built: run `cargo test --workspace`", built.display());
    built
}
