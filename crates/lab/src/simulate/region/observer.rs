//! Observes the region's API calls: which ones a fault struck, and how writes ended.

use std::net::SocketAddr;

use super::SimulatedRegion;
use crate::fault::Effect;
use crate::ports::{Deed, Observer, Present, Write, present};
use crate::simulate::begin::is_a_lie;
use crate::simulate::injected_fault::InjectedFault;
use crate::simulate::judge::{Circumstance, Landing};
use crate::simulate::record::View;
use crate::simulate::step::RunStep;
use crate::simulate::transcript::Who;
use crate::world::{ApiError, World};

impl Observer for SimulatedRegion {
    fn struck(&self, caller: u64, operation: &str, resource: &str, effect: &Effect) {
        let Some(fault) = InjectedFault::of_call(operation, effect) else {
            return;
        };
        let now = self.now();
        let index = self.bound_of(resource);
        let mut state = self.state();
        let under_way =
            state.runs.get(&caller).map(|record| record.under_way.as_slice()).unwrap_or_default();
        let step = under_way
            .iter()
            .find(|(_, step, of)| *of == index && asks(*step, operation))
            .map(|(_, step, _)| *step);
        if let Some(step) = step {
            state.coverage.mark(fault, step);
        }
        if let (Effect::Stale, Some(index), Some(record)) =
            (effect, index, state.runs.get_mut(&caller))
        {
            record.views[index].lags = true;
        }
        state
            .transcript
            .say(now, Who::Run(caller), || format!("a fault strikes {operation}: {effect:?}"));
    }

    fn landed(
        &self,
        caller: u64,
        write: &Write,
        before: &Present,
        world: &World,
        result: &Result<(), ApiError>,
    ) {
        let Some(index) = self.bound_of(&write.group) else {
            return self.state().judge.accuse(
                "S5",
                world.now(),
                format!("{} is not a group of a binding", write.group),
            );
        };
        let bound = &self.bounds[index];
        let now = world.now();
        let after = present(world, &write.group);
        let address = |id: &str, port: Option<u16>| Some(SocketAddr::new(id.parse().ok()?, port?));
        let targets: Vec<_> =
            write.targets.iter().filter_map(|target| address(&target.id, target.port)).collect();
        let state = &mut *self.state();
        let is_late = !state.runs.contains_key(&caller);
        state.transcript.say(now, Who::Elbv2, || {
            let late = if is_late { ", after its end" } else { "" };
            let word = match write.deed {
                Deed::Register => "registered",
                Deed::Deregister => "deregistered",
            };
            let end = result
                .as_ref()
                .map_or_else(|refusal| format!("not {word}: {refusal}"), |()| word.to_owned());
            format!("{targets:?} of {}, by run {caller}{late}: {end}", bound.link.name)
        });
        if result.is_err() {
            if state.is_gone[index] {
                state.coverage.mark(InjectedFault::GroupGone, step_of(write.deed));
            } else if write.deed == Deed::Register {
                state.coverage.mark(InjectedFault::QuotaReached, RunStep::Register);
            }
            return;
        }
        if is_late {
            state.coverage.mark(InjectedFault::LateWrite, step_of(write.deed));
            state.runs.values_mut().for_each(|record| record.saw_late_write = true);
        }
        let follows_writer = !bound.is_set();
        if write.deed == Deed::Register && follows_writer {
            state.homes[index].extend(bound.homes(world));
            let homes = &state.homes[index];
            let is_strange =
                |target: &&SocketAddr| !homes.contains(target) && !is_a_lie(target.ip());
            if let Some(target) = targets.iter().find(is_strange) {
                let text = format!(
                    "{}: {target} is registered, where no host of its database ever was",
                    bound.link.name
                );
                state.judge.accuse("S3", now, text);
            }
        }
        if write.deed == Deed::Deregister {
            let record = state.runs.get(&caller);
            let view = record.map(|record| &record.views[index]);
            let agreed = view.and_then(|view| view.keys().agreed(bound));
            let asked = view.and_then(View::asked_at);
            if let (Some(since), Some((topology, names))) = (state.nameless[index], asked)
                && follows_writer
                && topology.min(names) >= since
            {
                let text = format!(
                    "{}: {targets:?} are removed while no database has its name",
                    bound.link.name
                );
                state.judge.accuse("S4", now, text);
            }
            let (known, since) = &state.members[index];
            let lagged = || {
                let by_another = |target: &SocketAddr| {
                    let removal = state.removals.get(&(index, *target));
                    removal.is_some_and(|run| *run != caller)
                };
                let stale = view?.saw_stale;
                Some(agreed.as_ref()?.iter().any(by_another) && stale)
            };
            let circumstance = match record {
                None => Circumstance::LateWrite,
                Some(record) if record.overlapped => Circumstance::TwoRuns,
                Some(record) if record.saw_late_write => Circumstance::LateWrite,
                Some(_) if lagged() == Some(true) => Circumstance::StaleReading,
                Some(_) => Circumstance::Clean,
            };
            let truth = bound.truth(world);
            let landing = Landing {
                now,
                targets: &targets,
                before,
                after: &after,
                members: if truth.is_empty() { known } else { &truth },
                agreed: agreed.as_ref(),
                names_the_writer: view.and_then(View::named_writer).is_some_and(|named| {
                    let true_writer = bound.link.writer(world);
                    true_writer.is_some_and(|writer| writer.instance == named.as_str())
                }),
                failed_over_since: asked
                    .is_some_and(|(topology, names)| topology.min(names) <= *since)
                    || (!truth.is_empty() && truth != *known),
                circumstance,
            };
            state.judge.removed(bound, &landing);
            state.removals.extend(targets.iter().map(|target| ((index, *target), caller)));
        }
    }
}

fn step_of(deed: Deed) -> RunStep {
    match deed {
        Deed::Register => RunStep::Register,
        Deed::Deregister => RunStep::Deregister,
    }
}

/// Whether a step makes calls of this operation.
fn asks(step: RunStep, operation: &str) -> bool {
    match step {
        RunStep::Topology | RunStep::TopologyAgain => operation.starts_with("DescribeDB"),
        RunStep::Group => operation == "DescribeTargetGroups",
        RunStep::Targets | RunStep::ReadBack => operation == "DescribeTargetHealth",
        RunStep::Register => operation == "RegisterTargets",
        RunStep::Proof => operation == "DescribeNetworkInterfaces",
        RunStep::Deregister => operation == "DeregisterTargets",
        RunStep::Idle | RunStep::Begin | RunStep::Names | RunStep::NamesAgain | RunStep::Pause => {
            false
        }
    }
}
