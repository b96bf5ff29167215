//! Reads the parameters of a Query API call, and refuses wrong ones.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::str::FromStr;

use super::{Dialect, marker};
use crate::world::ApiError;

/// The parameters of a call, or those of one member of a list.
#[derive(Clone, Debug)]
pub(super) struct Params {
    dialect: Dialect,
    values: BTreeMap<String, String>,
}

impl Params {
    pub(super) fn new(dialect: Dialect, values: BTreeMap<String, String>) -> Params {
        Params { dialect, values }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same parameters, but for the further members of a list: what a call that breaks off
    /// does.
    pub(super) fn with_first_member_only(&self, list: &str) -> Params {
        let members = format!("{list}.member.");
        let first = format!("{members}1.");
        let stays = |name: &str| !name.starts_with(&members) || name.starts_with(&first);
        let mut values = self.values.clone();
        values.retain(|name, _| stays(name));
        Params::new(self.dialect, values)
    }

    /// A text; an empty one counts as absent, as it does with AWS.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A text, owned.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.optional(name).map(str::to_owned)
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.optional(name).ok_or_else(|| self.dialect.missing(name))
    }

    /// The key of the last entry of the page before, if there was one.
    pub(super) fn marker(&self, name: &str) -> Result<Option<String>, ApiError> {
        let key =
            |marker| marker::key_of(marker).ok_or_else(|| self.dialect.malformed(name, marker));
        self.optional(name).map(key).transpose()
    }

    /// A number, or a word that a type knows.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let parse = |value: &str| value.parse().map_err(|_| self.dialect.malformed(name, value));
        self.optional(name).map(parse).transpose()
    }

    /// A port, which is never 0.
    pub(super) fn port(&self, name: &str) -> Result<Option<u16>, ApiError> {
        Ok(self.parsed::<NonZeroU16>(name)?.map(NonZeroU16::get))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let parse = |value: &str| match value {
            "true" | "True" => Ok(true),
            "false" | "False" => Ok(false),
            _ => Err(self.dialect.malformed(name, value)),
        };
        self.optional(name).map(parse).transpose()
    }

    /// The texts of `name.member.1`, `name.member.2`, … in order. RDS names its members otherwise
    /// (`name.EventCategory.1`), so any word counts as `member`.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).into_iter().filter_map(|member| member.owned("")).collect()
    }

    /// A list of texts that must have one at least.
    pub(super) fn required_texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        let texts = self.texts(name);
        if texts.is_empty() { Err(self.dialect.missing(name)) } else { Ok(texts) }
    }

    /// The members of a list of structures, in order. What follows `name.member.1.` names a
    /// member's own parameters.
    pub(super) fn list(&self, name: &str) -> Vec<Params> {
        let mut members: BTreeMap<u64, BTreeMap<String, String>> = BTreeMap::new();
        let prefix = format!("{name}.");
        for (key, value) in
            self.values.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix))
        {
            if let Some((number, field)) = place_in_list(&key[prefix.len()..]) {
                members.entry(number).or_default().insert(field.to_owned(), value.clone());
            }
        }
        let params = |values| Params::new(self.dialect, values);
        members.into_values().map(params).collect()
    }

    /// A list of `Key` and `Value`.
    pub(super) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, ApiError> {
        let pair = |member: Params| {
            Ok((member.required("Key")?.to_owned(), member.owned("Value").unwrap_or_default()))
        };
        self.list(name).into_iter().map(pair).collect()
    }
}

/// Takes `member.12.Id`, or `12.Id` as EC2 writes it, apart into 12 and `Id`.
fn place_in_list(path: &str) -> Option<(u64, &str)> {
    let numbered = match path.split_once('.') {
        Some((word, rest)) if word.parse::<u64>().is_err() => rest,
        _ => path,
    };
    let (number, field) = numbered.split_once('.').unwrap_or((numbered, ""));
    Some((number.parse().ok()?, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(form: &str) -> Params {
        let values = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        Params::new(Dialect::Elbv2, values)
    }

    #[test]
    fn members_are_taken_in_the_order_of_their_numbers() {
        let params = params("Names.member.10=c&Names.member.2=b&Names.member.1=a&Id.2=y&Id.1=x");
        assert_eq!(params.texts("Names"), ["a", "b", "c"]);
        assert_eq!(params.texts("Id"), ["x", "y"], "as EC2 and SQS number them");
    }

    #[test]
    fn rds_may_name_its_members_after_their_shape() {
        let params =
            params("EventCategories.EventCategory.1=failover&EventCategories.member.2=failure");
        assert_eq!(params.texts("EventCategories"), ["failover", "failure"]);
    }

    #[test]
    fn an_empty_parameter_counts_as_absent() {
        let params = params("Marker=&Port=&Names=");
        assert_eq!(params.optional("Marker"), None);
        assert_eq!(params.port("Port").ok(), Some(None));
        assert!(params.required("Marker").is_err());
        assert!(params.texts("Names").is_empty());
    }

    #[test]
    fn a_number_that_is_none_is_refused_with_its_name() {
        let refusal = params("Port=65536").port("Port").expect_err("too large for a port");
        assert!(refusal.message.contains("65536"), "{refusal}");
        assert!(params("Port=0").port("Port").is_err());
    }
}
