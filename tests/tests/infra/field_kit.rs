//! Tests that the field kit fails over its own database only, until an end, and leaves nothing, and
//! that its page says what it settles.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use writerlink_tests::python::workspace_dir;

use crate::inputs::refused;
use crate::template::{evaluate, list, properties, read, statements, text};

#[test]
fn the_schedule_fails_one_database_over_and_ends() {
    let Some(template) = read("failovers.yaml") else { return };
    let times = [("Start", "2026-12-01T10:00:00Z"), ("End", "2026-12-01T12:00:00Z")];
    let cases = [
        (
            ("DBInstanceIdentifier", "billing"),
            "rds:rebootDBInstance",
            json!({"DbInstanceIdentifier": "billing", "ForceFailover": true}),
            ("rds:RebootDBInstance", "arn:aws:rds:eu-west-1:111122223333:db:billing"),
        ),
        (
            ("DBClusterIdentifier", "orders"),
            "rds:failoverDBCluster",
            json!({"DbClusterIdentifier": "orders"}),
            ("rds:FailoverDBCluster", "arn:aws:rds:eu-west-1:111122223333:cluster:orders"),
        ),
    ];
    for (database, call, input, (action, resource)) in cases {
        let given = [times.as_slice(), &[database]].concat();
        let schedule = evaluate(&template, properties(&template, "Schedule"), &given);
        assert_eq!(
            (&schedule["ScheduleExpression"], &schedule["StartDate"], &schedule["EndDate"]),
            (&json!("rate(20 minutes)"), &json!(times[0].1), &json!(times[1].1))
        );
        let target = &schedule["Target"];
        assert_eq!(target["Arn"], format!("arn:aws:scheduler:::aws-sdk:{call}"));
        assert_eq!(serde_json::from_str::<Value>(text(&target["Input"])).expect("JSON"), input);
        assert_eq!(target["RetryPolicy"]["MaximumRetryAttempts"], 0);
        let allowed: Vec<_> = statements(&template, "Role")
            .iter()
            .map(|(_, statement)| evaluate(&template, statement, &given))
            .collect();
        let [fails_over, tells] = &allowed[..] else { panic!("{allowed:?}") };
        assert_eq!(
            (list(&fails_over["Action"]), list(&fails_over["Resource"])),
            (vec![action.to_owned()], vec![resource.to_owned()])
        );
        let tag = json!({"StringEquals": {"aws:ResourceTag/writerlink:field-kit": "true"}});
        assert_eq!(fails_over["Condition"], tag);
        assert_eq!(list(&tells["Action"]), ["sqs:SendMessage"]);
        assert_eq!(tells["Resource"], target["DeadLetterConfig"]["Arn"], "its own queue only");
    }
}

/// The role of the schedule may fail over what has the tag.
#[test]
fn the_database_of_the_field_kit_has_the_tag_and_an_example_has_none() {
    let Some(template) = read("database.yaml") else { return };
    for database in ["Cluster", "Instance"] {
        let tags = |given: &[(&str, &str)]| {
            let properties = evaluate(&template, properties(&template, database), given);
            properties.get("Tags").cloned()
        };
        let tag = json!([{"Key": "writerlink:field-kit", "Value": "true"}]);
        assert_eq!(tags(&[("FieldKit", "true")]), Some(tag), "{database}");
        assert_eq!(tags(&[]), None, "{database}");
    }
    let Some(kit) = read("field-kit.layers.yaml") else { return };
    let given = &kit["Resources"]["Database"]["Properties"]["Parameters"];
    assert_eq!(given["FieldKit"], "true");
}

#[test]
fn a_field_kit_refuses_what_fails_or_costs_money_later() {
    let needed = json!({
        "Start": "2026-12-01T10:00:00Z", "End": "2026-12-01T12:00:00Z",
        "CodeBucket": "code", "CodeKey": "bootstrap.zip",
    });
    let cases = [
        (json!({}), None),
        (json!({"Standby": "warm", "Engine": "mysql"}), None),
        (json!({"Engine": "aurora-postgresql"}), None),
        (json!({"Standby": "warm", "Engine": "aurora-postgresql"}), Some("Engine=postgres")),
        (json!({"InstanceClass": "db.r8g.24xlarge"}), Some("InstanceClass")),
        (json!({"Start": "2026-19-01T10:00:00Z"}), Some("Start")),
        (json!({"Start": "2026-12-00T10:00:00Z"}), Some("Start")),
        (json!({"End": "2026-12-01T29:00:00Z"}), Some("End")),
        (json!({"End": "2026-12-31T23:59:59Z"}), None),
        (json!({"BudgetDollars": "0"}), Some("BudgetDollars")),
    ];
    let inputs: Vec<Value> = cases
        .iter()
        .map(|(more, _)| {
            let mut given = needed.clone();
            let more = more.as_object().expect("inputs have names").clone();
            given.as_object_mut().expect("as above").extend(more);
            given
        })
        .collect();
    let Some(refused) = refused("field-kit.yaml", &inputs) else { return };
    for ((more, wanted), said) in cases.iter().zip(refused) {
        match wanted {
            None => assert!(said.is_empty(), "{more}: {said:?}"),
            Some(wanted) => {
                assert!(said.iter().any(|line| line.contains(wanted)), "{more}: {said:?}")
            }
        }
    }
}

#[test]
fn nothing_of_a_field_kit_outlives_its_stack() {
    let Some(template) = read("field-kit.yaml") else { return };
    let resources = template["Resources"].as_object().expect("it has resources");
    let kept: BTreeSet<&str> = resources
        .iter()
        .filter(|(_, resource)| {
            ["DeletionPolicy", "UpdateReplacePolicy"]
                .iter()
                .any(|policy| resource.get(*policy).is_some_and(|policy| policy != "Delete"))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    // Of which a deletion calls nobody: it is nothing but a call.
    assert_eq!(kept, BTreeSet::from(["ReconcilerFollow"]));
    for database in ["DatabaseCluster", "DatabaseInstance"] {
        assert_eq!(resources[database]["DeletionPolicy"], "Delete", "by default a snapshot stays");
        assert_eq!(resources[database]["Properties"]["DeletionProtection"], false);
    }
}

/// The lab's page has the list of what is assumed of AWS, each with its parameter.
#[test]
fn the_page_of_the_field_kit_says_what_settles_each_assumption_of_the_lab() {
    let page = |name: &str| {
        fs::read_to_string(workspace_dir().join("docs").join(name)).expect("it is there")
    };
    let lab = page("lab.md");
    let table = lab.split_once("### What is assumed").expect("a heading").1;
    let table = table.split_once("\n`--delay` sets").expect("the end of the table").0;
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let parameters = rows.filter_map(|row| row.split('|').nth(2)?.split('`').nth(1));
    let parameters: BTreeSet<&str> =
        parameters.map(|parameter| parameter.split('=').next().expect("a name")).collect();
    assert!(parameters.len() >= 10, "{parameters:?}");
    let field_kit = page("field-kit.md");
    for parameter in parameters {
        assert!(field_kit.contains(&format!("`{parameter}`")), "{parameter} is not on the page");
    }
}
