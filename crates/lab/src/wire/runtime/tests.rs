//! Tests the runtime API and Invoke in plain HTTP.

use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::wire::{Invocation, Invoked, Kind, Lab, Options, Refusal};
use crate::world::rds::Engine;
use crate::world::vpc::Zone;
use crate::world::{Pace, World};

const PATIENCE: Duration = Duration::from_secs(5);

/// What a server answered: status, head and body.
struct Heard {
    status: u16,
    head: String,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default()
    }

    fn request_id(&self) -> String {
        self.header("lambda-runtime-aws-request-id").to_owned()
    }
}

async fn ask(server: &str, method: &str, path: &str, headers: &str, body: &str) -> Heard {
    let mut stream = TcpStream::connect(server).await.expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\ncontent-length: \
         {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    Heard {
        status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

async fn next(lab: &Lab) -> Heard {
    next_in(&lab.runtime_api()).await
}

async fn tell(lab: &Lab, request_id: &str, what: &str, body: &str) -> u16 {
    tell_in(&lab.runtime_api(), request_id, what, body).await
}

async fn next_in(environment: &str) -> Heard {
    ask(environment, "GET", "/2018-06-01/runtime/invocation/next", "", "").await
}

async fn tell_in(environment: &str, request_id: &str, what: &str, body: &str) -> u16 {
    let path = format!("/2018-06-01/runtime/invocation/{request_id}/{what}");
    ask(environment, "POST", &path, "", body).await.status
}

/// Invoke over HTTP, as an AWS client sends it.
async fn invoke(lab: &Lab, kind: &str, function: &str, body: &str) -> Heard {
    let server = lab.aws_endpoint().replace("http://", "");
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let headers = format!("authorization: AWS4-HMAC-SHA256 …\r\nx-amz-invocation-type: {kind}\r\n");
    ask(&server, "POST", &path, &headers, body).await
}

async fn lab() -> Lab {
    let world = World::new(jiff::Timestamp::UNIX_EPOCH).with_pace(Pace::brisk());
    Lab::start(world, Options::default()).await.expect("loopback has ports")
}

fn endings(lab: &Lab) -> Vec<Option<Ending>> {
    lab.invocations().into_iter().map(|invocation| invocation.ending).collect()
}

#[tokio::test]
async fn an_invocation_is_handed_out_with_its_headers_and_its_answer_recorded() {
    let lab = lab().await;
    lab.invoke("writerlink", r#"{"a": 1}"#, Kind::Async).await.expect("it exists");
    let work = next(&lab).await;
    assert_eq!((work.status, work.body.as_str()), (200, r#"{"a": 1}"#));
    assert_eq!(work.header("lambda-runtime-invoked-function-arn"), lab.function_arn());
    assert!(work.header("lambda-runtime-deadline-ms").parse::<u64>().is_ok());
    assert!(work.header("lambda-runtime-trace-id").starts_with("Root=1-"));
    assert_eq!(tell(&lab, &work.request_id(), "response", r#"{"ok": true}"#).await, 202);
    assert_eq!(endings(&lab), [Some(Ending::Answered(r#"{"ok": true}"#.to_owned()))]);
    assert!(lab.is_quiet_within(PATIENCE).await);
}

#[tokio::test]
async fn an_rds_event_reaches_the_function_through_its_topic() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH).with_pace(Pace::brisk());
    world
        .add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A), ("orders-2", Zone::B)])
        .expect("good names");
    let topic = world.add_topic("events");
    let lab = Lab::start(world, Options { speed: 10.0, ..Options::default() })
        .await
        .expect("loopback has ports");
    {
        let mut world = lab.world();
        world.subscribe(&topic, "lambda", &lab.function_arn()).expect("the topic exists");
        world.add_event_subscription("all", &topic, None, &[]);
        world.failover_db_cluster("orders", None).expect("it has a reader");
    }
    let mut messages = Vec::new();
    for _ in 0..3 {
        let work = tokio::time::timeout(PATIENCE, next(&lab)).await.expect("an event");
        let payload: Value = serde_json::from_str(&work.body).expect("JSON");
        messages.push(payload["Records"][0]["Sns"]["Message"].as_str().expect("a text").to_owned());
        tell(&lab, &work.request_id(), "response", "{}").await;
    }
    assert!(messages[0].starts_with("This is a message to notify"), "{messages:?}");
    assert!(messages[1].contains("#RDS-EVENT-0073"), "{messages:?}");
    assert!(messages[2].contains("#RDS-EVENT-0071"), "{messages:?}");
}

#[tokio::test]
async fn one_invocation_runs_at_a_time_and_a_synchronous_one_is_refused_meanwhile() {
    let lab = lab().await;
    for payload in ["1", "2"] {
        lab.invoke("writerlink", payload, Kind::Async).await.expect("it exists");
    }
    let first = next(&lab).await;
    assert_eq!(lab.invoke("writerlink", "3", Kind::Sync).await, Err(Refusal::Busy));
    assert_eq!(invoke(&lab, "RequestResponse", "writerlink", "{}").await.status, 429);
    assert_eq!(tell(&lab, &first.request_id(), "response", "{}").await, 202);
    assert_eq!(next(&lab).await.body, "2");
}

#[tokio::test]
async fn a_synchronous_invocation_returns_what_the_function_answers() {
    let lab = lab().await;
    let function = async {
        let work = next(&lab).await;
        tell(&lab, &work.request_id(), "response", r#"{"seen": true}"#).await;
    };
    let (heard, ()) = tokio::join!(invoke(&lab, "RequestResponse", "writerlink", "{}"), function);
    assert_eq!((heard.status, heard.body.as_str()), (200, r#"{"seen": true}"#));
    assert_eq!(heard.header("x-amz-function-error"), "");
}

#[tokio::test]
async fn a_functions_error_is_told_to_the_synchronous_caller_and_recorded() {
    let lab = lab().await;
    let document = r#"{"errorType":"Held","errorMessage":"no"}"#;
    let function = async {
        let work = next(&lab).await;
        tell(&lab, &work.request_id(), "error", document).await;
    };
    let (heard, ()) = tokio::join!(invoke(&lab, "RequestResponse", "writerlink", "{}"), function);
    assert_eq!((heard.status, heard.header("x-amz-function-error")), (200, "Unhandled"));
    assert_eq!(heard.body, document);
    let failed = Ending::Failed { error_type: "Held".to_owned(), document: document.to_owned() };
    assert_eq!(endings(&lab), [Some(failed)]);
}

#[tokio::test]
async fn a_synchronous_invocation_that_no_program_can_answer_is_refused_and_an_event_waits() {
    let lab = lab().await;
    let heard = invoke(&lab, "RequestResponse", "writerlink", "{}");
    let heard = tokio::time::timeout(PATIENCE, heard).await.expect("it does not wait");
    assert_eq!(
        (heard.status, heard.header("x-amzn-errortype")),
        (409, "ResourceConflictException")
    );
    assert!(heard.body.contains("AWS_LAMBDA_RUNTIME_API"), "{}", heard.body);
    assert_eq!(lab.invocations(), [], "it is not queued");
    assert_eq!(invoke(&lab, "Event", "writerlink", "1").await.status, 202);
    let work = next(&lab).await;
    tell(&lab, &work.request_id(), "response", "1").await;
    // A program that has just answered polls again in a moment, as one that is started again.
    let function = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let work = next(&lab).await;
        tell(&lab, &work.request_id(), "response", "2").await;
    };
    let (heard, ()) = tokio::join!(invoke(&lab, "RequestResponse", "writerlink", "{}"), function);
    assert_eq!((heard.status, heard.body.as_str()), (200, "2"));
}

#[tokio::test]
async fn invoke_refuses_as_lambda_does() {
    let lab = lab().await;
    assert_eq!(invoke(&lab, "Event", "nobody", "{}").await.status, 404);
    assert_eq!(invoke(&lab, "Event", "writerlink", "{").await.status, 400);
    assert_eq!(invoke(&lab, "Sometimes", "writerlink", "{}").await.status, 400);
    assert_eq!(invoke(&lab, "DryRun", "writerlink", "{}").await.status, 204);
    assert_eq!(lab.invocations(), []);
    let arn = lab.function_arn().replace(':', "%3A");
    assert_eq!(invoke(&lab, "Event", &arn, "{}").await.status, 202);
    assert_eq!(lab.invocations().len(), 1);
}

#[tokio::test]
async fn an_unknown_request_id_and_an_unknown_path_are_refused() {
    let lab = lab().await;
    assert_eq!(tell(&lab, "nobody", "response", "{}").await, 400);
    assert_eq!(
        ask(&lab.runtime_api(), "GET", "/2018-06-01/runtime/nowhere", "", "").await.status,
        404
    );
    assert_eq!(
        ask(&lab.runtime_api(), "POST", "/2018-06-01/runtime/init/error", "", "broken")
            .await
            .status,
        202
    );
    assert_eq!(lab.init_errors(), ["broken"]);
}

#[tokio::test]
async fn an_environment_that_asks_for_work_unanswered_has_crashed() {
    let lab = lab().await;
    lab.invoke("writerlink", "1", Kind::Async).await.expect("it exists");
    lab.invoke("writerlink", "2", Kind::Async).await.expect("it exists");
    let first = next(&lab).await;
    assert_eq!(next(&lab).await.body, "2");
    assert_eq!(endings(&lab), [Some(Ending::Crashed), None]);
    assert_eq!(tell(&lab, &first.request_id(), "response", "{}").await, 400);
}

#[tokio::test]
async fn an_invocation_that_outlives_its_timeout_ends() {
    let world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let options = Options { timeout: Duration::from_millis(50), ..Options::default() };
    let lab = Lab::start(world, options).await.expect("loopback has ports");
    lab.invoke("writerlink", "1", Kind::Async).await.expect("it exists");
    let work = next(&lab).await;
    assert!(lab.is_quiet_within(PATIENCE).await);
    assert_eq!(endings(&lab), [Some(Ending::TimedOut)]);
    assert_eq!(tell(&lab, &work.request_id(), "response", "{}").await, 400);
}

#[tokio::test]
async fn a_process_that_went_away_while_it_waited_is_handed_nothing() {
    let lab = lab().await;
    let gone = tokio::time::timeout(Duration::from_millis(100), next(&lab)).await;
    assert!(gone.is_err(), "there is no work yet");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let queued = lab.invoke("writerlink", "1", Kind::Async).await.expect("it exists");
    let work = tokio::time::timeout(PATIENCE, next(&lab)).await.expect("the work is still there");
    assert_eq!(queued, Invoked::Queued(work.request_id()));
}

#[tokio::test]
async fn a_schedule_sweeps() {
    let world = World::new(jiff::Timestamp::UNIX_EPOCH);
    let options = Options { sweep_every: Some(Duration::from_millis(20)), ..Options::default() };
    let lab = Lab::start(world, options).await.expect("loopback has ports");
    let work = tokio::time::timeout(PATIENCE, next(&lab)).await.expect("a sweep");
    assert_eq!(work.body, r#"{"trigger":"sweep"}"#);
}

#[tokio::test]
async fn an_answer_of_more_than_6_mib_ends_as_an_error() {
    let lab = lab().await;
    lab.invoke("writerlink", "1", Kind::Async).await.expect("it exists");
    let work = next(&lab).await;
    let too_much = "x".repeat(LARGEST_BODY + 1);
    let path = format!("/2018-06-01/runtime/invocation/{}/response", work.request_id());
    // The server may close the connection before it has read all of it; what counts is the record.
    let mut stream = TcpStream::connect(lab.runtime_api()).await.expect("it listens");
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: lab\r\ncontent-length: {}\r\n\r\n", too_much.len());
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let _ = stream.write_all(too_much.as_bytes()).await;
    assert!(lab.is_quiet_within(PATIENCE).await);
    let endings = endings(&lab);
    let [Some(Ending::Failed { error_type, .. })] = endings.as_slice() else {
        panic!("{endings:?}");
    };
    assert_eq!(error_type, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn after_shutdown_nobody_answers() {
    let lab = lab().await;
    let runtime = lab.runtime_api();
    lab.shutdown().await;
    assert!(TcpStream::connect(runtime).await.is_err());
}

#[tokio::test]
async fn messages_to_another_function_do_not_reach_this_one() {
    let mut world = World::new(jiff::Timestamp::UNIX_EPOCH).with_pace(Pace::brisk());
    let topic = world.add_topic("events");
    let lab = Lab::start(world, Options::default()).await.expect("loopback has ports");
    for function in [lab.function_arn().replace("writerlink", "another"), lab.function_arn()] {
        let mut world = lab.world();
        world.subscribe(&topic, "lambda", &function).expect("the topic exists");
        world.publish(&topic, None, &function, BTreeMap::new()).expect("the topic exists");
    }
    // The first message went to the other function alone, the second to both.
    let work = tokio::time::timeout(PATIENCE, next(&lab)).await.expect("a message");
    assert!(
        work.body.contains(&format!("\"Message\":\"{}\"", lab.function_arn())),
        "{}",
        work.body
    );
    assert_eq!(lab.invocations().len(), 1);
}

mod environments;
