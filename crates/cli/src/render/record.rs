//! Records as timelines, for a terminal.

pub(crate) mod page;
#[cfg(test)]
pub(crate) mod sample;
mod steps;

use writerlink_core::config::StandbyMode;
use writerlink_core::record::{End, Lasted, Record, SourceKind};

use self::steps::{Step, seconds, steps};
use super::colour::{Colour, Tone};
use crate::command::record::Comparison;

/// All records, and how they compare if there are several.
pub(crate) fn text(records: &[Record], comparison: &Comparison, colour: Colour) -> String {
    let mut parts: Vec<String> = records.iter().map(|record| one(record, colour)).collect();
    if records.len() > 1 {
        parts.push(compared(records.len(), comparison));
    }
    parts.join("\n")
}

fn one(record: &Record, colour: Colour) -> String {
    let tone = match record.end {
        End::Complete => Tone::Good,
        End::MovedAgain | End::NeverMoved => Tone::Plain,
        End::TimeOver | End::CouldNotTell => Tone::Warning,
    };
    let end = colour.paint(tone, in_words(record.end));
    let mut lines = vec![format!("{}: {end}", title(record)), format!("  {}", beginning(record))];
    lines.push(String::new());
    for Step { after, by, what } in steps(record) {
        let when = match after {
            Some(after) if (by - after) < 0.05 => format!("{:>17}", seconds(by)),
            Some(after) => format!("{:>7} … {:>7}", seconds(after), seconds(by)),
            None => format!("{:>7} … {:>7}", "", seconds(by)),
        };
        lines.push(format!("  {when}  {what}"));
    }
    lines.push(String::new());
    for (name, lasted) in record.seconds.named() {
        if let Some(lasted) = lasted {
            lines.push(format!("  {name:<21}{}", span(lasted)));
        }
    }
    lines.extend(remarks(record).into_iter().map(|remark| format!("  {remark}")));
    lines.join("\n") + "\n"
}

/// What was recorded, in one line.
pub(crate) fn title(record: &Record) -> String {
    let source = match record.source {
        SourceKind::Cluster => "cluster",
        SourceKind::Instance if record.standby == StandbyMode::Warm => "instance, warm",
        SourceKind::Instance => "instance",
    };
    let engine = record.engine.as_deref().map(|engine| format!(", {engine}")).unwrap_or_default();
    format!("{} ({source}{engine}, {})", record.binding, record.region)
}

pub(crate) fn in_words(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::MovedAgain => "it moved again before it was complete",
        End::TimeOver => "not complete when the time was over",
        End::NeverMoved => "no failover was seen",
        End::CouldNotTell => "could not tell: the writer or the targets could not be read",
    }
}

/// When it was recorded, and why.
pub(crate) fn beginning(record: &Record) -> String {
    let event = record.cause.event.as_deref();
    let why = match record.cause.by {
        writerlink_core::record::CauseKind::Event => {
            format!("after {}", event.unwrap_or("an event without an id"))
        }
        writerlink_core::record::CauseKind::Seen => "because the move was seen".to_owned(),
        writerlink_core::record::CauseKind::Hand => "by hand".to_owned(),
    };
    format!("recorded from {} to {}, {why}", record.began, record.ended)
}

/// A time, as far as it is known.
pub(crate) fn span(Lasted { at_least, at_most }: Lasted) -> String {
    match at_most {
        Some(at_most) if at_most - at_least < 0.05 => format!("{at_least:.1} s"),
        Some(at_most) => format!("{at_least:.1} to {at_most:.1} s"),
        None => format!("{at_least:.1} s at least"),
    }
}

/// What the figures do not say.
pub(crate) fn remarks(record: &Record) -> Vec<String> {
    let mut remarks = Vec::new();
    if record.dns_flaps > 0 {
        remarks.push(format!("DNS went back to another address {} times.", record.dns_flaps));
    }
    for gap in &record.gaps {
        remarks.push(format!(
            "{} could not be read from {} to {} ({} reads, the first: {}).",
            gap.of, gap.from, gap.to, gap.reads, gap.why
        ));
    }
    if record.reads.throttled > 0 {
        remarks.push(format!(
            "{} reads were throttled, so the recorder read more slowly.",
            record.reads.throttled
        ));
    }
    remarks
}

fn compared(count: usize, comparison: &Comparison) -> String {
    let mut lines = vec![
        format!("{count} records"),
        String::new(),
        format!("  {:<21}{:>7}{:>9}{:>9}{:>9}", "seconds", "count", "min", "median", "max"),
    ];
    for (name, spread) in ordered(comparison) {
        lines.push(format!(
            "  {name:<21}{:>7}{:>9.1}{:>9.1}{:>9.1}",
            spread.count, spread.min, spread.median, spread.max
        ));
    }
    lines.join("\n")
}

/// The times in the order in which they happen.
pub(crate) fn ordered(
    comparison: &Comparison,
) -> impl Iterator<Item = (&'static str, crate::command::record::Spread)> {
    let names = writerlink_core::record::Seconds::default().named().map(|(name, _)| name);
    names.into_iter().filter_map(|name| Some((name, *comparison.times.get(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_tells_each_step_with_its_two_moments() {
        let records = [sample::record("orders", 0.0), sample::record("billing", 4.0)];
        let text = text(&records, &Comparison::of(&records), Colour::Off);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_page_needs_nothing_else_and_escapes_what_it_shows() {
        let records = [sample::record("<orders> & \"co\"", 0.0), sample::record("billing", 4.0)];
        let page = page::html(&records, &Comparison::of(&records));
        assert!(page.contains("&lt;orders&gt; &amp; &quot;co&quot;"), "{page}");
        assert!(!page.contains("<orders>") && !page.contains("http"), "{page}");
        insta::assert_snapshot!(page);
    }
}
