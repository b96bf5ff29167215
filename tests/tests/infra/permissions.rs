//! Tests that the functions' roles grant exactly what `policy.json` states, and that this is
//! little.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use writerlink_tests::python::workspace_dir;

use crate::GROUP;
use crate::engine::{MADE, Permissions, filled, stated};
use crate::template::{evaluate, list, properties, reconciler, statements, text};

const PARAMETER: &str = "arn:aws:ssm:eu-west-1:111122223333:parameter/writerlink/orders";
const OBJECT: &str = "arn:aws:s3:::bindings/teams/orders.toml";

/// A deployment: its parameters, the conditions under which `policy.json` then grants something,
/// and the values of its placeholders.
struct Deployment<'a> {
    given: &'a [(&'a str, &'a str)],
    conditions: &'a [&'a str],
    values: &'a [(&'a str, &'a [&'a str])],
}

#[test]
fn the_role_may_do_exactly_what_the_stated_policy_says() {
    let Some(template) = reconciler() else { return };
    let readers = GROUP.replace("orders", "readers");
    let both = format!("{GROUP},{readers}");
    let topic = "arn:aws:sns:eu-west-1:111122223333:on-call";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/of-ours";
    let deployments = [
        Deployment {
            given: &[("TargetGroupArns", GROUP)],
            conditions: &["Writes"],
            values: &[("TargetGroupArns", &[GROUP])],
        },
        Deployment {
            given: &[("TargetGroupArns", &both), ("NotifyTopicArn", topic)],
            conditions: &["Writes"],
            values: &[("TargetGroupArns", &[GROUP, &readers]), ("OutcomeTopicArn", &[topic])],
        },
        // Who only looks cannot write either. A Config says for itself what is managed.
        Deployment {
            given: &[("TargetGroupArns", GROUP), ("Mode", "observe")],
            conditions: &[],
            values: &[],
        },
        Deployment {
            given: &[("TargetGroupArns", GROUP), ("Mode", "observe"), ("Config", "{}")],
            conditions: &["Writes"],
            values: &[("TargetGroupArns", &[GROUP])],
        },
        Deployment {
            given: &[("Discover", "cluster/orders-*,instance/billing"), ("TopicKey", "create")],
            conditions: &["Discovers", "HasTopicKey"],
            values: &[
                ("Discover", &["cluster/orders-*", "instance/billing"]),
                ("TopicKeyArn", &["arn:aws:kms:eu-west-1:111122223333:key/made"]),
            ],
        },
        Deployment {
            given: &[("TopicKey", key), ("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")],
            conditions: &["HasTopicKey", "InVpc", "InVpcAndCold"],
            values: &[("TopicKeyArn", &[key])],
        },
        // With a warm standby the code lists interfaces, which it otherwise may not.
        Deployment {
            given: &[("Standby", "warm"), ("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")],
            conditions: &["InVpc", "Warm"],
            values: &[],
        },
        Deployment {
            given: &[("Config", "ssm:/writerlink/orders"), ("ConfigArn", PARAMETER)],
            conditions: &["FollowsConfig"],
            values: &[("ConfigArn", &[PARAMETER])],
        },
        Deployment {
            given: &[("ConfigArn", OBJECT), ("ConfigKeyArn", key)],
            conditions: &["FollowsConfig", "HasConfigKey"],
            values: &[("ConfigArn", &[OBJECT]), ("ConfigKeyArn", &[key])],
        },
    ];
    let mut granted = BTreeSet::from(["Audit", "Doctor"]);
    // These are the recorder's.
    granted.extend(["Recorder", "RecorderDiscovers", "RecorderProbes"]);
    granted.extend(compared(template, "FunctionRole", "always", &deployments));
    assert_eq!(
        granted,
        stated().keys().map(String::as_str).collect(),
        "every condition was met once"
    );
    assert_eq!(
        properties(template, "Function")["Role"],
        json!({"Fn::GetAtt": ["FunctionRole", "Arn"]}),
        "with a role of its own, SAM adds no policies"
    );
}

#[test]
fn the_recorder_may_do_exactly_what_the_stated_policy_says_and_that_is_to_read() {
    let Some(template) = reconciler() else { return };
    let topic = "arn:aws:sns:eu-west-1:111122223333:on-call";
    let deployments = [
        Deployment {
            given: &[("TargetGroupArns", GROUP), ("NotifyTopicArn", topic)],
            conditions: &[],
            values: &[("OutcomeTopicArn", &[topic])],
        },
        Deployment {
            given: &[("Discover", "cluster/orders-*"), ("TopicKey", "create")],
            conditions: &["HasTopicKey", "RecorderDiscovers"],
            values: &[("TopicKeyArn", &["arn:aws:kms:eu-west-1:111122223333:key/made"])],
        },
        Deployment {
            given: &[("RecorderSubnetIds", "subnet-1"), ("RecorderSecurityGroupIds", "sg-1")],
            conditions: &["InVpc", "InVpcAndCold"],
            values: &[],
        },
        Deployment {
            given: &[("Probe", "connect"), ("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")],
            conditions: &["InVpc", "InVpcAndCold", "RecorderProbes"],
            values: &[],
        },
        Deployment {
            given: &[("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")],
            conditions: &["InVpc", "InVpcAndCold"],
            values: &[],
        },
        Deployment {
            given: &[("ConfigArn", PARAMETER), ("ConfigKeyArn", "arn:aws:kms:eu-west-1:1:key/k")],
            conditions: &["FollowsConfig", "HasConfigKey"],
            values: &[
                ("ConfigArn", &[PARAMETER]),
                ("ConfigKeyArn", &["arn:aws:kms:eu-west-1:1:key/k"]),
            ],
        },
    ];
    let granted = compared(template, "RecorderRole", "Recorder", &deployments);
    let stated = stated();
    let of_recorder: BTreeSet<&str> = stated
        .keys()
        .map(String::as_str)
        .filter(|condition| condition.starts_with("Recorder"))
        .collect();
    assert!(of_recorder.is_subset(&granted), "every condition was met once");
    for statement in of_recorder.iter().flat_map(|condition| &stated[*condition]) {
        let reads = list(&statement["Action"]).iter().all(|action| {
            action.split_once(':').is_some_and(|(_, call)| call.starts_with("Describe"))
        });
        assert!(
            reads || ["Log", "Notify"].contains(&text(&statement["Sid"])),
            "{statement} does more than read, log and notify"
        );
    }
    // What the code reads with `discover` and with the probe: core's `read_tagged_groups` and
    // `writerlink-aws`'s `TcpProbe`.
    for (condition, calls) in [
        ("RecorderDiscovers", &["DescribeTags"][..]),
        ("RecorderProbes", &["DescribeLoadBalancers", "DescribeListeners"]),
    ] {
        let permissions = Permissions::of(&filled(&["Recorder", condition], &MADE));
        for call in [calls, &["DescribeTargetGroups"]].concat() {
            let call = format!("elasticloadbalancing:{call}");
            assert!(permissions.allow(&call, GROUP, &[]), "{condition}: {call}");
        }
    }
    assert_eq!(
        properties(template, "RecorderFunction")["Role"],
        json!({"Fn::GetAtt": ["RecorderRole", "Arn"]})
    );
}

/// Asserts that a role's statements are those that are stated under `part` and under the conditions
/// of each deployment, and says which parts that were.
fn compared<'a>(
    template: &Value,
    role: &str,
    part: &'a str,
    deployments: &[Deployment<'a>],
) -> BTreeSet<&'a str> {
    let mut granted = BTreeSet::new();
    for deployment in deployments {
        let role = evaluate(template, properties(template, role), deployment.given);
        assert!(
            role.get("ManagedPolicyArns").is_none(),
            "a managed policy would grant more than is stated"
        );
        let deployed =
            by_sid(role["Policies"][0]["PolicyDocument"]["Statement"].as_array().expect("a list"));
        let conditions = [&[part], deployment.conditions].concat();
        // What a deployment does not say is as in every other.
        let values = [deployment.values, &MADE].concat();
        assert_eq!(deployed, by_sid(&filled(&conditions, &values)), "{:?}", deployment.given);
        granted.extend(conditions);
    }
    granted
}

/// Statements by their names, with a list wherever IAM takes one thing or several.
fn by_sid(statements: &[Value]) -> BTreeMap<String, Value> {
    let listed = |value: &Value| json!(list(value));
    let named = statements.iter().map(|statement| {
        let mut statement = statement.clone();
        for key in ["Action", "Resource"] {
            statement[key] = listed(&statement[key]);
        }
        if let Some(tests) = statement.get_mut("Condition").and_then(Value::as_object_mut) {
            for keys in tests.values_mut().filter_map(Value::as_object_mut) {
                keys.values_mut().for_each(|value| *value = listed(value));
            }
        }
        (text(&statement["Sid"]).to_owned(), statement)
    });
    named.collect()
}

#[test]
fn the_stated_policy_allows_every_call_that_the_code_makes_and_no_other() {
    let allowed: BTreeSet<String> = stated()
        .values()
        .flatten()
        .flat_map(|statement| list(&statement["Action"]))
        .filter(|action| is_call(action))
        .collect();

    // The code names each call by its permission, so that an error can say what is missing: the
    // calls of the ports in core, and others where they are made.
    let mut sources = files(&workspace_dir().join("crates/aws/src"));
    sources.push(workspace_dir().join("crates/core/src/ports/action.rs"));
    let made: BTreeSet<String> = sources
        .iter()
        .flat_map(|path| {
            let source = fs::read_to_string(path).expect("it is text");
            source.split('"').map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| is_call(word))
        .collect();
    assert_eq!(allowed, made);
}

/// Every file in this folder and in those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is part of the source");
    entries
        .map(|entry| entry.expect("it can be listed").path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// The name of a call to one of the services that the code itself calls.
fn is_call(word: &str) -> bool {
    let services = ["rds", "elasticloadbalancing", "sns", "ssm", "s3"];
    word.split_once(':').is_some_and(|(service, call)| {
        services.contains(&service)
            && !call.is_empty()
            && call.bytes().all(|b| b.is_ascii_alphabetic())
    })
}

#[test]
fn nothing_that_writes_is_allowed_on_every_resource() {
    let Some(template) = reconciler() else { return };
    let mut seen = BTreeSet::new();
    for role in ["FunctionRole", "SweepRole", "RecorderRole"] {
        let allowed = statements(template, role);
        for (_, statement) in allowed.iter().filter(|(_, statement)| statement["Effect"] == "Allow")
        {
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
    let Some(template) = reconciler() else { return };
    let is_write = |statement: &Value| {
        list(&statement["Action"]).iter().any(|action| action.ends_with("Targets"))
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
            "Writes": {"Ref": "TargetGroupArns"},
            "Discovers": {"StringLike": {"aws:ResourceTag/writerlink:source": {"Ref": "Discover"}}},
        })
    );
    let told = |given: &[(&str, &str)]| {
        ["Writes", "Discovers"]
            .map(|name| evaluate(template, &template["Conditions"][name], given) == true)
    };
    assert_eq!(told(&[("TargetGroupArns", GROUP)]), [true, false]);
    assert_eq!(told(&[("Discover", "cluster/orders-*")]), [false, true]);
}

#[test]
fn a_configuration_outside_is_read_alone_and_decrypted_only_on_its_way() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    for (arn, action, service) in
        [(PARAMETER, "ssm:GetParameter", "ssm"), (OBJECT, "s3:GetObject", "s3")]
    {
        let values: [(&str, &[&str]); 2] = [("ConfigArn", &[arn]), ("ConfigKeyArn", &[key])];
        let values = [values.as_slice(), &MADE].concat();
        let role = Permissions::of(&filled(&["FollowsConfig", "HasConfigKey"], &values));
        assert!(role.allow(action, arn, &[]));
        assert!(!role.allow(action, &format!("{arn}-2"), &[]));
        assert!(!role.allow(&action.replace("Get", "Put"), arn, &[]));
        let via = format!("{service}.eu-west-1.amazonaws.com");
        assert!(role.allow("kms:Decrypt", key, &[("kms:ViaService", &via)]));
        assert!(!role.allow("kms:Decrypt", key, &[]));
        let other = "secretsmanager.eu-west-1.amazonaws.com";
        assert!(!role.allow("kms:Decrypt", key, &[("kms:ViaService", other)]));
    }
}

#[test]
fn the_audit_may_describe_and_do_nothing_else() {
    let stated = stated();
    let [statement] = stated["Audit"].as_slice() else { panic!("one statement is enough") };
    let actions = list(&statement["Action"]);
    assert!(actions.iter().all(|action| {
        action.split_once(':').is_some_and(|(_, call)| call.starts_with("Describe"))
    }));
    let audit = Permissions::of(std::slice::from_ref(statement));
    assert!(audit.allow("elasticloadbalancing:DescribeTargetHealth", GROUP, &[]));
    for write in ["RegisterTargets", "DeregisterTargets", "CreateTargetGroup"] {
        assert!(!audit.allow(&format!("elasticloadbalancing:{write}"), GROUP, &[]), "{write}");
    }
}

#[test]
fn what_is_stated_for_doctor_is_what_the_reader_of_the_account_calls_and_only_reads() {
    let stated = stated();
    let [statement] = stated["Doctor"].as_slice() else { panic!("one statement is enough") };
    let stated: BTreeSet<String> = list(&statement["Action"]).into_iter().collect();
    let read = |path: &str| {
        fs::read_to_string(workspace_dir().join("crates").join(path)).expect("it is text")
    };
    let reader = files(&workspace_dir().join("crates/aws/src/account/reader"));
    let reader: String = reader.iter().map(|path| read(&path.display().to_string())).collect();
    let closed: BTreeSet<String> = quoted_actions(&read("aws/src/call/operation.rs")).collect();
    // The ports in core name some of the calls.
    let ports = read("core/src/ports/action.rs");
    let shared = ports.split("pub const ").filter(|constant| {
        let name = constant.split(':').next().expect("a constant has a name");
        reader.split(|c: char| !c.is_ascii_uppercase() && c != '_').any(|word| word == name)
    });
    let shared = shared.flat_map(quoted_actions);
    let all = quoted_actions(&reader).chain(shared).chain(closed.iter().cloned());
    // Who has a configuration outside the function may read that one.
    let outside = list(&self::stated()["FollowsConfig"][0]["Action"]);
    let made: BTreeSet<String> = all.filter(|action| !outside.contains(action)).collect();
    assert_eq!(stated, made);
    assert!(closed.len() <= 25, "the list of calls without an SDK crate stays short: {closed:?}");
    for action in &stated {
        let call = action.split(':').nth(1).expect("an action has a service");
        assert!(["Describe", "Get", "List"].iter().any(|verb| call.starts_with(verb)), "{action}");
    }
}

/// The texts in this source that are the name of a call, such as `sns:Publish`.
fn quoted_actions(source: &str) -> impl Iterator<Item = String> {
    let is_call = |word: &&str| {
        word.split_once(':').is_some_and(|(service, call)| {
            let is_service = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            !service.is_empty()
                && service.bytes().all(is_service)
                && call.starts_with(|c: char| c.is_ascii_uppercase())
                && call.bytes().all(|b| b.is_ascii_alphabetic())
        })
    };
    source.split('"').filter(is_call).map(str::to_owned)
}

#[test]
fn only_the_services_that_must_may_publish_to_the_topics_and_use_their_key() {
    let Some(template) = reconciler() else { return };
    let given = [("TopicKey", "create")];
    let policy = |resource: &str, key: &str| {
        let document = evaluate(template, &properties(template, resource)[key], &given);
        Permissions::of(document["Statement"].as_array().expect("it has statements"))
    };
    let events = policy("EventTopicPolicy", "PolicyDocument");
    let outcomes = policy("OutcomeTopicPolicy", "PolicyDocument");
    let (rds, alarms) = ("events.rds.amazonaws.com", "cloudwatch.amazonaws.com");
    let topic = |name: &str| format!("arn:aws:sns:eu-west-1:111122223333:stack-{name}");
    let from = |account: &'static str, source: &'static str| {
        [("aws:SourceAccount", account), ("aws:SourceArn", source)]
    };
    let cluster = from("111122223333", "arn:aws:rds:eu-west-1:111122223333:cluster:orders");
    let alarm =
        from("111122223333", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:stack-SweepAlarm");
    let deputy = from("444455556666", "arn:aws:rds:eu-west-1:444455556666:cluster:theirs");

    let publish = |policy: &Permissions, service, name, context: &[(&str, &str)]| {
        policy.allow_service(service, "sns:Publish", &topic(name), context)
    };
    assert!(publish(&events, rds, "EventTopic", &cluster));
    assert!(publish(&outcomes, alarms, "OutcomeTopic", &alarm));
    for (what, may) in [
        ("RDS for another account", publish(&events, rds, "EventTopic", &deputy)),
        ("RDS for nobody", publish(&events, rds, "EventTopic", &[])),
        ("alarms to the topic of events", publish(&events, alarms, "EventTopic", &alarm)),
        ("RDS to the topic of outcomes", publish(&outcomes, rds, "OutcomeTopic", &cluster)),
        ("an alarm of another account", publish(&outcomes, alarms, "OutcomeTopic", &deputy)),
        ("an alarm that is a cluster", publish(&outcomes, alarms, "OutcomeTopic", &cluster)),
    ] {
        assert!(!may, "{what}");
    }
    let subscribe = |policy: &Permissions| {
        policy.allow_service(rds, "sns:Subscribe", &topic("EventTopic"), &cluster)
    };
    assert!(!subscribe(&events));

    let key = policy("Key", "KeyPolicy");
    let uses = |service, context: &[(&str, &str)]| {
        let may = ["kms:GenerateDataKey", "kms:Decrypt"].map(|action| {
            key.allow_service(
                service,
                action,
                "arn:aws:kms:eu-west-1:111122223333:key/made",
                context,
            )
        });
        assert_eq!(may[0], may[1]);
        may[0]
    };
    let (ours, theirs) =
        (topic("EventTopic"), "arn:aws:sns:eu-west-1:444455556666:stack-EventTopic");
    let through = "kms:EncryptionContext:aws:sns:topicArn";
    assert!(uses(rds, &[(through, &ours)]) && uses(alarms, &alarm));
    assert!(!uses(rds, &[(through, theirs)]) && !uses(rds, &[]) && !uses(alarms, &deputy));
    assert!(!uses("s3.amazonaws.com", &[(through, &ours)]));
    assert_eq!(properties(template, "Key")["EnableKeyRotation"], true);
}
