//! What a program is told of the lab: environment variables, and placeholders in its command.

use std::env;
use std::fmt::Write as _;

use serde_json::json;
use tokio::process::Command;

use crate::scene::{FUNCTION, Link};
use crate::wire::Lab;

/// The placeholders of a command, each with the variable that has the same value.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("endpoint", "WRITERLINK_LAB_ENDPOINT"),
    ("target_group", "WRITERLINK_LAB_TARGET_GROUP"),
    ("port", "WRITERLINK_LAB_PORT"),
    ("dns", "WRITERLINK_LAB_DNS"),
];

/// What a program is told.
pub struct Task {
    variables: Vec<(&'static str, String)>,
}

/// A command has a placeholder that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no placeholder `{{{0}}}`; there are {known}. If it is not meant as one, write a \
     space after its first brace, or move the command to a script",
    known = known_placeholders()
)]
pub struct UnknownPlaceholder(String);

impl Task {
    /// Where AWS is, the settings of its function, and the links: in the form of our configuration,
    /// as JSON, and of the first link as a variable for each value.
    pub fn new(lab: &Lab, links: &[Link], config: &str) -> Task {
        let region = lab.world().region.clone();
        let dns = lab.dns().to_string();
        let told: Vec<_> = links
            .iter()
            .map(|link| {
                json!({
                    "name": link.name,
                    "source": link.source.to_string(),
                    "endpoint": link.endpoint(&lab.world()),
                    "port": link.port,
                    "target_group": link.group,
                })
            })
            .collect();
        let mut variables = vec![
            ("AWS_ENDPOINT_URL", lab.aws_endpoint()),
            ("AWS_ACCESS_KEY_ID", "lab".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "lab".to_owned()),
            ("AWS_REGION", region.clone()),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", lab.runtime_api()),
            ("AWS_LAMBDA_FUNCTION_NAME", FUNCTION.to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("WRITERLINK_CONFIG", config.to_owned()),
            ("WRITERLINK_LAB", json!({"dns": dns, "links": told}).to_string()),
            ("WRITERLINK_LAB_DNS", dns),
        ];
        if let Some(first) = links.first() {
            variables.extend([
                ("WRITERLINK_LAB_ENDPOINT", first.endpoint(&lab.world())),
                ("WRITERLINK_LAB_TARGET_GROUP", first.group.clone()),
                ("WRITERLINK_LAB_PORT", first.port.to_string()),
            ]);
        }
        Task { variables }
    }

    /// Gives a command the variables, and nothing of the machine's own AWS settings, or a call
    /// could reach a real account; and no proxy on the way to loopback.
    pub fn tell(&self, command: &mut Command) {
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy().to_ascii_lowercase();
            if text.starts_with("aws_") || text.ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// A command with its placeholders replaced.
    pub(super) fn fill(&self, command: &str) -> String {
        let value = |name: &str| {
            let (_, variable) = PLACEHOLDERS.iter().find(|(known, _)| *known == name)?;
            let (_, value) = self.variables.iter().find(|(known, _)| known == variable)?;
            Some(value.as_str())
        };
        let mut filled = String::new();
        for part in parts(command) {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Placeholder(name) => match value(name) {
                    Some(value) => filled.push_str(value),
                    None => drop(write!(filled, "{{{name}}}")),
                },
            }
        }
        filled
    }
}

/// Refuses a command with a placeholder that does not exist.
pub(super) fn check(command: &str) -> Result<(), UnknownPlaceholder> {
    let is_known = |name: &str| PLACEHOLDERS.iter().any(|(known, _)| *known == name);
    let mut parts = parts(command).into_iter();
    parts.try_for_each(|part| match part {
        Part::Placeholder(name) if !is_known(name) => Err(UnknownPlaceholder(name.to_owned())),
        _ => Ok(()),
    })
}

fn known_placeholders() -> String {
    let names: Vec<String> = PLACEHOLDERS.iter().map(|(name, _)| format!("`{{{name}}}`")).collect();
    names.join(", ")
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// The parts of a command. A placeholder is a word of small letters in braces, which no `$` stands
/// before: the shell's own braces and those of JSON are none.
fn parts(command: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut written, mut from) = (0, 0);
    while let Some(open) = command[from..].find('{').map(|at| from + at) {
        from = open + 1;
        let Some((word, _)) = command[from..].split_once('}') else { break };
        let is_word =
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_word && !command[..open].ends_with('$') {
            parts.push(Part::Text(&command[written..open]));
            parts.push(Part::Placeholder(word));
            from += word.len() + 1;
            written = from;
        }
    }
    parts.push(Part::Text(&command[written..]));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_braces_of_the_shell_and_of_json_are_no_placeholders() {
        let task = Task { variables: vec![("WRITERLINK_LAB_PORT", "5432".to_owned())] };
        assert_eq!(task.fill("p --at={port} {{port}{port}"), "p --at=5432 {54325432");
        for same in [
            "p ${port}",
            "p {a,b} {} {1..3} { port; }",
            r#"p '{"port": 1}'"#,
            "p {port",
            "p }port{",
        ] {
            assert_eq!(task.fill(same), same);
            assert_eq!(check(same), Ok(()));
        }
    }

    #[test]
    fn a_placeholder_that_does_not_exist_is_refused_with_those_that_do() {
        let error = check("p {endpiont}").expect_err("it is misspelt").to_string();
        assert!(error.contains("`{endpiont}`") && error.contains("`{endpoint}`, "), "{error}");
    }
}
