//! `docs/events.md`, written from the table.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use super::*;
use crate::config::Timing;

/// Set, it has the page written instead of compared.
const WRITE: &str = "WRITERLINK_WRITE_DOCS";

const HEAD: &str = "\
# Events

What Writerlink makes of each RDS event, and how to subscribe. This page is made from `crates/core/src/event/catalogue`; change it there
([CONTRIBUTING](CONTRIBUTING.md#tests-are-claims) says how it is written anew).

An event says *look*; it never says what changed. Its id only says how closely, and for how long from the event's own time on:
";

const AFTER_MEANINGS: &str = "
- **An id that is not listed here**, of a kind that is followed, is looked at once. A binding that a look finds wrong is watched from then on,
  as in a sweep; what moves only later is found by the next sweep, within a minute. So an unknown id costs time, and nothing is lost by it.
- **An event without an id** (EventBridge can leave it out) may be any of them, and is watched as one around a move.
- **An event that comes later than its watch would last** is a sweep, whatever its id.
- **An event of an instance** also concerns the cluster that the instance belongs to.
- **Events of snapshots, parameter groups, security groups and engine versions** concern no binding and are left alone. A kind of event that
  RDS did not have when this was written has every binding looked at.

Where a line says what AWS says, it is in our words, after \"Amazon RDS event categories and event messages\" in the user guide of RDS, the page of the
same name in that of Aurora, or both. The reason is ours. AWS documents neither when a move follows an event nor that it must.

## How to subscribe

`infra/reconciler.yaml` does all of this. To do it by hand, publish to the function's topic from **three subscriptions: one of clusters does not carry
the events of their instances, and neither carries those of blue/green deployments**. List no source ids: members come and go. These are the categories with events that are watched:

| source type | categories |
|---|---|
";

const AFTER_SUBSCRIBE: &str = "
The template adds `failure`, whose ids are looked at. `global-failover` is spelled as public templates that are in use spell it; the user guide prints
`global failover`. A spelling that RDS does not know makes the deployment fail: then ask `aws rds describe-event-categories --source-type db-cluster`,
and correct or remove the word in the template. `serverless` and `migration` are categories of `db-cluster` too, and are not subscribed: their events are
of Aurora Serverless v1, which has no instances to follow, and of clusters that are being made from another engine's data.
Other categories (`backup`, `creation`, `read replica`, …) do no harm and bring nothing that a sweep does not.

An event of a blue/green deployment names no database, so every binding of a cluster or an instance is watched; none of them is answered for by that
event. No event tells of a change of a proxy's addresses: the sweep follows them, and a subscription of `db-proxy` brings little. Through EventBridge, a
rule for the source `aws.rds` brings the same events in another shape.
";

fn page() -> String {
    let timing = Timing::default();
    let mut page = HEAD.to_owned();
    let mut line = |text: String| writeln!(page, "{text}").expect("text takes text");
    line("\n| what we do | when |\n|---|---|".to_owned());
    line(format!(
        "| watch, {} s | a move of an address or a role is announced (`patience-started`) |",
        timing.patience_started.as_secs()
    ));
    line(format!(
        "| watch, {} s | a move is under way or over, or may be (`patience`) |",
        timing.patience.as_secs()
    ));
    line("| look | nothing is known to move: one look, and more only where it finds something wrong |".to_owned());
    line("| nothing | no binding can be concerned |".to_owned());
    line(AFTER_MEANINGS.trim_end().to_owned());
    for kind in ["db-cluster", "db-instance", "blue-green-deployment"] {
        line(format!("| `{kind}` | {} |", watched_categories(kind).join(", ")));
    }
    line(AFTER_SUBSCRIBE.trim_end().to_owned());
    for (kind, title) in [
        ("db-cluster", "Clusters"),
        ("db-instance", "Instances"),
        ("blue-green-deployment", "Blue/green deployments"),
        ("db-proxy", "Proxies"),
    ] {
        line(format!("\n## {title}: `{kind}`\n"));
        line("| id | category | what AWS says | page | what we do | why |\n|---|---|---|---|---|---|".to_owned());
        let mut lines: Vec<Entry> = entries().filter(|entry| entry.source == kind).collect();
        lines.sort_by_key(|entry| entry.id);
        lines.iter().for_each(|entry| line(row(entry, &timing)));
    }
    page
}

fn watched_categories(kind: &str) -> Vec<String> {
    let categories: BTreeSet<&str> = entries()
        .filter(|entry| entry.source == kind && matches!(entry.meaning, Meaning::Announced | Meaning::Around))
        .map(|entry| entry.category)
        .collect();
    categories.iter().map(|category| format!("`{category}`")).collect()
}

fn row(entry: &Entry, timing: &Timing) -> String {
    let page = match entry.page {
        Page::Rds => "RDS",
        Page::Aurora => "Aurora",
        Page::Both => "both",
    };
    let act = match (entry.meaning, entry.source) {
        (Meaning::Announced, _) => format!("watch, {} s", timing.patience_started.as_secs()),
        (Meaning::Around, _) => format!("watch, {} s", timing.patience.as_secs()),
        (Meaning::Look, _) => "look".to_owned(),
        (Meaning::Ignore, _) => "nothing".to_owned(),
    };
    let Entry {
        id,
        category,
        says,
        why,
        ..
    } = entry;
    format!("| {id} | {category} | {says} | {page} | {act} | {why} |")
}

#[test]
fn the_page_of_events_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    if env::var_os(WRITE).is_some() {
        fs::write(&path, page()).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/events.md is not what the table gives. Write it anew with: {WRITE}=1 cargo test -p writerlink-core --lib event::catalogue"
    );
}
