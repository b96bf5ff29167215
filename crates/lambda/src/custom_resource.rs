//! CloudFormation's custom resource requests and the answers to them.
//!
//! An unanswered request blocks its stack for up to an hour (AWS docs, "Custom resource request and
//! response reference"), so the function answers every request, whatever its own state. A stack
//! must always be deletable: a Delete succeeds and leaves the group as it is, because deleting the
//! updater must not cause an outage.

use aws_lambda_events::cloudformation::CloudFormationCustomResourceRequest as Request;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use writerlink_core::failure::bounded;
use writerlink_core::report::Report;

use crate::ignored::IgnoredPart;

/// The maximum size of an answer in bytes (AWS docs, "Custom resource response objects").
const LONGEST_ANSWER: usize = 4096;

/// The bytes that an answer needs in addition to the ids that it repeats.
const ROOM: usize = 256;

/// A request for whose answer a stack waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackRequest {
    pub kind: StackRequestKind,
    /// Where the answer goes. The URL is presigned: whoever has it can answer.
    pub response_url: String,
    stack_id: String,
    request_id: String,
    logical_id: String,
    physical_id: String,
}

/// What happens to the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackRequestKind {
    Create,
    /// Its properties change.
    Update,
    Delete,
    /// A `RequestType` that CloudFormation does not document.
    Unknown(String),
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackAnswer {
    /// The stack continues, with this data.
    Success(Vec<(String, String)>),
    /// The stack rolls back, for this reason.
    Failed(String),
}

impl StackRequest {
    /// Reads a payload as a request if it has every field that an answer repeats. The type of
    /// `aws_lambda_events` also requires the resource's type and properties, and knows no other
    /// request types. A stack waits for the answer to such a request too, so it is read field by
    /// field.
    pub fn recognise(payload: &Value) -> Option<Self> {
        payload.get("ResponseURL")?;
        use StackRequestKind::{Create, Delete, Update};
        let made = |kind, response_url, stack_id, request_id, logical_id, physical_id| Self {
            kind,
            response_url,
            stack_id,
            request_id,
            logical_id,
            physical_id,
        };
        match Request::<IgnoredPart, IgnoredPart>::deserialize(payload) {
            Ok(Request::Create(r)) => {
                let physical_id = first_physical_id(&r.logical_resource_id);
                let made = made(
                    Create,
                    r.response_url,
                    r.stack_id,
                    r.request_id,
                    r.logical_resource_id,
                    physical_id,
                );
                Some(made)
            }
            Ok(Request::Update(r)) => {
                let (logical_id, physical_id) = (r.logical_resource_id, r.physical_resource_id);
                Some(made(
                    Update,
                    r.response_url,
                    r.stack_id,
                    r.request_id,
                    logical_id,
                    physical_id,
                ))
            }
            Ok(Request::Delete(r)) => {
                let (logical_id, physical_id) = (r.logical_resource_id, r.physical_resource_id);
                Some(made(
                    Delete,
                    r.response_url,
                    r.stack_id,
                    r.request_id,
                    logical_id,
                    physical_id,
                ))
            }
            Ok(_) | Err(_) => Self::by_field(payload),
        }
    }

    fn by_field(payload: &Value) -> Option<Self> {
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
            physical_id: field("PhysicalResourceId")
                .unwrap_or_else(|| first_physical_id(&logical_id)),
            logical_id,
        })
    }

    /// Checks that the request can be answered. The answer must repeat its ids unchanged, so they
    /// must leave room for the rest.
    ///
    /// # Errors
    /// If the ids leave too little room.
    pub fn check(&self) -> Result<(), String> {
        let length = self.body_with(&[], 0, Some("")).len();
        if length + ROOM <= LONGEST_ANSWER {
            return Ok(());
        }
        Err(format!(
            "its ids take {length} bytes of the answer, which may have at most {LONGEST_ANSWER}"
        ))
    }

    /// The body of the answer: at most 4,096 bytes, if the ids leave room. To keep to that, it
    /// omits the last data or cuts the end of the reason.
    pub fn body(&self, answer: &StackAnswer) -> String {
        match answer {
            StackAnswer::Success(data) => longest_fitting(data.len(), |kept| {
                self.body_with(&data[..kept], data.len() - kept, None)
            }),
            StackAnswer::Failed(reason) => {
                let reason: Vec<char> = bounded(reason).chars().collect();
                longest_fitting(reason.len(), |kept| {
                    self.body_with(&[], 0, Some(&reason[..kept].iter().collect::<String>()))
                })
            }
        }
    }

    fn body_with(
        &self,
        data: &[(String, String)],
        left_out: usize,
        reason: Option<&str>,
    ) -> String {
        let mut data: BTreeMap<&str, &str> =
            data.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
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

/// CloudFormation takes a changed physical id for a replacement, and sends a Delete for the old id.
/// So the id depends on nothing that can change.
fn first_physical_id(logical_id: &str) -> String {
    format!("writerlink-{logical_id}")
}

/// The longest body that fits. If the whole body is too long, bisection finds how much to keep,
/// because thousands of bindings are possible. Every kept part makes the body longer.
fn longest_fitting(most: usize, body: impl Fn(usize) -> String) -> String {
    let whole = body(most);
    if whole.len() <= LONGEST_ANSWER {
        return whole;
    }
    let (mut fits, mut exceeds) = (0, most);
    while fits + 1 < exceeds {
        let middle = fits + (exceeds - fits) / 2;
        if body(middle).len() <= LONGEST_ANSWER {
            fits = middle;
        } else {
            exceeds = middle;
        }
    }
    body(fits)
}

impl StackAnswer {
    /// The status of every binding, under names that `Fn::GetAtt` can read. A binding that is not
    /// ok does not fail the stack: the same stack may not have started its database yet.
    pub fn of(report: &Report) -> Self {
        let all = ("Ok".to_owned(), report.ok.to_string());
        let each = report.bindings.iter().map(|binding| {
            (format!("Status.{}", binding.name), binding.status.as_str().to_owned())
        });
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
    use std::cell::Cell;

    use aws_lambda_events::cloudformation::CloudFormationCustomResourceResponse;
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
    fn the_type_of_aws_lambda_events_and_the_fields_give_the_same_request() {
        for kind in ["Create", "Update", "Delete"] {
            let payload = custom_resource(kind);
            assert!(Request::<IgnoredPart, IgnoredPart>::deserialize(&payload).is_ok(), "{kind}");
            assert_eq!(
                StackRequest::recognise(&payload),
                StackRequest::by_field(&payload),
                "{kind}"
            );
        }
    }

    #[test]
    fn a_request_without_a_field_that_no_answer_needs_is_still_answered() {
        for field in ["ResourceType", "ResourceProperties", "ServiceToken", "PhysicalResourceId"] {
            let mut payload = custom_resource("Update");
            payload.as_object_mut().expect("an object").remove(field);
            assert!(StackRequest::recognise(&payload).is_some(), "without {field}");
        }
    }

    #[test]
    fn a_request_that_cannot_be_answered_is_not_taken_for_one() {
        for field in ["RequestType", "ResponseURL", "StackId", "RequestId", "LogicalResourceId"] {
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
                "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/1",
                "RequestId": "r-1",
                "LogicalResourceId": "Follow",
                "Data": {"Ok": "false", "Status.orders-writer": "changed", "Status.billing": "held"}
            })
        );
        let foreign: CloudFormationCustomResourceResponse =
            serde_json::from_str(&body).expect("a valid response");
        assert_eq!(foreign.data["Ok"], "false");
    }

    #[test]
    fn a_failure_gives_its_reason_bounded_and_on_one_line() {
        let body = parsed(
            &request("Create")
                .body(&StackAnswer::Failed(format!("line 1\nline 2{}", "x".repeat(9000)))),
        );
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
            let left_out: usize =
                data["LeftOut"].as_str().map_or(0, |n| n.parse().expect("a number"));
            assert_eq!(kept + left_out, count);
        }
    }

    #[test]
    fn what_fits_into_an_answer_is_found_in_few_tries() {
        let tries = Cell::new(0);
        for (most, length) in [(0, 0), (4096, 4096), (4097, 4096), (100_000, 4096)] {
            tries.set(0);
            let body = longest_fitting(most, |kept| {
                tries.set(tries.get() + 1);
                "x".repeat(kept)
            });
            assert_eq!(body.len(), length, "{most}");
            assert!(tries.get() <= 20, "{} tries for {most}", tries.get());
        }
    }

    #[test]
    fn a_reason_never_makes_an_answer_longer_than_4096_bytes_and_ids_that_would_are_refused() {
        for (text, ids, fits) in [
            ("\"\\".repeat(5000), 100, true),
            ("\u{1F600}".repeat(5000), 1000, true),
            ("\u{7f}\u{2028}".repeat(5000), 1600, true),
            ("why".to_owned(), 1600, true),
            ("why".to_owned(), 2000, false),
            ("why".to_owned(), 100_000, false),
        ] {
            let mut payload = custom_resource("Update");
            payload["PhysicalResourceId"] = json!("\"".repeat(ids));
            let request = StackRequest::recognise(&payload).expect("a request");
            assert_eq!(request.check().is_ok(), fits, "{ids}");
            for answer in [
                StackAnswer::Failed(text.clone()),
                StackAnswer::Success(vec![("a".to_owned(), text)]),
            ] {
                if !fits {
                    continue;
                }
                let body = request.body(&answer);
                assert!(body.len() <= 4096, "{} bytes", body.len());
                if matches!(answer, StackAnswer::Failed(_)) {
                    let reason = parsed(&body)["Reason"].as_str().map(str::len);
                    assert!(reason > Some(0), "{ids}: {body}");
                }
            }
        }
    }

    #[test]
    fn an_unknown_request_type_is_kept_to_be_answered() {
        assert_eq!(request("Rename").kind, StackRequestKind::Unknown("Rename".to_owned()));
    }
}
