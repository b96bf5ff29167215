//! Reads every page of a list.

use std::collections::BTreeSet;

use writerlink_core::failure::CallError;

use crate::read::malformed;

/// The most pages of a list that are read, a hundred entries each. Only schedules have a default
/// quota that is higher (AWS docs: EventBridge Scheduler quotas, 1,000,000 schedules).
const MOST_PAGES: usize = 100;

/// The entries of every page. `page` reads the page of a token. A page may be empty and have a
/// token all the same.
pub(super) async fn pages<T, F>(
    call: &'static str,
    page: impl Fn(Option<String>) -> F,
) -> Result<Vec<T>, CallError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), CallError>>,
{
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    let mut token = None;
    while seen.len() < MOST_PAGES {
        let (entries, next) = page(token).await?;
        all.extend(entries);
        let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(all) };
        if !seen.insert(next.clone()) {
            return Err(malformed(call, "two pages name the same next page"));
        }
        token = Some(next);
    }
    Err(malformed(call, format!("the list has more than {MOST_PAGES} pages")))
}

/// Every entry of `element`, converted.
pub(super) fn converted<T, U>(
    call: &'static str,
    element: &str,
    list: &[T],
    convert: impl Fn(&T) -> Result<U, String>,
) -> Result<Vec<U>, CallError> {
    let entries: Result<_, _> = list.iter().map(convert).collect();
    entries.map_err(|fault| malformed(call, format!("an entry of `{element}` {fault}")))
}

/// Something that every entry has.
pub(super) fn need<T>(part: Option<T>, name: &str) -> Result<T, String> {
    part.ok_or_else(|| format!("has no `{name}`"))
}

/// A text that every entry has.
pub(super) fn text(part: Option<&str>, name: &str) -> Result<String, String> {
    need(part, name).map(str::to_owned)
}

/// The entries of every page of a list of an SDK's client: the call, the request without a token,
/// how a request is given one, the list in the answer with its element's name, the next token in
/// the answer, and what converts an entry.
macro_rules! every_page {
    (
        $call:ident,
        $request:expr,
        $set:ident,
        $list:ident: $element:literal,
        $next:ident,
        $convert:expr $(,)?
    ) => {{
        let request = $request;
        $crate::account::reader::pages::pages($call, |token| {
            let request = request.clone().$set(token).customize();
            async move {
                let page =
                    $crate::read::read($call, |watch| request.interceptor(watch).send()).await?;
                let list = $crate::read::listed($call, $element, page.$list)?;
                let entries =
                    $crate::account::reader::pages::converted($call, $element, &list, $convert)?;
                Ok((entries, page.$next))
            }
        })
        .await
    }};
}
pub(super) use every_page;
