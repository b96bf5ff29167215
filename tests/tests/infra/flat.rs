//! Tests `infra/writerlink.yaml`, the one template that every tool accepts, and the field kit's:
//! `infra/flatten` makes them from the layers, and they are equivalent to them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use writerlink_tests::python::{linters, outcome, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

use crate::lint::said;
use crate::template::{read, text};

/// What CloudFormation takes in a call ("CloudFormation quotas"). A larger template must be in S3.
const LIMIT: usize = 51_200;

const FLAT: [&str; 2] = ["writerlink.yaml", "field-kit.yaml"];

fn path(name: &str) -> PathBuf {
    workspace_dir().join("infra").join(name)
}

/// Runs a script with the interpreter that has cfn-lint's and SAM's packages.
fn python(script: PathBuf, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new(available(linters())?);
    command.arg(script).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
    Some(outcome(&mut command, ""))
}

#[test]
fn the_flat_template_is_what_infra_flatten_makes_of_the_layers() {
    for name in FLAT {
        let Some(made) = python(workspace_dir().join("infra/flatten"), &["--print", name]) else {
            return;
        };
        assert!(made.status.success(), "{}", said(&made));
        let written = fs::read(path(name)).expect("it is part of the source");
        assert!(written == made.stdout, "a layer of {name} has changed: run infra/flatten");
    }
}

#[test]
fn the_flat_template_makes_what_the_layers_make_and_refuses_what_they_refuse() {
    let infra = workspace_dir().join("infra");
    let Some(output) =
        python(tests_dir().join("python/flat.py"), &[text(&infra.to_string_lossy().into())])
    else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
}

/// Stack sets with service-managed permissions provision no transforms and no nested stacks with
/// their default role ("Configure a custom execution role template for StackSets"); the change sets
/// of nested stacks refuse patterns of parameters (rain 526). Names of exports are once a Region,
/// so that two stacks could not live side by side.
#[test]
fn every_tool_takes_the_flat_templates_without_an_upload() {
    FLAT.into_iter().for_each(is_taken_by_every_tool);
}

fn is_taken_by_every_tool(name: &str) {
    let bytes = fs::read(path(name)).expect("it is part of the source").len();
    assert!(bytes <= LIMIT, "{name}: {bytes} bytes are more than {LIMIT}");
    let Some(template) = read(name) else {
        return;
    };
    assert!(template.get("Transform").is_none());
    let resources = template["Resources"].as_object().expect("it has resources");
    for (name, resource) in resources {
        let kind = text(&resource["Type"]);
        assert!(
            !kind.starts_with("AWS::Serverless::") && !kind.starts_with("AWS::CloudFormation::"),
            "{name} is {kind}"
        );
    }
    let mut functions = BTreeSet::new();
    intrinsic(&template, &mut functions);
    for refused in ["Fn::Transform", "Fn::ImportValue", "Fn::ForEach"] {
        assert!(!functions.contains(refused), "{refused}");
    }
    assert!(functions.contains("Fn::Sub"), "the functions were found");
    let mut outputs = template["Outputs"].as_object().expect("it has outputs").values();
    assert!(outputs.all(|output| output.get("Export").is_none()));
    for function in ["ReconcilerFunction", "ReconcilerRecorderFunction"] {
        let code = &template["Resources"][function]["Properties"]["Code"];
        assert_eq!(*code, json!({"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}}));
    }
}

/// A product of Service Catalog is one file, and a request to launch it has no field for
/// capabilities (API reference, "ProvisionProduct"). So it can have no nested stack with a local
/// path, and no transform, for which CloudFormation asks for CAPABILITY_AUTO_EXPAND (a user saw a
/// launch fail: aws-cdk 1887). Nor may it name a role, which takes CAPABILITY_NAMED_IAM instead of
/// CAPABILITY_IAM (API reference, "CreateStack"). The counts are CloudFormation's ("CloudFormation
/// quotas").
#[test]
fn the_flat_template_holds_nothing_that_service_catalog_cannot_launch() {
    let Some(template) = read("writerlink.yaml") else {
        return;
    };
    let count = |section: &str| template[section].as_object().map_or(0, serde_json::Map::len);
    for (section, most) in [("Parameters", 200), ("Resources", 500), ("Outputs", 200)] {
        assert!((1..=most).contains(&count(section)), "{section}: {}", count(section));
    }
    assert!(template.get("Transform").is_none());
    let mut functions = BTreeSet::new();
    intrinsic(&template, &mut functions);
    assert!(!functions.contains("Fn::Transform"));
    let resources = template["Resources"].as_object().expect("it has resources");
    let mut roles = 0;
    for (name, resource) in resources {
        let kind = text(&resource["Type"]);
        assert!(kind != "AWS::CloudFormation::Stack", "{name} is a nested stack");
        if kind.starts_with("AWS::IAM::") {
            roles += 1;
            let names = ["RoleName", "ManagedPolicyName", "UserName", "GroupName"];
            let named = names.iter().find(|key| resource["Properties"].get(**key).is_some());
            assert!(named.is_none(), "{name} has {named:?}");
        }
    }
    assert!(roles >= 3, "only {roles} roles were found");
}

/// The first run and the sweeps find a database that is up, a proxy that knows it, and a group that
/// is in use.
#[test]
fn the_function_waits_for_what_it_follows() {
    let Some(template) = read("writerlink.yaml") else {
        return;
    };
    let mut reached = BTreeSet::new();
    follow(&template, "ReconcilerFunction", &mut reached);
    for resource in ["LinkListener", "ProxyTargetGroup", "DatabaseInstanceB", "DatabaseInstance"] {
        assert!(reached.contains(resource), "it does not wait for {resource}");
    }
    let mut reached = BTreeSet::new();
    follow(&template, "ProxyTargetGroup", &mut reached);
    assert!(reached.contains("DatabaseInstanceB"));
}

/// The names of all intrinsic functions.
fn intrinsic(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.keys().filter(|key| key.starts_with("Fn::")).cloned());
            object.values().for_each(|inner| intrinsic(inner, found));
        }
        Value::Array(values) => values.iter().for_each(|inner| intrinsic(inner, found)),
        _ => {}
    }
}

/// What a resource waits for, over everything that it refers to.
fn follow(template: &Value, name: &str, found: &mut BTreeSet<String>) {
    let resources = template["Resources"].as_object().expect("it has resources");
    let words = resources[name].to_string();
    let words = words.split(|c: char| !c.is_ascii_alphanumeric());
    for word in
        words.filter(|word| resources.contains_key(*word)).map(str::to_owned).collect::<Vec<_>>()
    {
        if found.insert(word.clone()) {
            follow(template, &word, found);
        }
    }
}
