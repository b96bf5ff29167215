//! Events of RDS Proxy. None of them tells of a change of a proxy's addresses.

use super::Group;
use super::Meaning::Ignore;
use super::Page::Both;

const WHY: &str = "no binding follows a proxy";

pub(super) const GROUPS: &[Group] = &[
    ignore(
        "creation",
        &[
            (203, "a proxy has been created"),
            (206, "an endpoint of a proxy has been created"),
        ],
    ),
    ignore(
        "configuration change",
        &[
            (204, "a proxy has been modified"),
            (207, "an endpoint of a proxy has been modified"),
        ],
    ),
    ignore(
        "deletion",
        &[
            (205, "a proxy has been deleted"),
            (208, "an endpoint of a proxy has been deleted"),
        ],
    ),
];

const fn ignore(category: &'static str, events: &'static [(u16, &'static str)]) -> Group {
    Group {
        category,
        page: Both,
        meaning: Ignore,
        why: WHY,
        events,
    }
}
