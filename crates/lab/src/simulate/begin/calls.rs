//! Faults that strike calls.

use std::time::Duration;

use writerlink_core::source::Source;

use super::{Begun, Drawn, Site, When};
use crate::fault::{Effect, Fault};
use crate::simulate::step::RunStep;

/// The calls that are struck.
#[derive(Clone, Copy)]
pub(in crate::simulate) enum Api {
    /// One of the lists that the binding's source needs.
    RdsList,
    /// A read of a group.
    GroupRead,
    /// A write to a group.
    GroupWrite,
    /// This operation, in the binding's group only.
    InGroup(&'static str),
    /// This operation, in every group.
    Everywhere(&'static str),
}

impl Drawn {
    /// Has this effect on calls: on a few of them, or on all while it lasts.
    pub(in crate::simulate) fn strike(
        &self,
        site: &mut Site<'_>,
        calls: Api,
        effect: Effect,
    ) -> Begun {
        let (operation, only_here) = self.calls(calls, &site.bound.link.source);
        let mut fault = Fault::on(operation, effect.clone());
        if only_here {
            fault = fault.of(&site.bound.link.group);
        }
        let times = if self.form % 5 < 3 {
            fault = fault.times(1 + self.small(3));
            format!("{} times at most", 1 + self.small(3))
        } else {
            "every time".to_owned()
        };
        let on = fault.on.clone();
        site.world.faults.add(fault);
        let place = if only_here { format!(" of {}", site.bound.link.name) } else { String::new() };
        Begun::of(format!("{operation}{place}: {effect:?}, {times}")).undone(move |world, _| {
            world.faults.retract(&on, &effect);
            Ok(())
        })
    }

    /// The operation that is struck, and whether only in the binding's group.
    fn calls(&self, calls: Api, source: &Source) -> (&'static str, bool) {
        match calls {
            Api::RdsList => {
                let lists = match source {
                    Source::Custom { .. } => ["DescribeDBClusters", "DescribeDBClusterEndpoints"],
                    Source::Proxy(..) => ["DescribeDBProxies"; 2],
                    _ => ["DescribeDBClusters", "DescribeDBInstances"],
                };
                (lists[(self.form / 2) % 2], false)
            }
            Api::GroupRead => {
                let operation = match self.when {
                    When::In(RunStep::Group, _) => "DescribeTargetGroups",
                    _ => "DescribeTargetHealth",
                };
                (operation, self.form.is_multiple_of(2))
            }
            Api::GroupWrite => {
                let operation = match self.when {
                    When::In(RunStep::Register, _) => "RegisterTargets",
                    When::In(RunStep::Deregister, _) => "DeregisterTargets",
                    _ => self.pick(&["RegisterTargets", "DeregisterTargets"]),
                };
                (operation, self.form % 3 == 2)
            }
            Api::InGroup(operation) => (operation, true),
            Api::Everywhere(operation) => (operation, false),
        }
    }

    /// An answer of the RDS API that is slow, perhaps too slow.
    pub(in crate::simulate) fn delay(&self) -> Effect {
        Effect::Delay(Duration::from_millis(200 + 40 * u64::from(self.small(120))))
    }

    /// A page of a list that lacks entries.
    pub(in crate::simulate) fn lost_page(&self) -> Effect {
        self.pick(&[Effect::EmptyPage, Effect::LostPage].each_ref()).clone()
    }

    /// An answer to a write that is lost. What is still on its way lands within the longest write.
    pub(in crate::simulate) fn lost_reply(&self) -> Effect {
        let late = Effect::Late(Duration::from_millis(100 + 20 * u64::from(self.small(140))));
        let forms = [Effect::ResetAfter, Effect::Hang, Effect::Truncated, late];
        self.pick(&forms.each_ref()).clone()
    }

    /// The next write of each kind lands after its run, which is killed.
    pub(in crate::simulate) fn land_late(&self, site: &mut Site<'_>) -> Begun {
        for operation in ["RegisterTargets", "DeregisterTargets"] {
            site.world.faults.add(Fault::on(operation, Effect::Late(self.lasts)).times(1));
        }
        Begun::default()
    }
}
