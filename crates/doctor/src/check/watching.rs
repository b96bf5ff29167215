//! Sweeps, and who is told when something is wrong.

use std::collections::BTreeSet;

use writerlink_aws::account::{Alarm, Schedule};

use super::events::observes;
use super::{Check, Judged, Link, broken, costs, note, quoted, row, will_break};
use crate::account::schedule_id;
use crate::chain::{Chain, Follower, Part, Stop, at, of};
use crate::documents::{ALARMS, CONFIGURATION, CONFIRMING, OPERATIONS, SCHEDULES};
use crate::read::Gap;

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::Events,
        "W330",
        "A schedule starts a sweep every minute",
        "RDS events are best effort: they come late or not at all. A sweep finds what no event \
         reported, and mends what a killed run left.",
        SCHEDULES,
        schedule,
    ),
    row(
        Link::Events,
        "W331",
        "Sweeps end well",
        "A schedule alone proves nothing. Each sweep that did its work writes the metric \
         `SweepFinished`.",
        OPERATIONS,
        last_sweep,
    ),
    row(
        Link::Events,
        "W332",
        "An alarm watches the function",
        "Without an alarm nobody learns that sweeps have stopped, or that a binding is held.",
        ALARMS,
        alarms,
    ),
    row(
        Link::Events,
        "W333",
        "Somebody is behind the alarms",
        "An alarm whose topic has no confirmed subscriber tells nobody.",
        CONFIRMING,
        somebody,
    ),
    row(
        Link::Events,
        "W334",
        "Somebody reads the outcomes",
        "The function publishes what it did, and why it could not, to `notify-topic`.",
        OPERATIONS,
        outcomes,
    ),
    row(
        Link::Events,
        "W335",
        "Outcomes go to a topic of their own",
        "If `notify-topic` is the topic that starts the function, each outcome starts a run.",
        CONFIGURATION,
        loops,
    ),
];

/// The functions whose sweeps count: those that manage the group, or all if none does.
fn sweeping<'a>(chain: &Chain<'a>) -> Part<Vec<Follower<'a>>> {
    let all = chain.followers()?;
    let managing: Vec<_> = all.iter().filter(|one| !observes(chain, one)).cloned().collect();
    Ok(if managing.is_empty() { all } else { managing })
}

fn schedule(chain: &Chain) -> Judged {
    let mut disabled = None;
    let mut enabled = Vec::new();
    let followers = sweeping(chain)?;
    for follower in &followers {
        for schedule in chain.schedules(follower.arn)? {
            if schedule.state == "ENABLED" {
                let details = &chain.account.events.schedule_details;
                enabled.push((follower, at(details, &schedule_id(schedule))?));
            } else {
                disabled = Some(schedule);
            }
        }
    }
    let Some(first) = followers.first() else { return Err(Stop::Moot) };
    let periods = enabled.iter().map(|(_, s)| period(s.expression.as_deref().unwrap_or_default()));
    let shortest = periods.min_by_key(|period| match period {
        Period::Minutes(minutes) => (0, *minutes),
        Period::Other => (1, 0),
        Period::Once => (2, 0),
    });
    let mut found = Vec::new();
    match shortest {
        None | Some(Period::Once) => found.push(no_schedule(first, disabled)?),
        Some(Period::Minutes(0 | 1)) => {}
        Some(Period::Minutes(minutes)) => {
            let says = format!("a sweep comes every {minutes} minutes");
            found.push(seldom(&says, enabled[0].1));
        }
        Some(Period::Other) => {
            let expression = enabled[0].1.expression.as_deref().unwrap_or_default();
            found.push(seldom(&format!("a sweep comes by `{expression}` only"), enabled[0].1));
        }
    }
    let is_sweep = |input: &str| input.contains("sweep") || input.contains("aws.events");
    let inputs = enabled.iter().filter_map(|(_, schedule)| schedule.input.as_deref());
    found.extend(inputs.filter(|input| !is_sweep(input)).map(|input| {
        note(format!("a schedule of `{}` has the input {input}", first.function.name))
            .mend("Give the schedule the input '{\"trigger\": \"sweep\"}'.")
    }));
    Ok(found)
}

fn seldom(says: &str, schedule: &Schedule) -> super::Found {
    costs(format!("{says}: a failover without an event is found that late"))
        .mend(every_minute(schedule))
}

/// The command that makes a schedule start its target every minute.
fn every_minute(schedule: &Schedule) -> String {
    let (name, group) = (quoted(&schedule.name), quoted(&schedule.group));
    format!(
        "aws scheduler update-schedule --name {name} --group-name {group} --state ENABLED \
         --schedule-expression 'rate(1 minute)' --flexible-time-window Mode=OFF --target \
         \"$(aws scheduler get-schedule --name {name} --group-name {group} --query Target)\""
    )
}

fn no_schedule(follower: &Follower, disabled: Option<&Schedule>) -> Part<super::Found> {
    let name = &follower.function.name;
    let policy = of(&follower.facts.policy)?.as_deref().unwrap_or_default();
    let by_rule = policy.contains("events.amazonaws.com");
    let says = match disabled {
        Some(schedule) => format!("the schedule `{}` of `{name}` is disabled", schedule.name),
        None => format!("no schedule of EventBridge Scheduler starts `{name}` again and again"),
    };
    let found = match by_rule {
        true => note(format!("{says}; an EventBridge rule may invoke it, and is not read")),
        false => will_break(format!("{says}: an event that is lost leaves the link wrong")),
    };
    Ok(found.mend(match disabled {
        Some(schedule) => every_minute(schedule),
        None => "Deploy infra/ as docs/deploy.md says; it has the schedule.".to_owned(),
    }))
}

/// How often a schedule starts its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Minutes(u32),
    /// Less often than any number of minutes of an hour.
    Other,
    /// Once, with `at(…)`.
    Once,
}

/// The period of an expression ("Schedule types in EventBridge Scheduler").
fn period(expression: &str) -> Period {
    let expression = expression.trim();
    let inside = |form: &str| Some(expression.strip_prefix(form)?.strip_suffix(')')?.trim());
    if inside("at(").is_some() {
        return Period::Once;
    }
    if let Some((number, unit)) = inside("rate(").and_then(|rate| rate.split_once(' ')) {
        let minutes = match unit.trim().trim_end_matches('s') {
            "minute" => 1,
            "hour" => 60,
            "day" => 1440,
            _ => return Period::Other,
        };
        let number = number.parse::<u32>().ok();
        return number.map_or(Period::Other, |n| Period::Minutes(n.saturating_mul(minutes)));
    }
    let fields: Vec<&str> = inside("cron(").unwrap_or_default().split_whitespace().collect();
    match fields.as_slice() {
        [minute, rest @ ..] if rest.len() == 5 && rest.iter().all(|f| matches!(*f, "*" | "?")) => {
            let step = minute.strip_prefix("*/").or(minute.strip_prefix("0/"));
            match (*minute, step.and_then(|step| step.parse().ok())) {
                ("*", _) => Period::Minutes(1),
                (_, Some(step)) => Period::Minutes(step),
                _ => Period::Minutes(60),
            }
        }
        _ => Period::Other,
    }
}

fn last_sweep(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in sweeping(chain)? {
        let name = &follower.function.name;
        let scheduled = chain.schedules(follower.arn)?.iter().any(|s| s.state == "ENABLED");
        if !scheduled {
            continue;
        }
        let sweeps = of(&follower.facts.sweeps)?;
        let says = if sweeps.is_empty() {
            format!("no sweep of `{name}` was seen in the last 15 minutes")
        } else if sweeps.iter().all(|sweep| sweep.maximum < 1.0) {
            format!("the sweeps of `{name}` of the last 15 minutes could not do their work")
        } else {
            continue;
        };
        found.push(broken(says).mend(format!(
            "aws logs tail $(aws lambda get-function-configuration --function-name {} --query \
             LoggingConfig.LogGroup --output text) --since 15m",
            quoted(name)
        )));
    }
    Ok(found)
}

/// The alarms on a function's own metrics.
fn of_function<'a>(chain: &Chain<'a>, function: &str) -> Part<Vec<&'a Alarm>> {
    let all = of(&chain.account.events.alarms)?.iter();
    let watches = all.filter(|alarm| {
        alarm.metrics.iter().any(|metric| {
            metric.namespace == "Writerlink"
                && metric.dimensions.get("Function").is_some_and(|own| own == function)
        })
    });
    Ok(watches.collect())
}

fn alarms(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let name = &follower.function.name;
        let alarms = of_function(chain, name)?;
        if alarms.is_empty() {
            found.push(note(format!("no alarm watches `{name}`")).mend(
                "Deploy infra/ with Alarms=true; docs/decisions/010-alarms.md has the alarms.",
            ));
        }
        found.extend(alarms.iter().filter(|alarm| alarm.state == "ALARM").map(|alarm| {
            note(format!("the alarm `{}` is in the state ALARM", alarm.name)).mend(format!(
                "aws cloudwatch describe-alarm-history --alarm-name {}",
                quoted(&alarm.name)
            ))
        }));
    }
    Ok(found)
}

fn somebody(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        for alarm in of_function(chain, &follower.function.name)? {
            found.extend(silence(chain, alarm)?);
        }
    }
    Ok(found)
}

/// Why nobody hears an alarm, if that is so.
fn silence(chain: &Chain, alarm: &Alarm) -> Part<Option<super::Found>> {
    let name = quoted(&alarm.name);
    if !alarm.actions_enabled {
        let says = format!("the actions of the alarm `{}` are disabled", alarm.name);
        let command = format!("aws cloudwatch enable-alarm-actions --alarm-names {name}");
        return Ok(Some(costs(says).mend(command)));
    }
    if alarm.actions.is_empty() {
        let says = format!("the alarm `{}` has no action", alarm.name);
        let command = format!(
            "aws cloudwatch describe-alarms --alarm-names {name}   # then \
            put-metric-alarm with --alarm-actions TOPIC"
        );
        return Ok(Some(costs(says).mend(command)));
    }
    for action in &alarm.actions {
        // What is no topic is somebody: a Systems Manager incident, another function.
        if !action.contains(":sns:") || !is_silent(chain, action)? {
            return Ok(None);
        }
    }
    let says = format!("nobody has confirmed a subscription to {}", alarm.actions.join(", "));
    Ok(Some(costs(format!("{says}: alarms reach nobody")).mend(subscribe(&alarm.actions[0]))))
}

fn subscribe(topic: &str) -> String {
    format!(
        "aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint \
         YOU@EXAMPLE.COM"
    )
}

/// Whether nobody is subscribed to a topic. A topic that was not read may have subscribers.
fn is_silent(chain: &Chain, topic: &str) -> Part<bool> {
    let Some(topic) = chain.account.events.topics.get(topic) else { return Ok(false) };
    Ok(of(&topic.subscriptions)?.iter().all(|subscription| subscription.arn.is_none()))
}

fn outcomes(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for topic in notify_topics(chain)? {
        let Some(known) = chain.account.events.topics.get(topic) else { continue };
        if known.subscriptions.as_ref().is_err_and(Gap::is_not_found) {
            found.push(
                costs(format!("the topic {topic} of `notify-topic` does not exist"))
                    .mend("Name a topic that exists in `notify-topic`."),
            );
        } else if is_silent(chain, topic)? {
            let says = format!("nobody has confirmed a subscription to {topic}");
            found.push(note(says).mend(subscribe(topic)));
        }
    }
    Ok(found)
}

/// The topics to which the functions publish, and that of the configuration examined.
fn notify_topics<'a>(chain: &Chain<'a>) -> Part<BTreeSet<&'a str>> {
    let own = chain.account.events.topics.keys().map(String::as_str);
    let followers = chain.followers()?;
    let named: BTreeSet<String> =
        followers.iter().filter_map(|follower| follower.read()?.notify_topic.clone()).collect();
    let here = chain.config.notify_topic.as_deref();
    Ok(own.filter(|arn| named.contains(*arn)).chain(here).collect())
}

fn loops(chain: &Chain) -> Judged {
    let followers = chain.followers()?;
    let routes = chain.routes(&followers)?;
    let topics = notify_topics(chain)?;
    let looping = topics
        .into_iter()
        .filter(|topic| routes.iter().any(|route| route.subscription.topic == *topic));
    let found = looping.map(|topic| {
        broken(format!("outcomes are published to {topic}, whose messages start the function"))
            .mend("Name another topic in `notify-topic`.")
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::{Period, period};

    #[test]
    fn an_expression_says_how_often_a_sweep_comes() {
        for (expression, read) in [
            ("rate(1 minute)", Period::Minutes(1)),
            ("rate(5 minutes)", Period::Minutes(5)),
            ("rate(2 hours)", Period::Minutes(120)),
            ("cron(* * * * ? *)", Period::Minutes(1)),
            ("cron(*/5 * * * ? *)", Period::Minutes(5)),
            ("cron(0/1 * * * ? *)", Period::Minutes(1)),
            ("cron(0 * * * ? *)", Period::Minutes(60)),
            ("cron(0 3 * * ? *)", Period::Other),
            ("at(2026-01-01T00:00:00)", Period::Once),
            ("rate()", Period::Other),
        ] {
            assert_eq!(period(expression), read, "{expression}");
        }
    }
}
