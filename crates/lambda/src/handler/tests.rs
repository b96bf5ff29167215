#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use writerlink_core::config::Location;
use writerlink_core::note::Note;

use super::*;
use crate::sample::custom_resource;

const MINUTE: Duration = Duration::from_secs(60);

/// Where nothing answers, a run takes all of its time.
const SHORT: Duration = Duration::from_secs(5);

/// Takes the place of CloudFormation's bucket: records every request and answers 200.
#[derive(Debug, Clone, Default)]
struct Bucket(Arc<Mutex<Vec<(String, Value)>>>);

impl Bucket {
    fn requests(&self) -> Vec<(String, Value)> {
        self.0.lock().unwrap().clone()
    }
}

impl HttpConnector for Bucket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.0.lock().unwrap().push((request.uri().to_owned(), body));
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::empty())))
    }
}

#[derive(Default)]
struct Notes(Vec<Note>);

impl Journal for Notes {
    fn note(&mut self, note: &Note) {
        self.0.push(note.clone());
    }
}

/// A handler whose configuration is refused.
fn refusing(bucket: &Bucket) -> Handler {
    Handler::refusing(StartError::NoConfig, Some("eu-west-1".to_owned()))
        .with_callback(Callback::through(bucket.clone()))
}

/// Takes the place of CloudFormation's bucket: refuses every answer, as the bucket does when the
/// signature has expired.
#[derive(Debug, Clone, Default)]
struct RefusingBucket;

impl HttpConnector for RefusingBucket {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(HttpResponse::new(403.try_into().unwrap(), SdkBody::empty())))
    }
}

/// Takes the place of CloudFormation's bucket: refuses only the answer to the request `shut`.
#[derive(Debug, Clone, Default)]
struct SelectiveBucket;

impl HttpConnector for SelectiveBucket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let status: u16 = if body["RequestId"] == "shut" { 403 } else { 200 };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            status.try_into().unwrap(),
            SdkBody::empty(),
        )))
    }
}

/// A handler with one good and one bad binding. It reaches neither AWS nor DNS: nothing listens on
/// their ports.
fn offline(bucket: &Bucket) -> Handler {
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:1")
        .http_client(Builder::new().build_http())
        .build();
    handler_with("127.0.0.1:1", &Clients::on(sdk).unwrap())
        .with_callback(Callback::through(bucket.clone()))
}

/// A handler with one good and one bad binding, this DNS server and these clients.
fn handler_with(dns: &str, aws: &Clients) -> Handler {
    let text = r#"
        allow = ["10.20.0.0/16"]
        [dns]
        servers = ["DNS"]
        [timing]
        sweep = 1
        [[binding]]
        name = "orders-writer"
        source = "cluster/orders"
        target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
        [[binding]]
        name = "billing"
        source = "instance/"
        target-group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/billing/0123456789abcdef"
    "#
    .replace("DNS", dns);
    let config = Config::parse(&text, &Location::Inline(text.clone())).unwrap();
    Handler::new(config, aws).unwrap()
}

async fn handle(handler: &Handler, payload: Value) -> Handled {
    handler.handle(&payload, SHORT, &mut Notes::default()).await
}

fn error_type(handled: &Handled) -> &'static str {
    handled.answer.as_ref().unwrap_err().error_type()
}

#[tokio::test]
async fn a_refused_configuration_fails_a_create_and_an_update_and_lets_a_delete_pass() {
    for (kind, status) in [("Create", "FAILED"), ("Update", "FAILED"), ("Delete", "SUCCESS")] {
        let bucket = Bucket::default();
        let handled = handle(&refusing(&bucket), custom_resource(kind)).await;
        let [(url, body)] = bucket.requests().try_into().unwrap();
        assert_eq!(
            (url.as_str(), &body["Status"]),
            (custom_resource(kind)["ResponseURL"].as_str().unwrap(), &json!(status))
        );
        assert_eq!(handled.answer.is_ok(), kind == "Delete");
        if kind != "Delete" {
            assert!(
                body["Reason"].as_str().unwrap().contains("WRITERLINK_CONFIG is not set"),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn a_refused_configuration_answers_everything_else_with_what_is_wrong() {
    let bucket = Bucket::default();
    for payload in [
        json!({}),
        json!({"trigger": "sweep"}),
        json!(3),
        json!({"Records": [{"EventSource": "aws:sns"}]}),
    ] {
        let handled = handle(&refusing(&bucket), payload).await;
        assert_eq!(error_type(&handled), "NotReady");
        assert!(handled.run.is_none());
    }
    assert_eq!(bucket.requests(), []);
}

#[tokio::test]
async fn a_delete_never_starts_a_run() {
    let bucket = Bucket::default();
    let handled = handle(&offline(&bucket), custom_resource("Delete")).await;
    assert!(handled.run.is_none());
    assert_eq!(handled.answer.unwrap()["bindings"], json!([]));
    assert_eq!(bucket.requests()[0].1["Status"], "SUCCESS");
}

#[tokio::test]
async fn a_create_succeeds_with_the_status_even_when_nothing_can_be_reached() {
    let bucket = Bucket::default();
    let handled = handle(&offline(&bucket), custom_resource("Create")).await;
    let (_, body) = bucket.requests().remove(0);
    assert_eq!(
        (&body["Status"], &body["Data"]["Ok"]),
        (&json!("SUCCESS"), &json!("false")),
        "{body}"
    );
    assert_eq!(body["Data"]["Status.billing"], "failed");
    assert_eq!(handled.answer.unwrap()["ok"], false);
}

/// CloudFormation takes a changed id for a replacement, and asks to delete the resource with the
/// old id. This function never replaces a resource. If the resource moves to another stack, the
/// Delete of the old one leaves the group alone, as every Delete does.
#[tokio::test]
async fn a_resource_keeps_its_id_through_every_update_and_a_delete_of_any_id_is_answered_under_it()
{
    let bucket = Bucket::default();
    let handler = offline(&bucket);
    let mut id = None;
    for kind in ["Create", "Update", "Update", "Delete"] {
        let mut request = custom_resource(kind);
        if let Some(id) = &id {
            request["PhysicalResourceId"] = Value::clone(id);
        }
        let handled = handle(&handler, request).await;
        let (_, body) = bucket.requests().pop().unwrap();
        assert_eq!(body["Status"], "SUCCESS", "{kind}: {body}");
        assert_eq!(handled.run.is_some(), kind != "Delete", "{kind}");
        let given = body["PhysicalResourceId"].clone();
        assert_eq!(*id.get_or_insert_with(|| given.clone()), given, "{kind}");
    }
    let mut replaced = custom_resource("Delete");
    replaced["PhysicalResourceId"] = json!("of-an-older-release");
    assert!(handle(&handler, replaced).await.run.is_none());
    let (_, body) = bucket.requests().pop().unwrap();
    assert_eq!(
        (&body["Status"], &body["PhysicalResourceId"]),
        (&json!("SUCCESS"), &json!("of-an-older-release"))
    );
}

#[tokio::test]
async fn a_run_that_hangs_is_cut_off_while_there_is_time_to_answer() {
    // Both accept requests and never answer.
    let dns = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let aws = crate::loopback::Server::answering(&[]).await;
    let bucket = Bucket::default();
    let clients = Clients::at(&format!("http://{}", aws.address()), "eu-west-1").unwrap();
    let dns_server = dns.local_addr().unwrap().to_string();
    let handler =
        handler_with(&dns_server, &clients).with_callback(Callback::through(bucket.clone()));
    for kind in ["Create", "Update"] {
        let begun = Instant::now();
        let left = Duration::from_secs(4);
        let handled = handler.handle(&custom_resource(kind), left, &mut Notes::default()).await;
        assert!(begun.elapsed() < left, "{kind}: {:?}", begun.elapsed());
        let (_, body) = bucket.requests().pop().unwrap();
        assert_eq!(
            (&body["Status"], &body["Data"]["Ok"]),
            (&json!("SUCCESS"), &json!("false")),
            "{body}"
        );
        assert!(handled.run.is_some());
    }
    assert!(!aws.requests().is_empty(), "the run began");
}

#[tokio::test]
async fn an_answer_that_does_not_get_through_is_an_error_that_keeps_the_signature_to_itself() {
    for kind in ["Create", "Update", "Delete", "Rename"] {
        let handler = offline(&Bucket::default()).with_callback(Callback::through(RefusingBucket));
        let handled = handle(&handler, custom_resource(kind)).await;
        assert_eq!(error_type(&handled), "StackNotAnswered", "{kind}");
        let text = handled.answer.unwrap_err().to_string();
        assert!(text.contains("403") && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn a_stack_request_for_another_place_causes_no_request_and_no_run() {
    for (kind, url) in [("Create", "https://evil.example/a"), ("Delete", "http://127.0.0.1/a")] {
        let bucket = Bucket::default();
        let mut payload = custom_resource(kind);
        payload["ResponseURL"] = json!(url);
        let handled = handle(&offline(&bucket), payload).await;
        assert_eq!(error_type(&handled), "StackRequestRefused");
        assert!(handled.run.is_none());
        assert_eq!(bucket.requests(), []);
    }
}

#[tokio::test]
async fn an_unknown_request_type_is_answered_as_failed() {
    let bucket = Bucket::default();
    let handled = handle(&offline(&bucket), custom_resource("Rename")).await;
    assert_eq!(error_type(&handled), "StackRequestRefused");
    assert_eq!(bucket.requests()[0].1["Status"], "FAILED");
}

#[tokio::test]
async fn a_sweep_that_can_reach_nothing_is_an_error_and_by_hand_it_is_a_report() {
    let handler = offline(&Bucket::default());
    let sweep = handle(&handler, json!({"trigger": "sweep"})).await;
    assert_eq!(error_type(&sweep), "NothingReadable");
    let text = sweep.answer.unwrap_err().to_string();
    assert!(text.contains("\norders-writer: ") && text.contains("\nbilling: "), "{text}");
    let by_hand = handle(&handler, json!({"mode": "plan"})).await.answer.unwrap();
    assert_eq!((&by_hand["ok"], &by_hand["trigger"]["kind"]), (&json!(false), &json!("invoke")));
}

#[tokio::test]
async fn a_bad_binding_can_be_asked_for_by_hand_and_says_what_is_wrong() {
    let answer = offline(&Bucket::default())
        .invoke(json!({"bindings": ["billing"]}), MINUTE, &mut Notes::default())
        .await
        .unwrap();
    assert_eq!(answer["bindings"].as_array().unwrap().len(), 1);
    assert_eq!(answer["bindings"][0]["status"], "failed");
}

#[tokio::test]
async fn a_refused_payload_starts_no_run() {
    let handled = handle(&offline(&Bucket::default()), json!({"mod": "plan"})).await;
    assert_eq!(error_type(&handled), "PayloadRefused");
    assert!(handled.run.is_none());
}

/// A batch of a queue: the messages `a` and `b`.
fn queue(body: &str) -> Value {
    let record = |id: &str| json!({"messageId": id, "body": body, "eventSource": "aws:sqs"});
    json!({"Records": [record("a"), record("b")]})
}

#[tokio::test]
async fn a_queue_gets_the_records_that_were_not_looked_at() {
    let all = json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]});
    let bucket = Bucket::default();
    let body =
        json!({"Event Source": "db-cluster", "Source ID": "orders", "Event ID": "#RDS-EVENT-0071"})
            .to_string();
    // Once the configuration is refused. Once nothing can be reached, which takes the whole
    // patience of an event.
    for (handler, body, why) in [
        (refusing(&bucket), body.as_str(), "WRITERLINK_CONFIG"),
        (offline(&bucket), "?", "orders-writer"),
    ] {
        let handled = handle(&handler, queue(body)).await;
        assert_eq!(handled.answer.as_ref().unwrap(), &all, "{body}");
        let failed = handled.failure().unwrap();
        assert_eq!(failed.error_type(), "NotLookedAt");
        assert!(
            failed.to_string().contains(why) && failed.to_string().starts_with("2 of 2 "),
            "{failed}"
        );
    }
    let pipe = handle(&refusing(&bucket), queue("?")["Records"].clone()).await;
    assert_eq!(pipe.answer.unwrap(), all);
}

/// A batch of a queue with these contents, its messages being `0`, `1`, ….
fn queue_of(contents: &[Value]) -> Value {
    let record = |(n, content): (usize, &Value)| {
        let (id, body) = (n.to_string(), content.to_string());
        json!({"messageId": id, "body": body, "eventSource": "aws:sqs"})
    };
    json!({"Records": contents.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// An SNS envelope with these contents.
fn topic_of(contents: &[Value]) -> Value {
    let record = |content: &Value| {
        let message = content.to_string();
        json!({"EventSource": "aws:sns", "Sns": {"Message": message}})
    };
    json!({"Records": contents.iter().map(record).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_stack_that_could_not_be_answered_is_tried_again_whatever_else_came_with_it() {
    let answered = custom_resource("Delete");
    let mut shut = answered.clone();
    shut["RequestId"] = json!("shut");
    // Too old to be watched, so that the run is short.
    let event = json!({
        "Event Source": "db-cluster",
        "Event Time": "2021-05-12 18:06:48.701",
        "Source ID": "orders",
        "Event ID": "#RDS-EVENT-0071"
    });
    let all = json!({"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]});
    let handler = offline(&Bucket::default()).with_callback(Callback::through(SelectiveBucket));
    for contents in [
        [shut.clone(), answered.clone()],
        [answered, shut.clone()],
        [shut.clone(), event.clone()],
        [event, shut],
    ] {
        let handled = handle(&handler, queue_of(&contents)).await;
        assert_eq!(handled.answer.as_ref().unwrap(), &all, "{contents:?}");
        let failed = handled.failure().unwrap();
        assert_eq!(failed.error_type(), "NotLookedAt");
        assert!(failed.to_string().contains("CloudFormation was not answered"), "{failed}");
        let handled = handle(&handler, topic_of(&contents)).await;
        assert_eq!(error_type(&handled), "StackNotAnswered", "{contents:?}");
    }
}

#[tokio::test]
async fn a_stack_request_that_is_refused_does_not_come_back_and_counts_as_failed() {
    let answered = custom_resource("Delete");
    let mut refused = answered.clone();
    refused["ResponseURL"] = json!("https://evil.example/a");
    for contents in
        [vec![refused.clone()], vec![refused.clone(), answered.clone()], vec![answered, refused]]
    {
        let bucket = Bucket::default();
        let handled = handle(&offline(&bucket), queue_of(&contents)).await;
        assert_eq!(handled.answer.as_ref().unwrap(), &json!({"batchItemFailures": []}));
        assert_eq!(handled.failure().unwrap().error_type(), "StackRequestRefused");
        assert_eq!(bucket.requests().len(), contents.len() - 1, "the other one is answered");
    }
}

#[tokio::test]
async fn a_queue_whose_records_have_no_ids_gets_an_error_and_delivers_all_again() {
    let payload = json!({"Records": [{"body": "?", "eventSource": "aws:sqs"}]});
    let handled = handle(&refusing(&Bucket::default()), payload).await;
    assert_eq!(error_type(&handled), "NotLookedAt");
}

#[tokio::test]
async fn a_dry_run_in_a_queue_is_looked_at_and_does_not_come_back() {
    let dns = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let denied = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let aws = crate::loopback::Server::answering(&[denied; 8]).await;
    let clients = Clients::at(&format!("http://{}", aws.address()), "eu-west-1").unwrap();
    let handler = handler_with(&dns.local_addr().unwrap().to_string(), &clients);
    let handled = handle(&handler, queue("{\"mode\": \"plan\"}")).await;
    let (trigger, _) = handled.run.unwrap();
    assert_eq!((trigger.intent, trigger.kind), (Intent::Plan, TriggerKind::Sqs));
}

#[tokio::test]
async fn a_stack_request_that_could_not_be_answered_starts_no_run() {
    let host = "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com";
    for (field, value) in [
        ("ResponseURL", format!("{host}/a b")),
        ("ResponseURL", format!("{host}/é")),
        ("ResponseURL", format!("{host}/a#b")),
        ("ResponseURL", format!("{host}/a\\b")),
        ("ResponseURL", format!("{host}/a\u{202e}")),
        ("ResponseURL", format!("{host}/{}", "a".repeat(9000))),
        ("PhysicalResourceId", "x".repeat(4000)),
        ("StackId", "x".repeat(100_000)),
    ] {
        let bucket = Bucket::default();
        let mut payload = custom_resource("Update");
        payload[field] = json!(value);
        let handled = handle(&offline(&bucket), payload).await;
        assert_eq!(error_type(&handled), "StackRequestRefused", "{field}");
        assert!(handled.run.is_none() && bucket.requests().is_empty());
        let text = handled.answer.unwrap_err().to_string();
        assert!(text.len() < 400, "{text}");
    }
}

#[tokio::test]
async fn a_stack_request_with_a_word_of_a_call_by_hand_is_failed_without_a_run_and_a_delete_passes()
{
    for (kind, status) in [("Create", "FAILED"), ("Update", "FAILED"), ("Delete", "SUCCESS")] {
        let bucket = Bucket::default();
        let mut payload = custom_resource(kind);
        payload["mode"] = json!("plan");
        let handled = handle(&offline(&bucket), payload).await;
        assert!(handled.run.is_none(), "{kind}");
        assert_eq!(bucket.requests()[0].1["Status"], status, "{kind}");
    }
}

#[tokio::test]
async fn a_stack_request_from_a_topic_or_a_failed_invocations_record_is_answered() {
    let request = custom_resource("Create");
    for payload in [
        json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": request.to_string()}}]}),
        json!({"version": "1.0", "requestContext": {}, "requestPayload": request}),
        queue(&request.to_string()),
    ] {
        let bucket = Bucket::default();
        let handled = handle(&offline(&bucket), payload).await;
        assert!(handled.run.is_some());
        assert!(bucket.requests().iter().all(|(_, body)| body["Status"] == "SUCCESS"));
        assert!(!bucket.requests().is_empty());
    }
}

#[tokio::test]
async fn a_payload_that_is_no_text_or_no_json_is_refused() {
    let handler = offline(&Bucket::default());
    for payload in [Err("invalid utf-8".to_owned()), Ok(String::new()), Ok("{} {}".to_owned())] {
        let handled = handler.handle_text(payload, MINUTE, &mut Notes::default()).await;
        assert_eq!(error_type(&handled), "PayloadRefused");
    }
}
