//! Events of clusters: Aurora, and Multi-AZ DB clusters.

use super::Meaning::{Announced, DuringMove, Look};
use super::Page::{Aurora, Both, Rds};
use super::{Group, Page};

/// The spelling of working templates. The page prints the category with a space.
const GLOBAL: &str = "global-failover";

const UPGRADE_BEGINS: &str = "instances restart in turn, and the writer's role may move with them; \
    a failover has its own event";
const UPGRADE_ENDS: &str = "the instances have restarted, and another one may be the writer";

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
        meaning: DuringMove,
        why: "DNS alternates between addresses for some time around the end of a failover",
        events: &[(71, "the failover to the named instance has completed")],
    },
    Group {
        category: "failover",
        page: Both,
        meaning: DuringMove,
        why: "the writer may be the former one or another; a further attempt has its own event",
        events: &[(69, "a failover has failed; check the instances and try again")],
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
        why: "an announcement; nothing has begun",
        events: &[(287, "the operating system needs an upgrade")],
    },
    Group {
        category: "notification",
        page: Both,
        meaning: DuringMove,
        why: "names move: the followed name may be new, or gone, or belong to another cluster",
        events: &[(172, "the cluster has been renamed")],
    },
    Group {
        category: "notification",
        page: Aurora,
        meaning: DuringMove,
        why: "the cluster is back, perhaps on other hosts, and DNS may lag",
        events: &[(151, "the cluster has been started")],
    },
    Group {
        category: "notification",
        page: Aurora,
        meaning: Look,
        why: "there is nothing to follow while the cluster is stopped; 0151 comes when it is back",
        events: &[
            (150, "the cluster has been stopped"),
            (153, "the cluster is being started, because it was stopped for the maximum time"),
        ],
    },
    Group {
        category: "creation",
        page: Both,
        meaning: Look,
        why: "a binding may wait for this cluster; until it has instances, sweeps look",
        events: &[(170, "a cluster has been created")],
    },
    Group {
        category: "deletion",
        page: Aurora,
        meaning: Look,
        why: "no key reports another address, so the targets stay",
        events: &[(171, "a cluster has been deleted")],
    },
    Group {
        category: GLOBAL,
        page: Aurora,
        meaning: Announced,
        why: "writes are about to move to another Region, so this Region is about to lose or get a \
            writer",
        events: &[
            (181, "a global switchover to the named cluster has started"),
            (182, "the former primary cluster has shut down"),
            (183, "a global switchover waits until the clusters are synchronized"),
            (423, "a global switchover waits until its target is synchronized"),
        ],
    },
    Group {
        category: GLOBAL,
        page: Aurora,
        meaning: DuringMove,
        why: "this Region has lost or got a writer",
        events: &[
            (184, "the new primary cluster has been promoted"),
            (185, "a global switchover has finished"),
            (238, "a global failover has completed"),
            (397, "the global writer endpoint resolves to another cluster"),
        ],
    },
    Group {
        category: GLOBAL,
        page: Aurora,
        meaning: DuringMove,
        why: "the writer may be moving back to the Region where it was",
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
    Group { category: "maintenance", page, meaning: DuringMove, why, events }
}
