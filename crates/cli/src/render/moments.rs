//! A recording as lines, one for each thing that happened. They fit in 60 columns.

use std::collections::BTreeSet;

use writerlink_lab::scenario::Recording;
use writerlink_lab::scenario::recording::{End, LinkRecording, Span};

use super::colour::{Colour, Tone};

/// What the words in the lines mean.
pub(crate) const EXPLANATION: &str = "\
script  something is done to a database
truth   where the writer is, whether anyone says so or not
keys    what the RDS API and DNS say, and the function reads
event   RDS tells the function to look, through SNS
write   the function registers or deregisters a target
target  a target's state in the load balancer
run     an invocation of the function ends
app     the application stops or resumes writing";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
struct Moment {
    /// Seconds of the region since the beginning.
    at: f64,
    word: &'static str,
    /// The database that it concerns; empty if it concerns all.
    database: String,
    text: String,
}

/// Follows a recording that grows.
#[derive(Default)]
pub(crate) struct Live {
    shown: Vec<Moment>,
}

impl Live {
    /// The lines for what has happened since the last call.
    pub(crate) fn news(&mut self, recording: &Recording, colour: Colour) -> Vec<String> {
        let mut news = moments(recording);
        news.retain(|moment| !self.shown.contains(moment));
        self.shown.extend(news.clone());
        news.iter().map(|moment| moment.line(colour)).collect()
    }
}

impl Moment {
    fn line(&self, colour: Colour) -> String {
        let tone = match self.word {
            "truth" | "script" => Tone::Warning,
            "write" => Tone::Act,
            "keys" | "run" => Tone::Faint,
            "app" => Tone::Bad,
            _ => Tone::Plain,
        };
        let start = colour.paint(Tone::Faint, &format!("{:6.1} ", self.at));
        let rest = format!("{:<7} {:<6} {}", self.database, self.word, self.text);
        start + &colour.paint(tone, rest.trim_end())
    }
}

/// Everything in a recording that a viewer should see, by time.
fn moments(recording: &Recording) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut add = |at: f64, word, database: &str, text: String| {
        moments.push(Moment { at, word, database: database.to_owned(), text });
    };
    for incident in &recording.incidents {
        add(incident.at, "script", "", incident.what.clone());
    }
    let mut known = BTreeSet::new();
    for invocation in &recording.invocations {
        let what = &invocation.what;
        let (name, database) = what.split_once(" of ").unwrap_or((what, ""));
        if !database.is_empty() {
            let again = if known.insert(what) { "" } else { " again" };
            add(invocation.queued, "event", database, format!("{name} arrives{again}"));
        }
        if let Some(ended) = invocation.ended {
            let took = ended - invocation.taken.unwrap_or(invocation.queued);
            let end = if invocation.end == "answered" { "ends" } else { &invocation.end };
            add(ended, "run", database, format!("{name} {end} after {took:.1} s"));
        }
    }
    for link in &recording.links {
        let database = link.source.rsplit('/').next().unwrap_or_default();
        for span in &link.wanted {
            add(span.from, "truth", database, format!("{} is the writer", span.what));
        }
        for span in &link.serving {
            let (from, verb) = (span.from, if span.what == "up" { "accepts" } else { "refuses" });
            add(from, "truth", database, format!("the writer {verb} connections"));
        }
        for (who, spans) in [("RDS API", &link.topology), ("DNS", &link.dns)] {
            for Span { from, what, .. } in spans {
                add(*from, "keys", database, format!("{who}: {what}"));
            }
        }
        for call in recording.calls.iter().filter(|call| call.link.as_ref() == Some(&link.name)) {
            let verb = match call.operation.as_str() {
                "RegisterTargets" => "register",
                "DeregisterTargets" => "deregister",
                _ => continue,
            };
            let end = if call.outcome == "ok" { "" } else { " fails" };
            let targets = call.targets.as_deref().unwrap_or_default();
            add(call.at, "write", database, format!("{verb} {targets}{end}"));
        }
        for span in &link.targets {
            add(span.from, "target", database, format!("{} is {}", span.target, span.state));
        }
        for (from, to) in pauses(link, recording.seconds) {
            add(from + PAUSE, "app", database, format!("no write for {PAUSE:.0} s"));
            if let Some(to) = to {
                add(to, "app", database, format!("writes again, after {:.1} s", to - from));
            }
        }
    }
    moments.sort_by(|a, b| a.at.total_cmp(&b.at));
    moments
}

/// A pause between two writes that is worth a line, in seconds.
const PAUSE: f64 = 3.0;

/// The times in which no write was acknowledged. The last one may still go on.
fn pauses(link: &LinkRecording, now: f64) -> Vec<(f64, Option<f64>)> {
    let acknowledged = link.writes.iter().filter(|write| write.end == End::Acknowledged);
    let mut ends: Vec<f64> = acknowledged.map(|write| write.at + write.took).collect();
    ends.sort_by(f64::total_cmp);
    let mut pauses: Vec<_> = ends.windows(2).map(|pair| (pair[0], Some(pair[1]))).collect();
    pauses.extend(ends.last().map(|last| (*last, None)));
    pauses.retain(|(from, to)| to.unwrap_or(now) - from >= PAUSE);
    pauses
}

#[cfg(test)]
mod tests {
    use writerlink_lab::scenario::recording::{Call, Incident, Invocation, TargetSpan};

    use super::*;

    fn recording() -> Recording {
        let span = |from, to, what: &str| Span { from, to, what: what.to_owned() };
        let link = LinkRecording {
            name: "orders-writer".to_owned(),
            source: "cluster/orders".to_owned(),
            wanted: vec![span(0.0, 9.0, "10.20.1.10:5432"), span(9.0, 20.0, "10.20.2.10:5432")],
            dns: vec![span(0.0, 12.0, "10.20.1.10"), span(12.0, 20.0, "10.20.2.10")],
            targets: vec![TargetSpan {
                target: "10.20.1.10:5432".to_owned(),
                from: 15.0,
                to: 20.0,
                state: "unhealthy.draining".to_owned(),
            }],
            ..LinkRecording::default()
        };
        let call = Call {
            at: 14.0,
            service: "elasticloadbalancing".to_owned(),
            operation: "DeregisterTargets".to_owned(),
            targets: Some("10.20.1.10:5432".to_owned()),
            link: Some("orders-writer".to_owned()),
            outcome: "ok".to_owned(),
        };
        let invocation = Invocation {
            queued: 10.0,
            taken: Some(10.1),
            ended: Some(16.0),
            what: "RDS-EVENT-0073 of orders".to_owned(),
            end: "answered".to_owned(),
        };
        Recording {
            seconds: 20.0,
            incidents: vec![Incident { at: 5.0, what: "the writer of orders is lost".to_owned() }],
            links: vec![link],
            calls: vec![call],
            invocations: vec![invocation.clone(), invocation],
            ..Recording::default()
        }
    }

    #[test]
    fn what_happened_is_told_once_by_time_and_in_60_columns() {
        let (recording, mut live) = (recording(), Live::default());
        let lines = live.news(&recording, Colour::Off);
        assert!(lines.iter().all(|line| line.chars().count() <= 60), "{lines:#?}");
        insta::assert_snapshot!(lines.join("\n"));
        assert!(live.news(&recording, Colour::Off).is_empty());
        assert!(EXPLANATION.lines().all(|line| line.len() <= 60));
    }
}
