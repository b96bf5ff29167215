//! Event subscriptions, events and their categories.

use jiff::Timestamp;

use super::page_request;
use crate::wire::query::params::Params;
use crate::wire::query::xml::Xml;
use crate::world::events::{DescribeEvents, EventSubscription, RdsEvent, SourceType};
use crate::world::{ApiError, World};

const NAME: &str = "SubscriptionName";

pub(super) fn describe_subscriptions(
    world: &World,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    let page =
        world.events.describe_event_subscriptions(params.optional(NAME), &page_request(params)?)?;
    xml.list("EventSubscriptionsList", "EventSubscription", page.items, |xml, subscription| {
        write_subscription(world, subscription, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn describe(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let request = DescribeEvents {
        source: params.owned("SourceIdentifier"),
        source_type: source_type(params)?,
        start: params.parsed::<Timestamp>("StartTime")?,
        end: params.parsed::<Timestamp>("EndTime")?,
        minutes: params.parsed("Duration")?,
        categories: params.texts("EventCategories"),
        page: page_request(params)?,
    };
    let page = world.describe_events(&request)?;
    xml.list("Events", "Event", page.items, |xml, event| {
        write_event(world, event, xml);
    });
    xml.marker("Marker", page.marker);
    Ok(())
}

pub(super) fn categories(params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let wanted = source_type(params)?;
    let types = SourceType::ALL.into_iter().filter(|of| wanted.is_none_or(|wanted| wanted == *of));
    xml.list("EventCategoriesMapList", "EventCategoriesMap", types, |xml, of| {
        xml.text("SourceType", of).texts("EventCategories", "EventCategory", of.categories());
    });
    Ok(())
}

fn source_type(params: &Params) -> Result<Option<SourceType>, ApiError> {
    let named = |name| {
        SourceType::named(name).ok_or_else(|| params.dialect().malformed("SourceType", name))
    };
    params.optional("SourceType").map(named).transpose()
}

fn write_subscription(world: &World, subscription: &EventSubscription, xml: &mut Xml) {
    xml.text("CustomerAwsId", &world.account)
        .text("CustSubscriptionId", &subscription.name)
        .text("SnsTopicArn", &subscription.topic)
        .text("Status", subscription.status)
        .text("SubscriptionCreationTime", world.timestamp_at(subscription.created))
        .maybe("SourceType", subscription.source_type)
        .texts("SourceIdsList", "SourceId", &subscription.sources)
        .texts("EventCategoriesList", "EventCategory", &subscription.categories)
        .text("Enabled", subscription.enabled)
        .text("EventSubscriptionArn", &subscription.arn);
}

fn write_event(world: &World, event: &RdsEvent, xml: &mut Xml) {
    xml.text("SourceIdentifier", &event.source)
        .text("SourceType", event.source_type)
        .text("Message", &event.message)
        .texts("EventCategories", "EventCategory", [event.category])
        .text("Date", world.timestamp_at(event.at))
        .text("SourceArn", &event.source_arn);
}
