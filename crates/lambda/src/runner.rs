//! Runs core over the AWS ports, logs the run, and publishes its outcome.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{info, warn};
use writerlink_aws::clock::MachineClock;
use writerlink_aws::writer::ElbWriteClient;
use writerlink_aws::{Clients, ReadPorts};
use writerlink_core::config::Config;
use writerlink_core::drive::drive_to_end;
use writerlink_core::event::{Event, Intent, Trigger, Trust};
use writerlink_core::failure::bounded;
use writerlink_core::finding::{Finding, Severity};
use writerlink_core::ports::Journal;
use writerlink_core::report::{BindingReport, Report};
use writerlink_core::run::{Memory, Run};

use crate::answer::line;
use crate::notification::{Notification, PublishedFindings};
use crate::publisher::Publisher;
use crate::start::StartError;

/// The configuration, the ports, and what was published.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) config: Config,
    ports: ReadPorts,
    writer: ElbWriteClient,
    publisher: Publisher,
    /// One clock for all runs, because the ports keep their pace in its time.
    clock: MachineClock,
    published: Mutex<PublishedFindings>,
    /// What this process remembers of its runs. A cold start begins with nothing.
    memory: Mutex<Memory>,
}

impl Runner {
    pub(crate) fn new(config: Config, clients: &Clients) -> Result<Self, StartError> {
        let ports = clients
            .read_ports(&config.dns_servers)
            .map_err(StartError::clients)?
            .with_share(config.api_share);
        Ok(Self {
            config,
            ports,
            writer: clients.writer(),
            publisher: Publisher::new(clients.notifier()),
            clock: MachineClock::start(),
            published: Mutex::default(),
            memory: Mutex::default(),
        })
    }

    /// The same with what another runner remembers and has published. Both are kept by binding.
    pub(crate) fn remembering(self, former: &Self) -> Self {
        let published = Mutex::new(former.published().clone());
        let memory = Mutex::new(lock(&former.memory).clone());
        Self { published, memory, ..self }
    }

    pub(crate) async fn run(
        &self,
        trigger: &Trigger,
        left: Duration,
        journal: &mut impl Journal,
    ) -> Report {
        info!(
            kind = "begin",
            trigger = word(trigger),
            unreadable = trigger.unreadable,
            "{}",
            describe(trigger)
        );
        let longest = self.config.timing.longest_watch();
        if left < longest {
            warn!(
                kind = "short",
                "this run may take {} s, but `[timing]` asks for up to {} s, so watches end early. \
                 Raise the function's timeout, or shorten `[timing]`.",
                left.as_secs(),
                longest.as_secs()
            );
        }
        // The wall clock, only to tell how old the events are. The run's own time is the monotonic
        // clock's.
        let memory = lock(&self.memory).clone();
        let run = Run::remembering(&self.config, trigger, Timestamp::now(), left, &memory);
        // A dry run plans no writes. As a second barrier, it does not get a write port either.
        let writer = (trigger.intent == Intent::Reconcile).then_some(&self.writer);
        let run = drive_to_end(run, &self.ports, writer, &self.clock, journal).await;
        // A run that was dropped before its end leaves the memory as it was.
        *lock(&self.memory) = run.memory();
        let report = run.report();
        for binding in report.bindings.iter().filter(|end| !end.status.is_ok()) {
            warn!(
                kind = "not-ok",
                binding = binding.name,
                round = binding.rounds,
                "{}",
                line(binding)
            );
        }
        let found = report.bindings.iter().flat_map(|binding| {
            let broken =
                binding.findings.iter().filter(|finding| finding.severity == Severity::Broken);
            broken.map(move |finding| (binding, finding))
        });
        for (binding, Finding { code, message, remedy, .. }) in found {
            warn!(
                kind = "finding",
                binding = binding.name,
                round = binding.rounds,
                "{code}: {}. {remedy}",
                bounded(message)
            );
        }
        info!(
            kind = "end",
            ok = report.ok,
            unmatched = report.unmatched,
            postponed = report.postponed,
            "{}",
            summary(&report)
        );
        report
    }

    /// Publishes the outcome if a topic is configured and there is news. A failure to publish never
    /// changes the outcome.
    pub(crate) async fn notify(
        &self,
        trigger: &Trigger,
        came_through: &[String],
        report: &Report,
        end: Instant,
    ) {
        let Some(topic) = &self.config.notify_topic else {
            return;
        };
        let notification = Notification::of(trigger, report, &self.published());
        let Some(notification) = notification else {
            // So that a finding that is gone by now is published again when it returns.
            return self.remember(trigger, report);
        };
        // Only once it is published: the next run tries again to publish a finding that was not.
        if self.publisher.publish(topic, &notification, came_through, end).await {
            self.remember(trigger, report);
        }
    }

    /// A dry run publishes nothing, so its findings do not count as published.
    fn remember(&self, trigger: &Trigger, report: &Report) {
        if trigger.intent == Intent::Reconcile {
            self.published().remember(report);
        }
    }

    fn published(&self) -> MutexGuard<'_, PublishedFindings> {
        lock(&self.published)
    }
}

/// No code panics while it holds a lock. If some did, the worst effect would be one notification,
/// or one look, too many.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn word(trigger: &Trigger) -> String {
    serde_json::to_value(trigger.kind)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What the run looks at, and why. Of an event, only the validated parts are logged.
fn describe(trigger: &Trigger) -> String {
    let looking = match trigger.intent {
        Intent::Reconcile => "looking",
        Intent::Plan => "looking, without writing,",
    };
    if let Some(only) = &trigger.only {
        let looking = format!("{looking} at {}", bounded(&only.join(", ")));
        return match &trigger.trust {
            Some(Trust { writer, expires }) => format!(
                "{looking}; the call vouches for DNS while RDS cannot be read: {writer} is the \
                 writer, until {expires}"
            ),
            None => looking,
        };
    }
    if trigger.is_sweep() {
        return format!("{looking} at every binding");
    }
    let one = |event: &Event| {
        let id = event.id.map_or_else(|| "an event without an id".to_owned(), |id| id.to_string());
        let source = event.source.as_ref().map_or("no database", |source| source.as_str());
        let time = event.time.map_or_else(|| "an unknown time".to_owned(), |time| time.to_string());
        format!("{id} of {source} at {time}")
    };
    trigger.events.iter().take(10).map(one).collect::<Vec<_>>().join("; ")
}

fn summary(report: &Report) -> String {
    let one = |binding: &BindingReport| format!("{} {}", binding.name, binding.status.as_str());
    let mut ends: Vec<String> = report.bindings.iter().take(50).map(one).collect();
    match report.bindings.len() {
        0 => ends.push("no binding is concerned".to_owned()),
        all if all > ends.len() => ends.push(format!("and {} more bindings", all - ends.len())),
        _ => {}
    }
    if report.postponed > 0 {
        ends.push(format!("{} left for the next sweeps", report.postponed));
    }
    ends.join(", ")
}
