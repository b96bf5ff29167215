//! Events of blue/green deployments. They name the deployment and no database, so every binding is looked at.

use super::Group;
use super::Meaning::Look;
use super::Page::{Aurora, Both, Rds};

const BEGINS: &str = "names are about to move; what moves after this look is found by the sweep";
const MOVED: &str = "names have moved from blue to green";
const STAYS: &str = "names stay with blue, or go back to it";
const NO_NAME: &str = "no name moves";

pub(super) const GROUPS: &[Group] = &[
    look(Both, "creation", NO_NAME, &[(244, "the green databases are ready")]),
    look(
        Both,
        "failure",
        NO_NAME,
        &[(245, "the deployment could not be created")],
    ),
    look(Both, "deletion", NO_NAME, &[(246, "the deployment has been deleted")]),
    look(Both, "notification", BEGINS, &[(247, "a switchover has started")]),
    look(
        Rds,
        "notification",
        BEGINS,
        &[
            (250, "the switchover of an instance has started"),
            (307, "sequences are being brought in step for an instance's switchover"),
            (308, "sequences are in step for an instance's switchover"),
        ],
    ),
    look(
        Aurora,
        "notification",
        BEGINS,
        &[
            (259, "the switchover of a cluster has started"),
            (311, "sequences are being brought in step for a cluster's switchover"),
            (312, "sequences are in step for a cluster's switchover"),
        ],
    ),
    look(Both, "notification", MOVED, &[(248, "the switchover has completed")]),
    look(
        Rds,
        "notification",
        MOVED,
        &[(
            251,
            "the switchover of an instance has completed, and blue and green are renamed",
        )],
    ),
    look(
        Aurora,
        "notification",
        MOVED,
        &[(
            260,
            "the switchover of a cluster has completed, and blue and green are renamed",
        )],
    ),
    look(Both, "failure", STAYS, &[(249, "the switchover has been cancelled")]),
    look(
        Rds,
        "failure",
        STAYS,
        &[
            (252, "the switchover of an instance has been cancelled"),
            (
                310,
                "the switchover of an instance has been cancelled, since sequences were not in step",
            ),
        ],
    ),
    look(
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

const fn look(
    page: super::Page,
    category: &'static str,
    why: &'static str,
    events: &'static [(u16, &'static str)],
) -> Group {
    Group {
        category,
        page,
        meaning: Look,
        why,
        events,
    }
}
