//! Tests what no AWS client sends: malformed, oversized and contradictory requests, and pages that
//! clients do not ask for.

use super::{Client, Region, request, text_of};
use crate::world::elbv2::NewTargetGroup;
use crate::world::ids;
use crate::world::rds::EngineFamily;
use crate::world::vpc::Zone;

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_each_services_code() {
    let client = Client::start().await;
    let group = &client.group;
    let (rds, elbv2, sns) = ("2014-10-31", "2015-12-01", "2010-03-31");
    let both = format!("&Names.member.1=orders&TargetGroupArns.member.1={group}");
    let of_balancer = format!("&LoadBalancerArn=x&TargetGroupArns.member.1={group}");
    let twenty_one: String =
        (1..=21).map(|n| format!("&ResourceArns.member.{n}={group}")).collect();
    let nobody = "&ResourceName=arn:aws:rds:eu-west-1:111122223333:cluster:nobody";
    let without_targets = format!("&TargetGroupArn={group}");
    for (version, action, form, code, says) in [
        (rds, "", "", "MissingAction", ""),
        ("1999-01-01", "MakeCoffee", "", "InvalidAction", "for version 1999-01-01"),
        (rds, "FailoverDBCluster", "", "MissingParameter", "DBClusterIdentifier"),
        (rds, "SwitchoverBlueGreenDeployment", "", "MissingParameter", "BlueGreenDeployment"),
        (
            rds,
            "DescribeBlueGreenDeployments",
            "&Filters.Filter.1.Name=colour&Filters.Filter.1.Values.Value.1=teal",
            "InvalidParameterValue",
            "",
        ),
        (rds, "DescribeDBClusters", "&Marker=orders", "InvalidParameterValue", ""),
        (rds, "ListTagsForResource", nobody, "DBClusterNotFoundFault", ""),
        (
            rds,
            "RemoveTagsFromResource",
            "&ResourceName=orders&TagKeys.member.1=team",
            "InvalidParameterValue",
            "",
        ),
        (rds, "DescribeDBProxyEndpoints", "&DBProxyName=no", "DBProxyNotFoundFault", ""),
        (
            rds,
            "DescribeDBProxyEndpoints",
            "&DBProxyEndpointName=no",
            "DBProxyEndpointNotFoundFault",
            "",
        ),
        (
            elbv2,
            "RegisterTargets",
            "&Targets.member.1.Id=10.20.1.7",
            "ValidationError",
            "targetGroupArn",
        ),
        (elbv2, "RegisterTargets", without_targets.as_str(), "ValidationError", ""),
        (elbv2, "DescribeTargetGroups", "&PageSize=401", "ValidationError", ""),
        (elbv2, "DescribeTargetGroups", "&Marker=orders", "ValidationError", ""),
        (elbv2, "DescribeTargetGroups", both.as_str(), "ValidationError", ""),
        (elbv2, "DescribeTargetGroups", of_balancer.as_str(), "ValidationError", ""),
        (
            elbv2,
            "DescribeLoadBalancers",
            "&Names.member.1=a&LoadBalancerArns.member.1=b",
            "ValidationError",
            "",
        ),
        (
            elbv2,
            "DescribeListeners",
            "&ListenerArns.member.1=a&LoadBalancerArn=b",
            "ValidationError",
            "",
        ),
        (elbv2, "DescribeTags", twenty_one.as_str(), "ValidationError", ""),
        (sns, "ListTopics", "&NextToken=orders", "InvalidParameter", ""),
    ] {
        let named = if action.is_empty() { String::new() } else { format!("Action={action}") };
        let answer = client.call(version, &format!("{named}{form}")).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{action}{form}: {answer}");
        assert_eq!(text_of(&answer, "Code"), code, "{action}{form}");
        assert!(text_of(&answer, "Message").contains(says), "{action}{form}: {answer}");
    }
}

#[tokio::test]
async fn pages_hold_every_entry_once_in_whatever_order_they_are_asked_for() {
    let client = Client::start().await;
    client.served.with(|world| {
        for n in 10..31 {
            let zones = [Zone::A, Zone::B];
            world.add_proxy(&format!("app-{n}"), EngineFamily::Postgresql, &zones).unwrap();
            world.add_target_group(NewTargetGroup::tcp(&format!("group-{n}"), 80));
        }
    });
    let (rds, elbv2) = ("2014-10-31&MaxRecords=20", "2015-12-01&PageSize=8");
    let two = "DescribeTargetGroups&Names.member.1=group-29&Names.member.2=orders&PageSize=1";
    for (version, action, marker, name, entries) in [
        (rds, "DescribeDBProxies", "Marker", "DBProxyName", 21),
        (rds, "DescribeDBProxyEndpoints", "Marker", "DBProxyName", 21),
        (elbv2, "DescribeTargetGroups", "NextMarker", "TargetGroupName", 22),
        (elbv2, two, "NextMarker", "TargetGroupName", 2),
    ] {
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let answer = client.call(version, &format!("Action={action}&Marker={next}")).await;
            let open = format!("<{name}>");
            seen.extend(
                answer.split(&open).skip(1).map(|it| it.split('<').next().unwrap().to_owned()),
            );
            next = text_of(&answer, marker).to_owned();
            if next.is_empty() {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), entries, "{action}: {seen:?}");
    }
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
