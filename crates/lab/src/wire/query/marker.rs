//! The markers of pages: opaque texts, as AWS's are. What is not one of them is refused.

use crate::world::ids;

/// The marker after the entry of a key.
pub(super) fn of(key: &str) -> String {
    let digits: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{:016x}{digits}", ids::hash(key))
}

/// The key of a marker, if it is one.
pub(super) fn key_of(marker: &str) -> Option<String> {
    let (_, digits) = marker.split_at_checked(16)?;
    let bytes = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let key = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
    (of(&key) == marker).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_gives_its_key_back_and_nothing_else_is_one() {
        for key in ["orders", "app/default", "ümlaut", ""] {
            assert_eq!(key_of(&of(key)).as_deref(), Some(key));
        }
        let cut = of("orders");
        for nonsense in ["", "orders", "0123456789abcdef6f", "ü", &cut[..cut.len() - 1]] {
            assert_eq!(key_of(nonsense), None, "{nonsense}");
        }
    }
}
