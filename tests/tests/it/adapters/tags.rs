//! The tags of target groups: all pages, in batches, and a group that is deleted meanwhile.

use std::time::{Duration, Instant};

use writerlink_aws::{Clients, ReadPorts};
use writerlink_core::failure::{Failure, Rejection};

use super::aws_server::{AwsServer, Reply, error, ok};
use super::driver::tagged_groups_of;

fn read_ports(clients: &Clients) -> ReadPorts {
    clients.read_ports(&["127.0.0.1:53".parse().unwrap()]).unwrap()
}

fn arn(number: usize) -> String {
    format!(
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/group-{number:04}/0123456789abcdef"
    )
}

/// A page of these groups, each of type `ip` on TCP.
fn groups(numbers: impl Iterator<Item = usize>, marker: &str) -> Reply {
    let list: String = numbers
        .map(|number| {
            format!(
                "<member><TargetGroupArn>{}</TargetGroupArn><TargetType>ip</TargetType><Protocol>TCP</Protocol></member>",
                arn(number)
            )
        })
        .collect();
    ok(format!(
        "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups>{list}</TargetGroups>{marker}</DescribeTargetGroupsResult></DescribeTargetGroupsResponse>"
    ))
}

/// The numbers of the groups that a request names, as it is written in a form.
fn named(body: &str) -> Vec<usize> {
    body.split("group-").skip(1).map(|rest| rest[..4].parse().unwrap()).collect()
}

/// Every group carries a foreign tag, and every hundredth one of ours.
fn tags(body: &str) -> Reply {
    let tag =
        |key: &str, value: &str| format!("<member><Key>{key}</Key><Value>{value}</Value></member>");
    let list: String = named(body)
        .into_iter()
        .map(|number| {
            let ours = tag("writerlink:source", &format!("cluster/orders-{number}"));
            let ours = if number % 100 == 0 { ours } else { String::new() };
            format!(
                "<member><ResourceArn>{}</ResourceArn><Tags>{}{ours}<member><Key>bare</Key></member></Tags></member>",
                arn(number),
                tag("team", "orders")
            )
        })
        .collect();
    ok(format!(
        "<DescribeTagsResponse><DescribeTagsResult><TagDescriptions>{list}</TagDescriptions></DescribeTagsResult></DescribeTagsResponse>"
    ))
}

fn count(server: &AwsServer, operation: &str) -> usize {
    let action = format!("Action={operation}&");
    server.requests().iter().filter(|body| body.starts_with(&action)).count()
}

#[tokio::test]
async fn every_page_is_read_and_every_group_asked_for_its_tags_at_a_pace() {
    let server = AwsServer::start(|body| match body {
        _ if body.contains("DescribeTags") => tags(body),
        _ if body.contains("Marker=two") => groups(400..441, ""),
        _ => groups(0..400, "<NextMarker>two</NextMarker>"),
    })
    .await;
    let began = Instant::now();
    let tagged = tagged_groups_of(&read_ports(&server.clients())).await.unwrap();
    let names: Vec<&str> = tagged.iter().map(|tagged| tagged.arn.name()).collect();
    assert_eq!(names, ["group-0000", "group-0100", "group-0200", "group-0300", "group-0400"]);
    let tags: Vec<_> = tagged[1].tags.iter().collect();
    assert_eq!(tags, [(&"writerlink:source".to_owned(), &"cluster/orders-100".to_owned())]);
    assert_eq!(tagged[1].group.as_ref().unwrap().target_type, "ip");
    assert_eq!((count(&server, "DescribeTargetGroups"), count(&server, "DescribeTags")), (2, 23));
    assert!(server.requests().iter().all(|body| named(body).len() <= 20));
    // 25 calls: 18 at once, for two tokens are left to others, and 7 of them five a second.
    assert!(began.elapsed() >= Duration::from_millis(1400), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_group_that_is_deleted_meanwhile_hides_no_other() {
    let server = AwsServer::start(|body| match body {
        _ if body.contains("group-0007") => {
            error(400, "TargetGroupNotFound", "One or more target groups not found")
        }
        _ if body.contains("DescribeTags") => tags(body),
        _ => groups(0..20, ""),
    })
    .await;
    let tagged = tagged_groups_of(&read_ports(&server.clients())).await.unwrap();
    assert_eq!(tagged.len(), 1);
    let mut asked: Vec<usize> =
        server.requests()[1..].iter().flat_map(|body| named(body)).collect();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked, (0..20).collect::<Vec<_>>());
    assert!(count(&server, "DescribeTags") <= 10, "it is found by halves");
}

#[tokio::test]
async fn tags_of_which_a_part_cannot_be_read_are_unknown_as_a_whole() {
    let server = AwsServer::start(|body| match body {
        _ if body.contains("group-0020") => error(403, "AccessDenied", "no"),
        _ if body.contains("DescribeTags") => tags(body),
        _ => groups(0..40, ""),
    })
    .await;
    let error = tagged_groups_of(&read_ports(&server.clients())).await.unwrap_err();
    assert_eq!(
        (error.call, error.failure),
        ("elasticloadbalancing:DescribeTags", Failure::Rejected(Rejection::AccessDenied))
    );
}

#[tokio::test]
async fn a_group_whose_description_cannot_be_understood_hides_no_other() {
    let server = AwsServer::start(|body| match body {
        _ if body.contains("DescribeTags") => tags(body),
        _ => ok(format!(
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>{}</TargetGroupArn></member><member><TargetGroupArn>{}</TargetGroupArn><TargetType>ip</TargetType></member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>",
            arn(0),
            arn(100)
        )),
    })
    .await;
    let tagged = tagged_groups_of(&read_ports(&server.clients())).await.unwrap();
    let understood: Vec<bool> = tagged.iter().map(|tagged| tagged.group.is_ok()).collect();
    assert_eq!(understood, [false, true]);
}
