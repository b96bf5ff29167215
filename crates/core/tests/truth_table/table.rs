//! Walks the table: plans each cell, compares the plan with the decision table and the rules, and
//! carries it out to its end.

use writerlink_core::plan::{Action, Plan, Step, plan};

use crate::axes::Axes;
use crate::cell::Cell;
use crate::expected::{Expected, expected};
use crate::rules::RULES;
use crate::sequel;

/// The number of cells with each kind of plan.
#[derive(Default)]
struct RunTotals {
    cells: usize,
    settled: usize,
    held: usize,
    register: usize,
    reread: usize,
    deregister: usize,
}

impl RunTotals {
    fn count(&mut self, cell: &Cell<'_>) {
        let plan = decide(cell);
        self.cells += 1;
        *match &plan.now {
            Some(Step::Do(Action::Register(_))) => &mut self.register,
            Some(Step::Do(Action::Deregister(_))) => &mut self.deregister,
            Some(Step::Reread) => &mut self.reread,
            None if plan.weightiest().is_none() => &mut self.settled,
            None => &mut self.held,
        } += 1;
        sequel::follow(cell, plan);
    }

    fn summary(self) -> String {
        let Self { cells, settled, held, register, reread, deregister } = self;
        let text = format!(
            "{cells} cells: {settled} settled, {held} held, {register} register, {reread} reread, \
             {deregister} deregister"
        );
        println!("{text}");
        text
    }
}

/// Looks at every cell of these tables, and counts them.
pub(crate) fn walk(tables: &[Axes]) -> String {
    let mut totals = RunTotals::default();
    for axes in tables {
        axes.walk(|cell| totals.count(cell));
    }
    totals.summary()
}

/// Looks at this many cells of each of these tables, and counts them.
pub(crate) fn sample(tables: &[Axes], count: usize) -> String {
    let mut totals = RunTotals::default();
    for axes in tables {
        axes.sample(count, |cell| totals.count(cell));
    }
    totals.summary()
}

/// The plan of a cell. It must be the plan of the table and keep every rule.
pub(crate) fn decide(cell: &Cell<'_>) -> Plan {
    let plan = plan(cell.binding, cell.timing, &cell.seen);
    let table = expected(cell);
    let is_held = |word| plan.holds.iter().any(|hold| hold.word() == word);
    let same = is_same(&table, &plan)
        && plan.holds.iter().all(|hold| table.holds.contains(&hold.word()))
        && table.holds.iter().all(|word| is_held(*word));
    assert!(same, "the table has {table:?}\nthe planner {plan:?}\n{cell}");
    for (rule, keeps) in RULES {
        assert!(keeps(cell, &plan), "{rule}\n{plan:?}\n{cell}");
    }
    plan
}

/// Whether two plans do the same. The order of several targets in one call does not matter.
fn is_same(table: &Expected, plan: &Plan) -> bool {
    let now = match (&table.now, &plan.now) {
        (Some(Step::Do(table)), Some(Step::Do(plan))) => is_same_action(table, plan),
        (table, plan) => table == plan,
    };
    let pairs = || table.later.iter().zip(&plan.later);
    now && table.later.len() == plan.later.len()
        && pairs().all(|(table, plan)| is_same_action(table, plan))
}

fn is_same_action(table: &Action, plan: &Action) -> bool {
    match (table, plan) {
        (Action::Deregister(table), Action::Deregister(plan)) => {
            table.len() == plan.len() && table.iter().all(|target| plan.contains(target))
        }
        (table, plan) => table == plan,
    }
}
