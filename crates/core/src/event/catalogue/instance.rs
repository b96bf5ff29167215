//! Events of instances: Multi-AZ, single, and the members of clusters.

use super::Group;
use super::Meaning::{Announced, Around, Look};
use super::Page::{Aurora, Both, Rds};

const STANDBY: &str = "nobody reaches a standby; the address stays where it is";
const CERTIFICATE: &str = "a notice; the restart comes later and has its own events";

pub(super) const GROUPS: &[Group] = &[
    Group {
        category: "failover",
        page: Rds,
        meaning: Announced,
        why: "the standby takes over: the name is about to lead to another address",
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
        meaning: Around,
        why: "the name goes back and forth for some time around the end of a failover",
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
        meaning: Around,
        why: "the failover just before it may still be on its way through DNS",
        events: &[(
            34,
            "a failover that was asked for is abandoned, since there was one just before",
        )],
    },
    Group {
        category: "availability",
        page: Both,
        meaning: Around,
        why: "so a failover begins whose own event is late or lost; a restart in place moves \
            nothing",
        events: &[(4, "the instance has shut down")],
    },
    Group {
        category: "availability",
        page: Both,
        meaning: Around,
        why: "instances restart in a failover too, before its end is told and while DNS moves",
        events: &[(6, "the instance has restarted")],
    },
    Group {
        category: "availability",
        page: Both,
        meaning: Look,
        why: "the engine does not come up, and the address stays; a failover announces itself",
        events: &[(22, "the engine could not be restarted")],
    },
    Group {
        category: "recovery",
        page: Both,
        meaning: Around,
        why: "a lost host is replaced by one with another address",
        events: &[(20, "the instance is being recovered"), (21, "the instance has been recovered")],
    },
    Group {
        category: "recovery",
        page: Both,
        meaning: Around,
        why: "a failover or an activation follows when it is done, which 0053 announces",
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
        events: &[(422, "the host will be replaced, which was a pending maintenance action")],
    },
    Group {
        category: "maintenance",
        page: Both,
        meaning: Around,
        why: "a Multi-AZ instance is patched by failing over to the standby, which announces \
            itself",
        events: &[
            (26, "offline patches are being applied; the instance is not available"),
            (27, "offline patches have been applied; the instance is available"),
            (47, "the instance has been patched"),
        ],
    },
    Group {
        category: "maintenance",
        page: Both,
        meaning: Around,
        why: "instances restart during an upgrade, and a cluster's writer may become another",
        events: &[(178, "an upgrade is in progress")],
    },
    Group {
        category: "maintenance",
        page: Rds,
        meaning: Around,
        why: "whatever an upgrade moves, it moves during the downtime",
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
            (501, "the server's certificate is to be rotated, which restarts the instance"),
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
        meaning: Around,
        why: "the instance has just come up on its new host, and DNS may lag",
        events: &[(14, "the change of the instance's class is done; this is not about its name")],
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
        meaning: Around,
        why: "it comes with changes of DNS, and a failover may be among them",
        events: &[(
            385,
            "the cluster's topology is updated: an instance came or went, or there was a failover",
        )],
    },
    Group {
        category: "notification",
        page: Aurora,
        meaning: Announced,
        why: "writing is about to move between Regions, so this Region's writer is about to go or \
            to come",
        events: &[
            (390, "writes to the cluster are blocked, ahead of a global switchover or failover"),
            (391, "writes could not be blocked in time; the global switchover or failover goes on"),
        ],
    },
    Group {
        category: "notification",
        page: Both,
        meaning: Around,
        why: "it is back, perhaps on another host, whose name DNS is still to learn",
        events: &[(88, "the instance has been started")],
    },
    Group {
        category: "notification",
        page: Both,
        meaning: Look,
        why: "there is nothing to follow while it is stopped, and 0088 comes when it is back",
        events: &[(87, "the instance has been stopped")],
    },
    Group {
        category: "notification",
        page: Rds,
        meaning: Look,
        why: "there is nothing to follow while it is stopped, and 0088 comes when it is back",
        events: &[(
            154,
            "the instance is being started, since it was stopped for as long as it may be",
        )],
    },
    Group {
        category: "creation",
        page: Both,
        meaning: Look,
        why: "it may be the one that a binding waits for; if DNS is not ready, sweeps look",
        events: &[(5, "an instance has been created")],
    },
    Group {
        category: "deletion",
        page: Both,
        meaning: Look,
        why: "of a cluster's writer the failover is told by the cluster; of an instance nothing \
            testifies to another address",
        events: &[(3, "an instance has been deleted")],
    },
];
