//! Events of instances: Multi-AZ, single, and the members of clusters.

use super::Group;
use super::Meaning::{Announced, DuringMove, Look};
use super::Page::{Aurora, Both, Rds};

const STANDBY: &str = "clients cannot reach a standby; the address stays the same";
const CERTIFICATE: &str = "an announcement; the restart comes later and has its own events";

pub(super) const GROUPS: &[Group] = &[
    Group {
        category: "failover",
        page: Rds,
        meaning: Announced,
        why: "the standby takes over: the name is about to resolve to another address",
        events: &[
            (13, "a Multi-AZ failover has started"),
            (50, "an activation has started, after the instance recovered"),
        ],
    },
    Group {
        category: "recovery",
        page: Both,
        meaning: Announced,
        why: "a failover or an activation is next",
        events: &[(53, "a Multi-AZ recovery has completed; a failover or activation is pending")],
    },
    Group {
        category: "failover",
        page: Rds,
        meaning: DuringMove,
        why: "DNS alternates between addresses for some time around the end of a failover",
        events: &[
            (15, "the failover to the standby is complete; DNS may take minutes"),
            (49, "a Multi-AZ failover has completed"),
            (51, "an activation has completed"),
            (65, "the instance has recovered from a partial failover"),
        ],
    },
    Group {
        category: "failover",
        page: Rds,
        meaning: DuringMove,
        why: "DNS may not show the previous failover everywhere yet",
        events: &[(34, "a requested failover is not performed, because there was a recent one")],
    },
    Group {
        category: "availability",
        page: Both,
        meaning: DuringMove,
        why: "it may be the start of a failover whose own event is late or lost; a restart in \
            place moves nothing",
        events: &[(4, "the instance has shut down")],
    },
    Group {
        category: "availability",
        page: Both,
        meaning: DuringMove,
        why: "instances restart in a failover too, before the event of its end and while DNS moves",
        events: &[(6, "the instance has restarted")],
    },
    Group {
        category: "availability",
        page: Both,
        meaning: Look,
        why: "the engine does not start, and the address stays; a failover has its own event",
        events: &[(22, "the engine could not be restarted")],
    },
    Group {
        category: "recovery",
        page: Both,
        meaning: DuringMove,
        why: "another host, with another address, replaces the lost host",
        events: &[(20, "the instance is being recovered"), (21, "the instance has been recovered")],
    },
    Group {
        category: "recovery",
        page: Both,
        meaning: DuringMove,
        why: "a failover or an activation follows, which 0053 announces",
        events: &[(52, "a Multi-AZ recovery has started")],
    },
    Group {
        category: "recovery",
        page: Both,
        meaning: Look,
        why: STANDBY,
        events: &[(361, "the standby is being rebuilt"), (362, "the standby has been rebuilt")],
    },
    Group {
        category: "maintenance",
        page: Both,
        meaning: Announced,
        why: "another host has another address",
        events: &[(422, "the host will be replaced, as a pending maintenance action")],
    },
    Group {
        category: "maintenance",
        page: Both,
        meaning: DuringMove,
        why: "a Multi-AZ instance is patched by a failover to the standby, which has its own \
            event",
        events: &[
            (26, "offline patches are being applied; the instance is not available"),
            (27, "offline patches have been applied; the instance is available"),
            (47, "the instance has been patched"),
        ],
    },
    Group {
        category: "maintenance",
        page: Both,
        meaning: DuringMove,
        why: "instances restart during an upgrade, and a cluster may get another writer",
        events: &[(178, "an upgrade is in progress")],
    },
    Group {
        category: "maintenance",
        page: Rds,
        meaning: DuringMove,
        why: "if an upgrade moves an address, it moves it during the downtime",
        events: &[
            (266, "the downtime of an upgrade has started"),
            (267, "the upgrade of the engine's version has started"),
            (268, "the upgrade of the engine's version has finished"),
        ],
    },
    Group {
        category: "maintenance",
        page: Both,
        meaning: Look,
        why: CERTIFICATE,
        events: &[
            (501, "the server's certificate will be rotated, which restarts the instance"),
            (
                502,
                "a rotation of the server's certificate is planned for the next maintenance window",
            ),
        ],
    },
    Group {
        category: "configuration change",
        page: Both,
        meaning: Announced,
        why: "another class means another host or a failover, and so another address or role",
        events: &[(12, "a change of the instance's class is being applied")],
    },
    Group {
        category: "configuration change",
        page: Both,
        meaning: DuringMove,
        why: "the instance has just come up on its new host, and DNS may lag",
        events: &[(14, "the change of the instance's class is complete (not of its name)")],
    },
    Group {
        category: "configuration change",
        page: Rds,
        meaning: Look,
        why: STANDBY,
        events: &[
            (24, "the instance is being made Multi-AZ"),
            (30, "the instance is being made Single-AZ"),
        ],
    },
    Group {
        category: "configuration change",
        page: Both,
        meaning: Look,
        why: STANDBY,
        events: &[
            (25, "the instance has been made Multi-AZ"),
            (29, "the instance has been made Single-AZ"),
        ],
    },
    Group {
        category: "notification",
        page: Both,
        meaning: DuringMove,
        why: "it comes with changes in DNS, and a failover may be the cause",
        events: &[(
            385,
            "the cluster's topology has changed: an instance was added or removed, or there was a \
             failover",
        )],
    },
    Group {
        category: "notification",
        page: Aurora,
        meaning: Announced,
        why: "writes are about to move to another Region, so this Region is about to lose or get a \
            writer",
        events: &[
            (390, "writes to the cluster are blocked before a global switchover or failover"),
            (
                391,
                "writes could not be blocked in time; the global switchover or failover continues",
            ),
        ],
    },
    Group {
        category: "notification",
        page: Both,
        meaning: DuringMove,
        why: "the instance is back, perhaps on another host, and DNS may lag",
        events: &[(88, "the instance has been started")],
    },
    Group {
        category: "notification",
        page: Both,
        meaning: Look,
        why: "there is nothing to follow while the instance is stopped; 0088 comes when it is back",
        events: &[(87, "the instance has been stopped")],
    },
    Group {
        category: "notification",
        page: Rds,
        meaning: Look,
        why: "there is nothing to follow while the instance is stopped; 0088 comes when it is back",
        events: &[(
            154,
            "the instance is being started, because it was stopped for the maximum time",
        )],
    },
    Group {
        category: "creation",
        page: Both,
        meaning: Look,
        why: "a binding may wait for this instance; if DNS is not ready, sweeps look",
        events: &[(5, "an instance has been created")],
    },
    Group {
        category: "deletion",
        page: Both,
        meaning: Look,
        why: "if it was a cluster's writer, the cluster's events report the failover; if it was a \
            single instance, no key reports another address",
        events: &[(3, "an instance has been deleted")],
    },
];
