//! What is wrong with a configuration, and where.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Location;
use crate::text::{bounded, sentence};

/// How long the text of a [`ConfigError`] may become, in characters: it goes into a log line and
/// into a notification.
const LONGEST: usize = 4_000;

/// With more bindings than this, a message names only the first of them.
const MOST_NAMES: usize = 5;

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// The key, such as `timing.settle` or `binding.port`; none where no key could be read.
    pub key: Option<String>,
    /// The names of the bindings that cannot be used because of it; of a binding without a name,
    /// `binding-` and its position. Empty, if no binding is the cause.
    pub bindings: Vec<String>,
    /// What was found, and what is allowed.
    pub message: String,
    /// What was probably meant, if that is known.
    pub did_you_mean: Option<String>,
}

/// Where something is written: the key, or an item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, or the place outside the function; none, if the configuration is in neither.
    #[serde(serialize_with = "written")]
    pub file: Location,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

fn written<S: Serializer>(file: &Location, serializer: S) -> Result<S::Ok, S::Error> {
    match file {
        Location::File(path) => serializer.collect_str(&path.display()),
        Location::Remote(place) => serializer.serialize_str(place),
        Location::Inline(_) => serializer.serialize_none(),
    }
}

impl Place {
    /// The place of an offset in bytes.
    pub(super) fn of(file: &Location, text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self {
            // The text itself would be repeated with each mistake.
            file: match file {
                Location::Inline(_) => Location::Inline(String::new()),
                other => other.clone(),
            },
            line: line(text, at),
            column: last.chars().count() + 1,
        }
    }
}

/// The line of an offset in bytes, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// In the form that terminals and editors open: `FILE:LINE:COLUMN`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column } = self;
        match file {
            Location::File(_) | Location::Remote(_) => write!(f, "{file}:{line}:{column}"),
            Location::Inline(_) => write!(f, "{file}, line {line}, column {column}"),
        }
    }
}

impl Mistake {
    /// A mistake that is none of a key.
    pub(super) fn at(place: Place, message: String) -> Self {
        Self { place, key: None, bindings: Vec::new(), message, did_you_mean: None }
    }

    /// The mistake without its place: the bindings, what was found, what is allowed, and what was
    /// probably meant.
    pub fn sentence(&self) -> String {
        let meant = self.did_you_mean.iter().map(|meant| format!("; did you mean {meant}?"));
        let text =
            format!("{}{}{}", bindings(&self.bindings), self.message, meant.collect::<String>());
        sentence(&text)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence())
    }
}

fn bindings(names: &[String]) -> String {
    let shown: Vec<_> =
        names.iter().take(MOST_NAMES).map(|name| format!("`{}`", bounded(name))).collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    match (shown.as_slice(), more) {
        ([], _) => String::new(),
        ([name], _) => format!("binding {name}: "),
        ([first @ .., last], 0) => format!("bindings {} and {last}: ", first.join(", ")),
        (shown, more) => format!("bindings {} and {more} more: ", shown.join(", ")),
    }
}

/// Why a whole configuration was refused: all of its mistakes, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

impl std::error::Error for ConfigError {}

/// One line for each mistake, and as many as fit into a message.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [mistake] = self.mistakes.as_slice() {
            return write!(f, "{mistake}");
        }
        write!(f, "{} mistakes", self.mistakes.len())?;
        let mut length = 0;
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let line = format!("\n  {mistake}");
            length += line.chars().count();
            if index > 0 && length > LONGEST {
                let more = self.mistakes.len() - index;
                return write!(f, "\n  and {more} more, which `writerlink check` prints");
            }
            f.write_str(&line)?;
        }
        Ok(())
    }
}
