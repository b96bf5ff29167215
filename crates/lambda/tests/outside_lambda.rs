//! Tests the program where there is no Lambda. What it does in one is tested in `tests/`.

use std::process::Command;

#[test]
fn outside_lambda_it_prints_one_line_and_exits_1() {
    let mut bootstrap = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
    let output = bootstrap.env_clear().output().expect("it starts");
    let said = String::from_utf8(output.stderr).expect("it is text");
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(
        said.contains("not set: AWS_LAMBDA_RUNTIME_API, AWS_LAMBDA_FUNCTION_NAME, ")
            && said.contains("`writerlink audit`"),
        "{said}"
    );
    assert_eq!(output.stdout, b"");
}
