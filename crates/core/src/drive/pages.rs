//! The pages of a list.

use std::collections::BTreeSet;

use super::reads::{Reads, Tokens};
use crate::failure::{CallError, Failure};
use crate::ports::{Clock, Page};

/// The most pages of a list that are read: 10,000 entries of RDS, 40,000 target groups. No account
/// has as many.
const MOST: usize = 100;

/// All entries of a list. A list whose pages go round in a circle, or never end, is an error.
pub(super) async fn collect<T, F>(
    call: &'static str,
    reads: &Reads<'_, impl Clock>,
    read: impl Fn(Option<String>) -> F,
) -> Result<Vec<T>, CallError>
where
    F: Future<Output = Result<Page<T>, CallError>>,
{
    let give_up = |detail: String| Err(CallError::new(call, Failure::Unreachable, detail));
    let (mut entries, mut seen, mut marker) = (Vec::new(), BTreeSet::new(), None);
    for _ in 0..MOST {
        let page = reads.read(call, Tokens::Due, || read(marker.clone())).await?;
        entries.extend(page.entries);
        let Some(next) = page.next.filter(|next| !next.is_empty()) else {
            return Ok(entries);
        };
        // Any earlier marker, not only the last: a circle can have several pages.
        if !seen.insert(next.clone()) {
            return give_up(format!(
                "the pages go round in a circle: marker {next:?} was given twice"
            ));
        }
        marker = Some(next);
    }
    give_up(format!("the list has no end: there is another page after {MOST}"))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::drive::tests::reading;

    /// Walks pages that `next` links, and gives the markers that were asked for with the result.
    fn walk(next: impl Fn(&str) -> Option<String>) -> (Vec<String>, Result<Vec<u8>, CallError>) {
        let asked = RefCell::new(Vec::new());
        let result = reading(async |reads| {
            let read = |marker: Option<String>| {
                let marker = marker.unwrap_or_default();
                let page = Page { entries: vec![0], next: next(&marker) };
                asked.borrow_mut().push(marker);
                std::future::ready(Ok(page))
            };
            collect("a:B", reads, read).await
        });
        (asked.into_inner(), result)
    }

    #[test]
    fn a_list_is_read_to_its_last_page_whether_that_has_no_marker_or_an_empty_one() {
        for last in [None, Some(String::new())] {
            let (asked, result) = walk(|marker| match marker {
                "" => Some("one".to_owned()),
                "one" => Some("two".to_owned()),
                _ => last.clone(),
            });
            assert_eq!((asked.join(" "), result), (" one two".to_owned(), Ok(vec![0; 3])));
        }
    }

    #[test]
    fn pages_that_go_round_in_a_circle_end_in_an_error() {
        for circle in ["a", "ab", "abc"] {
            let (asked, result) = walk(|marker| {
                let at = circle.find(marker).filter(|_| !marker.is_empty());
                let next = at.map_or(0, |at| (at + 1) % circle.len());
                Some(circle[next..=next].to_owned())
            });
            let error = result.expect_err(circle);
            assert!(error.detail.contains("circle") && error.detail.contains("\"a\""), "{error}");
            assert_eq!((error.failure, asked.len()), (Failure::Unreachable, circle.len() + 1));
        }
    }

    #[test]
    fn a_list_without_an_end_is_given_up_after_a_hundred_pages_and_says_so() {
        let (asked, result) = walk(|marker| Some(format!("{marker}x")));
        let error = result.expect_err("no end");
        assert!(error.detail.contains("no end") && error.detail.contains("100"), "{error}");
        assert_eq!((error.call, error.failure, asked.len()), ("a:B", Failure::Unreachable, MOST));
    }

    #[test]
    fn one_throttled_page_does_not_lose_the_list() {
        let asked = RefCell::new(Vec::new());
        let result = reading(async |reads| {
            let read = |marker: Option<String>| {
                let again = asked.borrow().contains(&marker);
                asked.borrow_mut().push(marker.clone());
                std::future::ready(match marker.as_deref() {
                    None => Ok(Page { entries: vec![1], next: Some("two".to_owned()) }),
                    Some(_) if again => Ok(Page { entries: vec![2], next: None }),
                    Some(_) => Err(CallError::new("a:B", Failure::Throttled, "Rate exceeded")),
                })
            };
            collect("a:B", reads, read).await
        });
        assert_eq!((result, asked.borrow().len()), (Ok(vec![1, 2]), 3));
    }
}
