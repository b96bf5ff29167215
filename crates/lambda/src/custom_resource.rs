//! CloudFormation's custom resource requests, and what is answered to them.
//!
//! A request that is not answered blocks its stack for up to an hour (AWS docs, "Custom resource request and
//! response reference"), so each is, whatever the function can do. And a stack must always be able to go away: a
//! Delete succeeds, and leaves the group as it is, since whoever deletes the updater has not asked for an outage.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use writerlink_core::failure::bounded;
use writerlink_core::report::Report;

/// The longest answer (AWS docs, "Custom resource response objects").
const LONGEST_ANSWER: usize = 4096;

/// A request that some stack waits on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackRequest {
    /// What happens to the resource.
    pub kind: StackRequestKind,
    /// Where the answer goes. It is presigned: whoever has it may answer.
    pub response_url: String,
    stack_id: String,
    request_id: String,
    logical_id: String,
    physical_id: String,
}

/// What happens to the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackRequestKind {
    /// It is created.
    Create,
    /// Its properties change.
    Update,
    /// It goes away.
    Delete,
    /// A word that CloudFormation does not use.
    Unknown(String),
}

/// How a request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackAnswer {
    /// The stack goes on, with this data.
    Success(Vec<(String, String)>),
    /// The stack rolls back, for this reason.
    Failed(String),
}

impl StackRequest {
    /// The request that a payload is, if it has every field that an answer repeats.
    pub fn recognise(payload: &Value) -> Option<Self> {
        let field = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
        let logical_id = field("LogicalResourceId")?;
        Some(Self {
            kind: match field("RequestType")?.as_str() {
                "Create" => StackRequestKind::Create,
                "Update" => StackRequestKind::Update,
                "Delete" => StackRequestKind::Delete,
                other => StackRequestKind::Unknown(bounded(other)),
            },
            response_url: field("ResponseURL")?,
            stack_id: field("StackId")?,
            request_id: field("RequestId")?,
            // A physical id that changes is a replacement, and brings a Delete of the old one.
            physical_id: field("PhysicalResourceId").unwrap_or_else(|| format!("writerlink-{logical_id}")),
            logical_id,
        })
    }

    /// The body to be put to the ResponseURL. Data that would make it too long is left out from its end.
    pub fn body(&self, answer: &StackAnswer) -> String {
        let (data, reason) = match answer {
            StackAnswer::Success(data) => (data.as_slice(), None),
            StackAnswer::Failed(reason) => (&[][..], Some(bounded(reason))),
        };
        (0..=data.len())
            .rev()
            .map(|kept| self.body_with(&data[..kept], data.len() - kept, reason.as_deref()))
            .find(|body| body.len() <= LONGEST_ANSWER)
            .unwrap_or_else(|| self.body_with(&[], data.len(), reason.as_deref()))
    }

    fn body_with(&self, data: &[(String, String)], left_out: usize, reason: Option<&str>) -> String {
        let mut data: BTreeMap<&str, &str> = data.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let left_out = left_out.to_string();
        if left_out != "0" {
            data.insert("LeftOut", &left_out);
        }
        let body = Body {
            status: if reason.is_some() { "FAILED" } else { "SUCCESS" },
            reason,
            physical_resource_id: &self.physical_id,
            stack_id: &self.stack_id,
            request_id: &self.request_id,
            logical_resource_id: &self.logical_id,
            no_echo: false,
            data,
        };
        serde_json::to_string(&body).expect("all keys are text")
    }
}

impl StackAnswer {
    /// The status of every binding, under names that `Fn::GetAtt` can ask for. A binding that is not ok does not
    /// fail the stack: its database may be one that the same stack has yet to start.
    pub fn of(report: &Report) -> Self {
        let all = ("Ok".to_owned(), report.ok.to_string());
        let each = report
            .bindings
            .iter()
            .map(|binding| (format!("Status.{}", binding.name), binding.status.as_str().to_owned()));
        Self::Success(std::iter::once(all).chain(each).collect())
    }
}

/// The answer as CloudFormation reads it (AWS docs, "Custom resource response objects").
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    physical_resource_id: &'a str,
    stack_id: &'a str,
    request_id: &'a str,
    logical_resource_id: &'a str,
    no_echo: bool,
    data: BTreeMap<&'a str, &'a str>,
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::cloudformation::{
        CloudFormationCustomResourceRequest, CloudFormationCustomResourceResponse,
    };
    use serde_json::json;
    use writerlink_core::report::Status;

    use super::*;
    use crate::sample::{binding, custom_resource, report};

    fn request(kind: &str) -> StackRequest {
        StackRequest::recognise(&custom_resource(kind)).expect("a request")
    }

    fn parsed(body: &str) -> Value {
        serde_json::from_str(body).expect("JSON")
    }

    #[test]
    fn the_sample_is_what_aws_lambda_events_takes_for_a_request() {
        for kind in ["Create", "Update", "Delete"] {
            let read: Result<CloudFormationCustomResourceRequest, _> = serde_json::from_value(custom_resource(kind));
            assert!(read.is_ok(), "{kind}: {read:?}");
        }
    }

    #[test]
    fn a_request_that_cannot_be_answered_is_not_taken_for_one() {
        for field in [
            "RequestType",
            "ResponseURL",
            "StackId",
            "RequestId",
            "LogicalResourceId",
        ] {
            let mut payload = custom_resource("Create");
            payload.as_object_mut().expect("an object").remove(field);
            assert_eq!(StackRequest::recognise(&payload), None, "without {field}");
            payload[field] = json!(3);
            assert_eq!(StackRequest::recognise(&payload), None, "{field} is a number");
        }
        assert_eq!(StackRequest::recognise(&json!(null)), None);
    }

    #[test]
    fn an_answer_repeats_the_ids_and_gives_the_status_of_every_binding() {
        let end = StackAnswer::of(&report(vec![
            binding("orders-writer", Status::Changed),
            binding("billing", Status::Held),
        ]));
        let body = request("Create").body(&end);
        assert_eq!(
            parsed(&body),
            json!({
                "Status": "SUCCESS", "PhysicalResourceId": "writerlink-Follow", "NoEcho": false,
                "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/1", "RequestId": "r-1",
                "LogicalResourceId": "Follow",
                "Data": {"Ok": "false", "Status.orders-writer": "changed", "Status.billing": "held"}
            })
        );
        let foreign: CloudFormationCustomResourceResponse = serde_json::from_str(&body).expect("as others read it");
        assert_eq!(foreign.data["Ok"], "false");
    }

    #[test]
    fn a_failure_gives_its_reason_bounded_and_on_one_line() {
        let body = parsed(&request("Create").body(&StackAnswer::Failed(format!("line 1\nline 2{}", "x".repeat(9000)))));
        assert_eq!(body["Status"], "FAILED");
        let reason = body["Reason"].as_str().expect("a reason");
        assert!(reason.starts_with("line 1 line 2x") && reason.chars().count() == 301);
    }

    #[test]
    fn the_physical_id_stays_what_it_was() {
        for kind in ["Update", "Delete"] {
            let body = parsed(&request(kind).body(&StackAnswer::Success(Vec::new())));
            assert_eq!(body["PhysicalResourceId"], "given-before");
        }
    }

    #[test]
    fn an_answer_never_exceeds_4096_bytes_and_says_what_was_left_out() {
        for count in [0, 1, 30, 60, 61, 500] {
            let bindings = (0..count)
                .map(|n| binding(&format!("{n:02}-{}", "é".repeat(20)), Status::Changed))
                .collect();
            let body = request("Create").body(&StackAnswer::of(&report(bindings)));
            assert!(body.len() <= 4096, "{count} bindings gave {} bytes", body.len());
            let data = parsed(&body)["Data"].clone();
            assert_eq!(data["Ok"], "true");
            let kept = data
                .as_object()
                .expect("data")
                .keys()
                .filter(|key| key.starts_with("Status."))
                .count();
            let left_out: usize = data["LeftOut"].as_str().map_or(0, |n| n.parse().expect("a number"));
            assert_eq!(kept + left_out, count);
        }
    }

    #[test]
    fn an_unknown_request_type_is_kept_to_be_answered() {
        assert_eq!(request("Rename").kind, StackRequestKind::Unknown("Rename".to_owned()));
    }
}
