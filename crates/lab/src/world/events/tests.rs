//! Tests subscriptions and the events that they receive.

use super::*;
use crate::world::rds::Engine;
use crate::world::vpc::Zone;

fn told(categories: &[&str]) -> (World, String) {
    let mut world =
        World::new(jiff::Timestamp::from_second(1_620_842_808).expect("a moment in 2021"));
    world
        .add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A), ("orders-2", Zone::B)])
        .expect("good names");
    let topic = world.add_topic("events");
    world.add_event_subscription("clusters", &topic, Some(SourceType::DbCluster), categories);
    (world, topic)
}

fn messages(world: &World) -> Vec<String> {
    world.sns.published().map(|published| published.message.clone()).collect()
}

#[test]
fn a_new_subscription_says_hello_in_plain_text() {
    let (mut world, topic) = told(&[]);
    world.pass(world.pace.event_lag);
    assert_eq!(
        messages(&world),
        [format!(
            "This is a message to notify that RDS will attempt to send you event notifications of \
             type db-cluster to the topic {topic}"
        )]
    );
    let page = world
        .events
        .describe_event_subscriptions(Some("clusters"), &Default::default())
        .expect("it exists");
    assert_eq!(page.items[0].status, SubscriptionStatus::Active);
}

#[test]
fn an_event_arrives_late_and_carries_the_time_it_happened() {
    let (mut world, _) = told(&["failover"]);
    world.pass(world.pace.event_lag);
    world.failover_db_cluster("orders", None).expect("it has a reader");
    assert_eq!(messages(&world).len(), 1, "the hello only");
    world.pass(world.pace.event_lag);
    let body: serde_json::Value =
        serde_json::from_str(&messages(&world)[1]).expect("an event is JSON");
    assert_eq!(
        body,
        serde_json::json!({
            "Event Source": "db-cluster",
            "Event Time": "2021-05-12 18:06:58.000",
            "Identifier Link": "https://console.aws.amazon.com/rds/home?region=eu-west-1#dbcluster:id=orders",
            "Source ID": "orders",
            "Source ARN": "arn:aws:rds:eu-west-1:111122223333:cluster:orders",
            "Event ID": "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#RDS-EVENT-0073",
            "Event Message": "A failover for the DB cluster has started across Availability Zones.",
        })
    );
}

#[test]
fn a_subscription_hears_of_its_source_type_and_categories_only() {
    let (mut world, _) = told(&["failover"]);
    world.rename_cluster("orders", "sales").expect("it is available");
    world.reboot_db_instance("orders-2", world::rds::Reboot::InPlace).expect("it is available");
    world.pass(Duration::from_secs(600));
    assert_eq!(messages(&world).len(), 1, "the hello only");
}

#[test]
fn described_events_are_those_of_the_last_hour_unless_said() {
    let (mut world, _) = told(&[]);
    world.replace_host("orders-2").expect("it exists");
    world.pass(Duration::from_secs(2 * 3600));
    world.failover_db_cluster("orders", None).expect("it has a reader");
    let count =
        |request: DescribeEvents| world.describe_events(&request).map(|page| page.items.len());
    assert_eq!(count(DescribeEvents::default()), Ok(1));
    assert_eq!(count(DescribeEvents { minutes: Some(180), ..DescribeEvents::default() }), Ok(2));
    let source = Some("orders".to_owned());
    assert!(
        count(DescribeEvents { source, ..DescribeEvents::default() }).is_err(),
        "the type must be said"
    );
}
