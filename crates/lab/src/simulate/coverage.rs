//! Counts how often each injected fault struck in each step of a run.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::injected_fault::InjectedFault;
use super::step::RunStep;

/// How often each fault struck in each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<(InjectedFault, RunStep), u64>);

impl Coverage {
    pub(super) fn mark(&mut self, fault: InjectedFault, step: RunStep) {
        if fault.can_strike(step) {
            *self.0.entry((fault, step)).or_default() += 1;
        }
    }

    /// Adds what another history exercised.
    pub fn add(&mut self, other: &Coverage) {
        for (cell, times) in &other.0 {
            *self.0.entry(*cell).or_default() += times;
        }
    }

    /// How often a fault struck in a step.
    pub fn of(&self, fault: InjectedFault, step: RunStep) -> u64 {
        self.0.get(&(fault, step)).copied().unwrap_or(0)
    }

    /// How many cells can be reached, and how many were.
    pub fn cells(&self) -> (usize, usize) {
        let cells = InjectedFault::ALL
            .iter()
            .flat_map(|fault| RunStep::ALL.map(|step| (*fault, step)))
            .filter(|(fault, step)| fault.can_strike(*step));
        let (mut all, mut reached) = (0, 0);
        for (fault, step) in cells {
            all += 1;
            reached += usize::from(self.of(fault, step) > 0);
        }
        (all, reached)
    }
}

/// The table.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut head = format!("{:<27}", "");
        for step in RunStep::ALL {
            let _ = write!(head, "{:>width$}", step.word(), width = width(step));
        }
        writeln!(f, "{head}")?;
        for &fault in InjectedFault::ALL {
            let mut row = format!("{:<27}", fault.words());
            for step in RunStep::ALL {
                let cell = match (fault.can_strike(step), self.of(fault, step)) {
                    (false, _) => "-".to_owned(),
                    (true, 0) => "NEVER".to_owned(),
                    (true, times @ ..100_000) => times.to_string(),
                    (true, times) => format!("{}k", times / 1000),
                };
                let _ = write!(row, "{cell:>width$}", width = width(step));
            }
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

fn width(step: RunStep) -> usize {
    step.word().len().max(6) + 1
}
