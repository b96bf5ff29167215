//! Logs: one JSON object per line on standard output, with all fields at its root.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info, warn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use writerlink_core::note::{Note, NoteKind};
use writerlink_core::ports::Journal;
use writerlink_core::text::clean_value;

/// The variable that sets the log level: one level, or levels by module such as
/// `writerlink=debug,aws_config=info`.
pub const LEVEL: &str = "WRITERLINK_LOG";

/// Lambda's own variable for the log level (AWS docs, "Configuring advanced logging controls").
pub const LAMBDA_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Logs every decision of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogJournal;

impl Journal for LogJournal {
    fn note(&mut self, note: &Note) {
        let Note { binding, round, kind, text } = note;
        let word = kind.as_str();
        match kind {
            NoteKind::Rejected | NoteKind::Unconfirmed | NoteKind::Trust => {
                warn!(binding, round, kind = word, "{text}")
            }
            NoteKind::Evidence
            | NoteKind::Register
            | NoteKind::Deregister
            | NoteKind::Applied
            | NoteKind::Status => {
                info!(binding, round, kind = word, "{text}");
            }
        }
    }
}

/// A subscriber that writes events of these levels to `writer`.
pub fn subscriber<W>(levels: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(FlatJson)
        .with_writer(writer);
    tracing_subscriber::registry().with(levels).with(lines)
}

/// The levels that the two variables ask for. The first variable wins over the second. The level is
/// `info` if neither is set or the value cannot be parsed. A single level applies to our own
/// modules only, because the AWS SDK logs whole requests at `debug`.
pub fn levels(own: Option<&str>, lambda: Option<&str>) -> Targets {
    let value = [own, lambda].into_iter().flatten().map(str::trim).find(|value| !value.is_empty());
    match value {
        Some(value) if value.contains(['=', ',']) => {
            value.parse().unwrap_or_else(|_| ours(LevelFilter::INFO))
        }
        Some(value) if value.eq_ignore_ascii_case("fatal") => ours(LevelFilter::ERROR),
        Some(value) => ours(value.parse().unwrap_or(LevelFilter::INFO)),
        None => ours(LevelFilter::INFO),
    }
}

fn ours(level: LevelFilter) -> Targets {
    let others = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(others)
        // The runtime logs each invocation error again, as Rust's debug output.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_targets([("writerlink", level), ("bootstrap", level)])
}

/// Formats the fields of an event and of its spans as one flat JSON object, so that a query reads
/// `binding` and `request_id` in the same way. The object is one line, and no text in it has a
/// control or format character, whoever logged it.
struct FlatJson;

impl<S, N> FormatEvent<S, N> for FlatJson
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let fields = extensions
                .get::<FormattedFields<N>>()
                .and_then(|fields| serde_json::from_str(&fields.fields).ok());
            line.extend::<Map<String, Value>>(fields.unwrap_or_default());
        }
        event.record(&mut Fields(&mut line));
        line.insert("timestamp".to_owned(), json!(format!("{:.3}", Timestamp::now())));
        line.insert("level".to_owned(), json!(event.metadata().level().as_str()));
        writeln!(writer, "{}", clean_value(Value::Object(line)))
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::{debug, error_span};

    use super::*;

    /// The lines that are logged at these levels while `act` runs.
    fn logged(levels: Targets, act: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(levels, move || writer.clone()), act);
        let text = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn note(kind: NoteKind, text: &str) -> Note {
        Note { binding: "orders".to_owned(), round: 3, kind, text: text.to_owned() }
    }

    #[test]
    fn a_decision_is_one_flat_line_with_the_request_it_belongs_to() {
        let lines = logged(levels(None, None), || {
            error_span!("invocation", request_id = "r-1").in_scope(|| {
                LogJournal.note(&note(NoteKind::Register, "registering \"x\"\nand {y}\u{1b}[31m"))
            });
        });
        let [line] = lines.as_slice() else { panic!("one line, not {lines:?}") };
        let mut line = line.clone();
        let time = line.as_object_mut().and_then(|line| line.remove("timestamp")).expect("a time");
        assert!(time.as_str().is_some_and(|time| time.parse::<Timestamp>().is_ok()), "{time}");
        assert_eq!(
            line,
            json!({"level": "INFO", "message": "registering \"x\"\nand \
                {y}\u{fffd}[31m", "binding": "orders", "kind": "register",
                   "round": 3, "request_id": "r-1"})
        );
    }

    #[test]
    fn a_refused_write_is_a_warning() {
        let lines = logged(levels(Some("warn"), None), || {
            LogJournal.note(&note(NoteKind::Rejected, "refused"));
            LogJournal.note(&note(NoteKind::Applied, "done"));
        });
        assert_eq!((lines.len(), &lines[0]["level"]), (1, &json!("WARN")));
    }

    #[test]
    fn a_warning_has_the_request_id_when_nothing_else_is_logged() {
        let lines = logged(levels(Some("warn"), None), || {
            error_span!(target: "bootstrap", "invocation", request_id = "r-1")
                .in_scope(|| warn!("x"));
        });
        assert_eq!(lines[0]["request_id"], "r-1");
    }

    #[test]
    fn our_variable_goes_before_lambdas_and_a_level_is_ours_alone() {
        let seen = |own, lambda| {
            let lines = logged(levels(own, lambda), || {
                debug!(target: "writerlink_core", "ours, debug");
                info!(target: "bootstrap", "ours, info");
                debug!(target: "aws_config", "theirs, debug");
                warn!(target: "aws_config", "theirs, warn");
            });
            lines
                .iter()
                .filter_map(|line| line["message"].as_str().map(str::to_owned))
                .collect::<Vec<_>>()
                .join("; ")
        };
        for (own, lambda, expected) in [
            (None, None, "ours, info; theirs, warn"),
            (Some("debug"), None, "ours, debug; ours, info; theirs, warn"),
            (None, Some("DEBUG"), "ours, debug; ours, info; theirs, warn"),
            (Some("error"), Some("DEBUG"), ""),
            (Some(" "), Some("WARN"), "theirs, warn"),
            (None, Some("FATAL"), ""),
            (Some("loud"), None, "ours, info; theirs, warn"),
            (Some("a=loud,"), None, "ours, info; theirs, warn"),
            (Some("aws_config=debug"), None, "theirs, debug; theirs, warn"),
        ] {
            assert_eq!(seen(own, lambda), expected, "{own:?} and {lambda:?}");
        }
    }
}
