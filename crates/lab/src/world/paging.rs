//! Splits a list into pages, as the Describe operations return them.

use crate::world::ApiError;

/// Which page is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many entries; the operation's default when none is given.
    pub max_records: Option<u32>,
    /// The marker of the page before.
    pub marker: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// What to ask the next page with, if there is one.
    pub marker: Option<String>,
}

impl PageRequest {
    /// The page of an RDS list, whose entries are ordered by `key`: 20 to 100 entries a page, 100
    /// unless said (botocore rds 2014-10-31, MaxRecords).
    pub fn of_rds<T>(
        &self,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Page<T>, ApiError> {
        let size = match self.max_records {
            None => 100,
            Some(size @ 20..=100) => size,
            Some(size) => {
                return Err(ApiError::invalid_parameter_value(format!(
                    "Invalid value {size} for MaxRecords. Must be between 20 and 100"
                )));
            }
        };
        Ok(self.cut(items, size as usize, key))
    }

    /// The page of at most `size` entries of a list that is ordered by `key`. The marker names the
    /// last entry shown, so that entries that come or go between two pages neither hide nor repeat
    /// others.
    pub fn cut<T>(&self, items: Vec<T>, size: usize, key: impl Fn(&T) -> String) -> Page<T> {
        let is_after = |item: &T| self.marker.as_ref().is_none_or(|marker| key(item) > *marker);
        let mut rest: Vec<T> = items.into_iter().filter(is_after).collect();
        let more = rest.len() > size;
        rest.truncate(size);
        let marker = if more { rest.last().map(&key) } else { None };
        Page { items: rest, marker }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: u32) -> Vec<String> {
        (0..count).map(|n| format!("db-{n:03}")).collect()
    }

    #[test]
    fn the_pages_of_a_list_are_the_list() {
        let mut request = PageRequest { max_records: Some(20), marker: None };
        let mut seen = Vec::new();
        loop {
            let page = request.of_rds(names(45), String::clone).expect("20 is allowed");
            seen.extend(page.items);
            match page.marker {
                Some(marker) => request.marker = Some(marker),
                None => break,
            }
        }
        assert_eq!(seen, names(45));
    }

    #[test]
    fn the_last_full_page_has_no_marker() {
        let request = PageRequest { max_records: Some(20), marker: None };
        let page = request.of_rds(names(20), String::clone).expect("20 is allowed");
        assert_eq!(page.marker, None);
    }

    #[test]
    fn a_page_size_outside_20_to_100_is_refused() {
        for size in [0, 19, 101] {
            let request = PageRequest { max_records: Some(size), marker: None };
            let refusal = request.of_rds(names(1), String::clone).expect_err("out of range");
            assert_eq!(refusal.code, "InvalidParameterValue");
        }
    }
}
