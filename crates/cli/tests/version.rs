//! Tests that the program starts. What it does is tested in `tests/`.

use std::process::Command;

#[test]
fn it_says_its_version() {
    let program = Command::new(env!("CARGO_BIN_EXE_writerlink")).arg("--version").output();
    let said = String::from_utf8(program.expect("it starts").stdout).expect("it is text");
    assert_eq!(said, concat!("writerlink ", env!("CARGO_PKG_VERSION"), "\n"));
}
