//! Tests that what `writerlink init --parameters` prints is what the templates and modules take.

use std::fs;
use std::process::Command;

use serde_json::{Map, Value};
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::Pace;
use writerlink_lab::world_file::WorldFile;
use writerlink_tests::deployed_lab::aws;
use writerlink_tests::programs;
use writerlink_tests::python::workspace_dir;

use crate::inputs::refused;
use crate::template;

/// A database for which there is no target group.
const ALONE: &str = "[[instance]]\nname = \"stock\"\nengine = \"postgres\"\nmulti-az = true\n";

/// What `init` prints for a world.
async fn printed(world: &str, arguments: &[&str]) -> Map<String, Value> {
    let world = WorldFile::read(world, "world.toml").expect("a good world");
    let scene = world.scene(Pace::brisk()).expect("a good scene");
    let lab = Lab::start(scene.world, Options::default()).await.expect("loopback has ports");
    let mut command = Command::new(programs::writerlink());
    command.args(["init", "--dns-server", &lab.dns().to_string()]).args(arguments);
    command.env_clear().envs(aws(&lab));
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"))
        .await
        .expect("it ends");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Splits a list of CloudFormation's, whose pattern is for each of its items.
fn split(name: &str, value: &mut Value) {
    if ["AllowedPrincipals", "SubnetIds", "TargetGroupArns"].contains(&name)
        && let Some(text) = value.as_str()
    {
        *value = text.split(',').collect();
    }
}

/// Whether the value is a blank, such as `<code-bucket>`, or holds one.
fn is_blank(value: &Value) -> bool {
    value.to_string().contains("\"<")
}

/// The inputs of a template or a module that have no default.
fn needed(path: &str) -> Option<Vec<String>> {
    if path.ends_with(".yaml") {
        let template = template::read(path)?;
        let declared = template["Parameters"].as_object().expect("it has parameters");
        let needed = declared.iter().filter(|(_, one)| one.get("Default").is_none());
        return Some(needed.map(|(name, _)| name.clone()).collect());
    }
    let file = workspace_dir().join("infra").join(path).join("variables.tf");
    let text = fs::read_to_string(file).expect("a module has variables");
    let blocks = text.split("\nvariable \"").map(|block| block.trim_start_matches("variable \""));
    let needed = blocks.filter(|block| !block.contains("\n  default "));
    Some(needed.map(|block| block.split('"').next().unwrap_or_default().to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_is_one_of_the_template_and_only_blanks_are_refused() {
    let demo = fs::read_to_string(workspace_dir().join("crates/lab/src/world_file/demo.toml"))
        .expect("it is part of the source");
    let orders = ["--cluster", "orders", "--mode", "manage"];
    for (world, asked, template, module) in [
        (&*demo, &orders[..], "reconciler.yaml", "terraform/reconciler"),
        (&demo, &[], "reconciler.yaml", "terraform/reconciler"),
        (ALONE, &["--instance", "stock"], "writerlink.yaml", "terraform/link"),
    ] {
        for (tool, path) in [("cloudformation", template), ("terraform", module)] {
            let arguments = [asked, &["--parameters", tool]].concat();
            let mut given = printed(world, &arguments).await;
            if let Some(Value::Object(parameters)) = given.remove("Parameters") {
                given = parameters;
                given.iter_mut().for_each(|(name, value)| split(name, value));
            }
            let Some(needed) = needed(path) else { return };
            for name in needed {
                assert!(given.contains_key(&name), "{name} of {path} has no default");
            }
            let Some(refused) = refused(path, &[Value::Object(given.clone())]) else { return };
            for name in &refused[0] {
                assert!(given.get(name).is_some_and(is_blank), "{path}: {name} in {given:?}");
            }
            // These take any text. The function and Terraform refuse the blanks in them.
            let is_free = |name: &str| {
                ["CodeKey", "Config", "package", "bindings", "subnet_ids"].contains(&name)
            };
            for (name, value) in given.iter().filter(|(_, value)| is_blank(value)) {
                assert!(is_free(name) || refused[0].contains(name), "{path}: {name} is {value}");
            }
        }
    }
}

/// docs/deploy.md deploys the file as it is.
#[tokio::test(flavor = "multi_thread")]
async fn with_what_only_a_person_knows_the_template_takes_the_file_as_it_is() {
    let arguments = [
        ["--instance", "stock"],
        ["--parameters", "cloudformation"],
        ["--code", "s3://bucket/writerlink-0.1.0-arm64.zip"],
        ["--allowed-principal", "arn:aws:iam::444455556666:root"],
        ["--notify-email", "dba@example.com"],
    ];
    let mut given = printed(ALONE, arguments.as_flattened()).await;
    let Some(Value::Object(mut given)) = given.remove("Parameters") else {
        panic!("a file of parameters: {given:?}")
    };
    given.iter_mut().for_each(|(name, value)| split(name, value));
    assert!(!given.values().any(is_blank), "{given:?}");
    for name in [
        "AllowedPrincipals",
        "Architecture",
        "CodeBucket",
        "CodeKey",
        "DatabaseEndpoint",
        "NotifyEmail",
    ] {
        assert!(given.contains_key(name), "{name}");
    }
    let Some(refused) = refused("writerlink.yaml", &[Value::Object(given)]) else { return };
    assert!(refused[0].is_empty(), "{refused:?}");
}
