//! Tests what the reconciler's parameters become: its configuration, and the resource that
//! reconciles.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use writerlink_core::config::keys::Table;
use writerlink_core::config::{Config, Location, Mode};
use writerlink_tests::python::workspace_dir;

use crate::GROUP;
use crate::template::{evaluate, list, properties, reconciler, text};

#[test]
fn the_configuration_that_the_parameters_make_is_one_that_the_lambda_takes() {
    let Some(template) = reconciler() else { return };
    let config = configuration(template);
    let given = [
        ("Source", "cluster/orders"),
        ("TargetGroupArns", GROUP),
        ("Allow", "10.20.4.0/24,10.20.5.0/24"),
    ];

    let least = parse(&evaluate(template, config, &given));
    let binding = least.usable().next().expect("one binding");
    assert_eq!((binding.name.as_str(), binding.port, binding.mode), ("stack", None, Mode::Manage));
    assert_eq!(
        (binding.source.to_string(), binding.target_group.to_string()),
        ("cluster/orders".into(), GROUP.into())
    );
    let made = "arn:aws:sns:eu-west-1:111122223333:stack-OutcomeTopic";
    assert_eq!(least.notify_topic.as_deref(), Some(made));

    let topic = "arn:aws:sns:eu-west-1:111122223333:outcomes";
    let more = [("Port", "5433"), ("Mode", "observe"), ("NotifyTopicArn", topic)];
    let most = parse(&evaluate(template, config, &[given.as_slice(), more.as_slice()].concat()));
    let binding = most.usable().next().expect("one binding");
    assert_eq!((binding.port, binding.mode), (Some(5433), Mode::Observe));
    assert_eq!(most.notify_topic.as_deref(), Some(topic));

    let patterns = ("Discover", "cluster/orders-*,instance/billing");
    let both = parse(&evaluate(template, config, &[given.as_slice(), &[patterns]].concat()));
    assert_eq!(both.usable().count(), 1);
    let tags_alone = parse(&evaluate(template, config, &[given[2], patterns]));
    assert_eq!(tags_alone.usable().count(), 0);
    for config in [both, tags_alone] {
        let patterns = config.discover.expect("it is wished for").patterns;
        let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        assert_eq!(patterns, ["cluster/orders-*", "instance/billing"]);
    }

    // Several groups and one source: nothing says which source belongs to which group, and the
    // function reports that.
    let two = format!("{GROUP},{GROUP}2");
    let given = [given[0], ("TargetGroupArns", two.as_str()), given[2]];
    let refused = refusal(&evaluate(template, config, &given));
    assert!(refused.contains("target-group") && refused.contains(&two), "{refused}");

    let whole = "allow = []\n";
    assert_eq!(
        evaluate(template, config, &[("Config", whole)]),
        whole,
        "a whole configuration goes in as it is"
    );
}

#[test]
fn the_source_parameter_takes_every_kind_that_needs_no_configuration_of_its_own() {
    let Some(template) = reconciler() else { return };
    let pattern = text(&template["Parameters"]["Source"]["AllowedPattern"]);
    let id = "[A-Za-z][A-Za-z0-9-]*";
    assert_eq!(
        pattern.replace(id, "ID"),
        "^$|^(?!.*(--|-/|-$|[^/]{64}))(cluster/ID(/readers|/(custom|instance)/ID)?|instance/ID|proxy/ID(/ID)?)$"
    );
    for source in [
        "cluster/ID",
        "cluster/ID/readers",
        "cluster/ID/custom/ID",
        "cluster/ID/instance/ID",
        "instance/ID",
        "proxy/ID",
        "proxy/ID/ID",
    ] {
        let given = [("Source", source), ("TargetGroupArns", GROUP), ("Allow", "10.20.4.0/24")];
        let config = configuration(template);
        let taken = parse(&evaluate(template, config, &given));
        let binding = taken.usable().next().expect(source);
        assert_eq!(binding.source.to_string(), source.replace("ID", "id"));
    }
}

#[test]
fn a_configuration_for_several_groups_goes_with_permissions_for_each_of_them() {
    let Some(template) = reconciler() else { return };
    let groups = [GROUP, &GROUP.replace("orders", "readers")];
    let binding = |(index, group): (usize, &&str)| {
        let source = ["cluster/orders", "cluster/orders/readers"][index];
        json!({"name": source, "source": source, "target-group": group})
    };
    let bindings: Vec<Value> = groups.iter().enumerate().map(binding).collect();
    let whole = json!({"allow": ["10.20.4.0/24"], "binding": bindings}).to_string();
    let given = [("Config", whole.as_str()), ("TargetGroupArns", &groups.join(","))];
    let config = parse(&evaluate(template, configuration(template), &given));
    let written: Vec<String> = config.usable().map(|one| one.target_group.to_string()).collect();
    let role = evaluate(template, properties(template, "FunctionRole"), &given);
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().expect("a list");
    let keeps = statements
        .iter()
        .find(|statement| statement["Sid"] == "KeepTargets")
        .expect("it may write");
    assert_eq!(
        (list(&keeps["Resource"]), written),
        (groups.map(str::to_owned).to_vec(), groups.map(str::to_owned).to_vec())
    );
}

/// What the module does not hand on cannot be written with Terraform but in a whole `config`.
#[test]
fn the_terraform_module_hands_on_every_field_of_a_binding() {
    let path = workspace_dir().join("infra/terraform/reconciler/config.tf");
    let module = fs::read_to_string(path).expect("it is part of the source");
    let handed_on: BTreeSet<&str> =
        module.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for key in Table::Binding.keys() {
        assert!(handed_on.contains(key.name), "{} is missing in config.tf", key.name);
    }
}

/// Every parameter that goes into the configuration is a property, so that a change of any of them
/// is a change of the resource, and CloudFormation asks again.
#[test]
fn a_deployment_reconciles_when_what_is_followed_changes_and_never_when_it_goes() {
    let Some(template) = reconciler() else { return };
    let follow = &template["Resources"]["Follow"];
    assert_eq!(
        (&follow["DeletionPolicy"], &follow["UpdateReplacePolicy"]),
        (&json!("Retain"), &json!("Retain"))
    );
    assert_eq!(follow["DependsOn"], "Invocations");
    let properties = follow["Properties"].as_object().expect("it has properties");
    assert_eq!(properties["ServiceToken"], json!({"Fn::GetAtt": ["Function", "Arn"]}));

    let mut used = BTreeSet::new();
    parameters(configuration(template), template, &mut used);
    parameters(permit(template), template, &mut used);
    // Where the role may read is no part of what is followed.
    used.remove("ConfigArn");
    // What tells somebody else changes nothing about the groups.
    used.remove("NotifyTopicArn");
    let carried = properties.keys().filter(|key| !key.starts_with("Service"));
    assert_eq!(carried.cloned().collect::<BTreeSet<_>>(), used);
    for name in &used {
        assert_eq!(properties[name], json!({"Ref": name}));
    }

    let waits =
        template["Resources"]["Invocations"]["Properties"]["MaximumEventAgeInSeconds"].as_u64();
    let runs = template["Parameters"]["FunctionTimeout"]["MaxValue"].as_u64();
    let timeout = properties["ServiceTimeout"].as_u64().expect("a number");
    assert!(
        timeout < 3600 && Some(timeout) >= waits.zip(runs).map(|(waits, runs)| waits + runs),
        "{timeout}"
    );
    let is_there = |value: &str| {
        evaluate(template, &template["Conditions"]["RunsFirst"], &[("FirstRun", value)])
    };
    assert_eq!(
        (follow["Condition"].as_str(), is_there("true"), is_there("false")),
        (Some("RunsFirst"), json!(true), json!(false))
    );
}

/// The parameters that a value is made of, those of its conditions among them.
fn parameters(value: &Value, template: &Value, found: &mut BTreeSet<String>) {
    let mut name = |name: &str| {
        if template["Parameters"].get(name).is_some() {
            found.insert(name.to_owned());
        }
    };
    match value {
        Value::String(text) => {
            let pieces = text.split("${").skip(1).filter_map(|piece| piece.split_once('}'));
            pieces.for_each(|(placeholder, _)| name(placeholder));
        }
        Value::Array(values) => values.iter().for_each(|value| parameters(value, template, found)),
        Value::Object(object) => {
            if let Some(reference) = object.get("Ref") {
                name(text(reference));
            }
            if let Some(choice) = object.get("Fn::If") {
                parameters(&template["Conditions"][text(&choice[0])], template, found);
            }
            object.values().for_each(|value| parameters(value, template, found));
        }
        _ => {}
    }
}

#[test]
fn a_permit_goes_to_both_functions_with_the_text_that_it_is_for() {
    let Some(template) = reconciler() else { return };
    let recorder = &properties(template, "RecorderFunction")["Environment"]["Variables"];
    assert_eq!(permit(template), &recorder["WRITERLINK_PERMIT"]);
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/writerlink/orders";
    let given = [("Config", "ssm:/writerlink/orders"), ("Permit", "{}"), ("ConfigArn", arn)];
    let place = evaluate(template, configuration(template), &given);
    let permitted = evaluate(template, permit(template), &given);
    assert_eq!((place, permitted), (json!(given[0].1), json!("{}")));
    let pattern = text(&template["Parameters"]["ConfigArn"]["AllowedPattern"]);
    assert!(!pattern.contains('*') || pattern.contains("[^*?]"), "one thing, and no wildcard");
}

fn permit(template: &Value) -> &Value {
    &properties(template, "Function")["Environment"]["Variables"]["WRITERLINK_PERMIT"]
}

fn configuration(template: &Value) -> &Value {
    &properties(template, "Function")["Environment"]["Variables"]["WRITERLINK_CONFIG"]
}

/// What the function says to a configuration with one binding that it cannot use.
fn refusal(config: &Value) -> String {
    let location = Location::from(text(config));
    match Config::parse(text(config), &location) {
        Err(refused) => refused.to_string(),
        Ok(config) => panic!("taken: {:?}", config.bindings),
    }
}

fn parse(config: &Value) -> Config {
    let location = Location::from(text(config));
    assert!(matches!(location, Location::Inline(_)), "it would be taken for a path: {config}");
    Config::parse(text(config), &location).expect("the Lambda takes it")
}
