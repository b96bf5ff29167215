//! A call by hand in which a person vouches for DNS.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use writerlink_core::event::{LONGEST_TRUST, Trust};
use writerlink_core::source::{Identifier, IdentifierError};

use super::{CallContext, excerpt, short};

/// The keys, which come together.
pub(super) const KEYS: [&str; 3] = ["trust", "writer", "expires"];

/// Reads the keys of a call by hand that vouch for DNS. `only` are the bindings that it names.
pub(super) fn trust(
    keys: &Map<String, Value>,
    only: Option<&[String]>,
    context: &CallContext<'_>,
) -> Result<Option<Trust>, String> {
    let [trust, writer, expires] = match KEYS.map(|key| keys.get(key)) {
        [None, None, None] => return Ok(None),
        [Some(trust), Some(writer), Some(expires)] => [trust, writer, expires],
        found => {
            let lacks = KEYS.iter().zip(found).filter(|(_, value)| value.is_none());
            let lacks: Vec<String> = lacks.map(|(key, _)| format!("`{key}`")).collect();
            return Err(format!(
                "`trust`, `writer` and `expires` come together, and the payload has no {}",
                lacks.join(" and no ")
            ));
        }
    };
    if trust.as_str() != Some("dns") {
        return Err(format!("`trust` is {}, and only \"dns\" is supported", excerpt(trust)));
    }
    check_binding(only, context)?;
    Ok(Some(Trust { writer: member(writer)?, expires: time(expires, context.now)? }))
}

/// A person answers for one writer at a time. A binding that tags ask for needs the consent of its
/// database, which only RDS can give.
fn check_binding(only: Option<&[String]>, context: &CallContext<'_>) -> Result<(), String> {
    let Some([name]) = only else {
        return Err(format!(
            "`trust` needs `bindings` with exactly one name, and the payload has {}",
            only.map_or("no `bindings`".to_owned(), |only| format!("{} names", only.len()))
        ));
    };
    match context.writers.contains(&name.as_str()) {
        true => Ok(()),
        false => Err(format!(
            "`trust` is supported for a binding of the configuration that follows a cluster's \
             writer (`source = \"cluster/ID\"`), and `{}` is none",
            short(name)
        )),
    }
}

fn member(writer: &Value) -> Result<Identifier, String> {
    let name = writer.as_str().ok_or_else(|| {
        format!("`writer` is {}: write the name of the instance in quotes", excerpt(writer))
    })?;
    name.parse().map_err(|error: IdentifierError| {
        format!("`writer` is not the name of an instance: {error}")
    })
}

fn time(expires: &Value, now: Timestamp) -> Result<Timestamp, String> {
    let refused = |fault: &str| {
        let example = now.saturating_add(SignedDuration::from_secs(300)).unwrap_or(now);
        format!(
            "`expires` is {}, {fault}: write a time with its offset, at most {} minutes ahead, \
             like \"{example:.0}\"",
            excerpt(expires),
            LONGEST_TRUST.as_secs() / 60
        )
    };
    let time = expires.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let time = time.ok_or_else(|| refused("which is no time of RFC 3339"))?;
    if time <= now {
        return Err(refused("which is over"));
    }
    match time.duration_since(now) > SignedDuration::try_from(LONGEST_TRUST).unwrap_or_default() {
        true => Err(refused("which is too far ahead")),
        false => Ok(time),
    }
}
