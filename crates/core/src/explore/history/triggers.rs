//! The trigger and the configuration of each run.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Kind;
use super::world::{PORT, Place};
use crate::config::{Config, Location};
use crate::event::{Event, EventId, SourceType, Trigger, TriggerKind, Trust};

pub(super) fn sweep() -> Trigger {
    Trigger::sweep(TriggerKind::Schedule)
}

/// A person vouches for DNS for so long: this member is the writer.
pub(super) fn trust(writer: Place, lasts: Duration) -> Trigger {
    let lasts = SignedDuration::try_from(lasts).expect("a short time");
    let trust = Trust { writer: writer.member(), expires: Timestamp::UNIX_EPOCH + lasts };
    let only = Some(vec!["db".to_owned()]);
    Trigger { only, trust: Some(trust), ..Trigger::sweep(TriggerKind::Invoke) }
}

pub(super) fn event_about(kind: Kind) -> Trigger {
    Trigger {
        events: vec![Event {
            id: Some(EventId(71)),
            about: match kind {
                Kind::Cluster | Kind::Readers => SourceType::Cluster,
                Kind::Instance(_) | Kind::Member => SourceType::Instance,
            },
            source: Some("db".parse().expect("an identifier")),
            time: None,
        }],
        ..Trigger::sweep(TriggerKind::Sns)
    }
}

pub(super) fn config_of(kind: Kind) -> Config {
    static CONFIGS: LazyLock<[Config; 4]> = LazyLock::new(|| {
        let sources = ["cluster/db", "instance/db", "cluster/db/readers", "cluster/db/instance/db"];
        sources.map(|source| {
            let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/db/\
                0123456789abcdef";
            let text = format!(
                r#"{{"allow": ["10.0.0.0/24"], "binding": [{{"name": "db", "source": "{source}",
                "port": {PORT}, "target-group": "{group}"}}]}}"#
            );
            Config::parse(&text, &Location::Inline(text.clone())).expect("a good configuration")
        })
    });
    let index = match kind {
        Kind::Cluster => 0,
        Kind::Instance(_) => 1,
        Kind::Readers => 2,
        Kind::Member => 3,
    };
    CONFIGS[index].clone()
}
