//! Tests the alarm on the link's own health, which the load balancer counts and the function does
//! not know.

use serde_json::{Value, json};

use crate::GROUP;
use crate::template::{evaluate, list, properties, reconciler, text};

const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/fedcba9876543210";

const LINK: [(&str, &str); 4] = [
    ("Source", "cluster/orders"),
    ("TargetGroupArns", GROUP),
    ("Allow", "10.20.4.0/24"),
    ("LoadBalancerArn", BALANCER),
];

/// The load balancer counts by group and balancer, in the forms that its metrics have.
#[test]
fn five_minutes_without_a_healthy_target_ring_and_so_does_an_empty_group() {
    let Some(template) = reconciler() else { return };
    let alarm = evaluate(template, properties(template, "LinkAlarm"), &LINK);
    let topic = json!(["arn:aws:sns:eu-west-1:111122223333:stack-OutcomeTopic"]);
    for (key, wanted) in [
        ("Namespace", json!("AWS/NetworkELB")),
        ("MetricName", json!("HealthyHostCount")),
        ("Statistic", json!("Maximum")),
        ("Period", json!(60)),
        ("EvaluationPeriods", json!(5)),
        ("DatapointsToAlarm", json!(5)),
        ("Threshold", json!(1)),
        ("ComparisonOperator", json!("LessThanThreshold")),
        ("TreatMissingData", json!("breaching")),
        ("AlarmActions", topic.clone()),
        ("OKActions", topic),
        (
            "Dimensions",
            json!([
                {"Name": "TargetGroup", "Value": "targetgroup/orders/0123456789abcdef"},
                {"Name": "LoadBalancer", "Value": "net/orders/fedcba9876543210"},
            ]),
        ),
    ] {
        assert_eq!(alarm[key], wanted, "{key}");
    }
}

#[test]
fn the_links_alarm_is_there_where_the_stack_knows_the_load_balancer_and_then_on_the_dashboard() {
    let Some(template) = reconciler() else { return };
    let without_alarms = [LINK.as_slice(), &[("Alarms", "false")]].concat();
    let of_a_configuration = [
        ("Config", "/var/task/writerlink.toml"),
        ("TargetGroupArns", GROUP),
        ("LoadBalancerArn", BALANCER),
    ];
    let condition = text(&template["Resources"]["LinkAlarm"]["Condition"]);
    let is_there = |given: &[(&str, &str)]| {
        evaluate(template, &template["Conditions"][condition], given) == true
    };
    assert!(is_there(&LINK));
    for given in [&LINK[..3], &without_alarms, &of_a_configuration] {
        assert!(!is_there(given), "{given:?}");
    }
    for given in [LINK.as_slice(), &LINK[..3]] {
        let body = evaluate(template, &properties(template, "Dashboard")["DashboardBody"], given);
        let dashboard: Value = serde_json::from_str(text(&body)).expect("a dashboard is JSON");
        let shown = list(&dashboard["widgets"][0]["properties"]["alarms"]);
        assert_eq!(shown.contains(&"LinkAlarm.Arn".to_owned()), is_there(given), "{shown:?}");
    }
}
