//! Events of blue/green deployments. They name the deployment and no database, so every binding of
//! a cluster or an instance is watched.

use super::Group;
use super::Meaning::{self, Announced, DuringMove, Look};
use super::Page::{Aurora, Both, Rds};

const BEGINS: &str = "names are about to move";
const MOVED: &str = "names have moved from blue to green";
const STAYS: &str = "names stay with blue, or return to it";
const NO_NAME: &str = "no name moves";

pub(super) const GROUPS: &[Group] = &[
    all(Look, Both, "creation", NO_NAME, &[(244, "the green databases are ready")]),
    all(Look, Both, "failure", NO_NAME, &[(245, "the deployment could not be created")]),
    all(Look, Both, "deletion", NO_NAME, &[(246, "the deployment has been deleted")]),
    all(Announced, Both, "notification", BEGINS, &[(247, "a switchover has started")]),
    all(
        Announced,
        Rds,
        "notification",
        BEGINS,
        &[
            (250, "the switchover of an instance has started"),
            (307, "sequences are being synchronized for the switchover of an instance"),
            (308, "sequences are synchronized for the switchover of an instance"),
        ],
    ),
    all(
        Announced,
        Aurora,
        "notification",
        BEGINS,
        &[
            (259, "the switchover of a cluster has started"),
            (311, "sequences are being synchronized for the switchover of a cluster"),
            (312, "sequences are synchronized for the switchover of a cluster"),
        ],
    ),
    all(DuringMove, Both, "notification", MOVED, &[(248, "the switchover has completed")]),
    all(
        DuringMove,
        Rds,
        "notification",
        MOVED,
        &[(251, "the switchover of an instance has completed, and blue and green are renamed")],
    ),
    all(
        DuringMove,
        Aurora,
        "notification",
        MOVED,
        &[(260, "the switchover of a cluster has completed, and blue and green are renamed")],
    ),
    all(DuringMove, Both, "failure", STAYS, &[(249, "the switchover has been cancelled")]),
    all(
        DuringMove,
        Rds,
        "failure",
        STAYS,
        &[
            (252, "the switchover of an instance has been cancelled"),
            (
                310,
                "the switchover of an instance has been cancelled, because sequences were not \
                 synchronized",
            ),
        ],
    ),
    all(
        DuringMove,
        Aurora,
        "failure",
        STAYS,
        &[
            (261, "the switchover of a cluster has been cancelled"),
            (
                314,
                "the switchover of a cluster has been cancelled, because sequences were not \
                 synchronized",
            ),
        ],
    ),
];

const fn all(
    meaning: Meaning,
    page: super::Page,
    category: &'static str,
    why: &'static str,
    events: &'static [(u16, &'static str)],
) -> Group {
    Group { category, page, meaning, why, events }
}
