//! The second function: it records failovers, and only reads.
//!
//! ```text
//! payload → events → Occasion → Session ⇄ read ports → Record → line, metrics, notification
//! ```
//!
//! It takes the payloads that the reconciler takes. Only an event of a failover or a switchover,
//! and a person's call that names bindings, starts a recording; everything else ends at once. It is
//! never an invocation error that a recording saw little: Lambda would only start it again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tracing::{info, warn};
use writerlink_aws::clock::MachineClock;
use writerlink_aws::link::TcpProbe;
use writerlink_aws::{Clients, ReadPorts};
use writerlink_core::config::{Binding, Config, Followed};
use writerlink_core::discover;
use writerlink_core::event::Intent;
use writerlink_core::record::{
    self, Limits, Nothing, Occasion, Record, Recorded as Remembered, Session, Told,
};

use crate::answer::InvocationFailed;
use crate::batch::batch_item_failures;
use crate::following::Following;
use crate::handler::Handler;
use crate::notification::Notification;
use crate::payload::{self, CallContext, Fault, Opened, OtherNames, Refusal, Request, Text};
use crate::publisher::Publisher;
use crate::runner::lock;
use crate::start::StartError;
use crate::time::keeping_free;

/// The time reserved at the end of an invocation for notifications and the answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The longest time that the tags may take. With the recorder's share, those of 600 groups do.
const TAGS: Duration = Duration::from_secs(20);

/// Handles every invocation of a process of the second function.
#[derive(Debug)]
pub struct Recorder {
    /// Replaced when a configuration outside the function changes.
    config: Mutex<Arc<Config>>,
    following: Option<Following>,
    region: String,
    ports: ReadPorts,
    probe: Option<TcpProbe>,
    publisher: Publisher,
    /// One clock for all recordings, because the ports keep their pace in its time.
    clock: MachineClock,
    /// The failovers that this process has recorded. A cold start begins with none.
    remembered: Mutex<Remembered>,
    /// The bindings that tags defined when they were read last.
    tagged: Mutex<Vec<Binding>>,
    /// Answers the requests of stacks, which belong to the other function.
    stacks: Handler,
}

/// One invocation.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The time until it must have answered.
    pub left: Duration,
}

/// How an invocation of the recorder ended.
#[derive(Debug)]
pub struct Recorded {
    pub answer: Result<Value, InvocationFailed>,
    /// How many records it made.
    pub records: usize,
    /// Whether it ended at once, because there was nothing to record.
    pub ignored: bool,
}

impl Recorder {
    /// # Errors
    /// If no DNS server is configured and the system's DNS configuration cannot be read.
    pub fn new(config: Config, clients: &Clients, probes: bool) -> Result<Self, StartError> {
        let ports = clients
            .read_ports(&config.dns_servers)
            .map_err(StartError::clients)?
            .with_share(record::share());
        let region = clients.region().to_owned();
        Ok(Self {
            config: Mutex::new(Arc::new(config)),
            following: None,
            ports,
            probe: probes.then(|| clients.link_probe()),
            publisher: Publisher::new(clients.notifier()),
            clock: MachineClock::start(),
            remembered: Mutex::default(),
            tagged: Mutex::default(),
            stacks: Handler::refusing(StartError::IsRecorder, Some(region.clone())),
            region,
        })
    }

    /// A recorder whose configuration is outside the function. It is read here, and again where no
    /// binding of it is concerned, and before a person is answered.
    ///
    /// # Errors
    /// If the permit names no DNS server and the system's DNS configuration cannot be read.
    pub async fn following(
        followed: Followed,
        clients: &Clients,
        probes: bool,
    ) -> Result<Self, StartError> {
        let alone = followed.permit().alone();
        let following = Some(Following::new(followed, clients));
        let recorder = Self { following, ..Self::new(alone, clients, probes)? };
        recorder.look().await;
        Ok(recorder)
    }

    /// Reads a configuration outside the function. Says whether there is another than before.
    async fn look(&self) -> bool {
        let Some(following) = &self.following else { return false };
        let Some(config) = following.look().await else { return false };
        *lock(&self.config) = Arc::new(config);
        true
    }

    fn config(&self) -> Arc<Config> {
        lock(&self.config).clone()
    }

    /// The answer to a payload. `out` gets each record as soon as it is finished.
    pub async fn handle_text(
        &self,
        payload: Text,
        invocation: Invocation<'_>,
        out: &mut impl FnMut(&Record),
    ) -> Recorded {
        let end = Instant::now() + invocation.left;
        let received = Timestamp::now();
        let opened = match &payload {
            Ok(text) => payload::open(text),
            Err(fault) => Err(Fault {
                text: format!("the payload cannot be read: it is not UTF-8: {fault}"),
                stack: None,
            }),
        };
        let fault = self.following.as_ref().and_then(Following::fault);
        if fault.is_some() || matches!(opened, Ok(Opened::ByHand(_))) {
            self.look().await;
        }
        let (request, by_hand) = match opened {
            Ok(Opened::Envelope(request)) if request.stacks.is_empty() => (request, false),
            Ok(Opened::ByHand(call)) => match self.read_call(&call) {
                Ok(request) => (request, true),
                Err(refusal) => return Recorded::without(Err(refusal.into())),
            },
            Err(Fault { text, stack: None }) => {
                let refusal = Refusal::of(text, &self.config().names());
                return Recorded::without(Err(refusal.into()));
            }
            // A stack waits for an answer.
            Ok(Opened::Envelope(_)) | Err(_) => {
                let handled = self.stacks.handle_text(payload, invocation.left, &mut ()).await;
                return Recorded::without(handled.answer);
            }
        };
        let only = match (&request.trigger.only, by_hand, request.trigger.intent) {
            (Some(names), true, Intent::Reconcile) => Some(names.as_slice()),
            (_, true, _) => return Recorded::without(Ok(self.readiness())),
            (_, false, _) => None,
        };
        if let Some(fault) = self.following.as_ref().and_then(Following::fault) {
            return Recorded::without(Err(fault.into()));
        }
        let mut occasion = self.occasion(only, &request, received);
        if occasion == Err(Nothing::NoBinding) && self.look().await {
            occasion = self.occasion(only, &request, received);
        }
        // Reading tags takes many calls: only for a failover that no known binding is about.
        if occasion == Err(Nothing::NoBinding) && self.read_tags(end).await {
            occasion = self.occasion(only, &request, received);
        }
        let recorded = match occasion {
            Ok(occasion) => {
                self.record(&occasion, &request, received, (invocation, end), out).await
            }
            Err(nothing) => {
                info!(
                    kind = "ignored",
                    reason = nothing.as_str(),
                    "nothing is recorded: {nothing}"
                );
                Recorded {
                    answer: Ok(json!({
                        "recorded": false,
                        "reason": nothing.as_str(),
                        "message": nothing.to_string(),
                    })),
                    records: 0,
                    ignored: true,
                }
            }
        };
        match (&request.batch, &recorded.answer) {
            // A queue takes everything as done: an event that comes again is of no use.
            (Some(_), Ok(_)) => {
                Recorded { answer: Ok(batch_item_failures(&[]).unwrap_or_default()), ..recorded }
            }
            _ => recorded,
        }
    }

    async fn record(
        &self,
        occasion: &Occasion,
        request: &Request,
        received: Timestamp,
        (invocation, end): (Invocation<'_>, Instant),
        out: &mut impl FnMut(&Record),
    ) -> Recorded {
        let names: Vec<&str> = occasion.named.keys().map(String::as_str).collect();
        info!(kind = "begin", "recording {}", in_words(&names));
        let limits = Limits {
            function: invocation.function.to_owned(),
            region: self.region.clone(),
            left: keeping_free(end, ANSWER),
            probes: self.probe.is_some(),
        };
        let remembered = lock(&self.remembered).clone();
        let session = Session::begin(&self.bindings(), occasion, remembered, limits, received);
        let mut records = Vec::new();
        let mut finished = |session: &Session, record: &Record| {
            // At once, so that a process that is ended later does not record it again.
            *lock(&self.remembered) = session.recorded().clone();
            out(record);
            records.push(record.clone());
        };
        let (ports, probe) = (&self.ports, self.probe.as_ref());
        record::record(session, ports, probe, &self.clock, received, &mut finished).await;
        for record in &records {
            self.notify(record, &request.topics, end).await;
        }
        info!(kind = "end", records = records.len(), "{}", summary(&records));
        Recorded {
            records: records.len(),
            answer: Ok(json!({"recorded": !records.is_empty(), "records": records})),
            ignored: false,
        }
    }

    async fn notify(&self, record: &Record, came_through: &[String], end: Instant) {
        if let (Some(topic), Some(notification)) =
            (&self.config().notify_topic, Notification::of_record(record))
        {
            self.publisher.publish(topic, &notification, came_through, end).await;
        }
    }

    /// A reason to record: a person's call for bindings, or events.
    fn occasion(
        &self,
        only: Option<&[String]>,
        request: &Request,
        received: Timestamp,
    ) -> Result<Occasion, Nothing> {
        let bindings = self.bindings();
        let Some(names) = only else {
            let told = told(request);
            return Occasion::of(&bindings, &told, &lock(&self.remembered), received);
        };
        let usable = recordable(&bindings);
        match names.iter().all(|name| usable.contains(&name.as_str())) {
            true => Ok(Occasion::by_hand(names, received)),
            false => Err(Nothing::NoBinding),
        }
    }

    /// The bindings of the configuration, and those that tags defined when they were read last.
    fn bindings(&self) -> Vec<Binding> {
        self.config().usable().cloned().chain(lock(&self.tagged).iter().cloned()).collect()
    }

    /// Reads the tags, with `discover`. Says whether it could.
    async fn read_tags(&self, end: Instant) -> bool {
        let config = self.config();
        if config.discover.is_none() {
            return false;
        }
        let limit = TAGS.min(keeping_free(end, ANSWER));
        let groups = match timeout(limit, self.ports.tagged_groups(&self.clock)).await {
            Ok(Ok(groups)) => groups,
            Ok(Err(error)) => {
                warn!(kind = "tags", "the tags cannot be read: {error}. {}", error.remedy());
                return false;
            }
            Err(_) => {
                warn!(kind = "tags", "the tags were not read within {} s", limit.as_secs());
                return false;
            }
        };
        let found = discover::bindings(&config, &groups).into_iter();
        *lock(&self.tagged) = found.filter_map(|one| Some(one.ok()?.0)).collect();
        true
    }

    fn read_call(&self, call: &Value) -> Result<Request, Refusal> {
        let config = self.config();
        let names = config.names();
        let context = CallContext {
            names: &names,
            writers: &[],
            others: match config.discover {
                Some(_) => OtherNames::MayBeTagged,
                None => OtherNames::Refused,
            },
            now: Timestamp::now(),
        };
        payload::read_call(call, &context)
    }

    /// What it would do, for a person who asks.
    fn readiness(&self) -> Value {
        let bindings = self.bindings();
        let records = recordable(&bindings);
        let config = self.config();
        let mut others = config.names();
        others.retain(|name| !records.contains(name));
        json!({
            "role": "recorder",
            "region": self.region,
            "records": records,
            "does_not_record": others,
            "probe": self.probe.as_ref().map(|_| "connect"),
            "notifies": config.notify_topic.is_some(),
            "configuration": self.following.as_ref().map(Following::report),
            "failovers_remembered": lock(&self.remembered).len(),
        })
    }
}

/// The names of the bindings whose failovers can be recorded.
fn recordable(bindings: &[Binding]) -> Vec<&str> {
    let usable = bindings.iter().filter(|one| record::can_be_recorded(&one.source));
    usable.map(|binding| binding.name.as_str()).collect()
}

impl Recorded {
    fn without(answer: Result<Value, InvocationFailed>) -> Self {
        Self { answer, records: 0, ignored: false }
    }
}

/// The events, each with the time at which SNS took it.
fn told(request: &Request) -> Vec<Told> {
    let events = request.trigger.events.iter().zip(&request.published);
    events.map(|(event, sns)| Told { event: event.clone(), sns: *sns }).collect()
}

fn in_words(names: &[&str]) -> String {
    const MOST: usize = 20;
    match names.len() {
        0 => "whichever binding moves".to_owned(),
        all if all > MOST => format!("{}, and {} more", names[..MOST].join(", "), all - MOST),
        _ => names.join(", "),
    }
}

fn summary(records: &[Record]) -> String {
    let one = |record: &Record| format!("{} {}", record.binding, record.end.as_str());
    match records {
        [] => "no failover was seen".to_owned(),
        records => records.iter().take(50).map(one).collect::<Vec<_>>().join(", "),
    }
}
