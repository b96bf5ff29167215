//! Walks the table: plans each cell, compares the plan with the decision table and the rules, and
//! carries it out to its end.

use writerlink_core::plan::{Action, Plan, Step, plan};

use crate::axes::Axes;
use crate::cell::Cell;
use crate::expected::{Expected, expected};
use crate::rules::RULES;
use crate::sequel;

/// What a cell is compared with: how its plan is judged, and how many steps it takes to its end.
pub(crate) type Judge = fn(&Cell<'_>) -> (Plan, usize);

/// Of this many cells, an ordinary test run looks at one. `just deep` looks at all.
const EVERYDAY: u64 = 8;

/// The number of cells with each kind of plan.
#[derive(Default)]
pub(crate) struct Totals {
    cells: usize,
    settled: usize,
    held: usize,
    register: usize,
    reread: usize,
    deregister: usize,
    longest: usize,
}

impl Totals {
    fn count(&mut self, (plan, steps): (Plan, usize)) {
        *match &plan.now {
            Some(Step::Do(Action::Register(_))) => &mut self.register,
            Some(Step::Do(Action::Deregister(_))) => &mut self.deregister,
            Some(Step::Reread) => &mut self.reread,
            None if plan.weightiest().is_none() => &mut self.settled,
            None => &mut self.held,
        } += 1;
        self.longest = self.longest.max(steps);
    }

    /// Compares them with the numbers that the table has had so far, so that no part of it is lost.
    /// If only some of the cells were looked at, the number of all cells is compared.
    pub(crate) fn are(self, known: &str) {
        let Self { cells, settled, held, register, reread, deregister, longest } = self;
        let mut text = format!(
            "{cells} cells: {settled} settled, {held} held, {register} register, {reread} reread, \
             {deregister} deregister"
        );
        if longest > 0 {
            text.push_str(&format!("; {longest} steps at most"));
        }
        // `.ci/deep` reads this line.
        println!("{}: {text}", std::thread::current().name().unwrap_or_default());
        let compared = |text: &str| match is_deep() {
            true => text.to_owned(),
            false => text.split(':').next().unwrap_or_default().to_owned(),
        };
        assert_eq!(compared(&text), compared(known));
    }
}

fn is_deep() -> bool {
    std::env::var_os("WRITERLINK_DEEP").is_some()
}

/// Looks at the cells of these tables, and counts them.
pub(crate) fn walk(tables: &[Axes]) -> Totals {
    walk_as(judge, tables)
}

/// The same, with another judge.
pub(crate) fn walk_as(judge: Judge, tables: &[Axes]) -> Totals {
    // Fibonacci hashing: spread evenly, and in step with no axis.
    let hash = |number: usize| (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let deep = is_deep();
    let wanted = |number| deep || hash(number) < u64::MAX / EVERYDAY;
    let mut totals = Totals::default();
    for axes in tables {
        let cells = axes.walk(wanted, |cell| totals.count(judge(cell)));
        totals.cells += cells;
    }
    totals
}

/// Looks at this many cells of each of these tables, and counts them.
pub(crate) fn sample(tables: &[Axes], count: usize) -> Totals {
    sample_as(judge, tables, count)
}

/// The same, with another judge.
pub(crate) fn sample_as(judge: Judge, tables: &[Axes], count: usize) -> Totals {
    let mut totals = Totals::default();
    let looked_at = if is_deep() { count } else { count / EVERYDAY as usize };
    for axes in tables {
        totals.cells += count;
        axes.sample(looked_at, |cell| totals.count(judge(cell)));
    }
    totals
}

fn judge(cell: &Cell<'_>) -> (Plan, usize) {
    let plan = decide(cell);
    sequel::follow(cell, plan.clone());
    (plan, 0)
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
