//! The function itself.

use std::time::Duration;

use writerlink_core::config::{Config, Mode};

use super::events::observes;
use super::{Check, Found, Judged, Link, broken, costs, note, quoted, row, will_break};
use crate::chain::{Chain, Own, Part, Stop, at, of};
use crate::documents::{
    ASYNC, CONCURRENCY, CONFIGURATION, FUNCTION_IN_VPC, FUNCTION_STATES, TIMEOUT,
};
use crate::network::admits_anybody;

pub(super) const CHECKS: &[Check] = &[
    row(
        Link::Events,
        "W320",
        "The function can run",
        "A function whose last update failed, or whose network interface is lost, does not start.",
        FUNCTION_STATES,
        state,
    ),
    row(
        Link::Events,
        "W321",
        "The function can use its configuration, which says the same of the binding",
        "The function follows its own configuration. One that it refuses makes it do nothing, and \
         what you check here is of use only if it is the same.",
        CONFIGURATION,
        same,
    ),
    row(
        Link::Events,
        "W322",
        "One run at a time",
        "With a reserved concurrency of 0 nothing runs. With more than one, two runs can undo each \
         other's work until the next sweep.",
        CONCURRENCY,
        concurrency,
    ),
    row(
        Link::Events,
        "W323",
        "The function has the time for a whole watch",
        "Lambda ends a run at the function's time-out. A removal waits for the settle time twice, \
         and a failover is watched for `patience-started`.",
        TIMEOUT,
        timeout,
    ),
    row(
        Link::Events,
        "W324",
        "Events that failed are kept",
        "Without a destination on failure, an event whose run failed leaves no trace but a log \
         line.",
        ASYNC,
        failures,
    ),
    row(
        Link::Events,
        "W325",
        "No old event waits for the function",
        "An event that is older than ten minutes says nothing that a sweep does not find, and it \
         delays the next one.",
        ASYNC,
        old_events,
    ),
    row(
        Link::Events,
        "W326",
        "A function in a VPC may reach AWS",
        "The security groups of a function in a VPC must let it out on port 443. Whether there is \
         a route or an interface endpoint is not read; W331 shows whether it works.",
        FUNCTION_IN_VPC,
        way_out,
    ),
];

fn state(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let function = follower.function;
        let name = &function.name;
        let command =
            format!("aws lambda get-function-configuration --function-name {}", quoted(name));
        if let Some(state) = function.state.as_deref().filter(|state| *state == "Failed") {
            found.push(broken(format!("`{name}` is `{state}`")).mend(command.clone()));
        }
        if function.last_update.as_deref() == Some("Failed") {
            found.push(note(format!("the last update of `{name}` failed")).mend(command));
        }
        if let Some(runtime) = &function.runtime
            && !runtime.starts_with("provided")
        {
            let says = format!(
                "`{name}` has the runtime {runtime}, and Writerlink needs \
                provided.al2023"
            );
            found.push(note(says).mend("Deploy infra/ as docs/deploy.md says."));
        }
    }
    Ok(found)
}

fn same(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let name = &follower.function.name;
        match &follower.config {
            Own::File => {
                let says = format!(
                    "`{name}` reads its configuration from a file, or from SSM or \
                    S3, which is not read"
                );
                found.push(note(says));
            }
            Own::Refused(fault) => {
                let says = format!("`{name}` refuses its configuration and does nothing: {fault}");
                found.push(broken(says).mend(DEPLOY));
            }
            Own::Read(config) => found.extend(compared(chain, name, config)),
        }
    }
    Ok(found)
}

const DEPLOY: &str = "Deploy the configuration that `writerlink check` finds good.";

/// How the binding of the function's own configuration differs from the one that is examined.
fn compared(chain: &Chain, name: &str, config: &Config) -> Vec<Found> {
    let here = chain.binding;
    let mut found = Vec::new();
    let Some(own) = config.usable().find(|own| own.target_group == here.target_group) else {
        if config.claimed.contains(&here.target_group) {
            let faults = config.bindings.iter().filter_map(|binding| binding.as_ref().err());
            let faults: Vec<String> = faults.map(ToString::to_string).collect();
            let says =
                format!("`{name}` cannot use its binding of this group: {}", faults.join("; "));
            found.push(broken(says).mend(DEPLOY));
        }
        return found;
    };
    if own.source != here.source {
        let says =
            format!("`{name}` puts `{}` into this group, and not `{}`", own.source, here.source);
        found.push(broken(says).mend(DEPLOY));
    }
    if own.port != here.port && (own.port.is_some() || here.port != chain.database_port().ok()) {
        found.push(note(format!("`{name}` has another `port` for this group")).mend(DEPLOY));
    }
    if own.allow != here.allow {
        found.push(note(format!("`{name}` has another `allow` for this group")).mend(DEPLOY));
    }
    if own.mode == Mode::Observe && here.mode == Mode::Manage {
        let says = format!("`{name}` only observes this group, and does not change it");
        found.push(note(says).mend("Deploy with `mode = \"manage\"`."));
    }
    found
}

fn concurrency(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let name = &follower.function.name;
        let command = format!(
            "aws lambda put-function-concurrency --function-name {} \
             --reserved-concurrent-executions 1",
            quoted(name)
        );
        match of(&follower.facts.concurrency)? {
            Some(0) => {
                let says = format!("`{name}` has a reserved concurrency of 0: it cannot run");
                found.push(will_break(says).mend(command));
            }
            Some(1) => {}
            Some(more) => {
                let says = format!("up to {more} runs of `{name}` can go on at once");
                found.push(note(says).mend(command));
            }
            None => {
                let says = format!("nothing keeps two runs of `{name}` apart");
                found.push(note(says).mend(command));
            }
        }
    }
    Ok(found)
}

fn timeout(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let timing = follower.read().map_or(&chain.config.timing, |config| &config.timing);
        let has = Duration::from_secs(follower.function.timeout.into());
        let (whole, removal) = (timing.longest_watch(), timing.settle * 2);
        let name = &follower.function.name;
        let says = format!(
            "`{name}` ends after {} s, and the longest watch takes {} s",
            has.as_secs(),
            whole.as_secs()
        );
        let command = format!(
            "aws lambda update-function-configuration --function-name {} --timeout {}",
            quoted(name),
            (whole.as_secs() + 60).min(900)
        );
        if has < removal {
            let says = format!("{says}: it is too short to remove a target");
            found.push(will_break(says).mend(command));
        } else if has < whole {
            found.push(costs(says).mend(command));
        }
    }
    Ok(found)
}

fn failures(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let name = &follower.function.name;
        let invoke = of(&follower.facts.event_invoke)?.as_ref();
        let destination = invoke.and_then(|invoke| invoke.on_failure.as_deref());
        let queue = destination.or(follower.function.dead_letter.as_deref());
        let Some(queue) = queue else {
            let says = format!("events whose run failed in `{name}` are lost");
            found.push(note(says).mend(format!(
                "aws lambda {}-function-event-invoke-config --function-name {} \
                 --destination-config 'OnFailure={{Destination=QUEUE-ARN}}'",
                set_or_change(invoke.is_some()),
                quoted(name)
            )));
            continue;
        };
        found.extend(waiting(chain, queue)?);
    }
    Ok(found)
}

/// The verb of the command. `put` removes every setting that it does not name.
fn set_or_change(exists: bool) -> &'static str {
    if exists { "update" } else { "put" }
}

/// A note if the queue holds events.
fn waiting(chain: &Chain, queue: &str) -> Part<Option<Found>> {
    let attributes = match at(&chain.account.events.queues, queue) {
        Ok(attributes) => attributes,
        Err(Stop::Moot) => return Ok(None),
        Err(gap) => return Err(gap),
    };
    let number = attributes.get("ApproximateNumberOfMessages").map_or("0", String::as_str);
    Ok((number != "0").then(|| {
        note(format!("{number} events whose runs failed are in {queue}")).mend(format!(
            "aws sqs receive-message --queue-url $(aws sqs get-queue-url --queue-name {} --output \
             text) --max-number-of-messages 10",
            quoted(queue.rsplit(':').next().unwrap_or(queue))
        ))
    }))
}

fn old_events(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let invoke = of(&follower.facts.event_invoke)?.as_ref();
        let age = invoke.and_then(|invoke| invoke.longest_age).unwrap_or(21_600);
        let retries = invoke.and_then(|invoke| invoke.retries).unwrap_or(2);
        if age <= 900 && retries == 0 {
            continue;
        }
        let name = &follower.function.name;
        let says = format!("Lambda repeats an event for `{name}` {retries} times, for {age} s");
        found.push(note(says).mend(format!(
            "aws lambda {}-function-event-invoke-config --function-name {} \
             --maximum-retry-attempts 0 --maximum-event-age-in-seconds 600",
            set_or_change(invoke.is_some()),
            quoted(name)
        )));
    }
    Ok(found)
}

fn way_out(chain: &Chain) -> Judged {
    let mut found = Vec::new();
    for follower in chain.followers()? {
        let Some(vpc) = &follower.function.vpc else { continue };
        let (groups, unread) = chain.security_groups(&vpc.security_groups);
        if admits_anybody(groups.iter().flat_map(|group| &group.egress), 443) {
            continue;
        }
        if let Some(stop) = unread {
            return Err(stop);
        }
        let ids = vpc.security_groups.join(", ");
        let says = format!("{ids} lets `{}` reach nothing on port 443", follower.function.name);
        found.push(broken(says).mend(format!(
            "aws ec2 authorize-security-group-egress --group-id {} --ip-permissions \
             'IpProtocol=tcp,FromPort=443,ToPort=443,IpRanges=[{{CidrIp=0.0.0.0/0}}]'",
            vpc.security_groups.first().map_or("GROUP", String::as_str)
        )));
    }
    Ok(found)
}

/// Whether every function that follows the binding only observes it.
pub(super) fn only_observed(chain: &Chain) -> Part<bool> {
    let followers = chain.followers()?;
    Ok(followers.iter().all(|follower| observes(chain, follower)))
}
