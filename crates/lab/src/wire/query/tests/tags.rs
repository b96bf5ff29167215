//! Tests the tags of databases, which the RDS API adds and lists.

use super::*;

fn tag_list(answer: &str) -> &str {
    let start = answer.find("<TagList>").unwrap();
    let end = answer.find("</TagList>").unwrap();
    &answer[start..end]
}

#[tokio::test]
async fn a_databases_tags_are_listed_with_it_and_by_themselves() {
    let client = Client::start().await;
    client
        .rds("Action=CreateDBInstance&DBInstanceIdentifier=stock&DBInstanceClass=db.t3.micro&Engine=mysql&Tags.Tag.1.Key=team&Tags.Tag.1.Value=a%26b")
        .await;
    let arn = "arn:aws:rds:eu-west-1:111122223333:db:stock";
    client
        .rds(&format!(
            "Action=AddTagsToResource&ResourceName={arn}&Tags.Tag.1.Key=writerlink:publish&Tags.Tag.1.Value=link"
        ))
        .await;
    let both = "<TagList><Tag><Key>team</Key><Value>a&amp;b</Value></Tag><Tag><Key>writerlink:publish</Key><Value>link</Value></Tag>";
    let listed = client.rds(&format!("Action=ListTagsForResource&ResourceName={arn}")).await;
    assert_eq!(tag_list(&listed), both);
    let described = client.rds("Action=DescribeDBInstances&DBInstanceIdentifier=stock").await;
    assert_eq!(tag_list(&described), both);
    client
        .rds(&format!("Action=RemoveTagsFromResource&ResourceName={arn}&TagKeys.member.1=team"))
        .await;
    let described = client.rds("Action=DescribeDBInstances&DBInstanceIdentifier=stock").await;
    assert_eq!(
        tag_list(&described),
        both.replace("<Tag><Key>team</Key><Value>a&amp;b</Value></Tag>", "")
    );
}

#[tokio::test]
async fn a_new_cluster_has_the_tags_that_it_was_made_with() {
    let client = Client::start().await;
    let made = client
        .rds("Action=CreateDBCluster&DBClusterIdentifier=stock&Engine=aurora-mysql&Tags.Tag.1.Key=writerlink:publish&Tags.Tag.1.Value=true")
        .await;
    assert_eq!(
        tag_list(&made),
        "<TagList><Tag><Key>writerlink:publish</Key><Value>true</Value></Tag>"
    );
    let nobody = client
        .rds("Action=ListTagsForResource&ResourceName=arn:aws:rds:eu-west-1:111122223333:cluster:nobody")
        .await;
    assert_eq!(text_of(&nobody, "Code"), "DBClusterNotFoundFault");
}
