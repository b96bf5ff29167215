//! The readings of the network interfaces of a VPC, which the warm bindings of a run share.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Effect, Reaction};
use crate::failure::CallError;
use crate::standby::Interface;

/// What a reading of the interfaces said.
pub(super) type Interfaces = Result<Arc<Vec<Interface>>, CallError>;

/// Which reading of the interfaces a binding run waits for: one with a higher number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AwaitedInterfaces {
    pub(super) vpc: String,
    /// 0 for any reading of this run.
    pub(super) later_than: u32,
}

/// The readings of each VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct InterfaceCache(BTreeMap<String, Readings>);

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Readings {
    /// How many have begun.
    begun: u32,
    is_under_way: bool,
    /// The last that has arrived.
    latest: Option<Interfaces>,
}

impl InterfaceCache {
    /// What to wait for: any reading of this run, or one that begins after this.
    pub(super) fn awaited(&self, vpc: &str, begins_after_this: bool) -> AwaitedInterfaces {
        let begun = self.0.get(vpc).map_or(0, |readings| readings.begun);
        let later_than = if begins_after_this { begun } else { 0 };
        AwaitedInterfaces { vpc: vpc.to_owned(), later_than }
    }

    /// Such a reading, if there is one. Begins one if none is there or under way.
    pub(super) fn serve(
        &mut self,
        awaited: &AwaitedInterfaces,
        reaction: &mut Reaction,
    ) -> Option<Interfaces> {
        let readings = self.0.entry(awaited.vpc.clone()).or_default();
        if readings.is_under_way {
            return None;
        }
        if readings.begun > awaited.later_than {
            return readings.latest.clone();
        }
        readings.begun += 1;
        readings.is_under_way = true;
        reaction.effects.push(Effect::ReadInterfaces(awaited.vpc.clone()));
        None
    }

    /// Takes the reading that was under way.
    pub(super) fn arrive(&mut self, vpc: String, result: Result<Vec<Interface>, CallError>) {
        let readings = self.0.entry(vpc).or_default();
        readings.is_under_way = false;
        readings.latest = Some(result.map(Arc::new));
    }
}
