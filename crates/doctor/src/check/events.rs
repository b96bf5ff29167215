//! How an event of RDS reaches the function.

use std::collections::BTreeSet;

use writerlink_aws::account::EventSubscription;
use writerlink_core::source::Source;

use super::{Check, Found, Judged, Link, costs, note, quoted, row, will_break};
use crate::account::Topic;
use crate::chain::{Chain, Follower, Part, Stop, at, of, unqualified, value};
use crate::documents::{
    CONFIRMING, EVENT_CATEGORIES, EVENTS, FILTERS, INVOKE_PERMISSION, QUOTAS, RDS_EVENTS,
    TOPIC_KEYS, TOPIC_PERMISSION,
};
use crate::policy;

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::Events,
        "W300",
        "A function of Writerlink follows the binding",
        "Without a function nothing moves the target after a failover.",
        RDS_EVENTS,
        follower,
    ),
    row(
        Link::Events,
        "W301",
        "A subscription carries the failovers of this database",
        "A subscription for clusters does not carry the events of instances, and the reverse. \
         Without an event the next sweep finds the failover, up to a minute later.",
        EVENTS,
        subscribed,
    ),
    row(
        Link::Events,
        "W302",
        "The subscription is enabled and active",
        "RDS sends nothing through a subscription that is disabled, or whose topic is gone or \
         closed to RDS.",
        EVENTS,
        active,
    ),
    row(
        Link::Events,
        "W303",
        "The subscriptions have every category that announces a move",
        "Upgrades, restarts and replaced hosts move the writer too, and have categories of their \
         own.",
        EVENT_CATEGORIES,
        categories,
    ),
    row(
        Link::Events,
        "W304",
        "The topic admits RDS, and only RDS",
        "RDS publishes as the service `events.rds.amazonaws.com`. An event only makes the function \
         look, but whoever may publish can keep it busy.",
        TOPIC_PERMISSION,
        topic_policy,
    ),
    row(
        Link::Events,
        "W305",
        "RDS can use the topic's key",
        "The key policy of `alias/aws/sns` cannot be changed, so it never admits RDS: events are \
         lost without an error. A key of your own must grant RDS `kms:GenerateDataKey*` and \
         `kms:Decrypt`.",
        TOPIC_KEYS,
        topic_key,
    ),
    row(
        Link::Events,
        "W306",
        "The function is subscribed to the topic",
        "A topic without the function as a confirmed subscriber invokes nobody.",
        CONFIRMING,
        function_subscribed,
    ),
    row(
        Link::Events,
        "W307",
        "No filter drops events before the function",
        "The attributes of RDS's messages can be missing, so a filter on attributes drops events.",
        FILTERS,
        filter,
    ),
    row(
        Link::Events,
        "W308",
        "SNS may invoke the function",
        "Without a statement for the topic in the function's policy, Lambda refuses each delivery.",
        INVOKE_PERMISSION,
        may_invoke,
    ),
    row(
        Link::Events,
        "W309",
        "The Region has room for further subscriptions",
        "The quota of event subscriptions is 20 for each Region and can be raised.",
        QUOTAS,
        quota,
    ),
];

fn follower(chain: &Chain) -> Judged {
    let followers = chain.followers()?;
    if followers.is_empty() {
        let says = "no function with a WRITERLINK_CONFIG that names this target group is started \
                    by an RDS event subscription or by a schedule of this Region";
        return Ok(vec![will_break(says).mend("Deploy infra/ as docs/deploy.md says.")]);
    }
    let managing = followers.iter().filter(|follower| !observes(chain, follower));
    let names: Vec<&str> = managing.map(|follower| follower.function.name.as_str()).collect();
    let mut found = Vec::new();
    if names.len() > 1 {
        let says = format!("several functions manage this target group: {}", names.join(", "));
        found.push(note(says).mend("Take the binding out of all of them but one."));
    }
    Ok(found)
}

/// Whether the function is known to observe the binding only.
pub(super) fn observes(chain: &Chain, follower: &Follower) -> bool {
    let own = follower.read().and_then(|config| {
        config.usable().find(|own| own.target_group == chain.binding.target_group)
    });
    let mode = own.map_or(chain.binding.mode, |binding| binding.mode);
    mode == writerlink_core::config::Mode::Observe
}

/// What events are worth to the binding: the type of source whose failovers concern it.
fn source_type(chain: &Chain) -> Part<(&'static str, String)> {
    match &chain.binding.source {
        Source::Instance(id) => Ok(("db-instance", id.to_string())),
        // A failover changes nothing for a member.
        Source::Member { .. } | Source::Proxy(..) | Source::Name(_) => Err(Stop::Moot),
        source => Ok(("db-cluster", source.cluster().ok_or(Stop::Moot)?.to_string())),
    }
}

/// The subscriptions that should carry the failovers of the database.
fn relevant<'a>(chain: &Chain<'a>) -> Part<Vec<&'a EventSubscription>> {
    let (kind, id) = source_type(chain)?;
    let all = of(&chain.account.events.subscriptions)?.iter();
    let carries = all.filter(|subscription| {
        let of_kind = subscription.source_type.as_deref().is_none_or(|own| own == kind);
        let of_it = subscription.sources.is_empty()
            || subscription.sources.iter().any(|source| source.eq_ignore_ascii_case(&id));
        let fails_over = subscription.categories.is_empty()
            || subscription.categories.iter().any(|category| category == "failover");
        of_kind && of_it && fails_over
    });
    Ok(carries.collect())
}

/// The ways by which an event could come: the relevant subscriptions whose topics lead to a
/// function of ours. If there is none, one step back: the relevant ones, or all. So a fault in one
/// link does not hide a fault in the next.
fn ways<'a>(
    chain: &Chain<'a>,
    followers: &[Follower<'a>],
) -> Part<Vec<(&'a EventSubscription, &'a Topic)>> {
    let relevant = relevant(chain)?;
    let topics = &chain.account.events.topics;
    let with_topic = |some: Vec<&'a EventSubscription>| -> Vec<_> {
        let topic = |own: &'a EventSubscription| Some((own, topics.get(&own.topic)?));
        some.into_iter().filter_map(topic).collect()
    };
    let routes = chain.routes(followers)?;
    let leads =
        |own: &&EventSubscription| routes.iter().any(|route| route.subscription.name == own.name);
    let of_ours = with_topic(relevant.iter().copied().filter(leads).collect());
    let some = if of_ours.is_empty() { with_topic(relevant) } else { of_ours };
    Ok(if some.is_empty() { with_topic(of_databases(chain)?) } else { some })
}

/// The subscriptions that carry events of databases of some kind.
fn of_databases<'a>(chain: &Chain<'a>) -> Part<Vec<&'a EventSubscription>> {
    let kinds = ["db-cluster", "db-instance"];
    let all = of(&chain.account.events.subscriptions)?.iter();
    let is_of_kind =
        |own: &&EventSubscription| own.source_type.as_deref().is_none_or(|k| kinds.contains(&k));
    Ok(all.filter(is_of_kind).collect())
}

/// What it means that events do not arrive: seconds while a sweep goes on, and a break without one.
/// An EventBridge rule may deliver them instead, which this program does not read.
fn lost(chain: &Chain, followers: &[Follower], says: String) -> Found {
    let by_rule = followers.iter().find_map(|follower| {
        let policy = follower.facts.policy.as_ref().ok()?.as_deref()?;
        let sources = policy::sources_of(policy, "events.amazonaws.com", "lambda:InvokeFunction");
        sources.into_iter().next()
    });
    if let Some(rule) = by_rule {
        let rule = rule.unwrap_or_else(|| "an EventBridge rule".to_owned());
        return note(format!(
            "{says}; {rule} may invoke the function, and what it matches is not \
            read"
        ));
    }
    let mut unread = false;
    for follower in followers {
        match chain.schedules(follower.arn) {
            Ok(schedules) if schedules.iter().any(|schedule| schedule.state == "ENABLED") => {
                return costs(format!("{says}: only the next sweep finds a failover"));
            }
            Ok(_) => {}
            Err(_) => unread = true,
        }
    }
    match unread {
        true => costs(format!(
            "{says}: only a sweep finds a failover, and whether one is scheduled was not read"
        )),
        false => {
            will_break(format!("{says}, and no sweep is scheduled: nothing would find a failover"))
        }
    }
}

/// One finding for each fault, graver if no other way is free of it.
fn weigh(
    chain: &Chain,
    followers: &[Follower],
    ways: usize,
    faults: Vec<(String, String)>,
) -> Judged {
    let another_works = faults.len() < ways;
    let found = faults.into_iter().map(|(says, command)| {
        let found = if another_works { note(says) } else { lost(chain, followers, says) };
        found.mend(command)
    });
    Ok(found.collect())
}

fn followers_or_moot<'a>(chain: &Chain<'a>) -> Part<Vec<Follower<'a>>> {
    let followers = chain.followers()?;
    if followers.is_empty() { Err(Stop::Moot) } else { Ok(followers) }
}

fn subscribed(chain: &Chain) -> Judged {
    let (kind, id) = source_type(chain)?;
    let followers = chain.followers()?;
    if !relevant(chain)?.is_empty() {
        return Ok(Vec::new());
    }
    let says = format!(
        "no RDS event subscription of type `{kind}` has the category `failover` for `{id}`"
    );
    let topic = topic_of(chain, &followers);
    Ok(vec![lost(chain, &followers, says).mend(format!(
        "aws rds create-event-subscription --subscription-name writerlink-{kind} \
         --sns-topic-arn {} --source-type {kind} --event-categories failover",
        topic.unwrap_or("TOPIC")
    ))])
}

/// The topic to which a function of ours is subscribed.
fn topic_of<'a>(chain: &Chain<'a>, followers: &[Follower]) -> Option<&'a str> {
    let is_ours = |arn: &str| followers.iter().any(|follower| follower.arn == unqualified(arn));
    let mut topics = chain.account.events.topics.iter();
    let found = topics.find(|(_, topic)| {
        topic.subscriptions.iter().flatten().any(|subscription| is_ours(&subscription.endpoint))
    });
    found.map(|(arn, _)| arn.as_str())
}

fn active(chain: &Chain) -> Judged {
    let followers = chain.followers()?;
    let ways = ways(chain, &followers)?;
    let (kind, _) = source_type(chain)?;
    let of_kind = |own: &EventSubscription| own.source_type.as_deref().is_none_or(|k| k == kind);
    let ways: Vec<_> = ways.into_iter().filter(|(own, _)| of_kind(own)).collect();
    let faults = ways.iter().filter_map(|(subscription, _)| {
        let name = &subscription.name;
        let modify = format!(
            "aws rds modify-event-subscription --subscription-name {} --enabled",
            quoted(name)
        );
        if !subscription.enabled {
            return Some((format!("the event subscription `{name}` is disabled"), modify));
        }
        let status = subscription.status.as_str();
        (!matches!(status, "active" | "creating" | "modifying")).then(|| {
            let says = format!("the event subscription `{name}` is `{status}`");
            (says, format!("Mend the topic {}, then: {modify}", subscription.topic))
        })
    });
    weigh(chain, &followers, ways.len(), faults.collect())
}

fn categories(chain: &Chain) -> Judged {
    use writerlink_core::event::catalogue::{Meaning, entries};
    let followers = chain.followers()?;
    let (kind, _) = source_type(chain)?;
    let kinds: &[&str] =
        if kind == "db-cluster" { &["db-cluster", "db-instance"] } else { &["db-instance"] };
    let routes = chain.routes(&followers)?;
    let mut ours: Vec<_> = routes.iter().map(|route| route.subscription).collect();
    if ours.is_empty() {
        ours.extend(of(&chain.account.events.subscriptions)?);
    }
    let mut found = Vec::new();
    for kind in kinds {
        let moves = |meaning| matches!(meaning, Meaning::Announced | Meaning::DuringMove);
        let wanted: BTreeSet<&str> = entries()
            .filter(|entry| entry.source == *kind && moves(entry.meaning))
            // Only a member of a global database has such events.
            .filter(|entry| entry.category != "global-failover")
            .map(|entry| entry.category)
            .collect();
        let of_kind = ours.iter().filter(|subscription| {
            subscription.source_type.as_deref().is_none_or(|own| own == *kind)
        });
        let (mut all, mut carried) = (false, BTreeSet::new());
        for subscription in of_kind {
            all |= subscription.categories.is_empty();
            carried.extend(subscription.categories.iter().map(String::as_str));
        }
        let missing: Vec<&str> = wanted.difference(&carried).copied().collect();
        if !all && !missing.is_empty() {
            let says = format!(
                "no subscription of type `{kind}` carries the categories {}",
                missing.join(", ")
            );
            let existing = ours.iter().find(|own| own.source_type.as_deref() == Some(*kind));
            let kept = existing.iter().flat_map(|own| &own.categories).map(String::as_str);
            let all: BTreeSet<&str> = wanted.iter().copied().chain(kept).collect();
            let all: Vec<String> = all.into_iter().map(quoted).collect();
            found.push(note(says).mend(match existing {
                Some(own) => format!(
                    "aws rds modify-event-subscription --subscription-name {} --source-type {kind} \
                     --event-categories {}",
                    quoted(&own.name),
                    all.join(" ")
                ),
                None => format!(
                    "aws rds create-event-subscription --subscription-name writerlink-{kind} \
                     --sns-topic-arn {} --source-type {kind} --event-categories {}",
                    topic_of(chain, &followers).unwrap_or("TOPIC"),
                    all.join(" ")
                ),
            }));
        }
    }
    Ok(found)
}

fn topic_policy(chain: &Chain) -> Judged {
    let followers = chain.followers()?;
    let ways = ways(chain, &followers)?;
    let (mut faults, mut open) = (Vec::new(), Vec::new());
    for (subscription, topic) in &ways {
        let arn = &subscription.topic;
        let Some(policy) = value(of(&topic.attributes)?, "Policy") else { continue };
        let command = format!(
            "aws sns set-topic-attributes --topic-arn {arn} --attribute-name Policy \
             --attribute-value file://policy.json   # the statement of EventTopicPolicy in \
             infra/reconciler.yaml"
        );
        let call = policy::Publication {
            topic: arn,
            account: chain.account.number.as_deref().ok(),
            region: &chain.account.region,
        };
        match policy::admits_rds(policy, &call) {
            Ok(true) if policy::is_open(policy, "sns:Publish") => {
                let says = format!("everybody may publish to {arn}");
                open.push(note(says).mend(command));
            }
            Ok(true) => {}
            Ok(false) => faults.push((format!("the policy of {arn} does not admit RDS"), command)),
            Err(fault) => {
                faults.push((format!("the policy of {arn} cannot be read: {fault}"), command))
            }
        }
    }
    let graver = weigh(chain, &followers, ways.len(), faults)?;
    Ok(graver.into_iter().chain(open).collect())
}

fn topic_key(chain: &Chain) -> Judged {
    let followers = chain.followers()?;
    let ways = ways(chain, &followers)?;
    let (mut faults, mut unread) = (Vec::new(), Vec::new());
    for (subscription, topic) in &ways {
        let arn = &subscription.topic;
        let key = value(of(&topic.attributes)?, "KmsMasterKeyId").filter(|key| !key.is_empty());
        let Some(key) = key else { continue };
        if key.ends_with("alias/aws/sns") {
            let says = format!("{arn} is encrypted with `alias/aws/sns`");
            let command = format!(
                "aws sns set-topic-attributes --topic-arn {arn} --attribute-name KmsMasterKeyId \
                 --attribute-value ''   # or a key of your own"
            );
            faults.push((says, command));
        } else {
            let says = format!("whether the key {key} of {arn} admits RDS is not read");
            unread.push(note(says).mend(format!(
                "aws kms get-key-policy --key-id {} --policy-name default --output text   # look \
                 for events.rds.amazonaws.com",
                quoted(key)
            )));
        }
    }
    unread.dedup();
    let graver = weigh(chain, &followers, ways.len(), faults)?;
    Ok(graver.into_iter().chain(unread).collect())
}

fn function_subscribed(chain: &Chain) -> Judged {
    let followers = followers_or_moot(chain)?;
    let mut relevant = relevant(chain)?;
    if relevant.is_empty() {
        relevant.extend(of_databases(chain)?);
    }
    let routes = chain.routes(&followers)?;
    let leads = |name: &str| routes.iter().any(|route| route.subscription.name == name);
    if relevant.iter().any(|subscription| leads(&subscription.name)) {
        return Ok(Vec::new());
    }
    let topics: BTreeSet<&str> = relevant.iter().map(|s| s.topic.as_str()).collect();
    let mut found = Vec::new();
    for arn in topics {
        let Some(topic) = chain.account.events.topics.get(arn) else {
            let says = format!("the topic {arn} is of another account or Region, and is not read");
            found.push(lost(chain, &followers, says));
            continue;
        };
        if let Some((queue, state)) = queue_between(topic, &followers)? {
            if state != "Enabled" {
                let says = format!("the function's reading of the queue {queue} is `{state}`");
                found.push(lost(chain, &followers, says).mend(
                    "aws lambda list-event-source-mappings   # then update-event-source-mapping \
                     --uuid UUID --enabled",
                ));
            }
            continue;
        }
        let function = &followers[0].function;
        let unconfirmed = of(&topic.subscriptions)?.iter().any(|subscription| {
            subscription.protocol == "lambda"
                && unqualified(&subscription.endpoint) == function.arn
                && subscription.arn.is_none()
        });
        let says = match unconfirmed {
            true => format!("the subscription of `{}` to {arn} is not confirmed", function.name),
            false => format!("`{}` is not subscribed to {arn}", function.name),
        };
        found.push(lost(chain, &followers, says).mend(format!(
            "aws sns subscribe --topic-arn {arn} --protocol lambda --notification-endpoint {}",
            function.arn
        )));
    }
    Ok(found)
}

/// A queue that is subscribed to the topic and that a function of ours reads, and the state of
/// that reading.
fn queue_between<'a>(
    topic: &'a Topic,
    followers: &[Follower<'a>],
) -> Part<Option<(&'a str, &'a str)>> {
    let queues = of(&topic.subscriptions)?.iter().filter(|s| s.protocol == "sqs");
    for queue in queues {
        for follower in followers {
            let mappings = of(&follower.facts.mappings)?;
            let own = mappings.iter().find(|own| own.source.as_deref() == Some(&queue.endpoint));
            if let Some(own) = own {
                return Ok(Some((&queue.endpoint, own.state.as_deref().unwrap_or("unknown"))));
            }
        }
    }
    Ok(None)
}

fn filter(chain: &Chain) -> Judged {
    let followers = followers_or_moot(chain)?;
    let (mut confirmed, mut faults) = (BTreeSet::new(), Vec::new());
    for (_, topic) in ways(chain, &followers)? {
        let own = of(&topic.subscriptions)?.iter().filter(|subscription| {
            followers.iter().any(|follower| unqualified(&subscription.endpoint) == follower.arn)
        });
        for arn in own.filter_map(|subscription| subscription.arn.as_deref()) {
            let attributes = at(&topic.subscription_attributes, arn)?;
            let policy = value(attributes, "FilterPolicy").filter(|policy| !policy.is_empty());
            if confirmed.insert(arn) && policy.is_some() {
                faults.push((
                    format!("the subscription {arn} has a filter policy"),
                    format!(
                        "aws sns set-subscription-attributes --subscription-arn {arn} \
                         --attribute-name FilterPolicy --attribute-value '{{}}'"
                    ),
                ));
            }
        }
    }
    weigh(chain, &followers, confirmed.len(), faults)
}

fn may_invoke(chain: &Chain) -> Judged {
    let followers = followers_or_moot(chain)?;
    let ways = ways(chain, &followers)?;
    let topics: BTreeSet<&str> = ways.iter().map(|(own, _)| own.topic.as_str()).collect();
    let mut faults = Vec::new();
    for topic in &topics {
        let known = chain.account.events.topics.get(*topic);
        // Through a queue, Lambda fetches the events itself.
        let mut admitted = match known {
            Some(known) => queue_between(known, &followers)?.is_some(),
            None => false,
        };
        for follower in &followers {
            let policy = of(&follower.facts.policy)?.as_deref().unwrap_or(r#"{"Statement": []}"#);
            let sources = policy::sources_of(policy, "sns.amazonaws.com", "lambda:InvokeFunction");
            admitted |= sources
                .iter()
                .any(|source| source.as_deref().is_none_or(|pattern| policy::fits(pattern, topic)));
        }
        if !admitted {
            let function = followers[0].arn;
            faults.push((
                format!("the policy of {function} does not let {topic} invoke it"),
                format!(
                    "aws lambda add-permission --function-name {function} --statement-id \
                     rds-events --action lambda:InvokeFunction --principal sns.amazonaws.com \
                     --source-arn {topic}"
                ),
            ));
        }
    }
    weigh(chain, &followers, topics.len(), faults)
}

fn quota(chain: &Chain) -> Judged {
    let quotas = of(&chain.account.events.quotas)?;
    let full = quotas.iter().filter(|q| q.name == "EventSubscriptions" && q.used >= q.max);
    let found = full.map(|quota| {
        note(format!("{} of {} event subscriptions are in use", quota.used, quota.max)).mend(
            "aws service-quotas list-service-quotas --service-code rds   # then \
             request-service-quota-increase",
        )
    });
    Ok(found.collect())
}
