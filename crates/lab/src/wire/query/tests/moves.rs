//! Tests the XML of RDS's blue/green deployments and global databases.

use super::{Client, Region, text_of};
use crate::world::rds::{Engine, Shift};
use crate::world::vpc::Zone;

const DESCRIBE: &str = "Action=DescribeBlueGreenDeployments";

fn texts(xml: &str, element: &str) -> Vec<String> {
    let open = format!("<{element}>");
    let rests = xml.split(&open).skip(1);
    rests.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_deployment_lists_its_pairs_and_their_names_change_with_the_switchover() {
    let client = Client::start().await;
    let source = client.served.with(|world| world.cluster_arn("orders"));
    let id = client.served.with(|world| world.add_blue_green("orders").unwrap());
    let made = client.rds(DESCRIBE).await;
    assert!(made.contains("<Status>AVAILABLE</Status>"), "{made}");
    let green = text_of(&made, "Target").to_owned();
    assert_eq!(texts(&made, "SourceMember").len(), 3);
    let form = format!("Action=SwitchoverBlueGreenDeployment&BlueGreenDeploymentIdentifier={id}");
    let started = client.rds(&form).await;
    assert!(started.contains("<Status>SWITCHOVER_IN_PROGRESS</Status>"), "{started}");
    client.served.with(|world| world.pass(std::time::Duration::from_secs(120)));
    let after = client.rds(&format!("{DESCRIBE}&BlueGreenDeploymentIdentifier={id}")).await;
    assert_eq!(text_of(&after, "Source"), format!("{source}-old1"));
    assert_eq!(text_of(&after, "Target"), source);
    assert_ne!(green, source);
    let filtered = |name: &str, value: &str| {
        format!("{DESCRIBE}&Filters.Filter.1.Name={name}&Filters.Filter.1.Values.Value.1={value}")
    };
    let count = |xml: String| texts(&xml, "BlueGreenDeploymentIdentifier").len();
    assert_eq!(count(client.rds(&filtered("target", &source)).await), 1);
    assert_eq!(count(client.rds(&filtered("blue-green-deployment-name", "other")).await), 0);
    let unknown = client.rds(&filtered("colour", "teal")).await;
    assert_eq!(text_of(&unknown, "Code"), "InvalidParameterValue");
}

#[tokio::test]
async fn an_unknown_deployment_is_not_found_and_a_missing_parameter_is_named() {
    let client = Client::start().await;
    let answer = client.rds(&format!("{DESCRIBE}&BlueGreenDeploymentIdentifier=bgd-x")).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!(text_of(&answer, "Code"), "BlueGreenDeploymentNotFoundFault");
    let answer = client.rds("Action=SwitchoverBlueGreenDeployment").await;
    assert_eq!(text_of(&answer, "Code"), "MissingParameter");
    assert!(answer.contains("BlueGreenDeploymentIdentifier"), "{answer}");
}

#[tokio::test]
async fn a_secondary_names_its_primary_and_no_writer() {
    let client = Client::start().await;
    let primary = "arn:aws:rds:us-east-1:111122223333:cluster:world-us";
    client.served.with(|world| {
        world.add_aurora("far", Engine::AuroraMysql, &[("far-1", Zone::A)]).unwrap();
        world.make_global_primary("far", "world").unwrap();
        world.demote_primary("far", primary, Shift::Failover).unwrap();
        world.pass(std::time::Duration::from_secs(120));
    });
    let answer = client.rds("Action=DescribeDBClusters&DBClusterIdentifier=far").await;
    assert_eq!(text_of(&answer, "ReplicationSourceIdentifier"), primary);
    assert_eq!(text_of(&answer, "GlobalWriteForwardingStatus"), "disabled");
    assert_eq!(texts(&answer, "IsClusterWriter"), ["false"]);
    assert!(text_of(&answer, "Endpoint").starts_with("far.cluster-"));
    let globals = client.rds("Action=DescribeGlobalClusters").await;
    assert_eq!(texts(&globals, "IsWriter"), ["true", "false"]);
    assert_eq!(texts(&globals, "DBClusterArn")[0], primary);
    client.served.with(|world| {
        world.promote_secondary("far", Shift::Failover).unwrap();
        world.pass(std::time::Duration::from_secs(120));
    });
    let answer = client.rds("Action=DescribeDBClusters&DBClusterIdentifier=far").await;
    assert_eq!(text_of(&answer, "ReplicationSourceIdentifier"), "");
    assert_eq!(texts(&answer, "IsClusterWriter"), ["true"]);
}
