//! Writes: one request each, and an honest word about what came of it.

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use writerlink_aws::Clients;
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::{LONGEST_WRITE, TargetGroupRead, TargetGroupWrite};
use writerlink_core::target::{Registration, Target, TargetGroupArn, TargetState, Zone};

use super::aws_server::{AwsServer, GROUP, REGION, Reply, cut, error, ok};

const REGISTERED: &str = "<RegisterTargetsResponse><RegisterTargetsResult/><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></RegisterTargetsResponse>";
const DEREGISTERED: &str = "<DeregisterTargetsResponse><DeregisterTargetsResult/><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DeregisterTargetsResponse>";

fn group() -> TargetGroupArn {
    GROUP.parse().unwrap()
}

fn registration() -> Registration {
    Registration { address: "10.0.0.7:5432".parse().unwrap(), zone: None }
}

fn targets(count: u16) -> Vec<Target> {
    let zone = Some(Zone("eu-west-1a".to_owned()));
    let target = |n: u16| Target {
        address: format!("10.0.{}.{}:6432", n / 200, n % 200).parse().unwrap(),
        zone: zone.clone(),
        state: TargetState::Healthy,
        reason: None,
    };
    (1..=count).map(target).collect()
}

async fn register(clients: &Clients) -> Result<(), CallError> {
    clients.writer().register(&group(), &registration()).await
}

async fn failure_of_register(
    reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
) -> (CallError, usize) {
    let server = AwsServer::start(reply).await;
    let error = register(&server.clients()).await.unwrap_err();
    (error, server.requests().len())
}

#[tokio::test]
async fn a_registration_names_address_port_and_zone() {
    let server = AwsServer::start(|_| ok(REGISTERED)).await;
    register(&server.clients()).await.unwrap();
    let outside = Registration { zone: Some(Zone::all()), ..registration() };
    server.clients().writer().register(&group(), &outside).await.unwrap();
    let requests = server.requests();
    assert!(requests[0].contains("Action=RegisterTargets"), "{requests:?}");
    assert!(requests[0].contains("Id=10.0.0.7&Targets.member.1.Port=5432"), "{requests:?}");
    assert!(!requests[0].contains("AvailabilityZone"), "{requests:?}");
    assert!(requests[1].contains("AvailabilityZone=all"), "{requests:?}");
}

#[tokio::test]
async fn a_deregistration_names_port_and_zone_as_they_were_reported() {
    let server = AwsServer::start(|_| ok(DEREGISTERED)).await;
    server.clients().writer().deregister(&group(), &targets(2)).await.unwrap();
    let [request] = server.requests().try_into().unwrap();
    for text in [
        "member.1.Id=10.0.0.1",
        "member.1.Port=6432",
        "member.1.AvailabilityZone=eu-west-1a",
        "member.2.Id=10.0.0.2",
    ] {
        assert!(request.contains(text), "{request}");
    }
}

#[tokio::test]
async fn deregistrations_go_out_in_hundreds() {
    let server = AwsServer::start(|_| ok(DEREGISTERED)).await;
    server.clients().writer().deregister(&group(), &targets(250)).await.unwrap();
    let counts: Vec<usize> =
        server.requests().iter().map(|body| body.matches(".Id=").count()).collect();
    assert_eq!(counts, [100, 100, 50]);
}

#[tokio::test]
async fn nothing_to_deregister_is_no_call() {
    let server = AwsServer::start(|_| ok(DEREGISTERED)).await;
    server.clients().writer().deregister(&group(), &[]).await.unwrap();
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_chunk_refused_after_another_was_applied_is_a_lost_answer() {
    let server = AwsServer::start(|body| match body.contains("Id=10.0.0.1&") {
        true => ok(DEREGISTERED),
        false => error(400, "ThrottlingException", "Rate exceeded"),
    })
    .await;
    let error = server.clients().writer().deregister(&group(), &targets(150)).await.unwrap_err();
    assert_eq!(error.failure, Failure::AnswerLost);
    assert!(error.detail.contains("first 100 targets"), "{error}");
}

#[tokio::test]
async fn a_refused_write_is_sorted_by_its_code_and_sent_once() {
    for (status, code, failure) in [
        (403, "AccessDenied", Failure::Rejected(Rejection::AccessDenied)),
        (400, "TargetGroupNotFound", Failure::Rejected(Rejection::NotFound)),
        (400, "InvalidTarget", Failure::Rejected(Rejection::Invalid)),
        (400, "TooManyTargets", Failure::Rejected(Rejection::Quota)),
        (400, "Throttling", Failure::Throttled),
        (400, "ThrottlingException", Failure::Throttled),
        (403, "ExpiredToken", Failure::Credentials),
    ] {
        let (error, sent) = failure_of_register(move |_| error(status, code, "the reason")).await;
        assert_eq!((error.failure, sent), (failure, 1), "{code}");
        assert_eq!(error.call, "elasticloadbalancing:RegisterTargets");
        assert_eq!(error.detail, format!("{code}: the reason"));
    }
}

#[tokio::test]
async fn a_write_that_may_have_been_done_is_a_lost_answer_and_is_not_repeated() {
    type Case = (&'static str, fn() -> Reply);
    let cases: [Case; 8] = [
        ("500", || error(500, "InternalFailure", "oops")),
        ("503", || error(503, "ServiceUnavailable", "later")),
        ("502 of a proxy", || Reply::Answer(502, "<html>bad gateway</html>".to_owned())),
        ("404 of something else", || Reply::Answer(404, "not here".to_owned())),
        ("a reset", || Reply::Close),
        ("half an answer", || Reply::Half(REGISTERED.to_owned())),
        ("a page that is no answer", || ok("<html>welcome</html>")),
        ("broken XML", || ok("<Regis")),
    ];
    for (name, reply) in cases {
        let (error, sent) = failure_of_register(move |_| reply()).await;
        assert_eq!((error.failure, sent), (Failure::AnswerLost, 1), "{name}: {error}");
    }
}

#[tokio::test]
async fn an_acknowledgement_that_ends_too_soon_is_a_lost_answer() {
    for xml in cut(REGISTERED) {
        let (error, sent) = failure_of_register({
            let xml = xml.clone();
            move |_| ok(&xml)
        })
        .await;
        assert_eq!((error.failure, sent), (Failure::AnswerLost, 1), "{xml}: {error}");
    }
}

#[tokio::test]
async fn a_write_without_an_answer_ends_after_the_longest_write_as_a_lost_answer() {
    let server = AwsServer::start(|_| Reply::Silence).await;
    let clients = server.clients();
    let begun = Instant::now();
    let targets = targets(1);
    let (registered, deregistered) = tokio::join!(register(&clients), async {
        clients.writer().deregister(&group(), &targets).await
    });
    let took = begun.elapsed();
    assert!((LONGEST_WRITE..LONGEST_WRITE + Duration::from_secs(3)).contains(&took), "{took:?}");
    assert_eq!(registered.unwrap_err().failure, Failure::AnswerLost);
    assert_eq!(deregistered.unwrap_err().failure, Failure::AnswerLost);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_write_that_found_no_server_never_went_out() {
    let error = register(&Clients::at("http://127.0.0.1:1", REGION).unwrap()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreachable);
    assert!(error.detail.contains("refused"), "{error}");
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let server = AwsServer::start(|_| ok(REGISTERED)).await;
    let clients = with_credentials(&server, Absent);
    let error = register(&clients).await.unwrap_err();
    assert_eq!(error.failure, Failure::Credentials, "{error}");
    assert!(error.detail.contains("no profile, no variable"), "{error}");
    let read_ports = clients.read_ports(&["127.0.0.1:53".parse().unwrap()]).unwrap();
    let error = read_ports.groups.targets(&group()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Credentials, "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn credentials_that_do_not_come_in_time_are_no_lost_answer() {
    let server = AwsServer::start(|_| ok(REGISTERED)).await;
    let clients = with_credentials(&server, Slow);
    let groups = clients.read_ports(&["127.0.0.1:53".parse().unwrap()]).unwrap().groups;
    let group = group();
    let timed = async {
        let begun = Instant::now();
        (register(&clients).await, begun.elapsed())
    };
    let ((written, took), read) = tokio::join!(timed, groups.targets(&group));
    assert!(took < LONGEST_WRITE, "{took:?}");
    assert_eq!(written.unwrap_err().failure, Failure::Credentials);
    assert_eq!(read.unwrap_err().failure, Failure::Credentials);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_write_goes_out_on_the_connection_that_the_read_before_it_proved() {
    let server = AwsServer::start(|body| match body.contains("DescribeTargetHealth") {
        true => ok("<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions/></DescribeTargetHealthResult></DescribeTargetHealthResponse>"),
        false => ok(REGISTERED),
    })
    .await;
    let clients = server.clients();
    let read_ports = clients.read_ports(&["127.0.0.1:53".parse().unwrap()]).unwrap();
    read_ports.groups.targets(&group()).await.unwrap();
    register(&clients).await.unwrap();
    assert_eq!((server.requests().len(), server.connections()), (2, 1));
}

#[tokio::test]
async fn a_group_of_another_region_is_refused_before_any_call() {
    let server = AwsServer::start(|_| ok(REGISTERED)).await;
    let elsewhere: TargetGroupArn = GROUP.replace("eu-west-1", "us-east-2").parse().unwrap();
    let writer = server.clients().writer();
    for error in [
        writer.register(&elsewhere, &registration()).await.unwrap_err(),
        writer.deregister(&elsewhere, &targets(1)).await.unwrap_err(),
    ] {
        assert_eq!(error.failure, Failure::Rejected(Rejection::Invalid));
        assert!(
            error.detail.contains("us-east-2") && error.detail.contains("eu-west-1"),
            "{error}"
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_outcome_is_published_with_its_subject_and_only_to_a_topic_of_the_region() {
    let server = AwsServer::start(|_| {
        ok("<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>")
    })
    .await;
    let notifier = server.clients().notifier();
    notifier
        .publish("arn:aws:sns:eu-west-1:111122223333:outcomes", "orders: changed", "done")
        .await
        .unwrap();
    let [request] = server.requests().try_into().unwrap();
    assert!(
        request.contains("Subject=orders%3A%20changed") && request.contains("Message=done"),
        "{request}"
    );
    let error = notifier
        .publish("arn:aws:sns:us-east-2:111122223333:outcomes", "s", "t")
        .await
        .unwrap_err();
    assert_eq!(error.failure, Failure::Rejected(Rejection::Invalid));
}

fn with_credentials(server: &AwsServer, provider: impl ProvideCredentials + 'static) -> Clients {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
        .endpoint_url(&server.endpoint)
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(provider));
    Clients::on(config.build()).unwrap()
}

#[derive(Debug)]
struct Absent;

impl ProvideCredentials for Absent {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded(
            "no profile, no variable",
        )))
    }
}

#[derive(Debug)]
struct Slow;

impl ProvideCredentials for Slow {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}
