//! Reports, triggers and requests for several tests.

use serde_json::{Value, json};
use writerlink_core::event::{Event, EventId, SourceType, Trigger, TriggerKind};
use writerlink_core::finding::{Finding, Severity};
use writerlink_core::record::Record;
use writerlink_core::report::{BindingReport, Reason, Report, Status, TriggerReport};

/// The trigger of "completed failover" of the cluster `orders`.
pub(crate) fn event(kind: TriggerKind) -> Trigger {
    let event = Event {
        id: Some(EventId(71)),
        about: SourceType::Cluster,
        source: Some("orders".parse().expect("an identifier")),
        time: None,
    };
    Trigger { events: vec![event], ..Trigger::sweep(kind) }
}

/// A report of these bindings, ok if they all are.
pub(crate) fn report(bindings: Vec<BindingReport>) -> Report {
    Report {
        ok: bindings.iter().all(|binding| binding.status.is_ok()),
        trigger: TriggerReport::from(&event(TriggerKind::Sns)),
        bindings,
        unmatched: 0,
        postponed: 0,
        sweep: false,
        nothing_readable: false,
    }
}

pub(crate) fn finding(severity: Severity) -> Finding {
    Finding {
        code: "writer-unhealthy",
        severity,
        message: "10.20.1.7:5432 is the writer, and its health checks fail".to_owned(),
        remedy: "Check the security groups.".to_owned(),
    }
}

/// A binding with this status, and with a reason if the status is not ok.
pub(crate) fn binding(name: &str, status: Status) -> BindingReport {
    let reason = Reason {
        code: "keys-disagree",
        message: "topology names orders-2 and dns names orders-1".to_owned(),
        remedy: Some("Look.".to_owned()),
    };
    BindingReport {
        name: name.to_owned(),
        status,
        reason: (!status.is_ok()).then_some(reason),
        rounds: 3,
        evidence: None,
        targets: Vec::new(),
        registered: Vec::new(),
        deregistered: Vec::new(),
        planned: Vec::new(),
        standby: None,
        seconds_wrong: None,
        notes: Vec::new(),
        findings: Vec::new(),
        binding: None,
        answered_for: true,
    }
}

/// A custom resource request of this type, as CloudFormation sends it.
pub(crate) fn custom_resource(request_type: &str) -> Value {
    let mut request = json!({
        "RequestType": request_type,
        "ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:writerlink",
        "ResponseURL": "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/arn%3Aaws%3Acloudformation%7CFollow?X-Amz-Signature=secret",
        "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/1",
        "RequestId": "r-1",
        "LogicalResourceId": "Follow",
        "ResourceType": "Custom::Writerlink",
        "ResourceProperties": {
            "ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:writerlink"
        }
    });
    if request_type != "Create" {
        request["PhysicalResourceId"] = json!("given-before");
    }
    if request_type == "Update" {
        request["OldResourceProperties"] = json!({});
    }
    request
}

/// The record of a failover of `orders`, which took 96 to 98 s until the target was healthy.
pub(crate) fn record() -> Record {
    let between = |after: &str, by: &str| {
        let at = |time: &str| format!("2026-12-01T00:0{time}Z");
        json!({"after": at(after), "by": at(by)})
    };
    serde_json::from_value(json!({
        "kind": "record", "version": 1, "function": "writerlink-recorder", "region": "eu-west-1",
        "binding": "orders", "source": "cluster", "engine": "aurora-mysql",
        "cause": {"by": "event", "event": "RDS-EVENT-0073", "announces": true,
            "rds": "2026-12-01T00:00:00Z", "sns": null, "received": "2026-12-01T00:00:09.5Z"},
        "began": "2026-12-01T00:00:09.5Z", "ended": "2026-12-01T00:05:00Z", "end": "complete",
        "figures": {"topology": null, "dns": between("0:12", "0:13"), "dns_steady": null,
            "registered": between("0:14", "0:15"), "healthy": between("1:36", "1:38"),
            "old_draining": null, "old_gone": null, "link": null},
        "seconds": {"event_lag": {"at_least": 9.5, "at_most": 9.5},
            "evidence_to_registered": {"at_least": 1.0, "at_most": 40.0},
            "registered_to_healthy": {"at_least": 81.0, "at_most": null},
            "failover_to_healthy": {"at_least": 96.0, "at_most": 98.0}},
        "dns_flaps": 0, "states": [],
        "reads": {"topology": 1, "dns": 1, "targets": 1, "link": 0, "throttled": 0}, "gaps": [],
    }))
    .expect("a record")
}
