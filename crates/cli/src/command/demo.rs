//! `writerlink demo`: two failovers in the embedded region, and the real function that follows
//! them.
//!
//! ```text
//! region (loopback) ──SNS, schedule──► inbox ──one at a time──► handler ──AWS SDK, DNS──► region
//!      └──────────────── what is true, target states ────► story ◄── decisions ──┘
//! ```
//!
//! The verdict is the region's own: who truly writes, and what its groups truly hold. What the
//! function says of itself decides nothing.

mod inbox;
mod judge;
mod observer;
mod region;
mod script;
mod story;

use anyhow::Context;
use serde::Serialize;

use self::judge::GroupVerdict;
use self::region::DemoRegion;
use self::story::Story;
use crate::args::{DemoArgs, DemoForm};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::{Colour, Tone};
use crate::render::timeline::Entry;

/// What the demo showed.
#[derive(Debug, Serialize)]
struct Outcome {
    ok: bool,
    seconds: f64,
    groups: Vec<GroupVerdict>,
    timeline: Vec<Entry>,
}

/// Plays, tells, and says whether both groups ended right.
pub(crate) async fn demo(args: &DemoArgs) -> anyhow::Result<Exit> {
    let colour = Colour::of_stdout();
    let region = DemoRegion::set().await.context("the embedded region cannot be started")?;
    if args.output == DemoForm::Text {
        output::print(&introduction(&region))?;
    }
    let story = Story::begin(args.output, colour);
    let groups = tokio::select! {
        groups = region.play(&story) => groups,
        exit = interrupted() => return Ok(exit),
    };
    let outcome = Outcome {
        ok: groups.iter().all(|group| group.ok),
        seconds: story.seconds(),
        groups,
        timeline: story.into_entries(),
    };
    match args.output {
        DemoForm::Json => output::print_json(&outcome)?,
        DemoForm::Text => output::print(&conclusion(&outcome, colour))?,
    }
    Ok(if outcome.ok { Exit::Success } else { Exit::CouldNotRun })
}

fn introduction(region: &DemoRegion) -> String {
    format!(
        "\
An Aurora cluster of three (orders) and a Multi-AZ MySQL instance (billing) stand behind two target
groups of a Network Load Balancer. Both are about to lose their writer. The function, the AWS SDK and
the DNS resolver are the real ones. The region is embedded, on loopback, and in haste: what takes
minutes in AWS takes seconds here, and the function's [timing] is shortened alike.
{}
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
Both groups hold exactly the writer, and neither was ever empty. It took {seconds:.1} s.
An event only said `look`; what to write was read from the RDS API and from DNS. An instance has no second key, so its old
target goes only when the new one is healthy and DNS has been steady for the settle time (3 s here, 30 s by default)."
        )
    } else {
        format!(
            "
This went wrong, after {seconds:.1} s. Please report it with the lines above."
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
            "{} is the only target: added {registered:.1} s and alone {right:.1} s after its \
             promotion",
            group.writer.map(|writer| writer.to_string()).unwrap_or_default(),
        ),
        (None, _, _) => "the writer is the only target".to_owned(),
    };
    format!("{}  {:<8}  {text}", colour.paint(tone, &format!("{word:>8}")), group.database)
}
