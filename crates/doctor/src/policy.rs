//! Reads resource policies far enough to say whether a service may act on the resource.

use serde_json::Value;

/// An event that RDS publishes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publication<'a> {
    /// The topic's ARN.
    pub(crate) topic: &'a str,
    /// The account, if it is known.
    pub(crate) account: Option<&'a str>,
    pub(crate) region: &'a str,
}

/// Whether the policy of a topic lets RDS publish an event of this account and Region. A condition
/// of another kind is taken as fulfilled, because nobody knows what RDS sends.
///
/// # Errors
/// If the text is not a policy.
pub(crate) fn admits_rds(policy: &str, event: &Publication) -> Result<bool, String> {
    let statements = statements(policy)?;
    let concerns = |statement: &&Value| {
        let mut resources = texts(statement.get("Resource")).peekable();
        let of_topic = resources.peek().is_none() || resources.any(|own| fits(own, event.topic));
        of_topic
            && has_action(statement, "sns:Publish")
            && (principal(statement, "Service").any(|name| name == "events.rds.amazonaws.com")
                || principal(statement, "AWS").any(|name| name == "*"))
    };
    let denies = |statement: &&Value| {
        is(statement, "Effect", "Deny") && statement.get("Condition").is_none()
    };
    if statements.iter().filter(concerns).any(|statement| denies(&statement)) {
        return Ok(false);
    }
    let allows = |statement: &Value| is(statement, "Effect", "Allow") && is_met(statement, event);
    Ok(statements.iter().filter(concerns).any(allows))
}

/// Whether the account and the source that a statement asks for are those of the event.
fn is_met(statement: &Value, event: &Publication) -> bool {
    let account = event.account.unwrap_or("*");
    let any = |key: &str, test: &dyn Fn(&str) -> bool| {
        let values = condition(statement, key);
        values.is_empty() || values.iter().any(|value| test(value))
    };
    let is_account = |value: &str| account == "*" || fits(value, account);
    // An ARN of RDS in this account and Region, whatever it names.
    let is_source = |value: &str| {
        let wanted = ["arn", "*", "rds", event.region, account];
        let parts = value.splitn(6, ':').zip(wanted);
        parts.into_iter().all(|(own, wanted)| wanted == "*" || fits(own, wanted))
    };
    any("aws:SourceAccount", &is_account)
        && any("aws:SourceOwner", &is_account)
        && any("aws:SourceArn", &is_source)
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
    let names = |key| {
        texts(statement.get(key))
            .any(|pattern| fits(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()))
    };
    names("Action") || (statement.get("NotAction").is_some() && !names("NotAction"))
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

    #[test]
    fn rds_is_admitted_by_a_statement_for_it_and_this_account_and_topic() {
        const TOPIC: &str = "arn:aws:sns:eu-west-1:1:t";
        let rds = r#""Principal":{"Service":"events.rds.amazonaws.com"},"Action":"sns:Publish""#;
        let when = |condition: &str| format!(r#"{{"Effect":"Allow",{rds},{condition}}}"#);
        let allow = format!(r#"{{"Effect":"Allow",{rds}}}"#);
        for (statements, admitted) in [
            (allow.clone(), true),
            (r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"SNS:*"}"#.to_owned(), true),
            (r#"{"Effect":"Allow","Principal":"*","Action":"sns:Publish"}"#.to_owned(), true),
            (allow.replace(r#""Action":"sns:Publish""#, r#""NotAction":"sns:Subscribe""#), true),
            (allow.replace("Action", "NotAction"), false),
            (allow.replace("events.rds", "rds"), false),
            (allow.replace("sns:Publish", "sns:Subscribe"), false),
            (allow.replace("Allow", "Deny"), false),
            (format!(r#"{allow},{{"Effect":"Deny","Principal":"*","Action":"*"}}"#), false),
            (when(r#""Condition":{"StringEquals":{"aws:SourceAccount":"1"}}"#), true),
            (when(r#""Condition":{"StringEquals":{"AWS:SourceAccount":"2"}}"#), false),
            (
                when(r#""Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:rds:eu-west-1:1:*"}}"#),
                true,
            ),
            (
                when(r#""Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:rds:eu-west-2:1:*"}}"#),
                false,
            ),
            (when(r#""Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#), true),
            (when(r#""Resource":"arn:aws:sns:eu-west-1:1:t""#), true),
            (when(r#""Resource":"arn:aws:sns:eu-west-1:1:other""#), false),
        ] {
            let policy = format!(r#"{{"Statement":[{statements}]}}"#);
            let event = Publication { topic: TOPIC, account: Some("1"), region: "eu-west-1" };
            assert_eq!(admits_rds(&policy, &event), Ok(admitted), "{statements}");
        }
        let event = Publication { topic: TOPIC, account: None, region: "eu-west-1" };
        assert!(admits_rds("nothing", &event).is_err());
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
