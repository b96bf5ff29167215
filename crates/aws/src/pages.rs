//! The pages of a list.

use std::collections::BTreeSet;

use writerlink_core::failure::{CallError, Failure};

/// The most pages of a list that are read: 10,000 entries of RDS, 40,000 target groups. No account
/// has as many.
const MOST: usize = 100;

/// A page: its entries, and the marker of the next one.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// All entries of a list. A server that turns the pages in a circle, or has always another one, is
/// given up.
pub(crate) async fn all<T, F>(
    call: &'static str,
    read: impl Fn(Option<String>) -> F,
) -> Result<Vec<T>, CallError>
where
    F: Future<Output = Result<Page<T>, CallError>>,
{
    let give_up = |detail: String| Err(CallError::new(call, Failure::Unreachable, detail));
    let (mut entries, mut seen, mut marker) = (Vec::new(), BTreeSet::new(), None);
    for _ in 0..MOST {
        let (page, next) = read(marker).await?;
        entries.extend(page);
        let Some(next) = next.filter(|next| !next.is_empty()) else {
            return Ok(entries);
        };
        if !seen.insert(next.clone()) {
            return give_up(format!(
                "the pages go round in a circle: marker {next:?} was given twice"
            ));
        }
        marker = Some(next);
    }
    give_up(format!("the list has no end: there is another page after {MOST}"))
}

/// The list of an answer. The query protocol writes an empty list as an empty element (Smithy
/// specification, "AWS query protocol"; botocore gives `[]` for both), so that without the element
/// the answer says nothing of how many there are.
pub(crate) fn listed<T>(
    call: &'static str,
    element: &str,
    list: Option<Vec<T>>,
) -> Result<Vec<T>, CallError> {
    list.ok_or_else(|| {
        let detail =
            format!("the answer is malformed: it has no list `{element}`, not even an empty one");
        CallError::new(call, Failure::Unreachable, detail)
    })
}
