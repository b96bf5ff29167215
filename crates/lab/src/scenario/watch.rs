//! Samples the region many times a second and records what changes.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use writerlink_core::source::Source;

use super::recording::{Call, Invocation, LinkRecording, Span, TargetSpan};
use super::stopwatch::milliseconds;
use crate::World;
use crate::scene::{Link, Standby};
use crate::wire::{self, Ending, Lab};
use crate::world::dns::{Code, Family, ResourceRecord};
use crate::world::{self, Outcome};

/// What is known of each link so far. Its spans are open: each ends where the next begins.
pub struct Watch {
    /// The region's time at the beginning.
    began: f64,
    /// How many calls there were, and targets' changes, before.
    calls_before: u64,
    links: Vec<Seen>,
}

#[derive(Default)]
struct Seen {
    endpoint: String,
    wanted: Vec<Span>,
    standby: Vec<Span>,
    serving: Vec<Span>,
    topology: Vec<Span>,
    dns: Vec<Span>,
}

impl Watch {
    /// Begins at the region's present moment.
    pub fn begin(world: &mut World, links: &[Link]) -> Watch {
        let mut watch = Watch {
            began: world.now().as_secs_f64(),
            calls_before: world.calls.total(),
            links: links
                .iter()
                .map(|link| Seen { endpoint: link.endpoint(world), ..Seen::default() })
                .collect(),
        };
        watch.look(world, links);
        watch
    }

    /// Seconds since the beginning.
    pub fn now(&self, world: &World) -> f64 {
        self.since(world.now())
    }

    /// Records the state at this moment.
    pub fn look(&mut self, world: &mut World, links: &[Link]) {
        let now = self.now(world);
        for (seen, link) in self.links.iter_mut().zip(links) {
            let members = link.members(world);
            let serves = members.iter().any(|member| world.accepts_tcp(member.ip()));
            note(&mut seen.wanted, now, joined(&members));
            if link.standby == Standby::Warm {
                note(
                    &mut seen.standby,
                    now,
                    joined(&link.warm_standby(world).into_iter().collect()),
                );
            }
            note(&mut seen.serving, now, if serves { "up" } else { "down" }.to_owned());
            if let Some(shown) = shown(world, link) {
                note(&mut seen.topology, now, joined(&shown));
            }
            let answer = answer(world, &seen.endpoint, link.family.into());
            note(&mut seen.dns, now, answer);
        }
    }

    /// The recording of a link at the end; the caller adds the application's statements.
    pub fn recording(&self, world: &World, index: usize, link: &Link) -> LinkRecording {
        let end = self.now(world);
        let seen = &self.links[index];
        let closed = |spans: &[Span]| closed(spans, end);
        LinkRecording {
            name: link.name.clone(),
            source: link.source.to_string(),
            group: link.group.clone(),
            endpoint: seen.endpoint.clone(),
            only_reads: !link.takes_writes(),
            without_application: matches!(link.source, Source::Member { .. }),
            wanted: closed(&seen.wanted),
            standby: closed(&seen.standby),
            serving: closed(&seen.serving),
            topology: closed(&seen.topology),
            dns: closed(&seen.dns),
            targets: self.targets(world, link, end),
            ..LinkRecording::default()
        }
    }

    /// The calls since the beginning.
    pub(super) fn calls(&self, world: &World, links: &[Link]) -> Vec<Call> {
        let made = usize::try_from(world.calls.total() - self.calls_before).unwrap_or(usize::MAX);
        let kept = world.calls.iter().count();
        let calls = world.calls.iter().skip(kept.saturating_sub(made));
        calls.map(|call| self.call(call, links)).collect()
    }

    /// The invocations that were queued since the beginning.
    pub(super) fn invocations(&self, lab: &Lab) -> Vec<Invocation> {
        let invocations = lab.invocations().into_iter();
        invocations
            .filter(|invocation| invocation.queued.as_secs_f64() >= self.began)
            .map(|invocation| self.invocation(&invocation))
            .collect()
    }

    fn since(&self, moment: std::time::Duration) -> f64 {
        milliseconds(moment.as_secs_f64() - self.began)
    }

    fn targets(&self, world: &World, link: &Link, end: f64) -> Vec<TargetSpan> {
        let mut spans: Vec<TargetSpan> = Vec::new();
        for transition in world.elbv2.timeline().iter().filter(|change| change.group == link.group)
        {
            let at = self.since(transition.at).max(0.0);
            let target = transition.target.to_string();
            let open =
                spans.iter_mut().rev().find(|span| span.target == target && span.to.is_infinite());
            if let Some(open) = open {
                open.to = at;
            }
            if let Some(state) = transition.to {
                spans.push(TargetSpan {
                    target,
                    from: at,
                    to: f64::INFINITY,
                    state: state.as_str().to_owned(),
                });
            }
        }
        for span in &mut spans {
            span.to = span.to.min(end);
        }
        // What was over when it began, and what lasted no time.
        spans.retain(|span| span.to > span.from);
        spans
    }

    fn call(&self, call: &world::Call, links: &[Link]) -> Call {
        let values = |prefix: &str, suffix: &str| {
            let of = call.parameters.iter();
            let of = of.filter(|(name, _)| name.starts_with(prefix) && name.ends_with(suffix));
            of.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        let (ids, ports) = (values("Targets.member.", ".Id"), values("Targets.member.", ".Port"));
        let targets = ids.iter().enumerate().map(|(index, id)| match ports.get(index) {
            Some(port) => socket(id, port),
            None => id.clone(),
        });
        let targets: Vec<String> = targets.collect();
        let group = call.parameters.get("TargetGroupArn");
        Call {
            at: self.since(call.at),
            service: call.service.iam_prefix().to_owned(),
            operation: call.operation.clone(),
            targets: (!targets.is_empty()).then(|| targets.join(", ")),
            link: links
                .iter()
                .find(|link| Some(&link.group) == group)
                .map(|link| link.name.clone()),
            outcome: match &call.outcome {
                Outcome::Ok => "ok".to_owned(),
                Outcome::Refused(code) => code.to_string(),
                Outcome::CommittedUnanswered => "no answer, done".to_owned(),
                Outcome::DroppedUnanswered => "no answer".to_owned(),
            },
        }
    }

    fn invocation(&self, invocation: &wire::Invocation) -> Invocation {
        let end = match &invocation.ending {
            None => "unfinished",
            Some(Ending::Answered(_)) => "answered",
            Some(Ending::Failed { .. }) => "failed",
            Some(Ending::TimedOut) => "timed out",
            Some(Ending::Crashed) => "crashed",
        };
        Invocation {
            queued: self.since(invocation.queued),
            taken: invocation.taken.map(|taken| self.since(taken)),
            ended: invocation.ended.map(|ended| self.since(ended)),
            what: occasion(&invocation.payload),
            end: end.to_owned(),
        }
    }
}

/// Records a new state from now on, unless it is the current one.
fn note(spans: &mut Vec<Span>, now: f64, what: String) {
    if spans.last().is_some_and(|last| last.what == what) {
        return;
    }
    spans.push(Span { from: now.max(0.0), to: f64::INFINITY, what });
}

/// The spans, each ended where the next begins.
fn closed(spans: &[Span], end: f64) -> Vec<Span> {
    let ends = spans.iter().skip(1).map(|span| span.from).chain([end]);
    let closed = spans.iter().zip(ends).map(|(span, to)| Span { to, ..span.clone() });
    closed.collect()
}

/// Addresses in the order of their texts, like the targets.
fn joined(addresses: &BTreeSet<SocketAddr>) -> String {
    let mut texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.sort();
    match texts.as_slice() {
        [] => "-".to_owned(),
        texts => texts.join(","),
    }
}

/// The addresses of the members that DescribeDBClusters names, if it is a key: the one writer, the
/// one member, or the readers.
fn shown(world: &World, link: &Link) -> Option<BTreeSet<SocketAddr>> {
    let writes = match link.source {
        Source::Cluster(_) => Some(true),
        Source::Member { .. } => None,
        Source::Readers(..) | Source::Custom { .. } => Some(false),
        Source::Instance(_) | Source::Proxy(..) | Source::Name(_) => return None,
    };
    let belongs = |instance: &str| match &link.source {
        Source::Member { instance: id, .. } => instance == id.as_str(),
        Source::Custom { endpoint, .. } => {
            let endpoint = world.rds.custom_endpoint(endpoint.as_str());
            endpoint.is_some_and(|endpoint| {
                endpoint.static_members.iter().any(|member| member == instance)
            })
        }
        _ => true,
    };
    let members = world.rds.cluster(link.database()).map(|cluster| world.rds.members(cluster));
    let named = members.into_iter().flatten().filter(|member| {
        writes.is_none_or(|writes| member.is_cluster_writer == writes) && belongs(&member.instance)
    });
    let named: BTreeSet<SocketAddr> = named
        .filter_map(|member| {
            let address = world.rds.instance(&member.instance)?.address_in(link.family)?;
            Some(SocketAddr::new(address, link.port))
        })
        .collect();
    Some(if writes == Some(true) && named.len() > 1 { BTreeSet::new() } else { named })
}

fn answer(world: &mut World, name: &str, family: Family) -> String {
    let reply = world.resolve(name, family);
    let addresses = reply.records.iter().filter_map(|record| match record {
        ResourceRecord::Address { address, .. } => Some(address.to_string()),
        ResourceRecord::Alias { .. } => None,
    });
    let addresses: Vec<String> = addresses.collect();
    match reply.code {
        Code::NxDomain => "NXDOMAIN".to_owned(),
        Code::ServFail => "SERVFAIL".to_owned(),
        Code::Silence => "silence".to_owned(),
        Code::NoError if addresses.is_empty() => "no address".to_owned(),
        Code::NoError => addresses.join(","),
    }
}

/// An address and a port as a request has them, in the words of a socket's address where they are
/// one.
fn socket(id: &str, port: &str) -> String {
    match (id.parse(), port.parse()) {
        (Ok(address), Ok(port)) => SocketAddr::new(address, port).to_string(),
        _ => format!("{id}:{port}"),
    }
}

/// What an invocation is about: the events in it, or the schedule.
fn occasion(payload: &str) -> String {
    let payload: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    let Some(records) = payload["Records"].as_array() else {
        return match payload["trigger"].as_str() {
            Some(trigger) => trigger.to_owned(),
            None => "by hand".to_owned(),
        };
    };
    let event = |record: &serde_json::Value| {
        let message = record["Sns"]["Message"].as_str()?;
        let event: serde_json::Value = serde_json::from_str(message).ok()?;
        let id = event["Event ID"].as_str()?.rsplit('#').next()?.trim().to_owned();
        Some(format!("{id} of {}", event["Source ID"].as_str()?))
    };
    let events: Vec<String> = records
        .iter()
        .map(|record| event(record).unwrap_or_else(|| "a message".to_owned()))
        .collect();
    events.join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::assumptions::{RegionAssumptions, Subscription};
    use super::super::script::scenarios;
    use super::super::setting::Setting;
    use super::*;
    use crate::world::elbv2::TargetRequest;

    fn setting() -> Setting {
        let assumptions = RegionAssumptions::default();
        Setting::new(&scenarios()[0], 1, &assumptions, Subscription::Failover)
            .expect("a good setting")
    }

    #[test]
    fn a_failover_is_written_down_as_it_was_true_shown_and_answered() {
        let Setting { mut world, links } = setting();
        let mut watch = Watch::begin(&mut world, &links);
        world.failover_db_cluster("orders", None).expect("it fails over");
        for _ in 0..120 {
            world.pass(Duration::from_millis(500));
            watch.look(&mut world, &links);
        }
        let seen = watch.recording(&world, 0, &links[0]);
        let what = |spans: &[Span]| spans.iter().map(|span| span.what.clone()).collect::<Vec<_>>();
        assert_eq!(what(&seen.wanted), ["10.20.1.10:5432", "10.20.2.10:5432"]);
        assert_eq!(what(&seen.topology), what(&seen.wanted));
        assert_eq!(what(&seen.serving), ["up", "down", "up"]);
        assert!(seen.dns.len() > 4, "it goes back and forth: {:?}", seen.dns);
        for spans in [&seen.wanted, &seen.topology, &seen.dns, &seen.serving] {
            assert!(spans.windows(2).all(|pair| pair[0].to == pair[1].from), "without a gap");
            assert_eq!((spans[0].from, spans[spans.len() - 1].to), (0.0, 60.0));
        }
    }

    #[test]
    fn a_targets_states_are_spans_that_end_where_it_ends() {
        let Setting { mut world, links } = setting();
        let watch = Watch::begin(&mut world, &links);
        world.pass(Duration::from_secs(10));
        let old = TargetRequest::new("10.20.1.10", 5432);
        world.deregister_targets(&links[0].group, &[old]).expect("it is deregistered");
        world.pass(Duration::from_secs(100));
        let spans = watch.recording(&world, 0, &links[0]).targets;
        let told: Vec<_> =
            spans.iter().map(|s| (s.state.as_str(), s.from.round(), s.to.round())).collect();
        assert_eq!(told, [("healthy", 0.0, 10.0), ("draining", 10.0, 40.0)]);
    }
}
