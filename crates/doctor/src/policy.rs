//! Reads resource policies far enough to say whether a service may act on the resource.

use serde_json::Value;

/// Whether a statement of the policy allows `action` to the service principal. `Ok(false)` is a
/// policy that names no such statement.
///
/// # Errors
/// If the text is not a policy.
pub(crate) fn allows_service(policy: &str, service: &str, action: &str) -> Result<bool, String> {
    Ok(statements(policy)?.iter().any(|statement| {
        is(statement, "Effect", "Allow")
            && has_action(statement, action)
            && (principal(statement, "Service").any(|name| name == service)
                || principal(statement, "AWS").any(|name| name == "*"))
    }))
}

/// The source ARNs from which `service` may act, according to the conditions of the statements that
/// allow it `action`; a `None` is a statement without such a condition.
pub(crate) fn sources_of(policy: &str, service: &str, action: &str) -> Vec<Option<String>> {
    let statements = statements(policy).unwrap_or_default();
    let allowing = statements.iter().filter(|statement| {
        is(statement, "Effect", "Allow")
            && has_action(statement, action)
            && principal(statement, "Service").any(|name| name == service)
    });
    allowing
        .flat_map(|statement| {
            let arns = condition(statement, "aws:SourceArn");
            if arns.is_empty() { vec![None] } else { arns.into_iter().map(Some).collect() }
        })
        .collect()
}

/// Whether an action is open to everybody: a statement for `*` without any condition.
pub(crate) fn is_open(policy: &str, action: &str) -> bool {
    statements(policy).unwrap_or_default().iter().any(|statement| {
        is(statement, "Effect", "Allow")
            && has_action(statement, action)
            && principal(statement, "AWS").any(|name| name == "*")
            && statement.get("Condition").is_none()
    })
}

/// Whether an ARN fits a pattern with `*` and `?`.
pub(crate) fn fits(pattern: &str, arn: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), arn.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Where the last `*` stands, and how far it reaches.
    let mut star = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((stands, reaches)) => {
                    star = Some((stands, reaches + 1));
                    at = stands + 1;
                    seen = reaches + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

fn statements(policy: &str) -> Result<Vec<Value>, String> {
    let value: Value = serde_json::from_str(policy).map_err(|error| error.to_string())?;
    Ok(match value.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => return Err("it has no `Statement`".to_owned()),
    })
}

fn is(statement: &Value, key: &str, wanted: &str) -> bool {
    statement.get(key).and_then(Value::as_str) == Some(wanted)
}

/// A value that may be one text or a list of texts.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let many = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    value.and_then(Value::as_str).into_iter().chain(many.iter().filter_map(Value::as_str))
}

fn has_action(statement: &Value, action: &str) -> bool {
    texts(statement.get("Action"))
        .any(|pattern| fits(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()))
}

/// The principals of a kind. `"Principal": "*"` is everybody.
fn principal<'a>(statement: &'a Value, kind: &str) -> impl Iterator<Item = &'a str> {
    let principal = statement.get("Principal");
    let everybody = (kind == "AWS").then(|| principal.and_then(Value::as_str)).flatten();
    everybody.into_iter().chain(texts(principal.and_then(|principal| principal.get(kind))))
}

/// The values of a condition key, under any operator; keys are compared without regard to case.
fn condition(statement: &Value, key: &str) -> Vec<String> {
    let operators = statement.get("Condition").and_then(Value::as_object);
    let keys = operators.into_iter().flatten().filter_map(|(_, keys)| keys.as_object()).flatten();
    keys.filter(|(name, _)| name.eq_ignore_ascii_case(key))
        .flat_map(|(_, value)| texts(Some(value)))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RDS: &str = "events.rds.amazonaws.com";

    #[test]
    fn a_service_is_allowed_by_a_statement_that_names_it_or_everybody() {
        for (statement, allowed) in [
            (
                r#"{"Effect":"Allow","Principal":{"Service":"events.rds.amazonaws.com"},"Action":"sns:Publish"}"#,
                true,
            ),
            (
                r#"{"Effect":"Allow","Principal":{"Service":["a","events.rds.amazonaws.com"]},"Action":["SNS:Publish"]}"#,
                true,
            ),
            (r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"SNS:*"}"#, true),
            (r#"{"Effect":"Allow","Principal":"*","Action":"sns:Publish"}"#, true),
            (
                r#"{"Effect":"Allow","Principal":{"Service":"rds.amazonaws.com"},"Action":"sns:Publish"}"#,
                false,
            ),
            (
                r#"{"Effect":"Allow","Principal":{"Service":"events.rds.amazonaws.com"},"Action":"sns:Subscribe"}"#,
                false,
            ),
            (
                r#"{"Effect":"Deny","Principal":{"Service":"events.rds.amazonaws.com"},"Action":"sns:Publish"}"#,
                false,
            ),
        ] {
            let policy = format!(r#"{{"Statement":[{statement}]}}"#);
            assert_eq!(allows_service(&policy, RDS, "sns:Publish"), Ok(allowed), "{statement}");
        }
        assert!(allows_service("nothing", RDS, "sns:Publish").is_err());
    }

    #[test]
    fn the_conditions_name_the_sources_of_a_service() {
        let policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},
            "Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:a"}}},
            {"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"lambda:*"}]}"#;
        let sources = sources_of(policy, "sns.amazonaws.com", "lambda:InvokeFunction");
        assert_eq!(sources, [Some("arn:a".to_owned()), None]);
        assert!(fits("arn:aws:sns:*:topic?", "arn:aws:sns:eu-west-1:1:topic2"));
        assert!(!fits("arn:aws:sns:*", "arn:aws:sqs:x"));
    }
}
