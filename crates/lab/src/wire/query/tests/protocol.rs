//! Tests the form of requests, answers and refusals that all operations share.

use super::{Client, request, text_of};
use crate::world::ids;

#[tokio::test]
async fn an_answer_has_the_form_of_the_query_protocol() {
    let client = Client::start().await;
    let answer = client.rds("Action=DescribeDBClusters").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert!(body.starts_with(
        "<DescribeDBClustersResponse \
         xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DescribeDBClustersResult><DBClusters><DBCluster>"
    ));
    assert!(body.contains("</DescribeDBClustersResult><ResponseMetadata><RequestId>"));
    assert_eq!(text_of(body, "DBClusterIdentifier"), "orders");
}

#[tokio::test]
async fn a_refusal_has_the_form_the_code_and_the_status_of_aws() {
    let client = Client::start().await;
    let answer = client.rds("Action=DescribeDBClusters&DBClusterIdentifier=gone").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.contains("<ErrorResponse \
        xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender</Type><Code>DBClusterNotFoundFault</Code>"));
}

#[tokio::test]
async fn a_call_without_credentials_is_refused_and_does_nothing() {
    let client = Client::start().await;
    let form = format!("Version=2015-12-01&{}", client.register_form());
    let unsigned = String::from_utf8(request(&form)).unwrap().replace("authorization", "x-nothing");
    let answer = client.raw(unsigned.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert_eq!(text_of(&answer, "Code"), "MissingAuthenticationToken");
    assert_eq!(client.targets(), 0);
}

#[tokio::test]
async fn an_unknown_operation_is_told_as_aws_tells_it() {
    let client = Client::start().await;
    for (version, action) in [
        ("2014-10-31", "CreateDBCluster"),
        ("2014-10-31", "StopDBCluster"),
        ("2015-12-01", "CreateListener"),
        ("2015-12-01", "ModifyTargetGroupAttributes"),
        ("2010-03-31", "CreateTopic"),
        ("2011-06-15", "MakeCoffee"),
        ("1999-01-01", "MakeCoffee"),
    ] {
        let answer = client.call(version, &format!("Action={action}")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert_eq!(text_of(&answer, "Code"), "InvalidAction");
        let message = text_of(&answer, "Message");
        let aws = format!("Could not find operation {action} for version {version}");
        assert!(message.starts_with(&aws) && message.contains("--world"), "{message}");
    }
    assert_eq!(text_of(&client.rds("").await, "Code"), "MissingAction");
}

#[tokio::test]
async fn a_missing_parameter_is_named_in_each_services_words() {
    let client = Client::start().await;
    let answer = client.rds("Action=FailoverDBCluster").await;
    assert_eq!(text_of(&answer, "Code"), "MissingParameter");
    assert!(answer.contains("DBClusterIdentifier"));
    let answer = client.elbv2("Action=RegisterTargets&Targets.member.1.Id=10.20.1.7").await;
    assert_eq!(text_of(&answer, "Code"), "ValidationError");
    assert!(text_of(&answer, "Message").contains("targetGroupArn"), "{answer}");
    let answer =
        client.elbv2(&format!("Action=RegisterTargets&TargetGroupArn={}", client.group)).await;
    assert_eq!(text_of(&answer, "Code"), "ValidationError");
}

#[tokio::test]
async fn the_query_string_serves_as_well_as_the_body() {
    let client = Client::start().await;
    let answer = client
        .raw(
            b"GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\r\nhost: \
            lab\r\nconnection: close\r\nauthorization: x\r\n\r\n",
        )
        .await;
    assert_eq!(text_of(&answer, "Account"), "111122223333");
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_refused() {
    let client = Client::start().await;
    let answer = client.raw(&request(&"x".repeat(1024 * 1024 + 1))).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{}", &answer[..answer.len().min(200)]);
    assert!(client.rds("Action=DescribeDBClusters").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn no_bytes_make_the_server_panic() {
    let client = Client::start().await;
    let names = [
        "Targets.member.",
        "Filters.Filter.1.Values",
        "Tags.member.1.Key",
        "Port",
        "MaxRecords",
        "%ff",
        "PageSize",
    ];
    let values =
        ["-1", "99999999999999999999", "%00%ff%fe", "%F0%9F%98%80", "", "arn:aws:", "1e9", "0"];
    let actions = [
        "RegisterTargets",
        "DeregisterTargets",
        "DescribeTargetGroups",
        "AddTags",
        "DescribeListeners",
        "DescribeTags",
    ];
    for seed in 0..300 {
        let pick = |of: &[&str], salt: u64| {
            of[ids::scramble(seed * 31 + salt) as usize % of.len()].to_owned()
        };
        let form: String = (0..6)
            .map(|salt| format!("&{}{salt}={}", pick(&names, salt), pick(&values, salt + 9)))
            .collect();
        let action = pick(&actions, 77);
        let form = format!(
            "Action={action}&TargetGroupArn={}&ResourceArns.member.1={}{form}",
            client.group,
            pick(&values, 5)
        );
        let answer = client.elbv2(&form).await;
        assert!(answer.starts_with("HTTP/1.1 "), "no answer to {form}");
    }
    let noise: Vec<u8> = (0..4096).map(|n| ids::scramble(n) as u8).collect();
    client.raw(&noise).await;
    assert!(client.rds("Action=DescribeDBClusters").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn lambdas_paths_go_to_lambda() {
    let client = Client::start().await;
    let path = "/2015-03-31/functions/writerlink/invocations?Qualifier=live";
    let answer = client
        .raw(
            format!(
                "POST {path} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\ncontent-length: \
                2\r\n\r\n{{}}"
            )
            .as_bytes(),
        )
        .await;
    assert!(answer.ends_with(&format!("POST {path} {{}}")), "{answer}");
}
