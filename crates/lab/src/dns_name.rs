//! DNS names as text.

/// A name as it is kept: lower case, without the final dot.
pub(crate) fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
