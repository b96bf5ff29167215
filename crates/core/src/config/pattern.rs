//! Patterns over written sources, such as `cluster/orders-*`.

use std::fmt;
use std::str::FromStr;

use crate::source::Source;

/// Which sources tags may name. `*` matches any part of a name but no `/`: the author of
/// `cluster/orders-*` did not mean the other sources whose text starts with a cluster's name, such
/// as its readers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// Whether this pattern matches the written form of a source.
    pub fn admits(&self, source: &Source) -> bool {
        self.matches(&source.to_string())
    }

    fn matches(&self, source: &str) -> bool {
        let (wanted, given) = (self.0.split('/'), source.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.zip(given).all(|(part, text)| fits(part, text))
    }
}

impl Pattern {
    /// Whether it can admit a custom endpoint.
    pub(super) fn admits_custom_endpoints(&self) -> bool {
        self.0.split('/').nth(2).is_some_and(|part| fits(part, "custom"))
    }
}

/// Whether a text without `/` matches a part of a pattern. The first and the last piece must be at
/// the ends. For each piece between the stars, the leftmost match is enough: a later match would
/// only leave less text for the following pieces.
fn fits(part: &str, text: &str) -> bool {
    let Some((first, rest)) = part.split_once('*') else {
        return part == text;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut text) = text.strip_prefix(first).and_then(|text| text.strip_suffix(last)) else {
        return false;
    };
    middle.split('*').all(|piece| {
        let found = text.find(piece);
        text = found.map_or("", |at| &text[at + piece.len()..]);
        found.is_some()
    })
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    /// Accepts a source with stars in its names. The kind must be written out: `*` alone would also
    /// admit kinds that the author did not think of.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |part: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '*';
            !part.is_empty() && part.chars().all(fits)
        };
        let (kind, names) = text.split_once('/').unwrap_or((text, ""));
        if matches!(kind, "cluster" | "instance") && names.split('/').all(is_name) {
            // Sources are stored in lower case.
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(PatternError(text.chars().take(80).collect()))
        }
    }
}

/// A text that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?}, which is not a pattern: write a cluster or an instance, with `*` for a part of the \
     name, like `cluster/orders-*` or `instance/*`"
)]
pub struct PatternError(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(pattern: &str, source: &str) -> bool {
        let pattern: Pattern = pattern.parse().expect(pattern);
        pattern.admits(&source.parse().expect(source))
    }

    #[test]
    fn a_star_matches_any_part_of_a_name_and_every_other_character_itself() {
        for (pattern, source, fits) in [
            ("cluster/orders", "cluster/orders", true),
            ("cluster/orders", "cluster/orders-2", false),
            ("cluster/Orders-*", "cluster/orders-eu", true),
            ("cluster/orders-*", "cluster/orders", false),
            ("cluster/orders-*", "cluster/my-orders-eu", false),
            ("cluster/*-eu", "cluster/orders-eu", true),
            ("cluster/*-eu", "cluster/orders-eu-2", false),
            ("cluster/a*a", "cluster/a", false),
            ("cluster/a*a", "cluster/aa", true),
            ("cluster/*b*c*", "cluster/abxc", true),
            ("cluster/*b*c*", "cluster/acxb", false),
            ("cluster/a*b*b", "cluster/ab", false),
            ("cluster/a**b", "cluster/a-b", true),
            ("cluster/*", "cluster/anything", true),
            ("cluster/*", "instance/anything", false),
            ("instance/billing", "instance/billing", true),
        ] {
            assert_eq!(admits(pattern, source), fits, "{pattern} {source}");
        }
    }

    #[test]
    fn a_star_matches_no_slash() {
        let pattern: Pattern = "cluster/orders*".parse().expect("a pattern");
        assert!(pattern.matches("cluster/orders-eu"));
        assert!(
            !pattern.matches("cluster/orders/readers")
                && !pattern.matches("cluster/orders-eu/readers")
        );
        let pattern: Pattern = "cluster/*/readers".parse().expect("a pattern");
        assert!(pattern.matches("cluster/orders/readers") && !pattern.matches("cluster/orders"));
    }

    #[test]
    fn what_names_no_kind_or_no_name_is_refused() {
        for text in [
            "",
            "*",
            "*/orders",
            "orders-*",
            "cluster",
            "cluster/",
            "cluster//x",
            "dns/*",
            "proxy/x",
            "cluster/a b",
        ] {
            let error = text.parse::<Pattern>().expect_err(text).to_string();
            assert!(error.contains("like `cluster/orders-*`"), "{error}");
        }
    }
}
