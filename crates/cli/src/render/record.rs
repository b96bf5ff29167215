//! Records as timelines, for a terminal.

pub(crate) mod page;
#[cfg(test)]
pub(crate) mod sample;
mod steps;

use writerlink_core::config::StandbyMode;
use writerlink_core::record::{End, Lasted, Record, SourceKind};

use self::steps::{Step, seconds, steps};
use super::colour::{Colour, Tone};
use crate::command::record::{Comparison, Group, Spread, times};

/// All records, and how they compare if there are several.
pub(crate) fn text(records: &[Record], comparison: &Comparison, colour: Colour) -> String {
    let mut parts: Vec<String> = records.iter().map(|record| one(record, colour)).collect();
    if records.len() > 1 {
        parts.extend(comparison.groups.iter().map(compared));
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
    for (name, lasted) in times(record) {
        if let Some(lasted) = lasted {
            lines.push(format!("  {name:<21}{}", span(lasted)));
        }
    }
    lines.extend(remarks(record).into_iter().map(|remark| format!("  {remark}")));
    lines.join("\n") + "\n"
}

/// What was recorded, in one line.
pub(crate) fn title(record: &Record) -> String {
    let what = source(record.source, record.standby, record.engine.as_deref());
    format!("{} ({what}, {})", record.binding, record.region)
}

fn source(source: SourceKind, standby: StandbyMode, engine: Option<&str>) -> String {
    let source = match source {
        SourceKind::Cluster => "cluster",
        SourceKind::Instance if standby == StandbyMode::Warm => "instance, warm",
        SourceKind::Instance => "instance",
    };
    source.to_owned() + &engine.map(|engine| format!(", {engine}")).unwrap_or_default()
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
        let times = counted(record.dns_flaps, "time");
        remarks.push(format!("DNS went back to another address {times}."));
    }
    for gap in &record.gaps {
        remarks.push(format!(
            "{} could not be read from {} to {} ({}, the first: {}).",
            gap.of,
            gap.from,
            gap.to,
            counted(gap.reads, "read"),
            gap.why
        ));
    }
    if record.gaps_left_out > 0 {
        let gaps = counted(record.gaps_left_out, "further gap");
        remarks.push(format!("The record leaves out {gaps}."));
    }
    if record.states_left_out > 0 {
        let states = counted(record.states_left_out, "further state");
        remarks.push(format!("The record leaves out {states} of targets."));
    }
    if record.reads.throttled > 0 {
        let throttled = record.reads.throttled;
        let were = if throttled == 1 { "was" } else { "were" };
        remarks.push(format!(
            "{} {were} throttled, so the recorder read more slowly.",
            counted(throttled, "read")
        ));
    }
    remarks
}

fn counted(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn compared(group: &Group) -> String {
    let mut lines = vec![
        heading(group),
        String::new(),
        format!(
            "  {:<21}{:>7}{:>10}{:>9}{:>9}{:>9}",
            "seconds", "count", "left out", "min", "median", "max"
        ),
    ];
    for spread in &group.times {
        let Spread { name, count, left_out, .. } = spread;
        let [min, median, max] = numbers(spread);
        lines.push(format!("  {name:<21}{count:>7}{left_out:>10}{min:>9}{median:>9}{max:>9}"));
    }
    lines.extend(left_out(group).map(|remark| format!("  {remark}")));
    lines.join("\n") + "\n"
}

/// What a group of failovers has in common, and how many they are.
pub(crate) fn heading(group: &Group) -> String {
    let what = source(group.source, group.standby, group.engine.as_deref());
    let s = if group.records == 1 { "" } else { "s" };
    format!("{} record{s} ({what})", group.records)
}

/// The shortest, the median and the longest time, as text.
pub(crate) fn numbers(Spread { min, median, max, .. }: &Spread) -> [String; 3] {
    [min, median, max].map(|time| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.1}")))
}

/// Why times were left out, if some were.
pub(crate) fn left_out(group: &Group) -> Option<&'static str> {
    let is_some = group.times.iter().any(|spread| spread.left_out > 0);
    is_some.then_some("A time that is not known to within 15 s is left out.")
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
