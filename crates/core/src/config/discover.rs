//! What the configuration lets the tags of target groups ask for.

use super::Pattern;
use crate::guard::Allow;
use crate::topology::Scope;

/// The name under which a report says that the tags could not be read. No binding can have it.
pub(crate) const ENTRY: &str = "discovery";

/// The configuration's `discover`: what tags may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Discover {
    /// The sources that tags may name.
    pub patterns: Vec<Pattern>,
    /// What may be registered.
    pub allow: Allow,
}

impl Discover {
    /// The lists that have to be read for the sources that tags may name.
    pub(crate) fn scope(&self) -> Scope {
        Scope {
            custom_endpoints: self.patterns.iter().any(Pattern::admits_custom_endpoints),
            ..Scope::DATABASES
        }
    }
}
