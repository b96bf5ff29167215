//! Records, each once. One is in the log, in the notification and in the answer, and an anonymous
//! copy may lie beside it.

use std::collections::HashSet;

use writerlink_core::record::Record;

/// Keeps the first of equal records. An anonymous one equals every record that differs in its names
/// alone.
pub(super) fn distinct(mut records: Vec<Record>) -> Vec<Record> {
    let text = |record: &Record| serde_json::to_string(record).expect("a record is JSON");
    let nameless = |record: &Record| text(&record.clone().anonymous(0));
    let named = records.iter().filter(|record| !record.is_anonymous());
    let named: HashSet<String> = named.map(nameless).collect();
    let mut seen = HashSet::new();
    records.retain(|record| {
        let is_copy = record.is_anonymous() && named.contains(&nameless(record));
        !is_copy && seen.insert(text(record))
    });
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::record::sample;

    #[test]
    fn a_record_counts_once_and_so_does_its_anonymous_copy() {
        let [orders, billing, later] = [("orders", 0.0), ("billing", 0.0), ("orders", 1.0)]
            .map(|(name, later)| sample::record(name, later));
        let hidden = |record: &Record, number| record.clone().anonymous(number);
        for (records, kept) in [
            (vec![&orders, &orders, &later], vec![&orders, &later]),
            // Two bindings can move in the same instant.
            (vec![&orders, &billing], vec![&orders, &billing]),
            (vec![&hidden(&orders, 1), &orders, &billing], vec![&orders, &billing]),
            (vec![&orders, &hidden(&orders, 1), &hidden(&billing, 2)], vec![&orders]),
            (vec![&hidden(&later, 1), &orders], vec![&hidden(&later, 1), &orders]),
        ] {
            let records = distinct(records.into_iter().cloned().collect());
            assert!(records.iter().eq(kept), "{records:#?}");
        }
    }
}
