//! Tests proxies and custom endpoints as a client reads them: element names, pages, refusals.

use super::{Client, Region, text_of};
use crate::world::rds::{CustomKind, EngineFamily, NewCustomEndpoint};
use crate::world::vpc::Zone;

#[tokio::test]
async fn a_proxy_is_written_as_the_model_has_it() {
    let client = Client::start().await;
    client.served.with(|world| {
        world.add_proxy("app", EngineFamily::Postgresql, &[Zone::A, Zone::B]).unwrap();
    });
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
    ] {
        let answer = client.rds(form).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        assert_eq!(text_of(&answer, "Code"), code);
    }
}

#[tokio::test]
async fn proxies_come_in_pages() {
    let client = Client::start().await;
    client.served.with(|world| {
        for number in 10..31 {
            let name = format!("app-{number}");
            world.add_proxy(&name, EngineFamily::Postgresql, &[Zone::A, Zone::B]).unwrap();
        }
    });
    for action in ["DescribeDBProxies", "DescribeDBProxyEndpoints"] {
        let first = client.rds(&format!("Action={action}&MaxRecords=20")).await;
        let marker = text_of(&first, "Marker");
        let rest = client.rds(&format!("Action={action}&MaxRecords=20&Marker={marker}")).await;
        assert_eq!(text_of(&rest, "DBProxyName"), "app-30", "{rest}");
        assert_eq!(text_of(&rest, "Marker"), "");
    }
}

#[tokio::test]
async fn a_clusters_endpoints_stand_in_a_list_whose_members_bear_its_own_odd_name() {
    let client = Client::start().await;
    client.served.with(|world| {
        let (cluster, kind) = ("orders", CustomKind::Reader);
        let members = &["orders-2"];
        let new = NewCustomEndpoint { cluster, name: "reports", kind, members, excluded: &[] };
        world.add_custom_endpoint(new).unwrap();
    });
    let answer = client.rds("Action=DescribeDBClusterEndpoints&DBClusterIdentifier=orders").await;
    assert!(
        answer.contains("<DBClusterEndpoints><DBClusterEndpointList><DBClusterIdentifier>orders<"),
        "{answer}"
    );
    assert_eq!(answer.matches("<DBClusterEndpointList>").count(), 3);
    assert!(answer.contains(
        "<StaticMembers><member>orders-2</member></StaticMembers><ExcludedMembers></ExcludedMembers>"
    ));
    let answer = client.rds("Action=DescribeDBClusters").await;
    assert!(answer.contains("<CustomEndpoints><member>reports.cluster-custom-"), "{answer}");
}

#[tokio::test]
async fn a_reader_is_deleted_and_nothing_else_is() {
    let client = Client::start().await;
    let delete = |name: &str| format!("Action=DeleteDBInstance&DBInstanceIdentifier={name}");
    let answer = client.rds(&delete("orders-1")).await;
    assert_eq!(text_of(&answer, "Code"), "InvalidDBInstanceState", "it is the writer");
    let answer = client.rds(&delete("orders-2")).await;
    assert_eq!(text_of(&answer, "DBInstanceStatus"), "deleting");
}
