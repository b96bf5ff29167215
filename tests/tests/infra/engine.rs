//! Evaluates the stated permissions, with their variables filled in, in a third-party policy
//! engine: the crate `iam-rs`.
//!
//! It evaluates actions, resources, principals and conditions by IAM's published rules. It is not
//! AWS itself.

use std::collections::BTreeMap;
use std::fs;

use iam_rs::{
    Arn, Context, Decision, IAMPolicy, IAMRequest, Principal, PrincipalId, evaluate_policy,
};
use serde_json::{Value, json};
use writerlink_tests::python::workspace_dir;

/// The values of the placeholders in a stack named `stack` with no other parameters.
pub(crate) const MADE: [(&str, &[&str]); 7] = [
    ("Partition", &["aws"]),
    ("Region", &["eu-west-1"]),
    ("AccountId", &["111122223333"]),
    ("LogGroupArn", &["arn:aws:logs:eu-west-1:111122223333:log-group:/writerlink/stack"]),
    (
        "RecorderLogGroupArn",
        &["arn:aws:logs:eu-west-1:111122223333:log-group:/writerlink/stack-recorder"],
    ),
    ("FailuresArn", &["arn:aws:sqs:eu-west-1:111122223333:stack-Failures"]),
    ("OutcomeTopicArn", &["arn:aws:sns:eu-west-1:111122223333:stack-OutcomeTopic"]),
];

/// Statements of IAM, or of a topic's policy.
pub(crate) struct Permissions(IAMPolicy);

impl Permissions {
    /// A policy of these statements.
    pub(crate) fn of(statements: &[Value]) -> Self {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        Self(IAMPolicy::from_json(&document.to_string()).expect("the engine reads it"))
    }

    /// Whether the function's role may do this.
    pub(crate) fn allow(&self, action: &str, resource: &str, context: &[(&str, &str)]) -> bool {
        let role = "arn:aws:iam::111122223333:role/stack-FunctionRole".to_owned();
        self.decide(Principal::Aws(PrincipalId::String(role)), action, resource, context)
    }

    /// Whether a service may do this.
    pub(crate) fn allow_service(
        &self,
        service: &str,
        action: &str,
        resource: &str,
        context: &[(&str, &str)],
    ) -> bool {
        let service = Principal::Service(PrincipalId::String(service.to_owned()));
        self.decide(service, action, resource, context)
    }

    fn decide(
        &self,
        principal: Principal,
        action: &str,
        resource: &str,
        context: &[(&str, &str)],
    ) -> bool {
        let resource = Arn::parse(resource).unwrap_or_else(|error| panic!("{resource}: {error}"));
        let context =
            context.iter().fold(Context::new(), |all, (key, value)| all.with_string(*key, *value));
        let request = IAMRequest::new_with_context(principal, action, resource, context);
        let decision = evaluate_policy(&self.0, &request).expect("the engine can tell");
        decision == Decision::Allow
    }
}

/// `infra/policy.json`: statements by the condition under which they are granted.
pub(crate) fn stated() -> BTreeMap<String, Vec<Value>> {
    let text = fs::read_to_string(workspace_dir().join("infra/policy.json"))
        .expect("it is part of the source");
    serde_json::from_str(&text).expect("it maps conditions to statements")
}

/// The statements under these conditions, with these values in the place of `${Name}`: a list takes
/// the place of a text that is its placeholder and nothing else.
pub(crate) fn filled(conditions: &[&str], values: &[(&str, &[&str])]) -> Vec<Value> {
    let stated = stated();
    let under = |condition: &&str| {
        stated.get(*condition).unwrap_or_else(|| panic!("there is no {condition}"))
    };
    let statements = conditions.iter().flat_map(under);
    statements.map(|statement| fill(statement, values)).collect()
}

fn fill(value: &Value, values: &[(&str, &[&str])]) -> Value {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| fill_item(item, values)).collect(),
        Value::Object(object) => {
            let filled = object.iter().map(|(key, value)| (key.clone(), fill(value, values)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

fn fill_item(item: &Value, values: &[(&str, &[&str])]) -> Vec<Value> {
    let text = item.as_str().expect("lists are of text");
    let whole = values.iter().find(|(name, _)| text == format!("${{{name}}}"));
    if let Some((_, list)) = whole {
        return list.iter().map(|value| json!(value)).collect();
    }
    // The first value of a name is the one that counts.
    let filled = values.iter().fold(text.to_owned(), |text, (name, list)| match list {
        [one] => text.replace(&format!("${{{name}}}"), one),
        _ => text,
    });
    assert!(!filled.contains("${"), "{filled} has a placeholder that nobody fills");
    vec![json!(filled)]
}
