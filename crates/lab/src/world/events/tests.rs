//! Tests subscriptions and the events that they receive.

use super::*;
use crate::world::rds::Engine;
use crate::world::vpc::Zone;

fn told(categories: &[&str], source_ids: &[&str]) -> (World, String) {
    let mut world =
        World::new(jiff::Timestamp::from_second(1_620_842_808).expect("a moment in 2021"));
    world
        .add_aurora("orders", Engine::AuroraMysql, &[("orders-1", Zone::A), ("orders-2", Zone::B)])
        .expect("good names");
    world
        .add_aurora("sales", Engine::AuroraMysql, &[("sales-1", Zone::A), ("sales-2", Zone::B)])
        .expect("good names");
    let topic = world.create_topic("events", BTreeMap::new()).expect("a good name");
    let request = CreateEventSubscription {
        name: "failovers".to_owned(),
        topic: topic.clone(),
        source_type: Some("db-cluster".to_owned()),
        source_ids: source_ids.iter().map(|id| (*id).to_owned()).collect(),
        categories: categories.iter().map(|category| (*category).to_owned()).collect(),
        enabled: None,
    };
    world.create_event_subscription(request).expect("the topic exists");
    (world, topic)
}

fn messages(world: &World) -> Vec<String> {
    world.sns.published().map(|published| published.message.clone()).collect()
}

#[test]
fn a_new_subscription_says_hello_in_plain_text() {
    let (mut world, topic) = told(&[], &[]);
    world.pass(world.pace.event_lag);
    assert_eq!(
        messages(&world),
        [format!(
            "This is a message to notify that RDS will attempt to send you event notifications of \
             type db-cluster to the topic {topic}"
        )]
    );
    let page = world
        .describe_event_subscriptions(Some("failovers"), &Default::default())
        .expect("it exists");
    assert_eq!(page.items[0].status, SubscriptionStatus::Active);
}

#[test]
fn an_event_arrives_late_and_carries_the_time_it_happened() {
    let (mut world, _) = told(&["failover"], &["orders"]);
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
fn a_subscription_hears_of_its_sources_and_categories_only() {
    let (mut world, _) = told(&["failover"], &["orders"]);
    world.failover_db_cluster("sales", None).expect("it has a reader");
    world.stop_db_cluster("orders").expect("it is available");
    world.reboot_db_instance("sales-2", world::rds::Reboot::InPlace).expect("it is available");
    world.pass(Duration::from_secs(600));
    assert_eq!(messages(&world).len(), 1, "the hello only");
}

#[test]
fn a_subscription_whose_topic_is_gone_says_so() {
    let (mut world, topic) = told(&[], &[]);
    world.delete_topic(&topic);
    world.failover_db_cluster("orders", None).expect("it has a reader");
    world.pass(world.pace.event_lag);
    let page =
        world.describe_event_subscriptions(None, &Default::default()).expect("a good request");
    assert_eq!(page.items[0].status.to_string(), "topic-not-exist");
}

#[test]
fn what_rds_refuses_of_a_subscription_is_refused_with_its_code() {
    let (mut world, topic) = told(&[], &[]);
    let good = CreateEventSubscription {
        name: "more".to_owned(),
        topic,
        ..CreateEventSubscription::default()
    };
    let of = |source_type: &str| Some(source_type.to_owned());
    let cases = [
        (
            CreateEventSubscription { name: "failovers".to_owned(), ..good.clone() },
            "SubscriptionAlreadyExist",
        ),
        (
            CreateEventSubscription { topic: format!("{}x", good.topic), ..good.clone() },
            "SNSTopicArnNotFound",
        ),
        (CreateEventSubscription { topic: "events".to_owned(), ..good.clone() }, "SNSInvalidTopic"),
        (
            CreateEventSubscription { source_type: of("db-unicorn"), ..good.clone() },
            "InvalidParameterValue",
        ),
        (
            CreateEventSubscription { categories: vec!["fun".to_owned()], ..good.clone() },
            "SubscriptionCategoryNotFound",
        ),
        (
            CreateEventSubscription { source_ids: vec!["orders".to_owned()], ..good.clone() },
            "InvalidParameterCombination",
        ),
        (
            CreateEventSubscription {
                source_type: of("db-cluster"),
                source_ids: vec!["nobody".to_owned()],
                ..good.clone()
            },
            "SourceNotFound",
        ),
    ];
    for (request, code) in cases {
        assert_eq!(world.create_event_subscription(request).expect_err(code).code, code);
    }
    assert!(world.create_event_subscription(good).is_ok());
}

#[test]
fn described_events_are_those_of_the_last_hour_unless_said() {
    let (mut world, _) = told(&[], &[]);
    world.pass(Duration::from_secs(2 * 3600));
    world.failover_db_cluster("orders", None).expect("it has a reader");
    let count =
        |request: DescribeEvents| world.describe_events(&request).map(|page| page.items.len());
    assert_eq!(count(DescribeEvents::default()), Ok(1));
    assert_eq!(count(DescribeEvents { minutes: Some(180), ..DescribeEvents::default() }), Ok(7));
    let source = Some("orders".to_owned());
    assert!(
        count(DescribeEvents { source, ..DescribeEvents::default() }).is_err(),
        "the type must be said"
    );
}
