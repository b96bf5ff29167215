//! Tests that a warm standby, an experiment, changes a deployment only where it is chosen, and then
//! prepares the group as the function requires it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::GROUP;
use crate::template::{evaluate, properties, read, reconciler, text};

#[test]
fn a_warm_standby_is_in_the_configuration_only_where_it_is_chosen() {
    let Some(template) = reconciler() else { return };
    let binding = |more: &[(&str, &str)]| -> Value {
        let given = [("Source", "instance/billing"), ("TargetGroupArns", GROUP)];
        let given = [given.as_slice(), &[("Allow", "10.20.4.0/24")], more].concat();
        let config =
            &properties(template, "Function")["Environment"]["Variables"]["WRITERLINK_CONFIG"];
        let config: Value =
            serde_json::from_str(text(&evaluate(template, config, &given))).expect("JSON");
        config["binding"][0].clone()
    };
    assert_eq!(binding(&[])["standby"], Value::Null);
    assert_eq!(binding(&[("Standby", "warm")])["standby"], "warm");
}

/// What the function calls safe: one healthy target of two serves every zone, and sessions with the
/// dead one end. With cross-zone load balancing off, or a second healthy target required, it does
/// not register the standby.
#[test]
fn a_group_for_a_warm_standby_is_safe_with_one_healthy_target_of_two() {
    let Some(template) = read("link.yaml") else { return };
    let group = |standby: &str| {
        let given = [("VpcId", "vpc-1"), ("Port", "5432"), ("Standby", standby)];
        evaluate(&template, properties(&template, "TargetGroup"), &given)
    };
    let attributes = |group: &Value| -> BTreeMap<String, Value> {
        let attributes = group["TargetGroupAttributes"].as_array().expect("a list").iter();
        attributes.map(|each| (text(&each["Key"]).to_owned(), each["Value"].clone())).collect()
    };
    let (cold, warm) = (group("cold"), group("warm"));
    let checks = |group: &Value| {
        ["HealthCheckIntervalSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"]
            .map(|key| group[key].as_u64().expect("a number"))
    };
    assert_eq!((checks(&cold), checks(&warm)), ([10, 2, 2], [5, 2, 2]));
    let (cold, mut warm) = (attributes(&cold), attributes(&warm));
    for (key, value) in cold {
        assert_eq!(warm.remove(&key), Some(value), "{key}");
    }
    let health = "target_group_health";
    assert_eq!(
        json!(warm),
        json!({
            "load_balancing.cross_zone.enabled": "true",
            "target_health_state.unhealthy.connection_termination.enabled": "true",
            format!("{health}.unhealthy_state_routing.minimum_healthy_targets.count"): "1",
            format!("{health}.unhealthy_state_routing.minimum_healthy_targets.percentage"): "off",
            format!("{health}.dns_failover.minimum_healthy_targets.count"): "1",
            format!("{health}.dns_failover.minimum_healthy_targets.percentage"): "off",
        })
    );
}
