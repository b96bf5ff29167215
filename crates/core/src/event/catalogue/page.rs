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

What Writerlink makes of each RDS event, how to subscribe, and [ways to connect](#ways-to-connect).
This page is made from `crates/core/src/event/catalogue`; change it there
([CONTRIBUTING](CONTRIBUTING.md#tests-are-claims) says how it is written anew).

An event says *look*; it never says what changed. Its id only says how closely, and for how long from the event's own time on:
";

const AFTER_MEANINGS: &str = "
- **An id that is not listed here**, of a kind that is followed, is looked at once. A binding that a look finds wrong is watched from then on,
  as in a sweep; what moves only later is found by the next sweep, within a minute. So an unknown id costs time, and nothing is lost by it.
- **An event without an id** (EventBridge can leave it out) may be any of them, and is watched as one around a move.
- **An event whose id asks for a watch and that names no database** has every binding watched. They
  share one reading of the RDS API a second; each group's targets are read once, and again only
  where the evidence moved.
- **An event that comes later than its watch would last** is a sweep, whatever its id.
- **An event of an instance** also concerns the cluster that the instance belongs to.
- **Events of snapshots, parameter groups, security groups and engine versions** concern no binding and are left alone. A kind of event that
  RDS did not have when this was written has every binding looked at.

Where a line says what AWS says, it is in our words, after \"Amazon RDS event categories and event \
    messages\" in the user guide of RDS, the page of the
same name in that of Aurora, or both. The reason is ours. AWS documents neither when a move follows an event nor that it must.

## How to subscribe

`infra/reconciler.yaml` does all of this. To do it by hand, publish to the function's topic from **three subscriptions: one of clusters does not carry
the events of their instances, and neither carries those of blue/green deployments**. List no source ids: members come and go. These are the categories with events that are watched:

| source type | categories |
|---|---|
";

const CONNECT: &str = "
## Ways to connect

Each service wraps an event in its own way, and wrappers can be nested. The function removes them in
any order. So all of these ways work:

| way | what it costs | when to take it |
|---|---|---|
| RDS event subscription → SNS → function | nothing for the delivery to Lambda | the default, and what the templates make: the fewest parts, and nothing to poll |
| EventBridge rule → function | nothing for events of AWS services on the default bus | if the account already routes its events with rules, or must not have another topic |
| EventBridge rule → SNS → function | one SNS publish for each event | if others listen to the same topic. The topic's policy must admit `events.amazonaws.com` |
| anything → SQS → function | Lambda polls an idle queue too: some 650,000 requests a month with five pollers (five long polls of 20 s each: our arithmetic) | better not: see below |
| SQS → EventBridge Pipes → function | the same polling, and one Pipes request for each batch | only if a pipe is there already. It has the faults of a queue |
| a Lambda destination or on-failure record → function | the queue or topic that it stands in | to deliver failed events again. An event that is older than its watch is then a sweep |

None of these is known to be faster than the others: nobody has measured them, and RDS itself may
take up to five minutes. The sweep every minute is needed with each of them.

**A rule** matches `{\"source\": [\"aws.rds\"]}`. Limit it to the `detail-type`s of clusters, \
    instances
and blue/green deployments, or it also invokes the function for each snapshot (which costs an
invocation and no call). An input path of `$.detail` is read; an input transformer must keep
`EventID`, `SourceIdentifier` or `SourceArn`, `SourceType` and `Date`.

### Why not a queue

- The function has a reserved concurrency of 1, so that one run at a time writes. Lambda polls with
  several pollers all the same. A message that is received while a run is under way is throttled and
  goes back, and that counts as a receive: after `maxReceiveCount` of them the message is in the
  dead-letter queue, and nobody has looked at it. `MaximumConcurrency` of the event source mapping
  cannot be less than 2, so it does not help.
- SQS hides a returned message for the visibility timeout. AWS recommends six times the function's
  timeout (Lambda developer guide, \"Using Lambda with Amazon SQS\"): 24 minutes for 240 s. A sweep
  comes long before.
- What a queue is for, keeping events until somebody is there, brings nothing here: a late event is
  a sweep.

If there has to be one: `ReportBatchItemFailures` on (without it, records that were not looked at
are deleted), a batch size of 1 to 10, a visibility timeout of six times the function's, and a
`maxReceiveCount` of 10 or more. The answer to a batch is
`{\"batchItemFailures\": [{\"itemIdentifier\": \"…\"}]}`. It lists only records that were not \
    looked at:
the configuration is refused, no call got through, or the time was over first. A binding that is
held is no reason to deliver a message again; it shows in `BindingNotOk`. A record without an id
cannot be listed; the invocation then ends in an error, and the whole batch comes again. A pipe is
answered in the same way.

### What is read, and what is not

- **The name** is taken from `Source ID` or `SourceIdentifier`, a name or an ARN; else from
  `Source ARN`, `SourceArn` or `resources`; else from the `id=` of `Identifier Link`, or the
  `SourceId:` behind it. Case does not matter, and neither does a prefix `rds:`.
- **The kind** is taken from `Event Source` or `SourceType` in any spelling (`db-cluster`,
  `DB_CLUSTER`, `CLUSTER`), else from the `detail-type`, the ARN or the link, else from the id.
- **What cannot be read inside of a wrapper is a sweep**, is logged as `unreadable` and counted in
  `Unreadable`. One bad record spoils no other.
- **A call by hand inside of a wrapper** (`{\"mode\": \"plan\"}` in a queue, say) is not obeyed. \
    If a
  delivery holds nothing else, the run looks at every binding and writes nothing. Beside the fields
  of a wrapper, or with a key that stands twice, a call is refused and nothing is read.
- **A payload whose values would take more than 64 MB of memory** is refused before they are made. A
  message inside of a wrapper may take what is left of that; otherwise it is a sweep. The largest
  batch of SQS, 6 MB in some 8,000 messages, takes less.
";

const AFTER_SUBSCRIBE: &str = "
The template adds `failure`, whose ids are looked at. `global-failover` is spelled as public
templates that are in use spell it; the user guide prints `global failover`. A spelling that RDS
does not know makes the deployment fail: then ask
`aws rds describe-event-categories --source-type db-cluster`, and correct or remove the word in the
template. `serverless` and `migration` are categories of `db-cluster` too, and are not subscribed:
their events are of Aurora Serverless v1, which has no instances to follow, and of clusters that are
being made from another engine's data. Other categories (`backup`, `creation`, `read replica`, …) do
no harm and bring nothing that a sweep does not.

An event of a blue/green deployment names no database, so every binding of a cluster or an instance
is watched; none of them is answered for by that event. No event tells of a change of a proxy's
addresses: the sweep follows them, and a subscription of `db-proxy` brings little.
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
    line(
        "| look | nothing is known to move: one look, and more only where it finds something \
        wrong |"
            .to_owned(),
    );
    line("| nothing | no binding can be concerned |".to_owned());
    line(AFTER_MEANINGS.trim_end().to_owned());
    for kind in ["db-cluster", "db-instance", "blue-green-deployment"] {
        line(format!("| `{kind}` | {} |", watched_categories(kind).join(", ")));
    }
    line(AFTER_SUBSCRIBE.trim_end().to_owned());
    line(CONNECT.trim_end().to_owned());
    for (kind, title) in [
        ("db-cluster", "Clusters"),
        ("db-instance", "Instances"),
        ("blue-green-deployment", "Blue/green deployments"),
        ("db-proxy", "Proxies"),
    ] {
        line(format!("\n## {title}: `{kind}`\n"));
        line(
            "| id | category | what AWS says | page | what we do | why \
            |\n|---|---|---|---|---|---|"
                .to_owned(),
        );
        let mut lines: Vec<Entry> = entries().filter(|entry| entry.source == kind).collect();
        lines.sort_by_key(|entry| entry.id);
        lines.iter().for_each(|entry| line(row(entry, &timing)));
    }
    page
}

fn watched_categories(kind: &str) -> Vec<String> {
    let categories: BTreeSet<&str> = entries()
        .filter(|entry| {
            entry.source == kind && matches!(entry.meaning, Meaning::Announced | Meaning::Around)
        })
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
    let Entry { id, category, says, why, .. } = entry;
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
        "docs/events.md is not what the table gives. Write it anew with: {WRITE}=1 cargo test -p \
         writerlink-core --lib event::catalogue"
    );
}
