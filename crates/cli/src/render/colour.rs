//! Colour on a terminal.

use std::env;
use std::io::{self, IsTerminal};

use clap::builder::styling::{AnsiColor, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Off,
    /// Colours from the terminal's own palette.
    On,
}

impl Colour {
    /// Colour only on a terminal, and not if NO_COLOR is set (no-color.org).
    pub(crate) fn of_stdout() -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || env::var_os("TERM").is_some_and(|value| value == "dumb");
        if io::stdout().is_terminal() && !refused { Self::On } else { Self::Off }
    }

    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let style = tone.style();
        match self {
            Self::Off => text.to_owned(),
            Self::On => format!("{style}{text}{style:#}"),
        }
    }
}

/// The meaning of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "lab"), expect(dead_code, reason = "only the lab's output has some"))]
pub(crate) enum Tone {
    Good,
    /// Needs a look.
    Warning,
    Bad,
    /// An action of the function.
    Act,
    /// Background.
    Faint,
    Plain,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Act => AnsiColor::Cyan.on_default(),
            Self::Faint => Style::new().dimmed(),
            Self::Plain => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_colour_is_unchanged() {
        assert_eq!(Colour::Off.paint(Tone::Bad, "x"), "x");
        assert_eq!(Colour::On.paint(Tone::Good, "x"), "\u{1b}[32mx\u{1b}[0m");
    }
}
