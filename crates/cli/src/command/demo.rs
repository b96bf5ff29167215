//! `writerlink demo`: two failovers in the embedded region, and the real function that follows
//! them.
//!
//! ```text
//! region (loopback) ──SNS, schedule──► inbox ──one at a time──► handler ──AWS SDK, DNS──► region
//!      └────────── actual writers, target states ────► timeline ◄── decisions ──┘
//! ```
//!
//! The verdict comes from the region: which instance actually writes, and which targets its groups
//! actually hold. What the function reports about itself does not count.

mod inbox;
mod judge;
mod observer;
mod region;
mod script;
mod timeline;

use anyhow::Context;
use serde::Serialize;

use self::judge::GroupVerdict;
use self::region::DemoRegion;
use self::timeline::Timeline;
use crate::args::{DemoArgs, DemoFormat};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::{Colour, Tone};
use crate::render::timeline::Entry;

#[derive(Debug, Serialize)]
struct Outcome {
    ok: bool,
    seconds: f64,
    groups: Vec<GroupVerdict>,
    timeline: Vec<Entry>,
}

/// Plays the demo, prints it, and returns whether both groups ended right.
pub(crate) async fn demo(args: &DemoArgs) -> anyhow::Result<Exit> {
    let colour = Colour::of_stdout();
    let region = DemoRegion::start().await.context("the embedded region cannot be started")?;
    if args.output == DemoFormat::Text {
        output::print(&introduction(&region))?;
    }
    let timeline = Timeline::start(args.output, colour);
    let groups = tokio::select! {
        groups = region.play(&timeline) => groups,
        exit = interrupted() => return Ok(exit),
    };
    let outcome = Outcome {
        ok: groups.iter().all(|group| group.ok),
        seconds: timeline.seconds(),
        groups,
        timeline: timeline.into_entries(),
    };
    match args.output {
        DemoFormat::Json => output::print_json(&outcome)?,
        DemoFormat::Text => output::print(&conclusion(&outcome, colour))?,
    }
    Ok(if outcome.ok { Exit::Success } else { Exit::CouldNotRun })
}

fn introduction(region: &DemoRegion) -> String {
    format!(
        "\
Two target groups of a Network Load Balancer point at an Aurora cluster of three instances (orders)
and at a Multi-AZ MySQL instance (billing). Both databases are about to lose their writer. The
function, the AWS SDK and the DNS resolver are the real ones. The region is embedded, on loopback,
and sped up: what takes minutes in AWS takes seconds here, and the function's [timing] is shortened
to match. {}
",
        region.faults()
    )
}

fn conclusion(outcome: &Outcome, colour: Colour) -> String {
    let mut lines = vec![String::new()];
    lines.extend(outcome.groups.iter().map(|group| verdict(group, colour)));
    let seconds = outcome.seconds;
    lines.push(if outcome.ok {
        format!(
            "
Both groups hold exactly the writer, and neither group was ever empty. The demo took {seconds:.1} s.
The events only said *look*. What to write was read from the RDS API and from DNS. An instance has
no second key, so its old target is removed only after the new target is healthy and DNS has been
stable for the settle time ({settle} s here, 30 s by default).",
            settle = script::SETTLE_SECONDS,
        )
    } else {
        format!(
            "\nThe demo went wrong after {seconds:.1} s. Please report this with the lines above."
        )
    });
    lines.join("\n")
}

fn verdict(group: &GroupVerdict, colour: Colour) -> String {
    let (word, tone) = match group.fault {
        None => ("right", Tone::Good),
        Some(_) => ("WRONG", Tone::Bad),
    };
    let text = match (&group.fault, group.registered_after, group.right_after) {
        (Some(fault), _, _) => fault.clone(),
        (None, Some(registered), Some(right)) => format!(
            "{} is the only target: registered {registered:.1} s after its promotion, and the only \
             one after {right:.1} s",
            group.writer.map(|writer| writer.to_string()).unwrap_or_default(),
        ),
        (None, _, _) => "the writer is the only target".to_owned(),
    };
    format!("{}  {:<8}  {text}", colour.paint(tone, &format!("{word:>8}")), group.database)
}
