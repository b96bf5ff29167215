//! A timeline as lines: the time, the kind, the database and a sentence.

use serde::Serialize;

use super::colour::{Colour, Tone};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Entry {
    /// Seconds since the start.
    pub(crate) seconds: f64,
    pub(crate) kind: Kind,
    /// The database that it concerns; `None` if it concerns all.
    pub(crate) database: Option<String>,
    pub(crate) text: String,
}

/// The kinds of things that happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A database's actual writer changes, whether or not anything has reported it.
    Truth,
    /// An event reaches the function.
    Event,
    /// The keys report something else than before.
    Keys,
    /// A target is about to be registered.
    Register,
    /// A target is about to be deregistered.
    Deregister,
    /// A write was refused, or its answer was lost.
    Fault,
    /// A target's state changes.
    Target,
    /// A run of the function ends.
    Run,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Truth => "truth",
            Self::Event => "event",
            Self::Keys => "keys",
            Self::Register => "register",
            Self::Deregister => "deregister",
            Self::Fault => "fault",
            Self::Target => "target",
            Self::Run => "run",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Truth => Tone::Warning,
            Self::Event | Self::Target => Tone::Plain,
            Self::Keys | Self::Run => Tone::Faint,
            Self::Register | Self::Deregister => Tone::Act,
            Self::Fault => Tone::Bad,
        }
    }
}

pub(crate) fn line(entry: &Entry, colour: Colour) -> String {
    let database = entry.database.as_deref().unwrap_or_default();
    let start = format!("{:6.2} s  ", entry.seconds);
    let rest = format!("{:<10}  {database:<8}  {}", entry.kind.word(), entry.text);
    colour.paint(Tone::Faint, &start) + &colour.paint(entry.kind.tone(), rest.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_aligned() {
        let entries = [
            (1.0, Kind::Truth, Some("orders"), "orders-1 is lost"),
            (1.32, Kind::Event, Some("orders"), "RDS-EVENT-0073 arrives"),
            (2.5, Kind::Keys, Some("billing"), "dns: billing at 10.20.1.9"),
            (12.345, Kind::Deregister, Some("orders"), "10.20.1.4:5432"),
            (13.0, Kind::Run, None, "a sweep ends: both settled"),
        ];
        let lines: Vec<String> = entries
            .into_iter()
            .map(|(seconds, kind, database, text)| {
                let entry = Entry {
                    seconds,
                    kind,
                    database: database.map(str::to_owned),
                    text: text.to_owned(),
                };
                line(&entry, Colour::Off)
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
