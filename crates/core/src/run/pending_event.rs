//! An event, until the run knows which bindings it concerns.

use std::time::Duration;

use jiff::Timestamp;

use super::BindingRun;
use crate::event::catalogue::Meaning;
use crate::event::{Event, SourceType};
use crate::source::{Identifier, Source};
use crate::topology::Topology;

/// An event about something that a binding may depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PendingEvent {
    /// What it is about.
    about: About,
    /// When it happened.
    time: Timestamp,
    /// It says that a move is about to begin.
    announces: bool,
    /// What is left of its patience.
    patience: Duration,
    /// It concerns a binding.
    pub(super) is_matched: bool,
}

/// What an event is about, by the name in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum About {
    /// A cluster.
    Cluster(Identifier),
    /// An instance, and the cluster that it belongs to.
    Instance(Identifier, Cluster),
    /// A proxy, or an endpoint of one: RDS's events name either.
    Proxy(Identifier),
    /// A blue/green deployment. The event names no database: it concerns every name that a
    /// deployment can give to another database.
    Deployment,
    /// A move of a database that the event does not name. It concerns every binding.
    AnyDatabase,
}

/// The cluster of the instance that an event names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Cluster {
    /// None, or no binding follows a cluster.
    None,
    /// Unknown before the topology is read.
    Unread,
    /// This one.
    Of(Identifier),
    /// It may be any cluster, because the topology could not be read.
    Any,
}

/// How a run takes an event.
pub(super) enum Taken {
    /// It may concern the bindings of the run.
    Pending(PendingEvent),
    /// It concerns no binding of any run.
    Unrelated,
    /// It may concern any binding, and is too old to watch for: it asks for one look at everything.
    LookEverywhere,
}

impl PendingEvent {
    /// Takes an event with this much patience left. `may_have_cluster` says whether an instance
    /// that it names can belong to a cluster that a binding follows.
    pub(super) fn take(
        event: &Event,
        now: Timestamp,
        patience: Duration,
        may_have_cluster: bool,
    ) -> Taken {
        let about = match (event.about, event.source.clone()) {
            (SourceType::Cluster, Some(id)) => About::Cluster(id),
            (SourceType::Instance, Some(id)) => {
                let cluster = if may_have_cluster { Cluster::Unread } else { Cluster::None };
                About::Instance(id, cluster)
            }
            (SourceType::Proxy, Some(id)) => About::Proxy(id),
            // The name in such an event is the deployment's, and no database's.
            (SourceType::Deployment, _) => About::Deployment,
            (SourceType::Unrelated, _) => return Taken::Unrelated,
            (SourceType::Other, _) | (_, None) if patience.is_zero() => {
                return Taken::LookEverywhere;
            }
            (SourceType::Other, _) | (_, None) => About::AnyDatabase,
        };
        Taken::Pending(Self {
            about,
            // A missing time, or one in the future, counts as now, as it does for the patience.
            time: event.time.map_or(now, |time| time.min(now)),
            announces: event.meaning() == Meaning::Announced,
            patience,
            is_matched: false,
        })
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, passed: Duration) {
        self.patience = self.patience.saturating_sub(passed);
    }

    /// Whether it needs the topology to say which cluster its instance belongs to.
    pub(super) fn needs_topology(&self) -> bool {
        self.unknown_instance().is_some()
    }

    /// The instance of which only the topology says to which cluster it belongs.
    pub(super) fn unknown_instance(&self) -> Option<&Identifier> {
        match &self.about {
            About::Instance(id, Cluster::Unread) => Some(id),
            _ => None,
        }
    }

    /// Finds the cluster of its instance. A topology that could not be read may hide any.
    pub(super) fn find_cluster(&mut self, topology: Option<&Topology>) {
        let About::Instance(id, cluster @ Cluster::Unread) = &mut self.about else {
            return;
        };
        *cluster = match topology {
            None => Cluster::Any,
            // Clusters and instances could not be read.
            Some(topology) if topology.unread.is_some() => Cluster::Any,
            Some(topology) => {
                let instance = topology.instances.get(id);
                let cluster = instance.and_then(|instance| instance.cluster.clone());
                cluster.map_or(Cluster::None, Cluster::Of)
            }
        };
    }

    /// Whether it names no database. Then the run must look at every binding.
    pub(super) fn names_no_database(&self) -> bool {
        matches!(self.about, About::Deployment | About::AnyDatabase)
    }

    /// Whether it concerns a binding with this source.
    ///
    /// An event of the cluster tells of roles and of the cluster's name, and one of another member
    /// of that member. A binding of a member depends on none of them. To watch it would take calls
    /// from the binding of the writer, for as long as the event has patience.
    pub(super) fn concerns(&self, source: &Source) -> bool {
        let depends_on_roles = source.instance().is_none();
        let is_of = |id| depends_on_roles && source.cluster() == Some(id);
        let is_instance = |id| source.instance() == Some(id);
        match &self.about {
            About::Cluster(id) => is_of(id),
            About::Instance(id, Cluster::Of(cluster)) => is_of(cluster) || is_instance(id),
            About::Instance(id, Cluster::Any) => {
                (depends_on_roles && source.cluster().is_some()) || is_instance(id)
            }
            // While its cluster is unread, the run asks again when the topology arrives.
            About::Instance(id, Cluster::None | Cluster::Unread) => is_instance(id),
            About::Proxy(id) => matches!(
                source,
                Source::Proxy(proxy, endpoint) if proxy == id || endpoint.as_ref() == Some(id)
            ),
            About::Deployment => source.is_switchable(),
            About::AnyDatabase => true,
        }
    }

    /// Takes note of a binding that it does not concern: an event of the cluster of a member that a
    /// binding follows is no event of a database that nobody follows.
    pub(super) fn pass(&mut self, source: &Source) {
        self.is_matched |=
            matches!(&self.about, About::Cluster(id) if source.cluster() == Some(id));
    }

    /// Watches a binding that it concerns.
    pub(super) fn watch(&mut self, binding_run: &mut BindingRun) {
        self.is_matched = true;
        let is_explained = binding_run.knows_of(self.time, self.announces);
        if self.names_no_database() {
            binding_run.watch_unnamed(self.patience, is_explained);
        } else {
            binding_run.watch(self.patience, is_explained);
        }
    }
}
