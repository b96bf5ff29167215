//! The transcript of a history: when, who, what.

use std::fmt::{self, Write};
use std::time::Duration;

use writerlink_core::text;

/// Whether a transcript is written, which takes longer than playing the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Only how it ended.
    Silent,
    /// All of it.
    Full,
}

/// The actor of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The draw of the setting.
    Setting,
    /// The script.
    Fault,
    Region,
    Elbv2,
    Run(u64),
    Judge,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Setting => f.write_str("setting"),
            Who::Fault => f.write_str("fault"),
            Who::Region => f.write_str("region"),
            Who::Elbv2 => f.write_str("elbv2"),
            Who::Run(number) => write!(f, "run {number}"),
            Who::Judge => f.write_str("judge"),
        }
    }
}

/// The lines of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    telling: Telling,
    began: Duration,
    text: String,
}

impl Transcript {
    pub(super) fn new(telling: Telling, began: Duration) -> Transcript {
        Transcript { telling, began, text: String::new() }
    }

    pub(super) fn say(&mut self, now: Duration, who: Who, what: impl FnOnce() -> String) {
        if self.telling == Telling::Silent {
            return;
        }
        let seconds = now.saturating_sub(self.began).as_secs_f64();
        let what = text::clean(&what());
        let _ = writeln!(self.text, "{seconds:>9.3}  {:<8}  {what}", who.to_string());
    }

    /// The lines.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
