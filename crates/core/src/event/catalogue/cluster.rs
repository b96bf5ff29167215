//! Events of clusters: Aurora, and Multi-AZ DB clusters.

use super::Meaning::{Announced, Around, Look};
use super::Page::{Aurora, Both, Rds};
use super::{Group, Page};

/// Working templates write the category so; the page prints it with a blank.
const GLOBAL: &str = "global-failover";

const UPGRADE_BEGINS: &str = "instances restart in turn, and the writer's role may move with them; \
    a failover announces itself";
const UPGRADE_ENDS: &str = "the instances have restarted, and the writer may be another";

pub(super) const GROUPS: &[Group] = &[
    Group {
        category: "failover",
        page: Both,
        meaning: Announced,
        why: "the writer is about to change; DNS moves seconds later",
        events: &[
            (70, "the previous writer is being promoted again"),
            (72, "a failover within the Availability Zone has started"),
            (73, "a failover to another Availability Zone has started"),
        ],
    },
    Group {
        category: "failover",
        page: Both,
        meaning: Around,
        why: "DNS goes back and forth for some time around the end of a failover",
        events: &[(71, "the failover to the named instance has completed")],
    },
    Group {
        category: "failover",
        page: Both,
        meaning: Around,
        why: "the writer may be the former one or another; a further attempt announces itself",
        events: &[(69, "a failover has failed; look after the instances and try again")],
    },
    maintenance(
        Both,
        UPGRADE_BEGINS,
        &[
            (177, "an upgrade is in progress"),
            (286, "a version upgrade has started; the cluster stays online"),
            (288, "an upgrade of the operating system is starting"),
        ],
    ),
    maintenance(
        Aurora,
        UPGRADE_BEGINS,
        &[(388, "offline patches are starting on some of the instances")],
    ),
    maintenance(Rds, UPGRADE_BEGINS, &[(417, "an upgrade of the engine's version has started")]),
    maintenance(
        Both,
        UPGRADE_ENDS,
        &[
            (173, "the engine's version has been upgraded"),
            (176, "the engine's major version has been upgraded"),
            (289, "the upgrade of the operating system has completed"),
            (290, "the cluster has been patched to another version"),
        ],
    ),
    Group {
        category: "maintenance",
        page: Both,
        meaning: Look,
        why: "a notice; nothing has begun",
        events: &[(287, "the operating system needs an upgrade")],
    },
    Group {
        category: "notification",
        page: Both,
        meaning: Around,
        why: "names move: the one that is followed may have come, or gone, or be another cluster's",
        events: &[(172, "the cluster has been renamed")],
    },
    Group {
        category: "notification",
        page: Aurora,
        meaning: Around,
        why: "it is back, perhaps on other hosts, whose names DNS is still to learn",
        events: &[(151, "the cluster has been started")],
    },
    Group {
        category: "notification",
        page: Aurora,
        meaning: Look,
        why: "there is nothing to follow while it is stopped, and 0151 comes when it is back",
        events: &[
            (150, "the cluster has been stopped"),
            (153, "the cluster is being started, since it was stopped for as long as it may be"),
        ],
    },
    Group {
        category: "creation",
        page: Both,
        meaning: Look,
        why: "it may be the one that a binding waits for; until its instances are there, sweeps \
            look",
        events: &[(170, "a cluster has been created")],
    },
    Group {
        category: "deletion",
        page: Aurora,
        meaning: Look,
        why: "nothing testifies to another address, so what is there stays",
        events: &[(171, "a cluster has been deleted")],
    },
    Group {
        category: GLOBAL,
        page: Aurora,
        meaning: Announced,
        why: "writing is about to move between Regions, so this Region's writer is about to go or \
            to come",
        events: &[
            (181, "a global switchover to the named cluster has started"),
            (182, "the former primary cluster has shut down"),
            (183, "a global switchover waits until the clusters are in step"),
            (423, "a global switchover waits until its target is in step"),
        ],
    },
    Group {
        category: GLOBAL,
        page: Aurora,
        meaning: Around,
        why: "this Region's writer has gone or come",
        events: &[
            (184, "the new primary cluster has been promoted"),
            (185, "a global switchover has finished"),
            (238, "a global failover has completed"),
            (397, "the global writer endpoint's name leads to another cluster"),
        ],
    },
    Group {
        category: GLOBAL,
        page: Aurora,
        meaning: Around,
        why: "this Region's writer may be on its way back to where it was",
        events: &[
            (186, "a global switchover has been cancelled"),
            (187, "a global switchover has failed"),
            (239, "a global failover has failed"),
        ],
    },
];

const fn maintenance(
    page: Page,
    why: &'static str,
    events: &'static [(u16, &'static str)],
) -> Group {
    Group { category: "maintenance", page, meaning: Around, why, events }
}
