//! What `infra/` deploys is what it says: linted, least-privileged, serial, without retries.

mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use writerlink_core::config::{Config, Location, Mode, Timing};
use writerlink_core::event::catalogue::{self, Meaning};
use writerlink_tests::python::{linters, tests_dir, workspace_dir};
use writerlink_tests::skip::available;

use template::{evaluate, limited, list, readable, statements, template, template_path, text};

const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef";

#[test]
fn cfn_lint_has_nothing_to_say_about_the_template() {
    let Some(python) = available(linters()) else {
        return;
    };
    let lint = python.with_file_name("cfn-lint");
    let output = Command::new(python)
        .arg(lint)
        .args(["--include-checks", "I", "--"])
        .arg(template_path())
        .output()
        .expect("the environment has cfn-lint");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.is_empty(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn sam_takes_the_template_for_a_valid_one() {
    let Some(python) = available(linters()) else {
        return;
    };
    let home = tempfile::tempdir().expect("there is room for temporary files");
    let output = Command::new(python)
        .args(["-m", "samcli", "validate", "--lint", "--template"])
        .arg(template_path())
        .env("HOME", home.path())
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .output()
        .expect("the environment has the SAM CLI");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("is a valid SAM Template"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_role_may_do_exactly_what_the_stated_policy_says() {
    let Some(template) = template() else { return };
    let stated = fs::read_to_string(workspace_dir().join("infra/policy.json")).expect("it is part of the source");
    let stated: BTreeMap<String, Vec<Value>> = serde_json::from_str(&stated).expect("it maps conditions to statements");
    let mut deployed: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (condition, statement) in statements(template, "FunctionRole") {
        let mut told = json!({
            "Sid": statement["Sid"],
            "Effect": statement["Effect"],
            "Action": list(&statement["Action"]),
            "Resource": readable(&statement["Resource"]),
        });
        if let Some(limit) = statement.get("Condition") {
            told["Condition"] = limited(limit);
        }
        deployed.entry(condition).or_default().push(told);
    }
    assert_eq!(deployed, stated);
    let role = &template["Resources"]["FunctionRole"]["Properties"];
    assert!(
        role.get("ManagedPolicyArns").is_none(),
        "a managed policy would grant more than is stated"
    );
    assert_eq!(
        template["Resources"]["Function"]["Properties"]["Role"],
        json!({"Fn::GetAtt": ["FunctionRole", "Arn"]}),
        "with a role of its own, SAM adds no policies"
    );
}

#[test]
fn the_stated_policy_allows_every_call_that_the_code_makes_and_no_other() {
    let stated = fs::read_to_string(workspace_dir().join("infra/policy.json")).expect("it is part of the source");
    let stated: BTreeMap<String, Vec<Value>> = serde_json::from_str(&stated).expect("it maps conditions to statements");
    let allowed: BTreeSet<String> = stated
        .values()
        .flatten()
        .flat_map(|statement| list(&statement["Action"]))
        .filter(|action| is_call(action))
        .collect();

    // The code names a call by its permission wherever it makes one, so that an error can say what is missing.
    let sources = fs::read_dir(workspace_dir().join("crates/aws/src")).expect("it is part of the source");
    let made: BTreeSet<String> = sources
        .flat_map(|entry| {
            let source = fs::read_to_string(entry.expect("it can be listed").path()).expect("it is text");
            source.split('"').map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| is_call(word))
        .collect();
    assert_eq!(allowed, made);
}

/// The name of a call to one of the services that the code itself calls.
fn is_call(word: &str) -> bool {
    let services = ["rds", "elasticloadbalancing", "sns"];
    word.split_once(':').is_some_and(|(service, call)| {
        services.contains(&service) && !call.is_empty() && call.bytes().all(|b| b.is_ascii_alphabetic())
    })
}

#[test]
fn nothing_that_writes_is_allowed_on_every_resource() {
    let Some(template) = template() else { return };
    let mut seen = BTreeSet::new();
    for role in ["FunctionRole", "SweepRole"] {
        for (_, statement) in statements(template, role) {
            for action in list(&statement["Action"]) {
                let name = action.split_once(':').expect("an action has a service").1;
                assert!(
                    name.starts_with("Describe") || statement["Resource"] != "*",
                    "{action} is allowed on `*`"
                );
                assert!(!action.contains('*'), "{action} is a wildcard");
                seen.insert(action);
            }
        }
    }
    assert!(
        seen.contains("elasticloadbalancing:DeregisterTargets"),
        "the statements were found: {seen:?}"
    );
}

#[test]
fn beyond_its_own_group_the_role_may_write_to_tagged_groups_only() {
    let Some(template) = template() else { return };
    let is_write = |statement: &Value| {
        list(&statement["Action"])
            .iter()
            .any(|action| action.ends_with("Targets"))
    };
    let writes = statements(template, "FunctionRole")
        .into_iter()
        .filter(|(_, statement)| is_write(statement));
    let limits: BTreeMap<String, Value> = writes
        .map(|(condition, statement)| match statement.get("Condition") {
            None => (condition, statement["Resource"].clone()),
            Some(limit) => (condition, limit.clone()),
        })
        .collect();
    assert_eq!(
        json!(limits),
        json!({
            "HasTargetGroup": {"Ref": "TargetGroupArn"},
            "Discovers": {"StringLike": {"aws:ResourceTag/writerlink:source": {"Ref": "Discover"}}},
        })
    );
    let told = |given: &[(&str, &str)]| {
        ["HasTargetGroup", "Discovers"].map(|name| evaluate(template, &template["Conditions"][name], given) == true)
    };
    assert_eq!(told(&[("TargetGroupArn", GROUP)]), [true, false]);
    assert_eq!(told(&[("Discover", "cluster/orders-*")]), [false, true]);
}

#[test]
fn only_rds_and_only_of_this_account_may_publish_events() {
    let Some(template) = template() else { return };
    let policy = &template["Resources"]["EventTopicPolicy"]["Properties"]["PolicyDocument"];
    let [statement] = policy["Statement"].as_array().expect("it has statements").as_slice() else {
        panic!("there is one statement in {policy}")
    };
    assert_eq!(statement["Principal"], json!({"Service": "events.rds.amazonaws.com"}));
    assert_eq!(
        statement["Condition"],
        json!({
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:*"}},
        })
    );
    let permission = &template["Resources"]["TopicMayInvoke"]["Properties"];
    assert_eq!(
        permission["SourceArn"],
        json!({"Ref": "EventTopic"}),
        "only this topic may invoke"
    );
}

#[test]
fn rds_is_subscribed_only_after_it_may_publish() {
    let Some(template) = template() else { return };
    let subscriptions = subscriptions(template);
    assert_eq!(
        subscriptions.keys().copied().collect::<Vec<_>>(),
        ["blue-green-deployment", "db-cluster", "db-instance"]
    );
    for (source_type, subscription) in subscriptions {
        assert_eq!(subscription["DependsOn"], "EventTopicPolicy", "{source_type}");
        assert!(
            subscription["Properties"].get("SourceIds").is_none(),
            "{source_type}: members and deployments come and go"
        );
    }
}

#[test]
fn every_category_with_events_that_are_watched_is_subscribed_but_the_one_whose_spelling_is_open() {
    let Some(template) = template() else { return };
    let mut subscribed = BTreeSet::new();
    for (source_type, subscription) in subscriptions(template) {
        for category in list(&subscription["Properties"]["EventCategories"]) {
            subscribed.insert((source_type.to_owned(), category));
        }
    }
    let watched: BTreeSet<(String, String)> = catalogue::entries()
        .filter(|entry| !matches!(entry.meaning, Meaning::Look | Meaning::Ignore))
        .map(|entry| (entry.source.to_owned(), entry.category.to_owned()))
        .collect();
    let missing: Vec<_> = watched.difference(&subscribed).collect();
    assert_eq!(missing, [&("db-cluster".to_owned(), "global-failover".to_owned())]);
}

fn subscriptions(template: &Value) -> BTreeMap<&str, &Value> {
    let resources = template["Resources"].as_object().expect("it has resources").values();
    resources
        .filter(|resource| resource["Type"] == "AWS::RDS::EventSubscription")
        .map(|resource| (text(&resource["Properties"]["SourceType"]), resource))
        .collect()
}

#[test]
fn the_sweep_is_the_only_retry() {
    let Some(template) = template() else { return };
    let invocations = &template["Resources"]["Function"]["Properties"]["EventInvokeConfig"];
    assert_eq!(invocations["MaximumRetryAttempts"], 0);
    assert_eq!(
        invocations["DestinationConfig"]["OnFailure"],
        json!({"Type": "SQS", "Destination": {"Fn::GetAtt": ["Failures", "Arn"]}})
    );
    let target = &template["Resources"]["Sweep"]["Properties"]["Target"];
    assert_eq!(target["RetryPolicy"]["MaximumRetryAttempts"], 0);
}

#[test]
fn one_run_goes_at_a_time_unless_the_account_cannot_reserve() {
    let Some(template) = template() else { return };
    let reserved = &template["Resources"]["Function"]["Properties"]["ReservedConcurrentExecutions"];
    assert_eq!(evaluate(template, reserved, &[]), 1);
    assert_eq!(
        evaluate(template, reserved, &[("ReserveConcurrency", "false")]),
        Value::Null
    );
}

#[test]
fn a_sweep_comes_every_minute_with_the_input_that_the_lambda_knows() {
    let Some(template) = template() else { return };
    let sweep = &template["Resources"]["Sweep"]["Properties"];
    assert_eq!(sweep["ScheduleExpression"], "rate(1 minute)");
    assert_eq!(sweep["FlexibleTimeWindow"], json!({"Mode": "OFF"}));
    let recorded = fs::read_to_string(tests_dir().join("events/scheduler-sweep.json")).expect("it is recorded");
    let recorded: Value = serde_json::from_str(&recorded).expect("it is JSON");
    let input: Value =
        serde_json::from_str(sweep["Target"]["Input"].as_str().expect("an input is text")).expect("JSON");
    assert_eq!(input, recorded);
}

#[test]
fn the_function_outlives_the_longest_watch() {
    let Some(template) = template() else { return };
    let timeout = &template["Resources"]["Function"]["Properties"]["Timeout"];
    let timeout = evaluate(template, timeout, &[]).as_u64().expect("it has a timeout");
    let watch = Timing::default().longest_watch().as_secs();
    assert!(
        timeout >= watch + 30,
        "{timeout} s leave no time to write and answer after {watch} s of watching"
    );
}

#[test]
fn the_configuration_that_the_parameters_make_is_one_that_the_lambda_takes() {
    let Some(template) = template() else { return };
    let config = &template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["WRITERLINK_CONFIG"];
    let given = [
        ("Source", "cluster/orders"),
        ("TargetGroupArn", GROUP),
        ("Allow", "10.20.4.0/24,10.20.5.0/24"),
    ];

    let least = parse(&evaluate(template, config, &given));
    let binding = least.usable().next().expect("one binding");
    assert_eq!(
        (binding.name.as_str(), binding.port, binding.mode),
        ("stack", None, Mode::Manage)
    );
    assert_eq!(
        (binding.source.to_string(), binding.target_group.to_string()),
        ("cluster/orders".into(), GROUP.into())
    );
    assert_eq!(least.notify_topic, None);

    let topic = "arn:aws:sns:eu-west-1:111122223333:outcomes";
    let more = [("Port", "5433"), ("Mode", "observe"), ("NotifyTopicArn", topic)];
    let most = parse(&evaluate(
        template,
        config,
        &[given.as_slice(), more.as_slice()].concat(),
    ));
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

    let whole = "allow = []\n";
    assert_eq!(
        evaluate(template, config, &[("Config", whole)]),
        whole,
        "a whole configuration goes in as it is"
    );
}

#[test]
fn the_source_parameter_takes_every_kind_that_needs_no_configuration_of_its_own() {
    let Some(template) = template() else { return };
    let pattern = text(&template["Parameters"]["Source"]["AllowedPattern"]);
    let id = "[A-Za-z][A-Za-z0-9-]{0,62}";
    assert_eq!(
        pattern.replace(id, "ID"),
        "^$|^(cluster/ID(/readers|/custom/ID)?|instance/ID|proxy/ID(/ID)?)$"
    );
    for source in [
        "cluster/ID",
        "cluster/ID/readers",
        "cluster/ID/custom/ID",
        "instance/ID",
        "proxy/ID",
        "proxy/ID/ID",
    ] {
        let given = [("Source", source), ("TargetGroupArn", GROUP), ("Allow", "10.20.4.0/24")];
        let config = &template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["WRITERLINK_CONFIG"];
        let taken = parse(&evaluate(template, config, &given));
        let binding = taken.usable().next().expect(source);
        assert_eq!(binding.source.to_string(), source.replace("ID", "id"));
    }
}

fn parse(config: &Value) -> Config {
    let location = Location::from(text(config));
    assert!(
        matches!(location, Location::Inline(_)),
        "it would be taken for a path: {config}"
    );
    Config::parse(text(config), &location).expect("the Lambda takes it")
}
