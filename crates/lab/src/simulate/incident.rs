//! One incident of a script: which fault, in which binding, and what was drawn for it.

use super::begin::{Begun, Drawn, Site};
use super::injected_fault::InjectedFault;
use super::setting::Bound;
use crate::world::World;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) struct Incident {
    pub(super) fault: InjectedFault,
    /// Which binding, where it concerns one.
    pub(super) place: usize,
    pub(super) drawn: Drawn,
}

impl Incident {
    /// Begins the incident. It is skipped if the region refuses it, such as a failover of a
    /// database that is being renamed.
    pub(super) fn begin(&self, world: &mut World, bounds: &[Bound], topic: &str) -> Begun {
        let words = self.fault.words();
        let mut site = Site { world, bound: &bounds[self.place], bounds, topic, words };
        self.fault
            .begin(&self.drawn, &mut site)
            .unwrap_or_else(|refusal| Begun::of(format!("skipped: {refusal}")))
    }
}
