//! SNS's operations (botocore sns 2010-03-31).

use std::collections::BTreeMap;

use super::params::Params;
use super::xml::Xml;
use crate::world::paging::Page;
use crate::world::sns::Subscription;
use crate::world::{ApiError, World};

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &mut World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match action {
        "CreateTopic" => create_topic(world, params, xml),
        "DeleteTopic" => {
            world.delete_topic(params.required("TopicArn")?);
            Ok(())
        }
        "ListTopics" => {
            list_topics(world, params, xml);
            Ok(())
        }
        "GetTopicAttributes" => topic_attributes(world, params, xml),
        "SetTopicAttributes" => set_topic_attribute(world, params),
        "Subscribe" => subscribe(world, params, xml),
        "Unsubscribe" => world.unsubscribe(params.required("SubscriptionArn")?),
        "ListSubscriptions" => {
            write_page(world.list_subscriptions(None, params.optional("NextToken"))?, world, xml);
            Ok(())
        }
        "ListSubscriptionsByTopic" => {
            let topic = params.required("TopicArn")?;
            write_page(
                world.list_subscriptions(Some(topic), params.optional("NextToken"))?,
                world,
                xml,
            );
            Ok(())
        }
        "Publish" => publish(world, params, xml),
        _ => Err(params.dialect().unknown_operation(action)),
    }
}

fn create_topic(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let attributes = entries(params, "Attributes", "key", "value");
    let arn = world.create_topic(params.required("Name")?, attributes)?;
    xml.text("TopicArn", arn);
    Ok(())
}

fn list_topics(world: &World, params: &Params, xml: &mut Xml) {
    let page = world.list_topics(params.optional("NextToken"));
    xml.list("Topics", "member", page.items, |xml, topic| {
        xml.text("TopicArn", &topic.arn);
    });
    xml.marker("NextToken", page.marker);
}

fn topic_attributes(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let attributes = world.topic_attributes(params.required("TopicArn")?)?;
    xml.list("Attributes", "entry", attributes, |xml, (key, value)| {
        xml.text("key", key).text("value", value);
    });
    Ok(())
}

fn set_topic_attribute(world: &mut World, params: &Params) -> Result<(), ApiError> {
    let value = params.optional("AttributeValue").unwrap_or_default();
    world.set_topic_attribute(
        params.required("TopicArn")?,
        params.required("AttributeName")?,
        value,
    )
}

fn subscribe(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let endpoint = params.optional("Endpoint").unwrap_or_default();
    let arn =
        world.subscribe(params.required("TopicArn")?, params.required("Protocol")?, endpoint)?;
    xml.text("SubscriptionArn", arn);
    Ok(())
}

fn publish(world: &mut World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let topic = params.optional("TargetArn").map_or_else(|| params.required("TopicArn"), Ok)?;
    let attributes = entries(params, "MessageAttributes", "Name", "Value.StringValue");
    let message = params.required("Message")?;
    let id = world.publish(topic, params.optional("Subject"), message, attributes)?;
    xml.text("MessageId", id);
    Ok(())
}

fn write_page(page: Page<&Subscription>, world: &World, xml: &mut Xml) {
    xml.list("Subscriptions", "member", page.items, |xml, subscription| {
        xml.text("SubscriptionArn", &subscription.arn)
            .text("Owner", &world.account)
            .text("Protocol", &subscription.protocol)
            .text("Endpoint", &subscription.endpoint)
            .text("TopicArn", &subscription.topic);
    });
    xml.marker("NextToken", page.marker);
}

/// A map of the query protocol: `name.entry.1.key` and `name.entry.1.value`, under the names that
/// its shape has.
fn entries(params: &Params, name: &str, key: &str, value: &str) -> BTreeMap<String, String> {
    let entry = |entry: Params| Some((entry.owned(key)?, entry.owned(value).unwrap_or_default()));
    params.list(name).into_iter().filter_map(entry).collect()
}
