//! Whether an instance can have a warm standby.

use std::fmt;

use crate::topology::Instance;

/// Why an instance cannot have one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Its engine's standby may accept TCP, or is no standby of the instance.
    Engine(String),
    /// It replicates another database.
    Replica,
    /// A change of `MultiAZ` is pending.
    Changing,
    /// It is not Multi-AZ.
    SingleAz,
    /// Its status is not `available`.
    Status(String),
}

impl Refusal {
    /// Whether it lasts as long as the instance. Then no target was ever admitted as its standby,
    /// and the rules of a cold binding are all there is.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Engine(_) | Self::Replica)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(engine) => write!(
                f,
                "the engine is `{engine}`, and only the standby of PostgreSQL, MySQL, MariaDB and \
                 Oracle refuses TCP"
            ),
            Self::Replica => f.write_str("the instance replicates another database"),
            Self::Changing => f.write_str("a change of `MultiAZ` is pending"),
            Self::SingleAz => f.write_str("the instance is not Multi-AZ, so it has no standby"),
            Self::Status(status) => write!(f, "the instance is `{status}`, not `available`"),
        }
    }
}

/// Whether an instance that belongs to no cluster can have a warm standby.
///
/// # Errors
/// Why it cannot.
pub fn fit(instance: &Instance) -> Result<(), Refusal> {
    let (engine, placement) = (instance.engine.as_str(), &instance.placement);
    // The same engines as in `topology::Standby::RefusesTcp`.
    let refuses =
        matches!(engine, "mysql" | "mariadb" | "postgres") || engine.starts_with("oracle-");
    if !refuses {
        Err(Refusal::Engine(engine.to_owned()))
    } else if placement.replicates {
        Err(Refusal::Replica)
    } else if placement.multi_az_changes {
        Err(Refusal::Changing)
    } else if placement.multi_az != Some(true) {
        Err(Refusal::SingleAz)
    } else if instance.status != "available" {
        Err(Refusal::Status(instance.status.clone()))
    } else {
        Ok(())
    }
}
