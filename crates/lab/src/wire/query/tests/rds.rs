//! Tests proxies and custom endpoints as a client reads them: element names, pages, refusals.

use super::{Client, text_of};

const PROXY: &str = "Action=CreateDBProxy&DBProxyName=app&EngineFamily=POSTGRESQL&RoleArn=arn:aws:iam::111122223333:role/p\
                     &VpcSubnetIds.member.1=subnet-0a1b2c3d1&VpcSubnetIds.member.2=subnet-0a1b2c3d2";

/// Lets everything that was asked for happen.
fn pass(client: &Client) {
    let served = &client.served;
    super::Region::with(&**served, |world| world.pass(world.pace.create_proxy));
}

#[tokio::test]
async fn a_proxy_is_written_as_the_model_has_it() {
    let client = Client::start().await;
    let answer = client.rds(PROXY).await;
    assert!(
        answer.contains("<CreateDBProxyResult><DBProxy><DBProxyName>app</DBProxyName>"),
        "{answer}"
    );
    assert_eq!(text_of(&answer, "Status"), "creating");
    pass(&client);
    let answer = client.rds("Action=DescribeDBProxies&DBProxyName=app").await;
    assert!(answer.contains("<DBProxies><member><DBProxyName>app"), "{answer}");
    assert_eq!(text_of(&answer, "Status"), "available");
    assert_eq!(text_of(&answer, "EngineFamily"), "POSTGRESQL");
    assert_eq!(text_of(&answer, "VpcId"), "vpc-0a1b2c3d");
    assert!(answer.contains(
        "<VpcSubnetIds><member>subnet-0a1b2c3d1</member><member>subnet-0a1b2c3d2</member>"
    ));
    let answer = client.rds("Action=DescribeDBProxyEndpoints&DBProxyName=app").await;
    assert!(answer.contains("<DBProxyEndpoints><member><DBProxyEndpointName>default"), "{answer}");
    assert_eq!(
        (text_of(&answer, "TargetRole"), text_of(&answer, "IsDefault")),
        ("READ_WRITE", "true")
    );
}

#[tokio::test]
async fn a_proxy_that_does_not_exist_is_told_with_aws_code_and_status() {
    let client = Client::start().await;
    for (form, code) in [
        ("Action=DescribeDBProxies&DBProxyName=no", "DBProxyNotFoundFault"),
        ("Action=DescribeDBProxyEndpoints&DBProxyName=no", "DBProxyNotFoundFault"),
        ("Action=DescribeDBProxyEndpoints&DBProxyEndpointName=no", "DBProxyEndpointNotFoundFault"),
        ("Action=DeleteDBProxyEndpoint&DBProxyEndpointName=no", "DBProxyEndpointNotFoundFault"),
    ] {
        let answer = client.rds(form).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        assert_eq!(text_of(&answer, "Code"), code);
    }
    let answer = client.rds("Action=CreateDBProxy&DBProxyName=app").await;
    assert_eq!(text_of(&answer, "Code"), "MissingParameter");
}

#[tokio::test]
async fn proxies_come_in_pages() {
    let client = Client::start().await;
    for number in 10..31 {
        let answer = client.rds(&PROXY.replace("=app", &format!("=app-{number}"))).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    for (action, last) in
        [("DescribeDBProxies", "app-29"), ("DescribeDBProxyEndpoints", "app-29/default")]
    {
        let first = client.rds(&format!("Action={action}&MaxRecords=20")).await;
        assert_eq!(text_of(&first, "Marker"), last);
        let rest = client.rds(&format!("Action={action}&MaxRecords=20&Marker={last}")).await;
        assert_eq!(text_of(&rest, "DBProxyName"), "app-30", "{rest}");
        assert_eq!(text_of(&rest, "Marker"), "");
    }
}

#[tokio::test]
async fn a_clusters_endpoints_stand_in_a_list_whose_members_bear_its_own_odd_name() {
    let client = Client::start().await;
    let answer = client
        .rds("Action=CreateDBClusterEndpoint&DBClusterIdentifier=orders&DBClusterEndpointIdentifier=reports&EndpointType=READER&StaticMembers.member.1=orders-2")
        .await;
    assert!(
        answer.contains("<CreateDBClusterEndpointResult><DBClusterEndpointIdentifier>reports<"),
        "{answer}"
    );
    assert!(
        answer.contains("<StaticMembers><member>orders-2</member></StaticMembers><ExcludedMembers></ExcludedMembers>")
    );
    let answer = client.rds("Action=DescribeDBClusterEndpoints&DBClusterIdentifier=orders").await;
    assert!(
        answer.contains("<DBClusterEndpoints><DBClusterEndpointList><DBClusterIdentifier>orders<"),
        "{answer}"
    );
    assert_eq!(answer.matches("<DBClusterEndpointList>").count(), 3);
    let answer = client.rds("Action=DescribeDBClusters").await;
    assert!(answer.contains("<CustomEndpoints><member>reports.cluster-custom-"), "{answer}");
    let answer = client.rds("Action=DeleteDBClusterEndpoint&DBClusterEndpointIdentifier=no").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(text_of(&answer, "Code"), "DBClusterEndpointNotFoundFault");
}
