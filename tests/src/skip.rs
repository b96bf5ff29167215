//! Skips tests that this machine cannot run.
//!
//! What is missing is said by name. Under `CI=true` it fails the test, so that a missing tool never
//! passes for a passed test.

use std::fmt;
use std::io::Write;

/// What a machine lacks for a test, as a sentence that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip(pub String);

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The thing that a test needs, or `None` after saying why the test is skipped.
///
/// ```no_run
/// use writerlink_tests::{python::python, skip::available};
/// let Some(python) = available(python()) else { return };
/// ```
///
/// # Panics
///
/// Under `CI=true`, where nothing may be skipped.
pub fn available<T>(thing: Result<T, Skip>) -> Option<T> {
    // Past the test harness, which would swallow what `eprintln!` says in a test that passes.
    decide(thing, std::env::var("CI").is_ok_and(|ci| ci == "true"), &mut std::io::stderr())
}

fn decide<T>(thing: Result<T, Skip>, in_ci: bool, listener: &mut impl Write) -> Option<T> {
    let skip = match thing {
        Ok(thing) => return Some(thing),
        Err(skip) => skip,
    };
    assert!(!in_ci, "CI skips nothing, and this machine lacks what the test needs: {skip}");
    let current = std::thread::current();
    let test = current.name().unwrap_or("a test");
    // If standard error is closed, there is no reader.
    let _ = writeln!(listener, "skipped: {test}: {skip}");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> Result<(), Skip> {
        Err(Skip("there is no python3".to_owned()))
    }

    #[test]
    fn what_is_there_is_handed_over_in_ci_too() {
        assert_eq!(decide(Ok(1), true, &mut Vec::new()), Some(1));
    }

    #[test]
    fn what_is_missing_skips_the_test_on_a_desk_and_is_named() {
        let mut said = Vec::new();
        assert_eq!(decide(missing(), false, &mut said), None);
        let said = String::from_utf8(said).expect("it is text");
        assert!(
            said.starts_with("skipped: ") && said.ends_with("_is_named: there is no python3\n"),
            "{said}"
        );
    }

    #[test]
    #[should_panic(expected = "there is no python3")]
    fn what_is_missing_fails_the_test_in_ci() {
        decide(missing(), true, &mut Vec::new());
    }
}
