//! Plays the sweeps that follow a faulty run, after all faults have ended: on the world that the
//! run left, in virtual time and without the wire, because neither matters here.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use writerlink_core::config::Config;
use writerlink_core::drive::{ReadPorts, drive};
use writerlink_core::event::{Trigger, TriggerKind};
use writerlink_core::ports::{Clock, NoWriter, TargetGroupWrite};
use writerlink_core::report::{BindingReport, Status};
use writerlink_core::run::Run;
use writerlink_lab::World;
use writerlink_lab::ports::InProcess;
use writerlink_lab::scene::Link;
use writerlink_lab::virtual_time::VirtualTime;

/// What the function is given before it is ended.
const LIMIT: Duration = Duration::from_secs(60);

/// A region in which nothing goes wrong any more.
pub(crate) struct Calm {
    time: VirtualTime,
    region: InProcess<VirtualTime>,
    config: Config,
    link: Link,
}

impl Calm {
    /// The calm after what has become of a world.
    pub(crate) fn after(mut world: World, config: &Config, link: &Link) -> Self {
        world.faults.clear();
        let time = VirtualTime::default();
        time.run(time.sleep(world.now()));
        Self {
            region: InProcess::new(world, time.clone()),
            time,
            config: config.clone(),
            link: link.clone(),
        }
    }

    /// Changes the world, and lets time pass until that is old.
    pub(crate) fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.region.world());
        self.time.run(self.time.sleep(Duration::from_secs(300)));
    }

    /// What the group holds.
    pub(crate) fn holds(&self) -> &'static str {
        holds(&self.region.world(), &self.link)
    }

    /// The schedule's run.
    pub(crate) fn sweep(&self) -> BindingReport {
        self.sweep_with(Some(&self.region))
    }

    /// What is wrong, if it is: one sweep must put the group right, and another one must find
    /// nothing to write.
    pub(crate) fn complaint(&self) -> Option<String> {
        let mended = self.sweep();
        if !mended.status.is_ok() || self.holds() != "new" {
            return Some(format!("a sweep leaves {}: {mended:?}", self.holds()));
        }
        let settled = self.sweep_with(None::<&NoWriter>);
        (settled.status != Status::Settled)
            .then(|| format!("another sweep is not settled: {settled:?}"))
    }

    /// Whether no moment found the group without a present target.
    pub(crate) fn was_never_empty(&self) -> bool {
        self.link.was_never_empty(&self.region.world())
    }

    fn sweep_with(&self, writer: Option<&impl TargetGroupWrite>) -> BindingReport {
        let region = || self.region.clone();
        let ports = ReadPorts::new(region(), region(), region(), region());
        let trigger = Trigger::sweep(TriggerKind::Schedule);
        let run = Run::new(&self.config, &trigger, Timestamp::now(), LIMIT);
        let report = self.time.run(drive(run, &ports, writer, &self.time, &mut ()));
        report.bindings.into_iter().next().expect("there is a binding")
    }
}

/// What a group holds, in the table's words.
pub(crate) fn holds(world: &World, link: &Link) -> &'static str {
    let members = link.members(world);
    let present: BTreeSet<_> =
        link.present(world).into_iter().map(|(address, _)| address).collect();
    let has_others = !present.is_subset(&members);
    match (members.is_subset(&present), has_others) {
        (true, false) => "new",
        (true, true) => "both",
        (false, true) => "old",
        (false, false) if present.is_empty() => "nothing",
        (false, false) => "something else",
    }
}
