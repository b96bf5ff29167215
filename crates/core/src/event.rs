//! RDS events, and the triggers that start a run.
//!
//! An event says *look*; it never says what changed. Its text supplies only an id, the name of a
//! database and a time. The form of each is checked, and none of them ever becomes an address, a
//! group or a database that the configuration does not name.

pub mod catalogue;
mod read;
mod trust;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use self::catalogue::Meaning;
pub use self::read::EnvelopeFields;
pub use self::trust::{LONGEST_TRUST, Trust};
use crate::config::Timing;
use crate::source::Identifier;

/// What started a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The entry point.
    pub kind: TriggerKind,
    /// The events that came with it; none for a sweep.
    pub events: Vec<Event>,
    /// The number of contents of an envelope that could not be read as an event. They make the run
    /// look at every binding.
    pub unreadable: u32,
    /// Whether the run may write.
    pub intent: Intent,
    /// The bindings that were requested by name; all bindings if `None`.
    pub only: Option<Vec<String>>,
    /// A person's word that DNS is right about the writer of the one requested binding.
    pub trust: Option<Trust>,
}

impl Trigger {
    /// A trigger without an event, which reconciles every binding.
    pub fn sweep(kind: TriggerKind) -> Self {
        Self {
            kind,
            events: Vec::new(),
            unreadable: 0,
            intent: Intent::Reconcile,
            only: None,
            trust: None,
        }
    }

    /// A trigger that plans and writes nothing.
    pub fn dry_run(kind: TriggerKind) -> Self {
        Self { intent: Intent::Plan, ..Self::sweep(kind) }
    }

    /// Whether the trigger has no event that says where to look closely.
    pub fn is_sweep(&self) -> bool {
        self.events.is_empty()
    }
}

/// The entry points of the function and of the CLI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerKind {
    /// An SNS envelope.
    Sns,
    /// An EventBridge event of RDS.
    EventBridge,
    /// A batch of messages of a queue.
    Sqs,
    /// A list of events from EventBridge Pipes.
    Pipes,
    /// A record of a Lambda destination, which holds an earlier payload.
    Destination,
    /// A scheduled event, or the scheduler's own input.
    Schedule,
    /// A CloudFormation custom resource request.
    CustomResource,
    /// `aws lambda invoke`.
    Invoke,
    /// `writerlink audit`.
    Audit,
}

/// What a run is allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Reconcile every binding.
    Reconcile,
    /// Report what there is to do, and write nothing.
    Plan,
}

/// The facts that are taken from the text of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// Its id. EventBridge can leave it out.
    pub id: Option<EventId>,
    /// The kind of resource that the event is about.
    pub about: SourceType,
    /// The name of the resource, if the event gives a valid one.
    pub source: Option<Identifier>,
    /// When it happened, if the event says.
    pub time: Option<Timestamp>,
}

/// The number in `RDS-EVENT-0071`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u16);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RDS-EVENT-{:04}", self.0)
    }
}

/// The kinds of resources that RDS events are about, as far as they matter to bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceType {
    /// A cluster.
    Cluster,
    /// An instance, of a cluster or by itself.
    Instance,
    /// A blue/green deployment. Its events name no database, so they concern every cluster and
    /// instance, because a switchover moves their names.
    Deployment,
    /// A proxy or an endpoint of one.
    Proxy,
    /// Snapshots, parameter groups, security groups and others that no binding follows.
    Unrelated,
    /// A kind that is not known here, which may concern any binding.
    Other,
}

/// The content of an SNS message from RDS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The plain text that RDS posts when a subscription is made (AWS docs: "Subscribing to Amazon
    /// RDS event notification").
    Hello,
    /// An event.
    Event(Event),
}

impl Message {
    /// Reads the text of an SNS message.
    ///
    /// # Errors
    /// If it is neither an event nor the confirmation text.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        if Self::is_hello(text) {
            return Ok(Self::Hello);
        }
        let body: Value = serde_json::from_str(text)
            .map_err(|error| Unreadable(format!("the message is not JSON: {error}")))?;
        match Event::read(&body, EnvelopeFields::default()) {
            Some(event) => Ok(Self::Event(event)),
            None => Err(Unreadable("the message is not an RDS event".to_owned())),
        }
    }

    /// Whether a text is the one that RDS posts when a subscription is made.
    pub fn is_hello(text: &str) -> bool {
        text.trim_start().starts_with(
            "This is a message to notify that RDS will attempt to send you event notifications",
        )
    }
}

impl Event {
    /// Reads the body of an SNS message of RDS, or the `detail` of an RDS event from EventBridge
    /// with the fields of its envelope. `None` if it is neither. It accepts every shape that RDS
    /// has used: that of 2016 without `Source ID`, that of 2018 without `Source ARN`, and today's.
    pub fn read(fields: &Value, envelope: EnvelopeFields<'_>) -> Option<Self> {
        let nothing = serde_json::Map::new();
        let object = fields.as_object().unwrap_or(&nothing);
        let event = read::event(object, envelope);
        // With an envelope, EventBridge has already said that the event comes from RDS.
        let is_detail = fields.is_object() && envelope.detail_type.is_some();
        let is_named = !envelope.resources.is_empty() && event.source.is_some();
        (is_detail || is_named || read::is_event(object)).then_some(event)
    }

    /// What the event asks of a run.
    ///
    /// If no binding follows the kind of resource, the id does not matter. An event of a database
    /// without an id may be any event, and so it may be the only sign of a failover.
    pub fn meaning(&self) -> Meaning {
        match (self.about, self.id) {
            (SourceType::Unrelated, _) => Meaning::Ignore,
            (SourceType::Other | SourceType::Proxy, None) => Meaning::Look,
            (SourceType::Cluster | SourceType::Instance | SourceType::Deployment, None) => {
                Meaning::DuringMove
            }
            (_, Some(id)) => catalogue::find(id).map_or(Meaning::Look, |entry| entry.meaning),
        }
    }

    /// How long to watch the bindings that it concerns, from the event on; zero if one look is
    /// enough.
    pub fn patience(&self, timing: &Timing) -> Duration {
        match self.meaning() {
            Meaning::Announced => timing.patience_started,
            Meaning::DuringMove => timing.patience,
            Meaning::Look | Meaning::Ignore => Duration::ZERO,
        }
    }

    /// How much of the patience is left at `now`. A missing time, or one in the future, counts as
    /// `now`.
    pub fn patience_left(&self, timing: &Timing, now: Timestamp) -> Duration {
        self.patience(timing).saturating_sub(self.age(now))
    }

    /// Whether the event is too old to say where to look: its patience is over. An event without
    /// patience is measured by that of an event during a move.
    pub(crate) fn is_stale(&self, timing: &Timing, now: Timestamp) -> bool {
        let fresh_for = match self.meaning() {
            Meaning::Announced => timing.patience_started,
            Meaning::DuringMove | Meaning::Look | Meaning::Ignore => timing.patience,
        };
        self.age(now) >= fresh_for
    }

    fn age(&self, now: Timestamp) -> Duration {
        self.time.map_or(Duration::ZERO, |time| {
            Duration::try_from(now.duration_since(time)).unwrap_or(Duration::ZERO)
        })
    }
}

/// Content that is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Event {
        match Message::read(text) {
            Ok(Message::Event(event)) => event,
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    const NOW: &str = "2021-05-12T18:07:00Z";

    #[test]
    fn every_shape_of_body_that_rds_has_used_gives_id_name_and_time() {
        let console = "https://console.aws.amazon.com/rds/home?region=eu-west-1";
        let guide = "http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html";
        let today = serde_json::json!({
            "Event Source": "db-cluster",
            "Event Time": "2021-05-12 18:06:48.701",
            "Identifier Link": format!("{console}#dbclusters:id=orders"),
            "Source ID": "orders",
            "Source ARN": "arn:aws:rds:eu-west-1:111122223333:cluster:orders",
            "Event ID": format!("{guide}#RDS-EVENT-0071  "),
            "Event Message": "Completed failover to DB instance: orders-2"
        });
        let expected = Event {
            id: Some(EventId(71)),
            about: SourceType::Cluster,
            source: Some("orders".parse().expect("id")),
            time: Some("2021-05-12T18:06:48.701Z".parse().expect("time")),
        };
        assert_eq!(event(&today.to_string()), expected);
        let old = serde_json::json!({
            "Event Source": "db-instance",
            "Event Time": "2016-03-03 10:00:00.000",
            "Identifier Link": format!("{console}#dbinstance:id=billing \nSourceId: billing "),
            "Event ID": format!("{guide}#RDS-EVENT-0013"),
            "Event Message": "Multi-AZ instance failover started"
        });
        let old = event(&old.to_string());
        assert_eq!((old.id, old.source), (Some(EventId(13)), Some("billing".parse().expect("id"))));
    }

    #[test]
    fn the_hello_message_is_known() {
        let hello = "This is a message to notify that RDS will attempt to send you event \
            notifications of type db-instance to the topic arn:aws:sns:eu-west-1:111122223333:rds";
        assert_eq!(Message::read(hello), Ok(Message::Hello));
    }

    #[test]
    fn text_that_is_not_an_event_is_unreadable() {
        for text in ["", "hello", "{}", "[]", "null", r#"{"Event Source": 3}"#, "{\"a\":"] {
            assert!(Message::read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn s6_text_that_cannot_be_a_name_or_an_id_is_dropped() {
        for (source, id) in [
            ("orders; drop table", "#RDS-EVENT-9999999"),
            ("10.0.0.1", "RDS-EVENT-"),
            ("../orders", "RDS-EVENT-00a1"),
            ("arn:aws:ec2:eu-west-1:1:db:x", "71"),
            ("arn:aws:rds:eu-west-1:1:db:10.0.0.1", "71"),
            ("arn:aws:rds:eu-west-1:1:db:x:y", "71"),
            ("", ""),
        ] {
            let body = serde_json::json!({
                "Event Source": "db-cluster", "Source ID": source, "Event ID": id,
                "Event Time": "soon"
            });
            let event = event(&body.to_string());
            assert_eq!((event.id, event.source, event.time), (None, None, None), "{source} {id}");
        }
    }

    #[test]
    fn event_bridge_gives_the_same_with_and_without_an_id_and_a_prefix() {
        for (name, id) in [("rds:orders", Some("RDS-EVENT-0071")), ("orders", None)] {
            let mut detail =
                serde_json::json!({"SourceIdentifier": name, "Date": "2021-05-12T18:06:48.701Z"});
            if let Some(id) = id {
                detail["EventID"] = id.into();
            }
            let envelope = EnvelopeFields {
                detail_type: Some("RDS DB Cluster Event"),
                ..EnvelopeFields::default()
            };
            let event = Event::read(&detail, envelope).expect("event");
            assert_eq!(event.id, id.map(|_| EventId(71)));
            assert_eq!(
                (event.about, event.source),
                (SourceType::Cluster, Some("orders".parse().expect("id")))
            );
        }
    }

    #[test]
    fn patience_is_longer_for_events_that_announce_a_failover_and_runs_from_the_events_time() {
        let timing = Timing::default();
        let now = NOW.parse().expect("now");
        for (id, time, expected) in [
            (72, "2021-05-12 18:07:00", 180),
            (13, "2021-05-12 18:06:00", 120),
            (71, "2021-05-12 18:07:00", 30),
            (71, "2021-05-12 18:06:50", 20),
            (71, "2021-05-12 18:00:00", 0),
            (71, "2031-01-01 00:00:00", 30),
            (287, "2021-05-12 18:07:00", 0),
            (9999, "2021-05-12 18:07:00", 0),
        ] {
            let body = serde_json::json!({
                "Event Source": "db-cluster", "Source ID": "orders", "Event Time": time,
                "Event ID": format!("RDS-EVENT-{id:04}")
            });
            let left = event(&body.to_string()).patience_left(&timing, now);
            assert_eq!(left, Duration::from_secs(expected), "{id} at {time}");
        }
    }
}
