//! The template as data, and the little of CloudFormation that its values need.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use writerlink_tests::python::{linters, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

/// Where the template is.
pub(crate) fn template_path() -> PathBuf {
    workspace_dir().join("infra/template.yaml")
}

/// The template with every short tag in its long form, read by cfn-lint's own loader.
pub(crate) fn template() -> Option<&'static Value> {
    static TEMPLATE: OnceLock<Value> = OnceLock::new();
    let python = available(linters())?;
    let load = || {
        let script = tests_dir().join("python/template_as_json.py");
        let output = Command::new(python)
            .arg(script)
            .arg(template_path())
            .output()
            .expect("it has an interpreter");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("the script prints JSON")
    };
    Some(TEMPLATE.get_or_init(load))
}

/// The statements of a role's own policies, each with the condition under which it is deployed.
pub(crate) fn statements(template: &Value, role: &str) -> Vec<(String, Value)> {
    let policies = template["Resources"][role]["Properties"]["Policies"]
        .as_array()
        .expect("a role has policies");
    policies
        .iter()
        .flat_map(|policy| {
            policy["PolicyDocument"]["Statement"]
                .as_array()
                .expect("a policy has statements")
        })
        .map(|statement| match statement.get("Fn::If") {
            None => ("always".to_owned(), statement.clone()),
            Some(choice) => {
                assert_eq!(
                    choice[2],
                    json!({"Ref": "AWS::NoValue"}),
                    "a statement is there or is not"
                );
                (
                    choice[0].as_str().expect("a condition has a name").to_owned(),
                    choice[1].clone(),
                )
            }
        })
        .collect()
}

/// One or several strings, as IAM and CloudFormation take both.
pub(crate) fn list(value: &Value) -> Vec<String> {
    let strings = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    strings
        .iter()
        .map(|string| string.as_str().expect("a string").to_owned())
        .collect()
}

/// A reference as it would stand in a text that CloudFormation fills in.
pub(crate) fn readable(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        _ if value.get("Ref").is_some() => format!("${{{}}}", text(&value["Ref"])),
        _ if value.get("Fn::GetAtt").is_some() => {
            format!("${{{}}}", list(&value["Fn::GetAtt"]).join("."))
        }
        _ => text(&value["Fn::Sub"]).to_owned(),
    }
}

/// A statement's condition with its references readable.
pub(crate) fn limited(condition: &Value) -> Value {
    let keys = |test: &Value| -> Value {
        let keys = test.as_object().expect("a test has keys").iter();
        keys.map(|(key, value)| (key.clone(), json!(readable(value)))).collect()
    };
    let tests = condition.as_object().expect("a condition has tests").iter();
    tests.map(|(name, test)| (name.clone(), keys(test))).collect()
}

/// What CloudFormation makes of a value with these parameters, in a stack named `stack`. `AWS::NoValue` is null.
pub(crate) fn evaluate(template: &Value, value: &Value, given: &[(&str, &str)]) -> Value {
    let again = |value: &Value| evaluate(template, value, given);
    let Some((function, argument)) = value.as_object().and_then(|object| object.iter().next()) else {
        return value.clone();
    };
    match function.as_str() {
        "Ref" => parameter(template, text(argument), given),
        "Fn::If" => {
            let condition = &template["Conditions"][text(&argument[0])];
            let chosen = if again(condition) == true {
                &argument[1]
            } else {
                &argument[2]
            };
            again(chosen)
        }
        "Fn::Not" => json!(again(&argument[0]) == false),
        "Fn::Equals" => json!(again(&argument[0]) == again(&argument[1])),
        "Fn::Split" => {
            let whole = again(&argument[1]);
            json!(text(&whole).split(text(&argument[0])).collect::<Vec<_>>())
        }
        "Fn::Join" => json!(list(&again(&argument[1])).join(text(&argument[0]))),
        "Fn::Sub" => {
            let (pattern, own) = match argument {
                Value::Array(both) => (text(&both[0]), both[1].as_object()),
                _ => (text(argument), None),
            };
            json!(substitute(pattern, |name| {
                match own.and_then(|own| own.get(name)) {
                    Some(value) => again(value),
                    None => parameter(template, name, given),
                }
            }))
        }
        other => panic!("{other} is not evaluated here"),
    }
}

fn parameter(template: &Value, name: &str, given: &[(&str, &str)]) -> Value {
    let declared = &template["Parameters"][name];
    let value = match (name, given.iter().find(|(given, _)| *given == name)) {
        ("AWS::NoValue", _) => Value::Null,
        ("AWS::StackName", _) => json!("stack"),
        (_, Some((_, value))) => json!(value),
        _ => declared
            .get("Default")
            .unwrap_or_else(|| panic!("{name} is not given"))
            .clone(),
    };
    if declared["Type"] == "CommaDelimitedList" {
        return json!(text(&value).split(',').collect::<Vec<_>>());
    }
    value
}

fn substitute(pattern: &str, value: impl Fn(&str) -> Value) -> String {
    let mut pieces = pattern.split("${");
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').expect("a placeholder is closed");
        result.push_str(text(&value(name)));
        result.push_str(rest);
    }
    result
}

/// A value that must be text.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
