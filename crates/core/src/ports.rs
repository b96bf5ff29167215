//! The ports: the calls that the driver makes. `writerlink-aws` implements them on AWS,
//! `writerlink-lab` on a simulated Region; neither decides anything.
//!
//! A read of RDS or ELBv2 is one call: one page of a list, one attempt. The [driver](crate::drive)
//! decides which pages are read, which reads are tried again, and at what pace. A lookup may ask
//! each DNS server more than once, and a deregistration of many targets may take several calls.

pub mod action;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::evidence::Answer;
use crate::failure::{CallError, LookupError};
use crate::note::Note;
use crate::source::Identifier;
use crate::standby::{Attributes, Interface};
use crate::target::{Family, Registration, Target, TargetGroup, TargetGroupArn};
use crate::topology::{
    Cluster, CustomEndpoint, HostName, Instance, ListedProxyEndpoint, Proxy, Topology,
};

/// The longest that a write may take, from when it is sent. It bounds how late a write whose answer
/// was lost can still take effect: no write starts with less time left, and only a reading that
/// begins later shows that a write was not done.
///
/// 12 s: a write that ELBv2 answers after 10 s still counts as answered, and one that is cut off
/// and sent again, registration and removal, fits into a quarter of a run of 230 s.
pub const LONGEST_WRITE: Duration = Duration::from_secs(12);

/// [`LONGEST_WRITE`], which the walk scales down like every other time.
#[cfg(not(test))]
pub(crate) const fn longest_write() -> Duration {
    LONGEST_WRITE
}

#[cfg(test)]
pub(crate) use self::scaled::{longest_write, with_longest_write};

#[cfg(test)]
mod scaled {
    use super::{Duration, LONGEST_WRITE};

    pub(crate) fn longest_write() -> Duration {
        SCALED.get()
    }

    /// Runs `act` while a write takes `long` at most.
    pub(crate) fn with_longest_write<T>(long: Duration, act: impl FnOnce() -> T) -> T {
        let usual = SCALED.replace(long);
        let done = act();
        SCALED.set(usual);
        done
    }

    thread_local! {
        static SCALED: std::cell::Cell<Duration> = const { std::cell::Cell::new(LONGEST_WRITE) };
    }
}

/// The most target groups that one call can name: DescribeTags takes 20 (ELBv2 API reference,
/// "DescribeTags"). No limit is documented for DescribeTargetGroups, so it is given no more.
pub(crate) const BATCH: usize = 20;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries on this page.
    pub entries: Vec<T>,
    /// The marker that asks for the next page; absent or empty on the last page.
    pub next: Option<String>,
}

impl<T> Default for Page<T> {
    /// An empty last page.
    fn default() -> Self {
        Self { entries: Vec::new(), next: None }
    }
}

/// Which entries of a list of RDS are asked for. Where none has these names, the list is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Those of these clusters: the filter `db-cluster-id` (botocore rds 2014-10-31,
    /// `DescribeDBClusters` and `DescribeDBInstances`).
    Clusters(BTreeSet<Identifier>),
    /// These instances: the filter `db-instance-id` of `DescribeDBInstances`.
    Instances(BTreeSet<Identifier>),
}

/// Reads the RDS API. Each method gives the page at `marker`, or the first page without one. An
/// entry whose identifier RDS would not have accepted is left out, so that it never hides the
/// others.
pub trait Rds {
    /// The clusters: all of them without a filter.
    fn clusters(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> impl Future<Output = Result<Page<(Identifier, Cluster)>, CallError>> + Send;

    /// The instances, those of clusters included: all of them without a filter.
    fn instances(
        &self,
        filter: Option<&Filter>,
        marker: Option<String>,
    ) -> impl Future<Output = Result<Page<(Identifier, Instance)>, CallError>> + Send;

    /// The custom endpoints of Aurora clusters.
    fn custom_endpoints(
        &self,
        marker: Option<String>,
    ) -> impl Future<Output = Result<Page<(Identifier, CustomEndpoint)>, CallError>> + Send;

    /// The proxies, without their further endpoints.
    fn proxies(
        &self,
        marker: Option<String>,
    ) -> impl Future<Output = Result<Page<(Identifier, Proxy)>, CallError>> + Send;

    /// The further endpoints of proxies.
    fn proxy_endpoints(
        &self,
        marker: Option<String>,
    ) -> impl Future<Output = Result<Page<ListedProxyEndpoint>, CallError>> + Send;
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

/// A target group as ELBv2 lists it: what kind of group it is, or why its description
/// cannot be understood.
pub type ListedGroup = (TargetGroupArn, Result<TargetGroup, CallError>);

/// A target group and all its tags.
pub type GroupTags = (TargetGroupArn, BTreeMap<String, String>);

/// Reads target groups.
pub trait TargetGroupRead {
    /// What kind of group each of these is, at most 20 of them. A group that does not exist may be
    /// left out, or fail the whole call as not found.
    fn describe(
        &self,
        groups: &[TargetGroupArn],
    ) -> impl Future<Output = Result<Vec<ListedGroup>, CallError>> + Send;

    /// All its targets. (Asking for single targets would answer `unused` for one that is not
    /// registered.)
    fn targets(
        &self,
        group: &TargetGroupArn,
    ) -> impl Future<Output = Result<Vec<Target>, CallError>> + Send;

    /// The page at `marker` of all groups of the Region, or the first page without one. A group
    /// whose ARN cannot be read is left out.
    fn groups(
        &self,
        marker: Option<String>,
    ) -> impl Future<Output = Result<Page<ListedGroup>, CallError>> + Send;

    /// The tags of these groups, at most 20 of them.
    fn tags(
        &self,
        groups: &[TargetGroupArn],
    ) -> impl Future<Output = Result<Vec<GroupTags>, CallError>> + Send;
}

/// Reads what proves a standby's address, and whether a group may hold it. Nothing of it is called
/// for a binding that is not warm.
pub trait StandbyRead {
    /// The page at `marker` of the network interfaces of RDS in a VPC, or the first page without
    /// one: those that a service manages and whose description is
    /// [`DESCRIPTION`](crate::standby::DESCRIPTION).
    fn interfaces(
        &self,
        vpc: &str,
        marker: Option<String>,
    ) -> impl Future<Output = Result<Page<Interface>, CallError>> + Send;

    /// The attributes of a target group.
    fn group_attributes(
        &self,
        group: &TargetGroupArn,
    ) -> impl Future<Output = Result<Attributes, CallError>> + Send;

    /// The ARNs of the load balancers that forward to a target group
    /// (`elasticloadbalancing:DescribeTargetGroups`).
    fn balancers_of(
        &self,
        group: &TargetGroupArn,
    ) -> impl Future<Output = Result<BTreeSet<String>, CallError>> + Send;

    /// The names of the enabled zones of each of these load balancers, of which there is one at
    /// least and `BATCH` at most.
    fn balancers(
        &self,
        arns: &BTreeSet<String>,
    ) -> impl Future<Output = Result<BTreeMap<String, BTreeSet<String>>, CallError>> + Send;

    /// The attributes of a load balancer.
    fn balancer_attributes(
        &self,
        arn: &str,
    ) -> impl Future<Output = Result<Attributes, CallError>> + Send;
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

/// A writer of which no value exists: an audit, which can only read, names this type.
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
    /// The time since some fixed moment; it never goes back.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// Records a run while it goes on: the Lambda logs it, the demo draws it, the simulation judges it.
pub trait Journal {
    /// One decision of the run.
    fn note(&mut self, note: &Note);

    /// A reading of the topology, before the run takes it in.
    fn topology(&mut self, _read: &Result<Topology, CallError>) {}
}

/// Records nothing.
impl Journal for () {
    fn note(&mut self, _: &Note) {}
}
