//! Events of blue/green deployments. They name the deployment and no database, so every binding of
//! a cluster or an instance is watched.

use super::Group;
use super::Meaning::{self, Announced, Around, Look};
use super::Page::{Aurora, Both, Rds};

const BEGINS: &str = "names are about to move";
const MOVED: &str = "names have moved from blue to green";
const STAYS: &str = "names stay with blue, or go back to it";
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
            (307, "sequences are being brought in step for an instance's switchover"),
            (308, "sequences are in step for an instance's switchover"),
        ],
    ),
    all(
        Announced,
        Aurora,
        "notification",
        BEGINS,
        &[
            (259, "the switchover of a cluster has started"),
            (311, "sequences are being brought in step for a cluster's switchover"),
            (312, "sequences are in step for a cluster's switchover"),
        ],
    ),
    all(Around, Both, "notification", MOVED, &[(248, "the switchover has completed")]),
    all(
        Around,
        Rds,
        "notification",
        MOVED,
        &[(251, "the switchover of an instance has completed, and blue and green are renamed")],
    ),
    all(
        Around,
        Aurora,
        "notification",
        MOVED,
        &[(260, "the switchover of a cluster has completed, and blue and green are renamed")],
    ),
    all(Around, Both, "failure", STAYS, &[(249, "the switchover has been cancelled")]),
    all(
        Around,
        Rds,
        "failure",
        STAYS,
        &[
            (252, "the switchover of an instance has been cancelled"),
            (
                310,
                "the switchover of an instance has been cancelled, since sequences were not in \
                 step",
            ),
        ],
    ),
    all(
        Around,
        Aurora,
        "failure",
        STAYS,
        &[
            (261, "the switchover of a cluster has been cancelled"),
            (
                314,
                "the switchover of a cluster has been cancelled, since sequences were not in step",
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
