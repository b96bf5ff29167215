//! `writerlink demo`: the scenario `two-failovers`, followed live, with the real function.
//!
//! It is the scenario that `writerlink lab run two-failovers` plays, with the same verdict. The
//! function is this program, started once more, so that nothing else needs to be built.

use std::env;

use anyhow::Context;
use writerlink_lab::scenario::{FunctionSettings, Play, Program, Recording, play_live, scenarios};

use super::lab::serve::quoted;
use crate::args::{DemoArgs, DemoFormat};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;
use crate::render::colour::Colour;
use crate::render::moments::{self, Live};
use crate::render::summary;

const SCENARIO: &str = "two-failovers";

/// As `lab run` plays it by default. Faster, the function would look slow: the region's seconds
/// pass for it too.
const SPEED: f64 = 5.0;

/// Plays the demo, prints it, and returns whether both groups ended right.
pub(crate) async fn demo(args: &DemoArgs) -> anyhow::Result<Exit> {
    let scenario = scenarios().into_iter().find(|scenario| scenario.name == SCENARIO);
    let scenario = scenario.context("the demo's scenario is built in")?;
    let play = Play { speed: SPEED, function: FunctionSettings::OURS, ..Play::of(function()?) };
    let is_text = args.output == DemoFormat::Text;
    let colour = Colour::of_stdout();
    if is_text {
        output::print(&introduction())?;
        output::print("")?;
    }
    let mut live = Live::default();
    let mut show = |recording: &Recording| {
        for line in live.news(recording, colour).into_iter().filter(|_| is_text) {
            // A closed standard output does not change how the demo ends.
            let _ = output::print(&line);
        }
    };
    let (_, verdict) = tokio::select! {
        played = play_live(&scenario, &play, &mut show) => played?,
        exit = interrupted() => return Ok(exit),
    };
    match args.output {
        DemoFormat::Json => output::print_json(&verdict)?,
        DemoFormat::Text => output::print(&format!("\n{}", summary::of(&verdict, colour)))?,
    }
    Ok(if verdict.ok { Exit::Success } else { Exit::CouldNotRun })
}

/// This program, as the function.
fn function() -> anyhow::Result<Program> {
    let own = env::current_exe().context("the path of this program is unknown")?;
    Ok(Program::Command(format!("{} function", quoted(&own.display().to_string()))))
}

fn introduction() -> String {
    format!(
        "\
Two databases lose their writers: orders, an Aurora cluster,
and billing, a Multi-AZ instance. Each is behind a target
group of its own, through which an application writes.
The region is embedded, on loopback, and runs {SPEED} times as
fast as AWS. Times are its seconds. Function, AWS SDK and
DNS resolver are the real ones.

{}
",
        moments::EXPLANATION
    )
}
