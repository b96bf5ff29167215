//! Makes foreign text safe for terminals and logs.
//!
//! Reports, notifications and logs repeat text from AWS, DNS, payloads and configurations. Such
//! text must not move a cursor, reverse the reading order, hide a letter or start a line of its
//! own. Three places ensure that: the report and the notes of a run leave the core
//! [cleaned](crate::report::Report::cleaned), a record that is read from a file is
//! [bounded](crate::record::Record::bounded), and the programs write their logs and errors through
//! [`lines`].

use serde_json::Value;

/// The longest repeated piece of foreign text, in characters.
const LONGEST_PIECE: usize = 300;

/// The longest sentence of a report, in characters. A sentence can hold several pieces.
const LONGEST_SENTENCE: usize = 2_000;

/// The format characters (Unicode 16.0, `UnicodeData.txt`, category Cf) and the separators of lines
/// and paragraphs (Zl, Zp). They include the bidirectional controls and the zero-width characters.
const INVISIBLE: [(char, char); 21] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{2066}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0001}', '\u{e0001}'),
    ('\u{e0020}', '\u{e007f}'),
];

/// Whether a character is a control character, a format character or a separator of lines (Unicode
/// categories Cc, Cf, Zl and Zp).
pub fn is_unprintable(c: char) -> bool {
    c.is_control() || INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// The text on one line. A line break becomes a space, and any other unprintable character becomes
/// `U+FFFD`, so that it is visible. No character is removed, because a removal could turn one word
/// into another.
pub fn clean(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// Like [`clean`], for a text of several lines that our own code built.
pub fn lines(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { shown(c) }).collect()
}

/// A piece of foreign text on one line, cut after 300 characters.
pub fn bounded(text: &str) -> String {
    cut(text, LONGEST_PIECE)
}

/// A sentence that holds foreign text, on one line, cut after 2,000 characters.
pub fn sentence(text: &str) -> String {
    cut(text, LONGEST_SENTENCE)
}

/// A value in which every text is cleaned. Texts of several lines keep their lines.
pub fn clean_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(lines(&text)),
        Value::Array(list) => Value::Array(list.into_iter().map(clean_value).collect()),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (clean(&key), clean_value(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn shown(c: char) -> char {
    match c {
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        c if is_unprintable(c) => '\u{fffd}',
        c => c,
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).map(shown).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Characters that have misled terminals, and others that could.
    const HOSTILE: &str = "a\u{1b}[31m\r\n\u{7}\u{9b}\u{0}\u{7f}\u{85}\u{202e}\u{2066}\u{2069}\
        \u{2028}\u{2029}\u{200b}\u{200d}\u{feff}\u{ad}\u{61c}\u{e0041}z";

    #[test]
    fn foreign_text_is_bounded_and_stays_on_one_line() {
        let text = bounded(&format!("{HOSTILE}{}", "x".repeat(1000)));
        assert_eq!(text.chars().count(), LONGEST_PIECE + 1);
        assert!(!text.chars().any(is_unprintable), "{text:?}");
        assert_eq!(sentence(&"x".repeat(5000)).chars().count(), LONGEST_SENTENCE + 1);
    }

    #[test]
    fn no_unprintable_character_passes_and_none_is_dropped() {
        let text = clean(HOSTILE);
        assert!(!text.chars().any(is_unprintable), "{text:?}");
        assert_eq!(text.chars().count(), HOSTILE.chars().count());
        assert_ne!(clean("avail\u{200b}able"), "available");
        assert_eq!(clean("10.20.1.7 healthy: é, 数, 🙂"), "10.20.1.7 healthy: é, 数, 🙂");
    }

    #[test]
    fn what_misleads_terminals_is_unprintable_and_letters_are_not() {
        let unprintable = "\u{0}\u{7}\u{1b}\u{7f}\u{9b}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\
            \u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0041}";
        for c in unprintable.chars() {
            assert!(is_unprintable(c), "{c:?}");
        }
        for c in " aé数🙂–…\u{2027}\u{202f}\u{fffd}".chars() {
            assert!(!is_unprintable(c), "{c:?}");
        }
    }

    #[test]
    fn lines_of_our_own_stay_lines() {
        assert_eq!(lines("one\ntwo\u{1b}\r\nthree"), "one\ntwo\u{fffd} \nthree");
    }

    #[test]
    fn a_value_is_cleaned_in_every_key_and_text() {
        let value = clean_value(json!({"a\u{202e}": [HOSTILE, {"b": HOSTILE}, 7, null, true]}));
        let text = value.to_string();
        assert!(!text.chars().any(is_unprintable) && !text.contains("\\u00"), "{text}");
    }
}
