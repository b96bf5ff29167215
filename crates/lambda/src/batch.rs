//! The records of a queue, and which of them go back to it.
//!
//! A queue delivers a record again if `batchItemFailures` lists it, and deletes all others (AWS
//! docs: "Handling errors for an SQS event source in Lambda"; for pipes "Amazon EventBridge Pipes
//! batching and concurrency"). A record is done when the run has looked at its bindings. Every
//! sweep looks at a binding that is held, so delivering its event again would gain nothing.

use serde_json::{Value, json};
use writerlink_core::event::Event;
use writerlink_core::report::{BindingReport, Report};

/// The records of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    records: Vec<Record>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The id that a failure of this record is reported with.
    pub(crate) id: Option<String>,
    pub(crate) events: Vec<Event>,
}

impl Batch {
    pub(crate) fn of(records: Vec<Record>) -> Self {
        Self { records }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// The ids of all records, for a run that never began.
    pub(crate) fn all(&self) -> Vec<Option<&str>> {
        self.records.iter().map(|record| record.id.as_deref()).collect()
    }

    /// The ids of the records that the run did not look at.
    pub(crate) fn missed(&self, report: &Report) -> Vec<Option<&str>> {
        let missed = self.records.iter().filter(|record| is_missed(record, report));
        missed.map(|record| record.id.as_deref()).collect()
    }
}

/// The answer that makes the queue deliver these records again. `None` if one of them has no id: a
/// failure without an id makes the queue deliver the whole batch.
pub(crate) fn batch_item_failures(ids: &[Option<&str>]) -> Option<Value> {
    let failure =
        |id: &Option<&str>| id.filter(|id| !id.is_empty()).map(|id| json!({"itemIdentifier": id}));
    let failures: Option<Vec<Value>> = ids.iter().map(failure).collect();
    Some(json!({"batchItemFailures": failures?}))
}

/// Whether the run ended before it looked at a binding that this record names or, if the record
/// names no binding, before it looked at every binding.
fn is_missed(record: &Record, report: &Report) -> bool {
    let is_named = |binding: &&BindingReport| {
        let source = binding.binding.as_ref().map(|binding| binding.source.name());
        let mut names = record.events.iter().filter_map(|event| event.source.as_ref());
        source.is_some_and(|source| names.any(|name| name.as_str() == source))
    };
    let unseen = |binding: &BindingReport| {
        let cut = (binding.reason.as_ref()).is_some_and(|reason| reason.code == "out-of-time");
        // With evidence, the run did look, and only its last round was cut short.
        cut && binding.evidence.is_none()
    };
    let named: Vec<&BindingReport> = report.bindings.iter().filter(is_named).collect();
    report.nothing_readable
        || match named.is_empty() {
            true => report.bindings.iter().any(|b| b.answered_for && unseen(b)),
            false => named.into_iter().any(unseen),
        }
}

#[cfg(test)]
mod tests {
    use writerlink_core::event::TriggerKind;
    use writerlink_core::report::{Reason, Status};

    use super::*;
    use crate::sample::{binding, event, report};

    fn batch() -> Batch {
        let record = |id: &str, events| Record { id: Some(id.to_owned()), events };
        Batch::of(vec![record("a", event(TriggerKind::Sqs).events), record("b", Vec::new())])
    }

    fn unseen(name: &str) -> BindingReport {
        BindingReport {
            reason: Some(Reason { code: "out-of-time", message: String::new(), remedy: None }),
            ..binding(name, Status::Held)
        }
    }

    #[test]
    fn only_records_that_were_not_looked_at_go_back() {
        let held =
            report(vec![binding("orders", Status::Held), binding("billing", Status::Failed)]);
        assert!(batch().missed(&held).is_empty());
        let cut = report(vec![unseen("orders"), binding("billing", Status::Settled)]);
        assert_eq!(batch().missed(&cut), [Some("a"), Some("b")]);
        let nothing_readable = Report { nothing_readable: true, ..held };
        assert_eq!(batch().missed(&nothing_readable), batch().all());
    }

    #[test]
    fn a_record_without_an_id_cannot_be_given_back_alone() {
        assert_eq!(batch_item_failures(&[]), Some(json!({"batchItemFailures": []})));
        assert_eq!(
            batch_item_failures(&[Some("a")]),
            Some(json!({"batchItemFailures": [{"itemIdentifier": "a"}]}))
        );
        for ids in [&[None][..], &[Some("a"), None], &[Some("")]] {
            assert_eq!(batch_item_failures(ids), None);
        }
    }
}
