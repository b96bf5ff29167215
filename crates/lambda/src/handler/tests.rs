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

/// Stands where CloudFormation's bucket would: hears every request and answers 200.
#[derive(Debug, Clone, Default)]
struct Bucket(Arc<Mutex<Vec<(String, Value)>>>);

impl Bucket {
    fn heard(&self) -> Vec<(String, Value)> {
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
struct Heard(Vec<Note>);

impl Journal for Heard {
    fn note(&mut self, note: &Note) {
        self.0.push(note.clone());
    }
}

/// A handler whose configuration is refused.
fn refusing(bucket: &Bucket) -> Handler {
    Handler::refusing(StartError::NoConfig, Some("eu-west-1".to_owned()))
        .with_callback(Callback::through(bucket.clone()))
}

/// A handler with one good and one bad binding, for which AWS and DNS are ports on which nobody listens.
fn alone(bucket: &Bucket) -> Handler {
    let text = r#"
        allow = ["10.20.0.0/16"]
        [dns]
        servers = ["127.0.0.1:1"]
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
    "#;
    let config = Config::parse(text, &Location::Inline(text.to_owned())).unwrap();
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:1")
        .http_client(Builder::new().build_http())
        .build();
    Handler::new(config, &Clients::on(sdk).unwrap())
        .unwrap()
        .with_callback(Callback::through(bucket.clone()))
}

async fn handle(handler: &Handler, payload: Value) -> Handled {
    handler.handle(&payload, MINUTE, &mut Heard::default()).await
}

fn error_type(handled: &Handled) -> &'static str {
    handled.answer.as_ref().unwrap_err().error_type()
}

#[tokio::test]
async fn a_refused_configuration_fails_a_create_and_an_update_and_lets_a_delete_pass() {
    for (kind, status) in [("Create", "FAILED"), ("Update", "FAILED"), ("Delete", "SUCCESS")] {
        let bucket = Bucket::default();
        let handled = handle(&refusing(&bucket), custom_resource(kind)).await;
        let [(url, body)] = bucket.heard().try_into().unwrap();
        assert_eq!(
            (url.as_str(), &body["Status"]),
            (custom_resource(kind)["ResponseURL"].as_str().unwrap(), &json!(status))
        );
        assert_eq!(handled.answer.is_ok(), kind == "Delete");
        if kind != "Delete" {
            assert!(
                body["Reason"]
                    .as_str()
                    .unwrap()
                    .contains("WRITERLINK_CONFIG is not set"),
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
    assert_eq!(bucket.heard(), []);
}

#[tokio::test]
async fn a_delete_never_starts_a_run() {
    let bucket = Bucket::default();
    let handled = handle(&alone(&bucket), custom_resource("Delete")).await;
    assert!(handled.run.is_none());
    assert_eq!(handled.answer.unwrap()["bindings"], json!([]));
    assert_eq!(bucket.heard()[0].1["Status"], "SUCCESS");
}

#[tokio::test]
async fn a_create_succeeds_with_the_status_even_when_nothing_can_be_reached() {
    let bucket = Bucket::default();
    let handled = handle(&alone(&bucket), custom_resource("Create")).await;
    let (_, body) = bucket.heard().remove(0);
    assert_eq!(
        (&body["Status"], &body["Data"]["Ok"]),
        (&json!("SUCCESS"), &json!("false")),
        "{body}"
    );
    assert_eq!(body["Data"]["Status.billing"], "failed");
    assert_eq!(handled.answer.unwrap()["ok"], false);
}

#[tokio::test]
async fn a_stack_request_for_another_place_leads_to_no_request_and_no_run() {
    for (kind, url) in [("Create", "https://evil.example/a"), ("Delete", "http://127.0.0.1/a")] {
        let bucket = Bucket::default();
        let mut payload = custom_resource(kind);
        payload["ResponseURL"] = json!(url);
        let handled = handle(&alone(&bucket), payload).await;
        assert_eq!(error_type(&handled), "StackRequestRefused");
        assert!(handled.run.is_none());
        assert_eq!(bucket.heard(), []);
    }
}

#[tokio::test]
async fn an_unknown_request_type_is_answered_as_failed() {
    let bucket = Bucket::default();
    let handled = handle(&alone(&bucket), custom_resource("Rename")).await;
    assert_eq!(error_type(&handled), "StackRequestRefused");
    assert_eq!(bucket.heard()[0].1["Status"], "FAILED");
}

#[tokio::test]
async fn a_sweep_that_can_reach_nothing_is_an_error_and_by_hand_it_is_a_report() {
    let handler = alone(&Bucket::default());
    let sweep = handle(&handler, json!({"trigger": "sweep"})).await;
    assert_eq!(error_type(&sweep), "Helpless");
    let text = sweep.answer.unwrap_err().to_string();
    assert!(
        text.contains("\norders-writer: ") && text.contains("\nbilling: "),
        "{text}"
    );
    let by_hand = handle(&handler, json!({"mode": "plan"})).await.answer.unwrap();
    assert_eq!(
        (&by_hand["ok"], &by_hand["trigger"]["kind"]),
        (&json!(false), &json!("invoke"))
    );
}

#[tokio::test]
async fn a_bad_binding_can_be_asked_for_by_hand_and_says_what_is_wrong() {
    let answer = alone(&Bucket::default())
        .invoke(json!({"bindings": ["billing"]}), MINUTE, &mut Heard::default())
        .await
        .unwrap();
    assert_eq!(answer["bindings"].as_array().unwrap().len(), 1);
    assert_eq!(answer["bindings"][0]["status"], "failed");
}

#[tokio::test]
async fn a_refused_payload_starts_no_run() {
    let handled = handle(&alone(&Bucket::default()), json!({"mod": "plan"})).await;
    assert_eq!(error_type(&handled), "PayloadRefused");
    assert!(handled.run.is_none());
}
