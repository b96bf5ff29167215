//! Reads the table of the right outcomes, `outcomes.txt`, which was written by hand from
//! docs/semantics.md.

use super::tap::{Aim, Moment};

const TABLE: &str = include_str!("outcomes.txt");

/// The calls of a run that follows a failover, in order, and those that only a run for a custom
/// endpoint or a proxy makes.
const CALLS: [&str; 14] = [
    "DescribeTargetGroups",
    "DescribeDBClusters",
    "DescribeDBInstances",
    "DescribeTargetHealth",
    "RegisterTargets",
    "DescribeTargetHealth after RegisterTargets",
    "DescribeDBClusters after RegisterTargets",
    "DescribeDBInstances after RegisterTargets",
    "DeregisterTargets",
    "DescribeTargetHealth after DeregisterTargets",
    "Publish",
    "DescribeDBClusterEndpoints",
    "DescribeDBProxies",
    "DescribeDBProxyEndpoints",
];

/// What can happen to a call.
const FAULTS: [&str; 19] = [
    "none",
    "throttled",
    "5xx",
    "5xx-done",
    "reset",
    "reset-done",
    "cut-short",
    "silent",
    "silent-done",
    "malformed",
    "denied",
    "expired",
    "not-found",
    "empty-page",
    "lost-page",
    "slow-1",
    "slow-2.5",
    "slow-5",
    "slow-10",
];

/// What is played, and the right outcome.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// One of [`CALLS`].
    pub(crate) call: &'static str,
    /// One of [`FAULTS`].
    pub(crate) fault: &'static str,
    pub(crate) course: Course,
    /// The words of the table.
    pub(crate) right: &'static str,
}

/// The columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Course {
    Once,
    Throughout,
    ThenBlind,
    KilledBefore,
    KilledInFlight,
    KilledAfter,
}

impl Cell {
    pub(crate) fn operation(&self) -> &'static str {
        operation(self.call)
    }

    /// The request that the fault strikes.
    pub(crate) fn aim(&self) -> Aim {
        Aim {
            operation: self.operation(),
            after: self.call.split_once(" after ").map(|(_, before)| before),
            turns_a_page: self.fault == "lost-page",
        }
    }
}

fn operation(call: &str) -> &str {
    call.split(' ').next().unwrap_or(call)
}

impl Course {
    const ALL: [Self; 6] = [
        Self::Once,
        Self::Throughout,
        Self::ThenBlind,
        Self::KilledBefore,
        Self::KilledInFlight,
        Self::KilledAfter,
    ];

    /// When the run is killed, if it is.
    pub(crate) fn kill(self) -> Option<Moment> {
        match self {
            Self::Once | Self::Throughout | Self::ThenBlind => None,
            Self::KilledBefore => Some(Moment::Before),
            Self::KilledInFlight => Some(Moment::InFlight),
            Self::KilledAfter => Some(Moment::After),
        }
    }

    /// Whether there is such a cell: without a fault there is only the kill, a request that was
    /// never sent has none, and only what a write did can be hidden.
    fn is_played(self, operation: &str, fault: &str) -> bool {
        match self {
            // A slow answer is an answer: a kill before or after it is the kill without a fault.
            _ if fault.starts_with("slow-") => matches!(self, Self::Once | Self::Throughout),
            Self::Once | Self::Throughout => fault != "none",
            Self::ThenBlind => fault != "none" && is_write(operation),
            Self::KilledBefore => fault == "none",
            Self::KilledInFlight | Self::KilledAfter => true,
        }
    }
}

/// Whether the operation changes a target group.
fn is_write(operation: &str) -> bool {
    matches!(operation, "RegisterTargets" | "DeregisterTargets")
}

/// Every cell.
pub(crate) fn cells() -> Vec<Cell> {
    let mut call = "";
    let mut cells = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let Some((faults, outcomes)) = line.split_once('|') else {
            call = line;
            continue;
        };
        let [once, throughout, blind, killed] = columns(outcomes);
        let rights = [once, throughout, blind].into_iter().chain(killed.split(' '));
        for fault in faults.split_whitespace() {
            let played =
                Course::ALL.into_iter().zip(rights.clone()).filter(|(_, right)| *right != "-");
            cells.extend(played.map(|(course, right)| Cell { call, fault, course, right }));
        }
    }
    cells
}

fn columns(outcomes: &'static str) -> [&'static str; 4] {
    let columns: Vec<&str> = outcomes.split('|').map(str::trim).collect();
    columns.try_into().expect("a row has four outcomes")
}

/// The cells that came out wrong, as a grid: what was right, and what was found.
pub(crate) fn grid(wrong: &[(Cell, String)]) -> String {
    let head = ["call", "fault", "course", "right", "found"].map(str::to_owned);
    let row = |(cell, found): &(Cell, String)| {
        [
            cell.call.to_owned(),
            cell.fault.to_owned(),
            format!("{:?}", cell.course),
            cell.right.to_owned(),
            found.clone(),
        ]
    };
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(wrong.iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_table_has_every_call_with_every_fault_and_every_kill_once() {
    let found: Vec<_> = cells().iter().map(|cell| (cell.call, cell.fault, cell.course)).collect();
    let mut wanted = Vec::new();
    for call in CALLS {
        let operation = operation(call);
        let can_be = |fault: &&str| match *fault {
            "empty-page" => operation.starts_with("Describe"),
            "lost-page" => operation.starts_with("DescribeDB"),
            // Of the run that follows a failover.
            slow if slow.starts_with("slow-") => {
                !["Publish", "DescribeDBClusterEndpoints", "DescribeDBProxies"].contains(&operation)
                    && operation != "DescribeDBProxyEndpoints"
            }
            _ => true,
        };
        for fault in FAULTS.into_iter().filter(can_be) {
            let played =
                Course::ALL.into_iter().filter(|course| course.is_played(operation, fault));
            wanted.extend(played.map(|course| (call, fault, course)));
        }
    }
    let missing: Vec<_> = wanted.iter().filter(|cell| !found.contains(cell)).collect();
    let strange: Vec<_> = found.iter().filter(|cell| !wanted.contains(cell)).collect();
    assert!(missing.is_empty() && strange.is_empty(), "missing: {missing:?}; strange: {strange:?}");
    assert_eq!(found.len(), wanted.len(), "each is there once");
}
