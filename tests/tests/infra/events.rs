//! Tests which RDS events arrive, and that events of other senders do not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use writerlink_core::event::catalogue::{self, Meaning};

use crate::template::{list, reconciler, text};

#[test]
fn only_rds_and_only_of_this_account_may_publish_events() {
    let Some(template) = reconciler() else { return };
    let policy = &template["Resources"]["EventTopicPolicy"]["Properties"]["PolicyDocument"];
    let [statement] = policy["Statement"].as_array().expect("it has statements").as_slice() else {
        panic!("there is one statement in {policy}")
    };
    assert_eq!(statement["Principal"], json!({"Service": "events.rds.amazonaws.com"}));
    assert_eq!(
        statement["Condition"],
        json!({
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:*"}},
        })
    );
    let permission = &template["Resources"]["TopicMayInvoke"]["Properties"];
    assert_eq!(permission["SourceArn"], json!({"Ref": "EventTopic"}), "only this topic may invoke");
}

#[test]
fn rds_is_subscribed_only_after_it_may_publish() {
    let Some(template) = reconciler() else { return };
    let subscriptions = subscriptions(template);
    assert_eq!(
        subscriptions.keys().copied().collect::<Vec<_>>(),
        ["blue-green-deployment", "db-cluster", "db-instance"]
    );
    for (source_type, subscription) in subscriptions {
        assert_eq!(subscription["DependsOn"], "EventTopicPolicy", "{source_type}");
        assert!(
            subscription["Properties"].get("SourceIds").is_none(),
            "{source_type}: members and deployments come and go"
        );
    }
}

#[test]
fn every_category_with_events_that_are_watched_is_subscribed() {
    let Some(template) = reconciler() else { return };
    let mut subscribed = BTreeSet::new();
    for (source_type, subscription) in subscriptions(template) {
        for category in list(&subscription["Properties"]["EventCategories"]) {
            subscribed.insert((source_type.to_owned(), category));
        }
    }
    let watched: BTreeSet<(String, String)> = catalogue::entries()
        .filter(|entry| !matches!(entry.meaning, Meaning::Look | Meaning::Ignore))
        .map(|entry| (entry.source.to_owned(), entry.category.to_owned()))
        .collect();
    let missing: Vec<_> = watched.difference(&subscribed).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn subscriptions(template: &Value) -> BTreeMap<&str, &Value> {
    let resources = template["Resources"].as_object().expect("it has resources").values();
    resources
        .filter(|resource| resource["Type"] == "AWS::RDS::EventSubscription")
        .map(|resource| (text(&resource["Properties"]["SourceType"]), resource))
        .collect()
}
