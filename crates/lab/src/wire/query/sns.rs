//! SNS's operations (botocore sns 2010-03-31).

use std::collections::BTreeMap;

use super::params::Params;
use super::xml::Xml;
use crate::world::paging::PageRequest;
use crate::world::{ApiError, World};

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &mut World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match action {
        "ListTopics" => list_topics(world, params, xml),
        "GetTopicAttributes" => topic_attributes(world, params, xml),
        "GetSubscriptionAttributes" => subscription_attributes(world, params, xml),
        "Subscribe" => subscribe(world, params, xml),
        "ListSubscriptions" => list_subscriptions(world, None, params, xml),
        "ListSubscriptionsByTopic" => {
            list_subscriptions(world, Some(params.required("TopicArn")?), params, xml)
        }
        "Publish" => publish(world, params, xml),
        _ => Err(params.dialect().unknown_operation(action)),
    }
}

fn list_topics(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let page = world.sns.list_topics(&page_request(params)?);
    xml.list("Topics", "member", page.items, |xml, topic| {
        xml.text("TopicArn", topic);
    });
    xml.marker("NextToken", page.marker);
    Ok(())
}

fn topic_attributes(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    write_attributes(world.topic_attributes(params.required("TopicArn")?)?, xml);
    Ok(())
}

fn subscription_attributes(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    write_attributes(world.subscription_attributes(params.required("SubscriptionArn")?)?, xml);
    Ok(())
}

fn write_attributes(
    attributes: BTreeMap<impl std::fmt::Display, impl std::fmt::Display>,
    xml: &mut Xml,
) {
    xml.list("Attributes", "entry", attributes, |xml, (key, value)| {
        xml.text("key", key).text("value", value);
    });
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

fn list_subscriptions(
    world: &World,
    topic: Option<&str>,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let page = world.list_subscriptions(topic, &page_request(params)?)?;
    xml.list("Subscriptions", "member", page.items, |xml, subscription| {
        xml.text("SubscriptionArn", subscription.shown_arn())
            .text("Owner", &world.account)
            .text("Protocol", &subscription.protocol)
            .text("Endpoint", &subscription.endpoint)
            .text("TopicArn", &subscription.topic);
    });
    xml.marker("NextToken", page.marker);
    Ok(())
}

fn page_request(params: &Params) -> Result<PageRequest, ApiError> {
    Ok(PageRequest { max_records: None, marker: params.marker("NextToken")? })
}

/// A map of the query protocol: `name.entry.1.key` and `name.entry.1.value`, under the names that
/// its shape has.
fn entries(params: &Params, name: &str, key: &str, value: &str) -> BTreeMap<String, String> {
    let entry = |entry: Params| Some((entry.owned(key)?, entry.owned(value).unwrap_or_default()));
    params.list(name).into_iter().filter_map(entry).collect()
}
