//! Sweeps, and who is told when something is wrong.

use writerlink_aws::account::Alarm;

use super::events::row;
use super::{Check, Judged, broken, costs, note, quoted, will_break};
use crate::chain::{Chain, Follower, Part, of};
use crate::documents::{ALARMS, CONFIRMING, RDS_EVENTS, SCHEDULES};

pub(super) const CHECKS: &[Check] = &[
    row(
        "W330",
        "A schedule starts a sweep every minute",
        "RDS events are best effort: they come late or not at all. A sweep finds what no event \
         reported, and mends what a killed run left.",
        SCHEDULES,
        schedule,
    ),
    row(
        "W331",
        "Sweeps end well",
        "A schedule alone proves nothing. Each sweep that did its work writes the metric \
         `SweepFinished`.",
        RDS_EVENTS,
        last_sweep,
    ),
    row(
        "W332",
        "An alarm watches the function",
        "Without an alarm nobody learns that sweeps have stopped, or that a binding is held.",
        ALARMS,
        alarms,
    ),
    row(
        "W333",
        "Somebody is behind the alarms",
        "An alarm whose topic has no confirmed subscriber tells nobody.",
        CONFIRMING,
        somebody,
    ),
    row(
        "W334",
        "Somebody reads the outcomes",
        "The function publishes what it did, and why it could not, to `notify-topic`.",
        CONFIRMING,
        outcomes,
    ),
];

fn schedule(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let name = &follower.function.name;
        let schedules = chain.schedules(follower.arn)?;
        let enabled: Vec<_> = schedules.iter().filter(|s| s.state == "ENABLED").collect();
        if enabled.is_empty() {
            found.push(no_schedule(&follower, schedules.first().map(|s| s.name.as_str()))?);
            continue;
        }
        let minutes = enabled.iter().filter_map(|s| minutes(s.expression.as_deref()?)).min();
        if let Some(minutes) = minutes.filter(|minutes| *minutes > 1) {
            let says = format!(
                "`{name}` sweeps every {minutes} minutes: a failover without an event \
                is found that late"
            );
            found.push(costs(says).mend(format!(
                "aws scheduler get-schedule --name {}   # then update-schedule with \
                 'rate(1 minute)'",
                quoted(&enabled[0].name)
            )));
        }
        let is_sweep = |input: &str| input.contains("sweep") || input.contains("aws.events");
        let odd = enabled.iter().filter_map(|s| s.input.as_deref()).find(|input| !is_sweep(input));
        if let Some(input) = odd {
            found.push(
                note(format!("a schedule of `{name}` has the input {input}"))
                    .mend("Give the schedule the input '{\"trigger\": \"sweep\"}'."),
            );
        }
    }
    Ok(found)
}

fn no_schedule(follower: &Follower, disabled: Option<&str>) -> Part<super::Found> {
    let name = &follower.function.name;
    let policy = of(&follower.facts.policy)?.as_deref().unwrap_or_default();
    let by_rule = policy.contains("events.amazonaws.com");
    let says = match disabled {
        Some(schedule) => format!("the schedule `{schedule}` of `{name}` is disabled"),
        None => format!("no schedule of EventBridge Scheduler starts `{name}`"),
    };
    let found = match by_rule {
        true => note(format!("{says}; an EventBridge rule may invoke it, and is not read")),
        false => will_break(format!("{says}: an event that is lost leaves the link wrong")),
    };
    Ok(found.mend(match disabled {
        Some(schedule) => format!(
            "aws scheduler get-schedule --name {}   # then update-schedule with --state ENABLED",
            quoted(schedule)
        ),
        None => "Deploy infra/ as docs/deploy.md says; it has the schedule.".to_owned(),
    }))
}

/// The minutes of a rate, if the expression is one.
fn minutes(expression: &str) -> Option<u32> {
    let inside = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = inside.trim().split_once(' ')?;
    let number: u32 = number.parse().ok()?;
    match unit.trim().trim_end_matches('s') {
        "minute" => Some(number),
        "hour" => Some(number.saturating_mul(60)),
        "day" => Some(number.saturating_mul(1440)),
        _ => None,
    }
}

fn last_sweep(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
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
            "aws logs tail /writerlink/STACK --since 15m   # and: aws lambda \
             get-function-configuration --function-name {}",
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
    let followers = chain.followers()?;
    let configs = followers.iter().filter_map(|follower| follower.config.as_ref());
    let topics = configs.chain([chain.config]).filter_map(|config| config.notify_topic.as_deref());
    let mut found = Vec::new();
    for topic in topics.collect::<std::collections::BTreeSet<_>>() {
        if is_silent(chain, topic)? {
            found
                .push(note(format!("nobody has confirmed a subscription to {topic}")).mend(format!(
                "aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint \
                 YOU@EXAMPLE.COM"
            )));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn a_rate_is_read_in_minutes() {
        for (expression, read) in [
            ("rate(1 minute)", Some(1)),
            ("rate(5 minutes)", Some(5)),
            ("rate(2 hours)", Some(120)),
            ("cron(* * * * ? *)", None),
            ("rate()", None),
        ] {
            assert_eq!(minutes(expression), read, "{expression}");
        }
    }
}
