//! Reads the templates as data, and evaluates the few CloudFormation functions that their values
//! use.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use writerlink_tests::python::{linters, outcome, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

/// Every template that there is.
pub(crate) fn templates() -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace_dir().join("infra")).expect("it is part of the source");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "there are templates");
    paths
}

/// The reconciler, as [`read`] gives it.
pub(crate) fn reconciler() -> Option<&'static Value> {
    static TEMPLATE: OnceLock<Option<Value>> = OnceLock::new();
    TEMPLATE.get_or_init(|| read("reconciler.yaml")).as_ref()
}

/// A template with every short tag in its long form, read by cfn-lint's own loader.
pub(crate) fn read(name: &str) -> Option<Value> {
    let mut script = Command::new(available(linters())?);
    script
        .arg(tests_dir().join("python/template_as_json.py"))
        .arg(workspace_dir().join("infra").join(name));
    let output = outcome(&mut script, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("the script prints JSON"))
}

/// The properties of a resource.
pub(crate) fn properties<'a>(template: &'a Value, resource: &str) -> &'a Value {
    let found = &template["Resources"][resource]["Properties"];
    assert!(found.is_object(), "there is no {resource}");
    found
}

/// The statements of a role's own policies, each with the condition under which it is deployed.
pub(crate) fn statements(template: &Value, role: &str) -> Vec<(String, Value)> {
    let policies = properties(template, role)["Policies"].as_array().expect("a role has policies");
    policies
        .iter()
        .flat_map(|policy| {
            policy["PolicyDocument"]["Statement"].as_array().expect("a policy has statements")
        })
        .map(|statement| match statement.get("Fn::If") {
            None => ("always".to_owned(), statement.clone()),
            Some(choice) => {
                assert_eq!(
                    choice[2],
                    json!({"Ref": "AWS::NoValue"}),
                    "a statement is there or is not"
                );
                (choice[0].as_str().expect("a condition has a name").to_owned(), choice[1].clone())
            }
        })
        .collect()
}

/// One or several strings, as IAM and CloudFormation take both.
pub(crate) fn list(value: &Value) -> Vec<String> {
    let strings = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    strings.iter().map(|string| string.as_str().expect("a string").to_owned()).collect()
}

/// What CloudFormation makes of a value with these parameters, in a stack named `stack` of the
/// account 111122223333. What is `AWS::NoValue` is left out, and null by itself.
pub(crate) fn evaluate(template: &Value, value: &Value, given: &[(&str, &str)]) -> Value {
    let again = |value: &Value| evaluate(template, value, given);
    let object = match value {
        Value::Array(values) => {
            return values.iter().map(again).filter(|value| !value.is_null()).collect();
        }
        Value::Object(object) => object,
        _ => return value.clone(),
    };
    let plain = || -> Value {
        let resolved = object.iter().map(|(key, value)| (key.clone(), again(value)));
        Value::Object(resolved.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
    };
    let mut entries = object.iter();
    let (Some((function, argument)), None) = (entries.next(), entries.next()) else {
        return plain();
    };
    let condition = |name: &Value| again(&template["Conditions"][text(name)]) == true;
    match function.as_str() {
        "Ref" => parameter(template, text(argument), given),
        "Condition" if argument.is_string() => json!(condition(argument)),
        "Fn::GetAtt" if argument[1] == "DnsEntries" => json!(["Z1:vpce.test"]),
        "Fn::GetAtt" => json!(attribute(&list(argument))),
        "Fn::If" => again(&argument[if condition(&argument[0]) { 1 } else { 2 }]),
        "Fn::Not" => json!(again(&argument[0]) == false),
        "Fn::And" => {
            json!(again(argument).as_array().expect("a list").iter().all(|one| *one == true))
        }
        "Fn::Or" => {
            json!(again(argument).as_array().expect("a list").iter().any(|one| *one == true))
        }
        "Fn::Equals" => json!(again(&argument[0]) == again(&argument[1])),
        "Fn::Split" => {
            let whole = again(&argument[1]);
            json!(text(&whole).split(text(&argument[0])).collect::<Vec<_>>())
        }
        "Fn::Select" => {
            again(&argument[1])[argument[0].to_string().parse::<usize>().expect("an index")].clone()
        }
        "Fn::Join" => json!(list(&again(&argument[1])).join(text(&argument[0]))),
        "Fn::Sub" => {
            let (pattern, own) = match argument {
                Value::Array(both) => (text(&both[0]), both[1].as_object()),
                _ => (text(argument), None),
            };
            json!(substitute(pattern, |name| {
                match (own.and_then(|own| own.get(name)), name.split_once('.')) {
                    (Some(value), _) => again(value),
                    (None, Some((resource, attribute_of))) => {
                        json!(attribute(&[resource.to_owned(), attribute_of.to_owned()]))
                    }
                    (None, None) => parameter(template, name, given),
                }
            }))
        }
        other => {
            assert!(!other.starts_with("Fn::"), "{other} is not evaluated here");
            plain()
        }
    }
}

/// A parameter, a pseudo parameter, or what a resource is referred to by.
fn parameter(template: &Value, name: &str, given: &[(&str, &str)]) -> Value {
    let declared = &template["Parameters"][name];
    let resource = &template["Resources"][name];
    let value = match (name, given.iter().find(|(given, _)| *given == name)) {
        ("AWS::NoValue", _) => Value::Null,
        ("AWS::StackName", _) => json!("stack"),
        ("AWS::Partition", _) => json!("aws"),
        ("AWS::Region", _) => json!("eu-west-1"),
        ("AWS::AccountId", _) => json!("111122223333"),
        (_, Some((_, value))) => json!(value),
        _ if resource["Type"] == "AWS::SNS::Topic" => {
            json!(format!("arn:aws:sns:eu-west-1:111122223333:stack-{name}"))
        }
        _ if resource.is_object() => json!(format!("stack-{name}")),
        _ => declared.get("Default").unwrap_or_else(|| panic!("{name} is not given")).clone(),
    };
    if declared["Type"] == "CommaDelimitedList" {
        return json!(text(&value).split(',').collect::<Vec<_>>());
    }
    value
}

/// An attribute of a resource, in the form that AWS gives it where anything hangs on that.
fn attribute(path: &[String]) -> String {
    match [path[0].as_str(), path[1].as_str()] {
        // With the streams, as CloudFormation documents it.
        ["LogGroup", "Arn"] => {
            "arn:aws:logs:eu-west-1:111122223333:log-group:/writerlink/stack:*".to_owned()
        }
        ["RecorderLogGroup", "Arn"] => {
            "arn:aws:logs:eu-west-1:111122223333:log-group:/writerlink/stack-recorder:*".to_owned()
        }
        ["Failures", "Arn"] => "arn:aws:sqs:eu-west-1:111122223333:stack-Failures".to_owned(),
        ["Key", "Arn"] => "arn:aws:kms:eu-west-1:111122223333:key/made".to_owned(),
        [resource, attribute] => format!("{resource}.{attribute}"),
    }
}

fn substitute(pattern: &str, value: impl Fn(&str) -> Value) -> String {
    let mut pieces = pattern.split("${");
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').expect("a placeholder is closed");
        let value = value(name);
        result.push_str(&value.as_i64().map_or_else(|| text(&value).to_owned(), |n| n.to_string()));
        result.push_str(rest);
    }
    result
}

/// A value that must be text.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
