//! Renders the recordings and verdicts as one HTML page, which needs no network, script or font of
//! its own.
//!
//! ```text
//! (Recording, Verdict)… ──► Page ── grid (scenarios × programs), when more than one was played
//!                             └──── runs ── figures, tables
//!                                     └──── timelines, one a link: lanes on one axis, the outage shaded
//! ```
//!
//! Rust code decides what the page says and where; the templates only write it. Across, everything
//! is placed in percent, so that a timeline stretches with the page while its text keeps its size,
//! and a label is drawn only where it has room (`label`). Names, commands and error codes come from
//! outside, and the templates escape whatever they print.

mod axis;
mod grid;
mod histogram;
mod label;
mod lane;
mod lanes;
mod legend;
mod outage;
mod palette;
mod run;
mod tables;
mod timeline;
mod words;

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::{Recording, Verdict};
use grid::Grid;
use run::Run;

const STYLE: &str = include_str!("report/page.css");
const TEMPLATE: &str = concat!(
    include_str!("report/timeline.html"),
    include_str!("report/run.html"),
    include_str!("report/page.html")
);

/// Everything that the page shows.
#[derive(Debug, Serialize)]
struct Page {
    title: String,
    grid: Option<Grid>,
    runs: Vec<Run>,
}

impl Page {
    fn of(played: &[(Recording, Verdict)]) -> Page {
        let title = match played {
            [(recording, _)] => words::sentence(&recording.title),
            _ => "Scenario runs".to_owned(),
        };
        Page {
            title,
            grid: (played.len() > 1).then(|| Grid::of(played)),
            runs: played
                .iter()
                .enumerate()
                .map(|(index, (recording, verdict))| Run::of(index, recording, verdict))
                .collect(),
        }
    }
}

/// The page that shows what was played, in the order in which it is given.
pub fn page(played: &[(Recording, Verdict)]) -> String {
    let mut pages = Environment::new();
    pages.set_auto_escape_callback(|_| AutoEscape::Html);
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    pages.set_trim_blocks(true);
    pages.set_lstrip_blocks(true);
    let page = pages
        .render_str(TEMPLATE, context! { page => Page::of(played), style => STYLE })
        .expect("the template names only what a page has");
    // The macros before the page leave empty lines.
    page.trim_start().to_owned()
}
