//! Generates `docs/events.md` from the table.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use super::*;
use crate::config::Timing;

/// If this variable is set, the test writes the page instead of comparing it.
const WRITE: &str = "WRITERLINK_WRITE_DOCS";

const HEAD: &str = "\
# Events

For operators who subscribe to RDS events: what Writerlink does with each event, [how to
subscribe](#how-to-subscribe), and [ways to connect](#ways-to-connect). This page is generated from
`crates/core/src/event/catalogue`. Change it there;
[CONTRIBUTING](CONTRIBUTING.md#tests-are-claims) says how to regenerate it.

An event says *look*; it never says what changed. The id of the event only determines how closely
Writerlink looks, and for how long from the time of the event:
";

const AFTER_MEANINGS: &str = "
- **An id that is not listed here** gets one look, if a binding can follow the kind of resource. A
  binding that a look finds wrong is watched from then on, as in a sweep. If something moves only
  later, the next sweep finds it, within a minute. So an unknown id costs time, and nothing is lost.
- **An event without an id** (EventBridge can leave it out) may be any event. It is treated as an
  event during a move.
- **An event whose id asks for a watch, but that names no database,** makes Writerlink watch every
  binding. The bindings share one reading of the RDS API each second. The targets of each group are
  read once, and again only if the evidence moved.
- **An event that arrives later than its watch would last** is a sweep, whatever its id.
- **An event of an instance** also concerns the cluster to which the instance belongs.
- **Events of snapshots, parameter groups, security groups and engine versions** concern no binding
  and are ignored. An event of a kind that RDS did not have when this was written makes Writerlink
  look at every binding.

The column *what AWS says* is in our words. Its source is the page \"Amazon RDS event categories and
event messages\" in the RDS user guide, the page of the same name in the Aurora user guide, or both.
The column *why* is ours. AWS documents neither when a move follows an event nor that it must.

## How to subscribe

`infra/reconciler.yaml` does all of this. To do it by hand, publish to the function's topic from
**three subscriptions: a subscription for clusters does not include the events of their instances,
and neither includes the events of blue/green deployments**. List no source ids, because members are
added and removed. These categories have events that are watched:

| source type | categories |
|---|---|
";

const CONNECT: &str = "
## Ways to connect

Each service wraps an event in its own way, and wrappers can be nested. The function removes them in
any order. So all of these ways work:

| way | what it costs | when to use it |
|---|---|---|
| RDS event subscription → SNS → function | nothing for the delivery to Lambda | the default, which the templates create: it has the fewest parts, and polls nothing |
| EventBridge rule → function | nothing for events of AWS services on the default bus | if the account already routes its events with rules, or must not have another topic |
| EventBridge rule → SNS → function | one SNS publish for each event | if others listen to the same topic. The topic's policy must admit `events.amazonaws.com` |
| anything → SQS → function | Lambda polls an idle queue too: some 650,000 requests a month with five pollers (five long polls of 20 s each: our arithmetic) | better not: see below |
| SQS → EventBridge Pipes → function | the same polling, and one Pipes request for each batch | only if a pipe already exists. It has the faults of a queue |
| a Lambda destination or on-failure record → function | the queue or topic that holds the record | to deliver failed events again. An event that is older than its watch is then a sweep |

None of these is known to be faster than the others: nobody has measured them, and RDS itself may
take up to five minutes. Each of them needs the sweep every minute.

**A rule** matches `{\"source\": [\"aws.rds\"]}`. Limit it to the `detail-type`s of clusters,
instances and blue/green deployments. Otherwise it also invokes the function for each snapshot,
which costs an invocation but no call. The function reads an input path of `$.detail`. An input
transformer must keep `EventID`, `SourceIdentifier` or `SourceArn`, `SourceType` and `Date`.

### Why not a queue

- The function has a reserved concurrency of 1, so that only one run at a time writes. Lambda still
  polls with several pollers. If a message is received while a run is under way, the invocation is
  throttled and the message goes back. That counts as a receive. After `maxReceiveCount` receives,
  the message is in the dead-letter queue without having been looked at. `MaximumConcurrency` of the
  event source mapping cannot be less than 2, so it does not help.
- SQS hides a returned message for the visibility timeout. AWS recommends six times the function's
  timeout (Lambda developer guide, \"Using Lambda with Amazon SQS\"): 24 minutes for 240 s. A sweep
  comes long before.
- The purpose of a queue is to keep events until a consumer is ready. That gains nothing here: a
  late event is a sweep.

If you must use a queue, set `ReportBatchItemFailures` (without it, records that were not looked at
are deleted), a batch size of 1 to 10, a visibility timeout of six times the function's timeout, and
a `maxReceiveCount` of 10 or more. The answer to a batch is
`{\"batchItemFailures\": [{\"itemIdentifier\": \"…\"}]}`. It lists only records that were not
looked at: the configuration was refused, no call succeeded, or the time was over first. A held
binding is no reason to deliver a message again; it shows in `BindingNotOk`. A record without an id
cannot be listed. The invocation then ends in an error, and the whole batch is delivered again. A
pipe gets the same answer.

### What is read, and what is not

- **The name** comes from `Source ID` or `SourceIdentifier`, as a name or an ARN. Otherwise it comes
  from `Source ARN`, `SourceArn` or `resources`, or else from the `id=` of `Identifier Link` or the
  `SourceId:` after it. Case does not matter, nor does a prefix `rds:`.
- **The kind** comes from `Event Source` or `SourceType` in any spelling (`db-cluster`,
  `DB_CLUSTER`, `CLUSTER`). Otherwise it comes from the `detail-type`, the ARN or the link, or else
  from the id.
- **Content of a wrapper that cannot be read is a sweep.** It is logged as `unreadable` and counted
  in `Unreadable`. One bad record does not affect the others.
- **A call by hand inside a wrapper** (for example `{\"mode\": \"plan\"}` in a queue) is not
  executed. If a delivery holds nothing else, the run looks at every binding and writes nothing. A
  call beside the fields of a wrapper, or a call with a duplicate key, is refused, and nothing is
  read.
- **A payload whose values would take more than 64 MB of memory** is refused before they are
  created. A message inside a wrapper may take what is left of the 64 MB; otherwise it is a sweep.
  The largest batch of SQS, 6 MB in some 8,000 messages, takes less.
";

const AFTER_SUBSCRIBE: &str = "
The template also subscribes to `failure`, whose events get a look. `global-failover` is the
spelling of public templates that are in use; the user guide prints `global failover`. If RDS does
not know a spelling, the deployment fails. In that case run
`aws rds describe-event-categories --source-type db-cluster`, and correct or remove the word in the
template.

`serverless` and `migration` are also categories of `db-cluster`, and are not subscribed. Their
events are about Aurora Serverless v1, which has no instances to follow, and about clusters that are
being created from another engine's data. Other categories (`backup`, `creation`, `read replica` and
others) do no harm and gain nothing over a sweep.

An event of a blue/green deployment names no database. So Writerlink watches every binding of a
cluster or an instance, and the event's run answers for none of them. No event reports a change of a
proxy's addresses. Sweeps follow those, and a subscription to `db-proxy` gains little.
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
        "| watch, {} s | a move is or may be under way or over (`patience`) |",
        timing.patience.as_secs()
    ));
    line(
        "| look | no move is known: one look, and a watch only of what that look finds wrong |"
            .to_owned(),
    );
    line("| nothing | no binding is affected |".to_owned());
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
            entry.source == kind
                && matches!(entry.meaning, Meaning::Announced | Meaning::DuringMove)
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
        (Meaning::DuringMove, _) => format!("watch, {} s", timing.patience.as_secs()),
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
        "docs/events.md does not match the table. Regenerate it with: {WRITE}=1 cargo test -p \
         writerlink-core --lib event::catalogue"
    );
}
