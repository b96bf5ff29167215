//! Discovery: bindings that are defined by the tags of target groups instead of the configuration.
//!
//! A group with the tag `writerlink:source = cluster/orders` asks for a binding. A tag is easy to
//! write, and its author often does not own the database. So two more consents are needed before
//! anything is published:
//!
//! 1. The configuration's `discover` has a [`Pattern`](crate::config::Pattern) that admits the
//!    source. A source that no pattern admits is refused here, before anything is read about the
//!    database.
//! 2. The *database* has the tag `writerlink:publish`, which names the group. It is checked with
//!    every reading of the topology ([`consent`]), including the one before a removal. RDS lists
//!    tags with the databases, so the check costs no call. A withdrawn consent holds the binding
//!    from the next reading on.
//!
//! An address must be in the configuration's own `allow`, as for any binding. A tag cannot widen
//! it.
//!
//! [`bindings`] is pure. The tags of one group never affect the binding of another: malformed tags
//! are refused under the name of their group. If the configuration has a binding for a group, the
//! group's tags are ignored, even if that binding is refused: a mistyped `mode = "observe"` must
//! not make the tags manage the group.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use crate::config::ENTRY;
use crate::config::{
    BadBinding, Binding, Config, Consent, Discover, Mode, PortDiffers, StandbyMode,
};
use crate::failure::{CallError, bounded};
use crate::source::{Fallback, Identifier, Source};
use crate::target::{TargetGroup, TargetGroupArn};
use crate::topology::Topology;

/// The prefix of all our tags. A group without such a tag is not ours.
pub const NAMESPACE: &str = "writerlink:";

/// The tag by which a database consents to being published: the names of target groups, separated
/// by spaces, or `true` for any group whose tags ask for it. (RDS allows no comma in a tag;
/// botocore rds 2014-10-31, `Tag`.)
pub const PUBLISH: &str = "writerlink:publish";

const SOURCE: &str = "writerlink:source";
const PORT: &str = "writerlink:port";
const MODE: &str = "writerlink:mode";

/// A target group with a tag of ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaggedGroup {
    /// The group that has the tags.
    pub arn: TargetGroupArn,
    /// The description of the group, or why it cannot be understood.
    pub group: Result<TargetGroup, CallError>,
    /// The tags of ours, by key.
    pub tags: BTreeMap<String, String>,
}

/// A discovered binding, and the description of its group.
pub type Found = (Binding, TargetGroup);

/// The bindings that the tags ask for, in the order of the groups; none without `discover`.
pub fn bindings(config: &Config, groups: &[TaggedGroup]) -> Vec<Result<Found, BadBinding>> {
    let Some(discover) = &config.discover else {
        return Vec::new();
    };
    let names = config.names();
    let mut seen = BTreeSet::new();
    groups
        .iter()
        .filter(|tagged| !tagged.tags.is_empty() && !config.claimed.contains(&tagged.arn))
        // A list that changes between its pages can hold a group twice, and two bindings would undo
        // each other's work.
        .filter(|tagged| seen.insert(tagged.arn.name()))
        .map(|tagged| {
            let name = tagged.arn.name();
            let taken = name == ENTRY || names.contains(&name);
            let binding = if taken {
                Err(format!(
                    "a binding of another group has the name `{name}`: rename that binding"
                ))
            } else {
                binding(discover, tagged)
            };
            binding.map_err(|fault| BadBinding {
                // Under the same name it would look like the other binding.
                name: if taken { tagged.arn.as_str() } else { name }.to_owned(),
                place: format!("the tags of the target group `{name}`"),
                fault,
            })
        })
        .collect()
}

fn binding(discover: &Discover, tagged: &TaggedGroup) -> Result<Found, String> {
    let tag = |key| tagged.tags.get(key).map(String::as_str);
    let known = |key: &str| [SOURCE, PORT, MODE].contains(&key);
    if let Some(unknown) = tagged.tags.keys().find(|key| !known(key)) {
        return Err(format!(
            "`{}` is not a tag for a target group: use `{SOURCE}`, `{PORT}` and `{MODE}`",
            bounded(unknown)
        ));
    }
    let source = tag(SOURCE).ok_or_else(|| {
        format!("there is no `{SOURCE}`: write the source to follow, like `cluster/orders`")
    })?;
    let source: Source =
        source.parse().map_err(|error| bounded(&format!("`{SOURCE}`: {error}")))?;
    // A pattern that admits readers does not admit the writer as their fallback.
    let source = match source {
        Source::Readers(id, _) => Source::Readers(id, Fallback::None),
        source => source,
    };
    if owner(&source).is_none() {
        return Err(format!(
            "`{SOURCE}` is {source}, which has no tags that could consent: write a `[[binding]]` \
             for this group"
        ));
    }
    if !discover.patterns.iter().any(|pattern| pattern.admits(&source)) {
        return Err(format!(
            "`{SOURCE}` is {source}, which no pattern of `discover` admits: add one to the \
             configuration, or remove the tag"
        ));
    }
    let port = tag(PORT).map(port).transpose()?;
    let mode = tag(MODE).map(mode).transpose()?;
    let group = tagged.group.clone().map_err(|error| error.to_string())?;
    group.check()?;
    let binding = Binding {
        name: tagged.arn.name().to_owned(),
        source,
        target_group: tagged.arn.clone(),
        port,
        port_differs: PortDiffers::Held,
        mode: mode.unwrap_or(Mode::Manage),
        exclusive: false,
        max_removals: Binding::MAX_REMOVALS,
        outside_vpc: false,
        standby: StandbyMode::Cold,
        allow: discover.allow.clone(),
        consent: Consent::Tagged,
    };
    Ok((binding, group))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
        format!(
            "`{PORT}` is {:?}: write a number from 1 to 65535, or remove the tag for the \
             database's own port",
            bounded(text)
        )
    })
}

fn mode(text: &str) -> Result<Mode, String> {
    match text {
        "manage" => Ok(Mode::Manage),
        "observe" => Ok(Mode::Observe),
        other => Err(format!("`{MODE}` is {:?}: write `manage` or `observe`", bounded(other))),
    }
}

/// Whether the database still consents to this binding; the error is a sentence that says what is
/// missing. If the topology does not list the database, the result is `Ok`: the evidence then
/// reports that the database is not found.
pub fn consent(binding: &Binding, topology: &Topology) -> Result<(), String> {
    if binding.consent == Consent::Written {
        return Ok(());
    }
    let (name, tag) = match owner(&binding.source) {
        Some(Owner::Cluster(id)) => (id, topology.clusters.get(id).map(|cluster| &cluster.publish)),
        Some(Owner::Instance(id)) => {
            (id, topology.instances.get(id).map(|instance| &instance.publish))
        }
        None => return Err(format!("{} has no tags that could consent", binding.source)),
    };
    let group = binding.target_group.name();
    let missing = match tag {
        None => return Ok(()),
        Some(Some(tag))
            if tag.trim() == "true" || tag.split_whitespace().any(|named| named == group) =>
        {
            return Ok(());
        }
        Some(Some(tag)) => format!("its tag `{PUBLISH}` is {:?}", bounded(tag)),
        Some(None) => format!("it has no tag `{PUBLISH}`"),
    };
    Err(format!(
        "{name} does not consent to being published through the target group `{group}`: {missing}"
    ))
}

/// The database whose tag consents.
enum Owner<'a> {
    Cluster(&'a Identifier),
    Instance(&'a Identifier),
}

/// The database whose tag consents to publishing a source; `None` if RDS lists no tags with it.
fn owner(source: &Source) -> Option<Owner<'_>> {
    match source {
        Source::Cluster(id) | Source::Readers(id, _) | Source::Custom { cluster: id, .. } => {
            Some(Owner::Cluster(id))
        }
        Source::Instance(id) => Some(Owner::Instance(id)),
        Source::Proxy(..) | Source::Name(_) => None,
    }
}

#[cfg(test)]
mod tests;
