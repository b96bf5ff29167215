//! Reads the payloads under `tests/events`, which are recorded or taken from AWS's documentation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::custom_resource::StackRequest;
use crate::response_url;

use super::*;

/// Every payload by the name of its file.
fn recorded() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/events");
    let files =
        fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
    let payload =
        |path: &Path| serde_json::from_slice(&fs::read(path).expect("the file")).expect("JSON");
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    json.map(|path| {
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), payload(&path))
    })
    .collect()
}

fn described(payload: &Value) -> String {
    if let Some(request) = StackRequest::recognise(payload) {
        let place = response_url::check(&request.response_url, Some("eu-west-1"));
        return format!(
            "stack {:?} {}",
            request.kind,
            place.map_or_else(|fault| fault, |()| "answered".to_owned())
        );
    }
    let Request { trigger, unreadable, .. } =
        read(payload, &CallContext::of(&["orders-writer", "billing"])).expect("none is refused");
    assert_eq!(trigger.unreadable as usize, unreadable.len());
    let mut text = format!("{:?} {:?}", trigger.kind, trigger.intent);
    for event in &trigger.events {
        let id = event.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let source = event.source.as_ref().map_or("-", |source| source.as_str());
        let time = event.time.map_or_else(|| "-".to_owned(), |time| time.to_string());
        text += &format!(" | {id} {:?} {source} {time}", event.about);
    }
    for only in trigger.only.iter().flatten() {
        text += &format!(" | only {only}");
    }
    unreadable.iter().for_each(|_| text += " | unreadable");
    text
}

#[test]
fn every_recorded_payload_is_taken_for_what_it_is() {
    let expected = [
        ("by-hand-empty", "Invoke Reconcile"),
        ("by-hand-one-binding", "Invoke Reconcile | only orders-writer"),
        ("by-hand-plan", "Invoke Plan"),
        ("custom-resource-create", "stack Create answered"),
        ("custom-resource-delete", "stack Delete answered"),
        ("custom-resource-update", "stack Update answered"),
        (
            "destination-sns",
            "Destination Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z",
        ),
        (
            "eventbridge-blue-green-0248",
            "EventBridge Reconcile | RDS-EVENT-0248 Deployment bgd-0123456789abcdef \
             2025-03-04T10:04:17.402Z",
        ),
        (
            "eventbridge-cluster",
            "EventBridge Reconcile | RDS-EVENT-0071 Cluster orders 2024-05-06T23:08:24.252Z",
        ),
        (
            "eventbridge-destination",
            "EventBridge Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z",
        ),
        (
            "eventbridge-multi-az-cluster-0071",
            "EventBridge Reconcile | RDS-EVENT-0071 Cluster ledger 2022-06-09T04:13:02.64Z",
        ),
        (
            "eventbridge-other-detail-type",
            "EventBridge Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z",
        ),
        (
            "eventbridge-proxy-0204",
            "EventBridge Reconcile | RDS-EVENT-0204 Proxy front 2025-03-04T10:01:17.402Z",
        ),
        (
            "eventbridge-without-eventid",
            "EventBridge Reconcile | - Instance billing 2018-09-27T22:36:43.292Z",
        ),
        ("garbage-in-sns", "Sns Reconcile | unreadable"),
        ("pipes-sqs", "Pipes Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z"),
        ("scheduled", "Schedule Reconcile"),
        ("scheduler-sweep", "Schedule Reconcile"),
        (
            "sns-2016-instance-0013",
            "Sns Reconcile | RDS-EVENT-0013 Instance billing 2016-04-21T23:17:32.957Z",
        ),
        ("sns-2018", "Sns Reconcile | RDS-EVENT-0015 Instance billing 2018-03-08T18:47:46.562Z"),
        (
            "sns-2020-cluster-0071",
            "Sns Reconcile | RDS-EVENT-0071 Cluster orders 2020-10-05T06:11:49.443Z",
        ),
        (
            "sns-2021-cluster-0071",
            "Sns Reconcile | RDS-EVENT-0071 Cluster orders 2021-05-12T18:06:48.701Z",
        ),
        (
            "sns-2021-cluster-0072",
            "Sns Reconcile | RDS-EVENT-0072 Cluster orders 2021-05-12T18:06:17.402Z",
        ),
        (
            "sns-2021-instance-0049",
            "Sns Reconcile | RDS-EVENT-0049 Instance billing 2021-08-03T08:30:30.333Z",
        ),
        (
            "sns-blue-green-0260",
            "Sns Reconcile | RDS-EVENT-0260 Deployment bgd-0123456789abcdef \
             2025-03-04T10:10:17.402Z",
        ),
        (
            "sns-cluster-0172",
            "Sns Reconcile | RDS-EVENT-0172 Cluster orders 2025-03-04T10:10:17.402Z",
        ),
        (
            "sns-eventbridge-cluster-0072",
            "Sns Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z",
        ),
        (
            "sns-eventbridge-snapshot-0091",
            "Sns Reconcile | RDS-EVENT-0091 Unrelated x-2026-11-20 2026-11-20T10:11:13Z",
        ),
        (
            "sns-global-0185",
            "Sns Reconcile | RDS-EVENT-0185 Cluster orders 2025-03-04T10:18:17.402Z",
        ),
        ("sns-hello", "Sns Reconcile"),
        (
            "sns-instance-0005-of-a-reader",
            "Sns Reconcile | RDS-EVENT-0005 Instance orders-3 2025-03-04T10:02:17.402Z",
        ),
        (
            "sns-instance-0013-of-cluster-member",
            "Sns Reconcile | RDS-EVENT-0013 Instance orders-1 2021-11-07T17:43:51.876Z",
        ),
        (
            "sns-instance-0385",
            "Sns Reconcile | RDS-EVENT-0385 Instance orders-3 2025-03-04T10:34:17.402Z",
        ),
        (
            "sns-multi-az-cluster-0073",
            "Sns Reconcile | RDS-EVENT-0073 Cluster ledger 2022-06-09T04:12:31.118Z",
        ),
        (
            "sns-name-in-the-link",
            "Sns Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z",
        ),
        ("sns-proxy-0207", "Sns Reconcile | RDS-EVENT-0207 Proxy front 2025-03-04T10:04:17.402Z"),
        (
            "sns-source-id-is-an-arn",
            "Sns Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z",
        ),
        ("sqs-destination", "Sqs Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z"),
        ("sqs-eventbridge", "Sqs Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z"),
        ("sqs-sns", "Sqs Reconcile | RDS-EVENT-0072 Cluster orders 2026-11-20T10:11:13Z"),
        (
            "unknown-database",
            "Sns Reconcile | RDS-EVENT-0071 Cluster warehouse 2021-05-12T18:06:48.701Z",
        ),
    ];
    let recorded = recorded();
    let described: Vec<(&str, String)> =
        recorded.iter().map(|(name, payload)| (name.as_str(), described(payload))).collect();
    let expected: Vec<(&str, String)> =
        expected.map(|(name, text)| (name, text.to_owned())).to_vec();
    assert_eq!(described, expected);
}
