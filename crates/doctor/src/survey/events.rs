//! Event subscriptions, topics, functions, schedules and alarms.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{join, join3};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use writerlink_aws::account::{AccountReader, Function, Metric, Schedule};
use writerlink_core::config::{Config, Location};

use super::{AT_ONCE, each};
use crate::account::{Account, ById, Events, Following, Topic, schedule_id};
use crate::chain::unqualified;
use crate::read::{Gap, Read, if_it_exists};

/// The most topics, and the most functions, that are looked at. An account may schedule thousands
/// of functions that have nothing to do with us.
const MOST: usize = 300;

/// How far back sweeps are looked for. A sweep waits behind a watch of up to five minutes, and its
/// metric may come two minutes late.
const SWEEPS: SignedDuration = SignedDuration::from_mins(15);

pub(super) async fn read(
    notify_topic: Option<&str>,
    account: &Account,
    reader: &AccountReader,
) -> Events {
    let (subscriptions, quotas, schedules) =
        join3(reader.event_subscriptions(), reader.quotas(), reader.schedules()).await;
    let subscriptions = subscriptions.map_err(Gap::from);
    let schedules = schedules.map_err(Gap::from);
    let alarms = reader.alarms().await.map_err(Gap::from);
    let triggers = subscriptions.iter().flatten().map(|subscription| subscription.topic.as_str());
    let ours = alarms
        .iter()
        .flatten()
        .filter(|alarm| alarm.metrics.iter().any(|metric| metric.namespace == "Writerlink"));
    let told = ours.flat_map(|alarm| alarm.actions.iter().map(String::as_str));
    let arns: BTreeSet<&str> = triggers.chain(told).chain(notify_topic).collect();
    let here = arns.into_iter().filter(|arn| is_of(arn, "sns", account)).take(MOST);
    let mut topics: BTreeMap<String, Topic> =
        stream::iter(here.map(|arn| topic(arn, reader))).buffer_unordered(AT_ONCE).collect().await;
    let of_topics = topics.values().flat_map(|topic| topic.subscriptions.iter().flatten());
    let subscribed = of_topics.filter(|s| s.protocol == "lambda").map(|s| s.endpoint.as_str());
    let scheduled = schedules.iter().flatten().map(|schedule| schedule.target.as_str());
    let arns: BTreeSet<&str> = subscribed.chain(scheduled).map(unqualified).collect();
    let lambdas: Vec<&str> = arns.into_iter().filter(|arn| is_of(arn, "lambda", account)).collect();
    let left_out = (lambdas.len() > MOST).then(|| {
        Gap::unread(
            "lambda:GetFunctionConfiguration",
            &format!("events and schedules start {} functions; {MOST} were read", lambdas.len()),
            "Look whether the function is among the others.",
        )
    });
    let lambdas = lambdas.into_iter().take(MOST);
    let functions: BTreeMap<String, Following> =
        stream::iter(lambdas.map(|arn| following(arn, reader)))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
    let own = functions.values().filter_map(|facts| own_topic(&facts.function));
    let more: BTreeSet<String> = own.filter(|arn| !topics.contains_key(arn)).collect();
    let more = more.iter().filter(|arn| is_of(arn, "sns", account)).take(MOST);
    let more: Vec<(String, Topic)> =
        stream::iter(more.map(|arn| topic(arn, reader))).buffer_unordered(AT_ONCE).collect().await;
    topics.extend(more);
    let schedule_details = details(schedules.as_deref().unwrap_or_default(), &functions, reader);
    let schedule_details = schedule_details.await;
    let queues = functions.values().flat_map(queues_of).filter(|arn| is_of(arn, "sqs", account));
    let queues =
        each(queues.collect(), |arn| async move { reader.queue_attributes(&arn).await }).await;
    let quotas = quotas.map_err(Gap::from);
    Events {
        subscriptions,
        quotas,
        topics,
        functions,
        left_out,
        schedules,
        schedule_details,
        alarms,
        queues,
    }
}

/// Whether an ARN is of a service in this account and Region. Elsewhere nothing can be read.
fn is_of(arn: &str, service: &str, account: &Account) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let number = account.number.as_deref();
    parts.len() == 6
        && parts[2] == service
        && parts[3] == account.region
        && number.map_or_else(|_| true, |number| parts[4] == number)
}

async fn topic(arn: &str, reader: &AccountReader) -> (String, Topic) {
    let (attributes, subscriptions) =
        join(reader.topic_attributes(arn), reader.topic_subscriptions(arn)).await;
    let lambdas = subscriptions.iter().flatten().filter(|s| s.protocol == "lambda");
    let confirmed = lambdas.filter_map(|subscription| subscription.arn.clone()).collect();
    let subscription_attributes =
        each(confirmed, |arn| async move { reader.subscription_attributes(&arn).await }).await;
    let topic = Topic {
        attributes: attributes.map_err(Gap::from),
        subscriptions: subscriptions.map_err(Gap::from),
        subscription_attributes,
    };
    (arn.to_owned(), topic)
}

/// A function. Of one that is none of ours, nothing but its configuration is read.
async fn following(arn: &str, reader: &AccountReader) -> (String, Following) {
    let function = if_it_exists(reader.function(arn).await);
    let is_ours = is_ours(&function);
    let not = || Gap::unread("none", "it was not read", "");
    let mut facts = Following {
        function,
        concurrency: Err(not()),
        policy: Err(not()),
        event_invoke: Err(not()),
        mappings: Err(not()),
        sweeps: Err(not()),
    };
    if is_ours {
        let (concurrency, policy, event_invoke) =
            join3(reader.concurrency(arn), reader.function_policy(arn), reader.event_invoke(arn))
                .await;
        facts.concurrency = concurrency.map_err(Gap::from);
        facts.policy = policy.map_err(Gap::from);
        facts.event_invoke = event_invoke.map_err(Gap::from);
        let (mappings, sweeps) = join(reader.source_mappings(arn), sweeps(arn, reader)).await;
        facts.mappings = mappings.map_err(Gap::from);
        facts.sweeps = sweeps;
    }
    (arn.to_owned(), facts)
}

async fn sweeps(
    function: &str,
    reader: &AccountReader,
) -> Read<Vec<writerlink_aws::account::Measurement>> {
    let name = function.rsplit(':').next().unwrap_or(function);
    let metric = Metric {
        namespace: "Writerlink".to_owned(),
        name: "SweepFinished".to_owned(),
        dimensions: BTreeMap::from([("Function".to_owned(), name.to_owned())]),
    };
    let now = Timestamp::now();
    let since = now.checked_sub(SWEEPS).unwrap_or(now);
    reader.measurements(&metric, since, now, Duration::from_secs(60)).await.map_err(Gap::from)
}

/// The descriptions of the schedules that start a function of ours: a list has neither their
/// expression nor their input.
async fn details(
    listed: &[Schedule],
    functions: &BTreeMap<String, Following>,
    reader: &AccountReader,
) -> ById<Schedule> {
    let ours = listed.iter().filter(|schedule| {
        functions.get(unqualified(&schedule.target)).is_some_and(|facts| is_ours(&facts.function))
    });
    let described = ours.map(|schedule| async move {
        let answer = reader.schedule(&schedule.group, &schedule.name).await;
        (schedule_id(schedule), answer.map_err(Gap::from))
    });
    stream::iter(described).buffer_unordered(AT_ONCE).collect().await
}

/// The topic to which a function publishes, as far as its configuration can be seen.
fn own_topic(function: &Read<Option<Function>>) -> Option<String> {
    let function = function.as_ref().ok()?.as_ref()?;
    let value = function.variables.get("WRITERLINK_CONFIG")?;
    let place = Location::from(value.as_str());
    let Location::Inline(text) = &place else { return None };
    Config::parse(text, &place).ok()?.notify_topic
}

fn is_ours(function: &Read<Option<Function>>) -> bool {
    let function = function.as_ref().ok().and_then(Option::as_ref);
    function.is_some_and(|function| function.variables.contains_key("WRITERLINK_CONFIG"))
}

/// Where a function's failed events go.
fn queues_of(facts: &Following) -> Vec<String> {
    let destination = facts.event_invoke.as_ref().ok().and_then(Option::as_ref);
    let destination = destination.and_then(|invoke| invoke.on_failure.clone());
    let function = facts.function.as_ref().ok().and_then(Option::as_ref);
    let letters = function.and_then(|function| function.dead_letter.clone());
    destination.into_iter().chain(letters).collect()
}
