//! The records of a queue, and which of them go back to it.
//!
//! A queue delivers a record again that is listed in `batchItemFailures`, and forgets all others
//! (AWS docs: "Handling errors for an SQS event source in Lambda"; "Amazon EventBridge Pipes
//! batching and concurrency" for pipes). A record is done when it has been looked at. A binding
//! that is held is looked at by every sweep, and delivering its event again would bring nothing.

use serde_json::{Value, json};
use writerlink_core::event::Event;
use writerlink_core::report::{BindingReport, Report};

/// The records of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    records: Vec<Record>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The id under which it is given back.
    pub(crate) id: Option<String>,
    /// What it holds.
    pub(crate) events: Vec<Event>,
}

impl Batch {
    pub(crate) fn of(records: Vec<Record>) -> Self {
        Self { records }
    }

    /// How many records there are.
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

/// The answer that gives these back; none where one of them has no id, since the answer would then
/// mean something else.
pub(crate) fn giving_back(ids: &[Option<&str>]) -> Option<Value> {
    let failure =
        |id: &Option<&str>| id.filter(|id| !id.is_empty()).map(|id| json!({"itemIdentifier": id}));
    let failures: Option<Vec<Value>> = ids.iter().map(failure).collect();
    Some(json!({"batchItemFailures": failures?}))
}

/// Whether the run ended before it looked at a binding that this record names. If the record names
/// no binding: before it looked at every binding.
fn is_missed(record: &Record, report: &Report) -> bool {
    let is_named = |binding: &&BindingReport| {
        let source = binding.binding.as_ref().map(|binding| binding.source.name());
        let mut names = record.events.iter().filter_map(|event| event.source.as_ref());
        source.is_some_and(|source| names.any(|name| name.as_str() == source))
    };
    let unseen = |binding: &BindingReport| {
        let cut = (binding.reason.as_ref()).is_some_and(|reason| reason.code == "out-of-time");
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
        assert_eq!(giving_back(&[]), Some(json!({"batchItemFailures": []})));
        assert_eq!(
            giving_back(&[Some("a")]),
            Some(json!({"batchItemFailures": [{"itemIdentifier": "a"}]}))
        );
        for ids in [&[None][..], &[Some("a"), None], &[Some("")]] {
            assert_eq!(giving_back(ids), None);
        }
    }
}
