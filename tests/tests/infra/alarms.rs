//! Tests that the alarms and the dashboard use the metrics and log lines that the function really
//! writes.

mod cloudwatch;
mod simulation;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use writerlink_lab::fault::{Effect, Fault};
use writerlink_tests::deployed_lab::{DeployedLab, sns};

use crate::GROUP;
use crate::template::{evaluate, list, properties, reconciler, text};

const BINDING: [(&str, &str); 3] =
    [("Source", "cluster/orders"), ("TargetGroupArns", GROUP), ("Allow", "10.20.4.0/24")];

/// The names of a metric and of its dimensions.
type Metric = (String, BTreeSet<String>);

/// What the real function printed in a sweep, and in an event's run that could not be carried out.
async fn printed() -> Vec<Value> {
    let deployed = DeployedLab::begin().await;
    deployed.deliver(&json!({"trigger": "sweep"})).await;
    let denied = Fault::on("DescribeTargetHealth", Effect::AccessDenied);
    deployed.lab.world().faults.add(denied);
    let now = deployed.lab.world().timestamp();
    deployed.deliver(&sns("RDS-EVENT-0071", "db-cluster", "orders", now)).await;
    let log = deployed.log();
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The metrics in what was printed.
fn emitted(lines: &[Value]) -> BTreeSet<Metric> {
    let directives = lines.iter().filter_map(|line| line.get("_aws"));
    directives
        .flat_map(|directive| directive["CloudWatchMetrics"].as_array().expect("a list"))
        .flat_map(|directive| {
            assert_eq!(directive["Namespace"], "Writerlink");
            let dimensions: BTreeSet<String> =
                list(&directive["Dimensions"][0]).into_iter().collect();
            let metrics = directive["Metrics"].as_array().expect("a list").iter();
            metrics.map(move |metric| (text(&metric["Name"]).to_owned(), dimensions.clone()))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alarm_and_every_graph_is_of_a_metric_that_the_function_writes() {
    let Some(template) = reconciler() else { return };
    let printed = printed().await;
    let emitted = emitted(&printed);
    for (name, alarm) in alarms(template) {
        if alarm["Namespace"] != "Writerlink" {
            continue;
        }
        let dimensions = alarm["Dimensions"].as_array().expect("a list").iter();
        let dimensions = dimensions.map(|dimension| text(&dimension["Name"]).to_owned()).collect();
        let metric = (text(&alarm["MetricName"]).to_owned(), dimensions);
        assert!(emitted.contains(&metric), "{name} waits for {metric:?}, and there is {emitted:?}");
    }

    let graphs = graphs(&dashboard(template));
    let of_function = |metric: &&Metric| metric.1.len() == 1;
    let runs: BTreeSet<Metric> = emitted.iter().filter(of_function).cloned().collect();
    assert_eq!(graphs, runs);
    let rung = &dashboard(template)["widgets"][0]["properties"]["alarms"];
    let shown: BTreeSet<String> = list(rung).into_iter().collect();
    let made = alarms(template).into_keys().map(|name| format!("{name}.Arn")).collect();
    assert_eq!(shown, made, "every alarm is on the dashboard");
    let dashboard = dashboard(template).to_string();
    let by_binding = emitted.iter().find(|metric| metric.1.len() == 2).expect("one was not ok");
    assert_eq!(by_binding.0, "BindingNotOk");
    assert!(dashboard.contains(concat!(
        r#"SEARCH('{Writerlink,Function,Binding} MetricName=\"BindingNotOk\" "#,
        r#"Function=\"stack-Function\"', 'Maximum', 60)"#
    )));
    assert!(
        !template.to_string().contains("FILL("),
        "a filled value stands where a late one is missing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboards_query_finds_the_lines_of_runs_that_were_not_ok() {
    let Some(template) = reconciler() else { return };
    let widgets = dashboard(template)["widgets"].clone();
    let widgets = widgets.as_array().expect("a list").iter();
    let queries: Vec<&str> =
        widgets.filter_map(|widget| widget["properties"]["query"].as_str()).collect();
    let [query] = queries.as_slice() else { panic!("one query, not {queries:?}") };
    assert!(
        query.starts_with("SOURCE 'stack-LogGroup' | fields @timestamp, kind, binding, message | "),
        "{query}"
    );
    assert!(query.contains(r#"filter kind in ["not-ok", "failed"]"#), "{query}");
    let printed = printed().await;
    for kind in ["not-ok", "failed"] {
        let line = printed.iter().find(|line| line["kind"] == kind);
        let line = line.unwrap_or_else(|| panic!("no line of the kind {kind}"));
        assert!(line["message"].is_string(), "{line}");
        assert!(kind == "failed" || line["binding"] == "orders-writer", "{line}");
    }
}

/// Each of them notifies the topic of outcomes when it begins and when it is over. [`simulation`]
/// shows what their numbers do.
#[test]
fn every_alarm_tells_the_topic_of_outcomes_and_is_of_one_metric() {
    let Some(template) = reconciler() else { return };
    for (name, alarm) in alarms(template) {
        for action in ["AlarmActions", "OKActions"] {
            assert_eq!(
                alarm[action],
                json!(["arn:aws:sns:eu-west-1:111122223333:stack-OutcomeTopic"]),
                "{name}"
            );
        }
        assert!(alarm.get("Metrics").is_none(), "{name} is of an expression");
    }
}

/// The binding's alarm names the binding as the configuration does, and is there only where the
/// stack knows that name.
#[test]
fn the_bindings_alarm_is_of_the_binding_that_the_parameters_make() {
    let Some(template) = reconciler() else { return };
    let alarm = &alarms(template)["BindingAlarm"];
    assert_eq!(
        alarm["Dimensions"],
        json!([
            {"Name": "Function", "Value": "stack-Function"},
            {"Name": "Binding", "Value": "stack"}
        ])
    );
    let config = &properties(template, "Function")["Environment"]["Variables"]["WRITERLINK_CONFIG"];
    let config: Value =
        serde_json::from_str(text(&evaluate(template, config, &BINDING))).expect("JSON");
    assert_eq!(config["binding"][0]["name"], "stack");

    let is_there = |name: &str, given: &[(&str, &str)]| {
        let condition = text(&template["Resources"][name]["Condition"]);
        evaluate(template, &template["Conditions"][condition], given) == true
    };
    assert!(is_there("BindingAlarm", &BINDING));
    assert!(!is_there(
        "BindingAlarm",
        &[("Config", "/var/task/writerlink.toml"), ("TargetGroupArns", GROUP)]
    ));
    assert!(!is_there("BindingAlarm", &[("Discover", "cluster/*"), ("Allow", "10.20.4.0/24")]));
    for name in alarms(template).keys() {
        assert!(!is_there(name, &[("Alarms", "false"), ("TargetGroupArns", GROUP)]), "{name}");
    }
}

/// The bytes of one sweep over groups that are right: what every run logs, and what each binding
/// adds. docs/cost.md prices both, without the three lines of Lambda's own.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_logs_as_many_bytes_as_are_priced() {
    let one = logged(|config| {
        let second = config.rfind("[[binding]]").expect("there are two");
        let timing = config.find("\n[timing]").expect("the tests are brisk");
        if timing > second {
            return format!("{}{}", &config[..second], &config[timing..]);
        }
        config[..second].to_owned()
    })
    .await;
    let two = logged(|config| config).await;
    let each = two - one;
    println!("a sweep logs {} bytes, and {each} for each binding", one - each);
    let page =
        std::fs::read_to_string(writerlink_tests::python::workspace_dir().join("docs/cost.md"))
            .expect("it is there");
    for (what, bytes, tolerance) in
        [("for every sweep", one - each, 80), ("for each binding", each, 80)]
    {
        let priced = page
            .lines()
            .find_map(|line| line.split_once(&format!(" bytes {what}")))
            .and_then(|(before, _)| {
                before.rsplit(' ').next()?.replace(',', "").parse::<usize>().ok()
            })
            .unwrap_or_else(|| panic!("docs/cost.md says nothing of bytes {what}"));
        assert!(
            bytes.abs_diff(priced) <= tolerance,
            "{bytes} bytes {what}, where docs/cost.md has {priced}"
        );
    }
}

/// The bytes that the function prints in a sweep in which there is nothing to do.
async fn logged(configure: impl FnOnce(String) -> String) -> usize {
    let deployed = DeployedLab::with(|_| {}, configure).await;
    deployed.deliver(&json!({"trigger": "sweep"})).await;
    let before = deployed.log().len();
    deployed.deliver(&json!({"trigger": "sweep"})).await;
    let log = deployed.log();
    assert!(log[before..].contains("SweepFinished"), "{log}");
    log.len() - before
}

fn alarms(template: &Value) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_object().expect("it has resources").iter();
    // That of the link is of the load balancer's own metric (link_alarm.rs).
    let alarms = resources.filter(|(name, resource)| {
        resource["Type"] == "AWS::CloudWatch::Alarm" && *name != "LinkAlarm"
    });
    alarms
        .map(|(name, alarm)| (name.clone(), evaluate(template, &alarm["Properties"], &BINDING)))
        .collect()
}

fn dashboard(template: &Value) -> Value {
    let body = evaluate(template, &properties(template, "Dashboard")["DashboardBody"], &BINDING);
    serde_json::from_str(text(&body)).expect("a dashboard is JSON")
}

/// The metrics of the graphs, with the shorthand of CloudWatch's metric arrays written out: `.`
/// repeats what stands above.
fn graphs(dashboard: &Value) -> BTreeSet<Metric> {
    let widgets = dashboard["widgets"].as_array().expect("a list").iter();
    let mut found = BTreeSet::new();
    for metrics in widgets.filter_map(|widget| widget["properties"]["metrics"].as_array()) {
        let mut above = vec![];
        for metric in metrics.iter().filter(|metric| metric[0].is_string()) {
            let parts =
                metric.as_array().expect("a list").iter().filter_map(Value::as_str).enumerate();
            above =
                parts.map(|(index, part)| if part == "." { above[index] } else { part }).collect();
            let [namespace, name, dimension, function] = above.as_slice() else {
                panic!("a metric of a function, not {above:?}")
            };
            assert_eq!((*namespace, *function), ("Writerlink", "stack-Function"));
            found.insert(((*name).to_owned(), BTreeSet::from([(*dimension).to_owned()])));
        }
    }
    found
}
