//! An event, until it is known whom it concerns.

use std::time::Duration;

use super::BindingRun;
use crate::source::{Identifier, Source};
use crate::topology::Topology;

/// An event about something that a binding may depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PendingEvent {
    about: About,
    /// What is left of its patience.
    pub(super) patience: Duration,
    /// It concerns a binding.
    pub(super) matched: bool,
}

/// What an event is about, as it names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum About {
    Cluster(Identifier),
    Instance(Identifier, Cluster),
    /// A proxy, or an endpoint of one: RDS's events name either.
    Proxy(Identifier),
    /// A blue/green deployment, which names no database: it concerns every name that one can take
    /// from another.
    Deployment,
    /// A move of a database that the event does not name: it may be that of any binding.
    Anybody,
}

/// The cluster of the instance that an event names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Cluster {
    /// None, or nobody follows any.
    None,
    /// Unknown before the topology is read.
    Unread,
    /// This one.
    Of(Identifier),
    /// Any: the topology cannot be read.
    Any,
}

impl PendingEvent {
    pub(super) fn of_cluster(id: Identifier, patience: Duration) -> Self {
        Self::new(About::Cluster(id), patience)
    }

    /// `maybe`: its cluster may be followed.
    pub(super) fn of_instance(id: Identifier, patience: Duration, maybe: bool) -> Self {
        let cluster = if maybe { Cluster::Unread } else { Cluster::None };
        Self::new(About::Instance(id, cluster), patience)
    }

    pub(super) fn of_proxy(id: Identifier, patience: Duration) -> Self {
        Self::new(About::Proxy(id), patience)
    }

    pub(super) fn of_deployment(patience: Duration) -> Self {
        Self::new(About::Deployment, patience)
    }

    pub(super) fn of_anybody(patience: Duration) -> Self {
        Self::new(About::Anybody, patience)
    }

    fn new(about: About, patience: Duration) -> Self {
        Self { about, patience, matched: false }
    }

    pub(super) fn is_mapped(&self) -> bool {
        !matches!(self.about, About::Instance(_, Cluster::Unread))
    }

    /// Whether it names no database, so that nobody is answered for by it.
    pub(super) fn names_nobody(&self) -> bool {
        matches!(self.about, About::Deployment | About::Anybody)
    }

    /// Finds the cluster of its instance. A topology that cannot be read may hide any.
    pub(super) fn map(&mut self, topology: Option<&Topology>) {
        let About::Instance(id, cluster @ Cluster::Unread) = &mut self.about else {
            return;
        };
        *cluster = match topology {
            None => Cluster::Any,
            Some(topology) if topology.unread.is_some() => Cluster::Any,
            Some(topology) => {
                let instance = topology.instances.get(id);
                let cluster = instance.and_then(|instance| instance.cluster.clone());
                cluster.map_or(Cluster::None, Cluster::Of)
            }
        };
    }

    pub(super) fn concerns(&self, source: &Source) -> bool {
        match &self.about {
            About::Cluster(id) | About::Instance(_, Cluster::Of(id))
                if source.cluster() == Some(id) =>
            {
                true
            }
            About::Cluster(_) => false,
            About::Instance(_, Cluster::Any) if source.cluster().is_some() => true,
            About::Instance(id, _) => {
                matches!(source, Source::Instance(followed) if followed == id)
            }
            About::Proxy(id) => {
                matches!(source, Source::Proxy(proxy, endpoint) if proxy == id || endpoint.as_ref() == Some(id))
            }
            About::Deployment => source.is_switchable(),
            About::Anybody => true,
        }
    }

    /// Has a binding watched that it concerns.
    pub(super) fn tell(&mut self, binding_run: &mut BindingRun) {
        self.matched = true;
        if self.names_nobody() {
            binding_run.watch_unnamed(self.patience);
        } else {
            binding_run.watch(self.patience);
        }
    }
}
