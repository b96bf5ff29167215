//! Tests the XML of ELBv2's pages, tags and health.

use super::{Client, Region, text_of};
use crate::world::elbv2::{NewTargetGroup, TargetRequest};

#[tokio::test]
async fn the_pages_of_target_groups_are_all_of_them_once() {
    let client = Client::start().await;
    client.served.with(|world| {
        for n in 0..5 {
            world.add_target_group(NewTargetGroup::tcp(&format!("group-{n}"), 80));
        }
    });
    let (mut seen, mut marker) = (Vec::new(), String::new());
    loop {
        let answer =
            client.elbv2(&format!("Action=DescribeTargetGroups&PageSize=2&Marker={marker}")).await;
        seen.extend(
            answer
                .split("<TargetGroupName>")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap().to_owned()),
        );
        marker = text_of(&answer, "NextMarker").to_owned();
        if marker.is_empty() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, ["group-0", "group-1", "group-2", "group-3", "group-4", "orders"]);
    assert_eq!(
        text_of(&client.elbv2("Action=DescribeTargetGroups&PageSize=401").await, "Code"),
        "ValidationError"
    );
}

#[tokio::test]
async fn groups_asked_for_by_name_in_any_order_come_in_pages_too() {
    let client = Client::start().await;
    client.served.with(|world| {
        world.add_target_group(NewTargetGroup::tcp("other", 80));
    });
    let mut seen = Vec::new();
    for names in [["orders", "other"], ["other", "orders"]] {
        let asked = format!(
            "Action=DescribeTargetGroups&PageSize=1&Names.member.1={}&Names.member.2={}",
            names[0], names[1]
        );
        let first = client.elbv2(&asked).await;
        let second =
            client.elbv2(&format!("{asked}&Marker={}", text_of(&first, "NextMarker"))).await;
        let mut pair = [first, second].map(|page| text_of(&page, "TargetGroupName").to_owned());
        pair.sort();
        seen.push(pair);
    }
    assert_eq!(seen, [["orders", "other"], ["orders", "other"]]);
}

#[tokio::test]
async fn nonsense_markers_and_names_together_with_arns_are_refused() {
    let client = Client::start().await;
    let group = &client.group;
    for form in [
        "DescribeTargetGroups&Marker=orders".to_owned(),
        format!("DescribeTargetGroups&Names.member.1=orders&TargetGroupArns.member.1={group}"),
        format!("DescribeTargetGroups&LoadBalancerArn=x&TargetGroupArns.member.1={group}"),
        "DescribeLoadBalancers&Names.member.1=a&LoadBalancerArns.member.1=b".to_owned(),
        "DescribeListeners&ListenerArns.member.1=a&LoadBalancerArn=b".to_owned(),
    ] {
        let answer = client.elbv2(&format!("Action={form}")).await;
        assert_eq!(text_of(&answer, "Code"), "ValidationError", "{form}");
    }
    let answer = client.rds("Action=DescribeDBClusters&Marker=orders").await;
    assert_eq!(text_of(&answer, "Code"), "InvalidParameterValue");
    let answer = client.call("2010-03-31", "Action=ListTopics&NextToken=orders").await;
    assert_eq!(text_of(&answer, "Code"), "InvalidParameter");
}

#[tokio::test]
async fn tags_of_more_than_twenty_resources_are_refused() {
    let client = Client::start().await;
    let arns = |count: usize| {
        (1..=count)
            .map(|n| format!("&ResourceArns.member.{n}={}", client.group))
            .collect::<String>()
    };
    assert!(
        client.elbv2(&format!("Action=DescribeTags{}", arns(20))).await.starts_with("HTTP/1.1 200")
    );
    assert_eq!(
        text_of(&client.elbv2(&format!("Action=DescribeTags{}", arns(21))).await, "Code"),
        "ValidationError"
    );
}

#[tokio::test]
async fn health_is_shown_with_its_zone_port_state_reason_and_description() {
    let client = Client::start().await;
    client.served.with(|world| {
        world.register_targets(&client.group, &[TargetRequest::new("10.20.2.9", 6432)]).unwrap();
    });
    let answer =
        client.elbv2(&format!("Action=DescribeTargetHealth&TargetGroupArn={}", client.group)).await;
    assert!(
        answer.contains(
            "<TargetHealthDescriptions><member><Target><Id>10.20.2.9</Id><Port>6432</Port>\
             <AvailabilityZone>eu-west-1b</AvailabilityZone></Target>\
             <HealthCheckPort>6432</HealthCheckPort><TargetHealth><State>unused</State>\
             <Reason>Target.NotInUse</Reason><Description>Target group is not configured to \
             receive traffic from the load balancer</Description></TargetHealth></member>"
        ),
        "{answer}"
    );
}
