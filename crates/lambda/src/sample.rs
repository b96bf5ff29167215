//! Reports, triggers and requests for several tests.

use serde_json::{Value, json};
use writerlink_core::event::{Event, EventId, SourceType, Trigger, TriggerKind};
use writerlink_core::finding::{Finding, Severity};
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
