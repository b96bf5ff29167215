//! What a binding follows: the source grammar, and the names in it.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// What is followed: a database endpoint behind which there is one writer.
///
/// The grammar knows more kinds than are followed today; those are refused by name, so that a configuration
/// written for them is never half understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// `cluster/ID`: the writer of an Aurora or Multi-AZ DB cluster.
    Cluster(Identifier),
    /// `instance/ID`: a DB instance that belongs to no cluster.
    Instance(Identifier),
}

impl Source {
    /// The identifier of the cluster or instance.
    pub fn id(&self) -> &Identifier {
        match self {
            Self::Cluster(id) | Self::Instance(id) => id,
        }
    }

    /// Whether a cluster's writer is followed.
    pub fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(id) => write!(f, "cluster/{id}"),
            Self::Instance(id) => write!(f, "instance/{id}"),
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["cluster", id] => Ok(Self::Cluster(id.parse()?)),
            ["instance", id] => Ok(Self::Instance(id.parse()?)),
            ["cluster", _, "readers"] => Err(SourceError::NotYet("cluster/ID/readers")),
            ["cluster", _, "custom", _] => Err(SourceError::NotYet("cluster/ID/custom/ENDPOINT-ID")),
            ["proxy", _] | ["proxy", _, _] => Err(SourceError::NotYet("proxy/NAME")),
            ["dns", _] => Err(SourceError::NotYet("dns/HOSTNAME")),
            _ => Err(SourceError::Syntax(text.to_owned())),
        }
    }
}

/// Why a source was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The text fits no form of the grammar.
    #[error("{0:?} is no source: write `cluster/ID` for a cluster's writer or `instance/ID` for a DB instance")]
    Syntax(String),
    /// The form is known and nothing follows it yet.
    #[error("sources of the form `{0}` are not supported yet: use `cluster/ID` or `instance/ID`")]
    NotYet(&'static str),
    /// The identifier cannot be one of RDS.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
}

/// An RDS identifier of a cluster or an instance. RDS stores them in lower case (AWS docs: `CreateDBInstance`),
/// so that is how they are kept and compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Identifier(String);

impl Identifier {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Identifier {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() <= 63
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !text.ends_with('-')
            && !text.contains("--");
        if fits {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(IdentifierError(text.chars().take(80).collect()))
        }
    }
}

/// A text that cannot be an RDS identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be an RDS identifier: 1 to 63 letters, digits and single hyphens, a letter first, no hyphen at the end"
)]
pub struct IdentifierError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_back_as_it_is_written() {
        for text in ["cluster/orders", "instance/billing-1"] {
            assert_eq!(text.parse::<Source>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn identifiers_are_compared_in_lower_case_as_rds_stores_them() {
        assert_eq!("cluster/Orders".parse::<Source>(), "cluster/orders".parse());
    }

    #[test]
    fn kinds_that_are_not_followed_yet_are_refused_by_name() {
        for text in [
            "cluster/orders/readers",
            "cluster/orders/custom/eu",
            "proxy/p",
            "proxy/p/ro",
            "dns/db.example.com",
        ] {
            assert!(matches!(text.parse::<Source>(), Err(SourceError::NotYet(_))), "{text}");
        }
    }

    #[test]
    fn what_fits_no_form_is_refused_with_the_forms_that_do() {
        for text in [
            "",
            "orders",
            "cluster",
            "cluster/",
            "cluster/a/b",
            "Cluster/orders",
            "instance/-a",
            "instance/a--b",
            "instance/a b",
        ] {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }
}
