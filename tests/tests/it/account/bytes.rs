//! What is sent, compared with what botocore sends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use writerlink_aws::account::{AccountReader, Metric};
use writerlink_core::ports::StandbyRead;

use super::botocore;
use crate::adapters::aws_server::{AwsServer, REGION, error};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:link";

/// Makes every call of the closed list, in the order of `account_requests.py`.
async fn make_every_call(reader: &AccountReader) {
    let two = |kind: &str| [format!("{kind}-1"), format!("{kind}-2")];
    let dimensions = [("LoadBalancer", "net/a&b/1"), ("TargetGroup", "t=1~*ü")];
    let metric = Metric {
        namespace: "AWS/NetworkELB".to_owned(),
        name: "HealthyHostCount".to_owned(),
        dimensions: BTreeMap::from(dimensions.map(|(name, value)| (name.into(), value.into()))),
    };
    let at = |hour: u8| format!("2026-11-30T{hour}:00:00.5Z").parse().unwrap();
    reader.identity().await.unwrap_err();
    reader.subnets(&two("subnet")).await.unwrap_err();
    reader.security_groups(&two("sg")).await.unwrap_err();
    reader.prefix_list("pl-1").await.unwrap_err();
    reader.network_acls(&two("subnet")).await.unwrap_err();
    reader.endpoint_services().await.unwrap_err();
    reader.endpoint_principals("vpce-svc-1").await.unwrap_err();
    reader.endpoint_connections("vpce-svc-1").await.unwrap_err();
    reader.function(FUNCTION).await.unwrap_err();
    reader.concurrency(FUNCTION).await.unwrap_err();
    reader.function_policy(FUNCTION).await.unwrap_err();
    reader.event_invoke(FUNCTION).await.unwrap_err();
    reader.source_mappings(FUNCTION).await.unwrap_err();
    reader.schedules().await.unwrap_err();
    reader.schedule("x y+z", "a b&c/ü").await.unwrap_err();
    reader.alarms().await.unwrap_err();
    let minute = Duration::from_secs(60);
    reader.measurements(&metric, at(12), at(13), minute).await.unwrap_err();
    let queue = format!("arn:aws:sqs:{REGION}:111122223333:failures");
    reader.queue_attributes(&queue).await.unwrap_err();
}

#[tokio::test]
async fn each_request_is_byte_for_byte_the_one_of_botocore_and_signs_what_it_signs() {
    let Some(said) = botocore() else { return };
    let theirs = said["requests"].as_array().unwrap();
    let server = AwsServer::start(|_| error(400, "Stop", "the request was seen")).await;
    make_every_call(&server.clients().account_reader()).await;
    let ports = server.clients().read_ports(&[([127, 0, 0, 1], 53).into()]).unwrap();
    ports.standby.interfaces("vpc-1", None).await.unwrap_err();
    let remote = server.clients().remote_reader();
    for place in ["ssm:/writerlink/orders", "s3://bindings/teams/a b&c=+ü~.toml"] {
        remote.read(&place.parse().unwrap()).await.unwrap_err();
    }
    let ours = server.heads_and_bodies();
    assert_eq!(ours.len(), theirs.len());
    for ((head, body), theirs) in ours.iter().zip(theirs) {
        let line = head.lines().next().unwrap();
        assert_eq!(line.trim_end_matches(" HTTP/1.1"), theirs["line"], "{body}");
        // A queue's URL has the server's port in it.
        let port = server.endpoint.rsplit(':').next().unwrap();
        assert_eq!(body.replace(&format!("%3A{port}%2F"), "%3A1%2F"), theirs["body"], "{line}");
        let mut signed = signed(head);
        // The Rust SDK has a second header for its user agent, which it signs.
        assert!(signed.remove("x-amz-user-agent"), "{head}");
        assert_eq!(signed, names(&theirs["signed"]), "{line} {body}");
    }
}

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

fn signed(head: &str) -> BTreeSet<&str> {
    let list = head.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    list.split(';').collect()
}
