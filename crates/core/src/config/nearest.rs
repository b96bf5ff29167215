//! What a mistyped word was probably meant to be.

use strsim::osa_distance;

/// Longer texts are not compared: no word of the configuration is nearly as long.
const LONGEST: usize = 40;

/// The word that is nearest to a text, if one is so near that it was probably meant. Case, `_` for
/// `-` and a plural are no difference, and a third of the letters may differ.
pub(super) fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let text = plain(text);
    words
        .into_iter()
        .map(|word| (osa_distance(&text, &plain(word)), word))
        .filter(|(distance, word)| *distance <= (word.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

fn plain(word: &str) -> String {
    let word = word.trim().to_lowercase().replace(['_', ' '], "-");
    word.strip_suffix('s').map(str::to_owned).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keys_is_recognized_and_another_word_is_not() {
        let keys = ["name", "source", "target-group", "port", "port-differs", "mode", "allow"];
        for (text, meant) in [
            ("sorce", Some("source")),
            ("prot", Some("port")),
            ("target_group", Some("target-group")),
            ("TargetGroup", Some("target-group")),
            ("Mode", Some("mode")),
            ("allows", Some("allow")),
            ("ports", Some("port")),
            ("cidr", None),
            ("database", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(text, keys), meant, "{text}");
        }
        assert_eq!(nearest(&"a".repeat(100_000), keys), None);
    }
}
