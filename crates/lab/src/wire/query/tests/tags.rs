//! Tests the tags of databases, which the RDS API adds and lists.

use super::*;
use crate::world::elbv2::Tags;
use crate::world::rds::MultiAz;

fn tag_list(answer: &str) -> &str {
    let start = answer.find("<TagList>").unwrap();
    let end = answer.find("</TagList>").unwrap();
    &answer[start..end]
}

#[tokio::test]
async fn a_databases_tags_are_listed_with_it_and_by_themselves() {
    let client = Client::start().await;
    let arn = client.served.with(|world| {
        world.add_instance("stock", MultiAz::No, Engine::Mysql).unwrap();
        let arn = world.instance_arn("stock");
        world.add_rds_tags(&arn, Tags::from([("team".to_owned(), "a&b".to_owned())])).unwrap();
        arn
    });
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
async fn the_tags_of_what_is_not_there_are_refused() {
    let client = Client::start().await;
    let nobody = client
        .rds("Action=ListTagsForResource&ResourceName=arn:aws:rds:eu-west-1:111122223333:cluster:nobody")
        .await;
    assert_eq!(text_of(&nobody, "Code"), "DBClusterNotFoundFault");
}
