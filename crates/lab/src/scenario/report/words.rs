//! Formats numbers and sentences for the page.

/// `12.3 s`, which stays on one line.
pub(super) fn seconds(seconds: f64) -> String {
    format!("{seconds:.1}\u{a0}s")
}

/// `12.3`, for a column whose head has the unit.
pub(super) fn number(seconds: f64) -> String {
    format!("{seconds:.1}")
}

/// `12.3`, or a dash where there is no such time.
pub(super) fn number_or_dash(time: Option<f64>) -> String {
    time.map_or_else(|| "–".to_owned(), number)
}

/// `12.3 s`, or a dash where there is no such time.
pub(super) fn seconds_or_dash(time: Option<f64>) -> String {
    time.map_or_else(|| "–".to_owned(), seconds)
}

/// `12,345`.
pub(super) fn count(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With its first letter large and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), rest.as_str()),
        None => String::new(),
    }
}

pub(super) fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
