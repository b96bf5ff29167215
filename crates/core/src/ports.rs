//! The ports: what the driver asks of the world. `writerlink-aws` implements them on AWS,
//! `writerlink-lab` on a simulated Region; both decide nothing.

use std::time::Duration;

use crate::discover::TaggedGroup;
use crate::evidence::Answer;
use crate::failure::{CallError, LookupError};
use crate::note::Note;
use crate::target::{Family, Registration, Target, TargetGroup, TargetGroupArn};
use crate::topology::{HostName, Scope, Topology};

/// The longest that a write may take. It bounds how late a write whose answer was lost can still
/// land, so no write starts with less time left, and a lost answer is waited out for as long.
pub const LONGEST_WRITE: Duration = Duration::from_secs(3);

/// Reads the RDS API.
pub trait Rds {
    /// The lists of the Region that are asked for, all pages of them.
    ///
    /// # Errors
    /// When clusters or instances cannot be read. The other lists fail by themselves, inside the
    /// topology.
    fn topology(&self, scope: Scope) -> impl Future<Output = Result<Topology, CallError>> + Send;
}

/// Asks DNS, without any cache.
pub trait Resolver {
    /// The addresses of a fully qualified name in one family.
    fn lookup(
        &self,
        name: &HostName,
        family: Family,
    ) -> impl Future<Output = Result<Answer, LookupError>> + Send;
}

/// Reads a target group.
pub trait TargetGroupRead {
    /// What kind of group it is.
    fn group(
        &self,
        group: &TargetGroupArn,
    ) -> impl Future<Output = Result<TargetGroup, CallError>> + Send;

    /// All its targets. (Asking for single ones would answer `unused` for one that is not
    /// registered.)
    fn targets(
        &self,
        group: &TargetGroupArn,
    ) -> impl Future<Output = Result<Vec<Target>, CallError>> + Send;

    /// Every group of the Region that carries a tag of ours
    /// ([`NAMESPACE`](crate::discover::NAMESPACE)), all pages. It may take long: an account's
    /// groups are many, and its budget of calls is shared.
    fn tagged(&self) -> impl Future<Output = Result<Vec<TaggedGroup>, CallError>> + Send;
}

/// Changes a target group. Every write goes out once, and ends within [`LONGEST_WRITE`].
pub trait TargetGroupWrite {
    /// Registers a target.
    fn register(
        &self,
        group: &TargetGroupArn,
        target: &Registration,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Deregisters targets, named exactly as ELBv2 reported them.
    fn deregister(
        &self,
        group: &TargetGroupArn,
        targets: &[Target],
    ) -> impl Future<Output = Result<(), CallError>> + Send;
}

/// A writer that cannot exist: what an audit, which has readers only, gives in its place.
#[derive(Debug)]
pub enum NoWriter {}

impl TargetGroupWrite for NoWriter {
    async fn register(&self, _: &TargetGroupArn, _: &Registration) -> Result<(), CallError> {
        match *self {}
    }

    async fn deregister(&self, _: &TargetGroupArn, _: &[Target]) -> Result<(), CallError> {
        match *self {}
    }
}

/// Time.
pub trait Clock {
    /// The time that has passed since some fixed moment; never goes back.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// Hears what is decided, as it is decided: the Lambda logs it, the demo draws it.
pub trait Journal {
    /// One decision.
    fn note(&mut self, note: &Note);
}

/// Nobody listens.
impl Journal for () {
    fn note(&mut self, _: &Note) {}
}
