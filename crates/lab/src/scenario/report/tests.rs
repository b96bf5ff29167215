//! Tests the page with hand-made recordings ([`super::example`]).

use super::axis::{Axis, Place};
use super::histogram::Histogram;
use super::label::{Shelves, Text};
use super::lane::{Bar, Lane};
use super::run::Run;
use super::timeline::Timeline;
use super::*;
use crate::scenario::recording::{Attempt, End, Incident};
use example::{attempt, call, span};

fn timeline(recording: &Recording) -> Timeline {
    Timeline::of(recording, &recording.links[0], None)
}

fn lane<'a>(timeline: &'a Timeline, label: &str) -> &'a Lane {
    let named = timeline.lanes.iter().find(|lane| lane.label == label);
    named.unwrap_or_else(|| panic!("there is no lane {label}"))
}

/// The bars of a lane from left to right.
fn bars<'a>(timeline: &'a Timeline, label: &str) -> Vec<&'a Bar> {
    let mut bars: Vec<&Bar> = lane(timeline, label).bars.iter().collect();
    bars.sort_by_key(|bar| bar.x);
    bars
}

fn acknowledged(moments: impl Iterator<Item = f64>) -> Vec<Attempt> {
    (0..).zip(moments).map(|(row, at)| attempt(at, End::Acknowledged, row)).collect()
}

#[test]
fn spans_that_touch_are_drawn_without_a_gap() {
    let (mut recording, _) = example::followed();
    let edges: Vec<f64> = (0..=41).map(|n| f64::from(n) * 180.0 / 41.0).collect();
    let pairs = edges.windows(2).enumerate();
    recording.links[0].dns = pairs
        .map(|(i, pair)| span(pair[0], pair[1], ["10.20.1.10", "10.20.2.10"][i % 2]))
        .collect();
    let timeline = timeline(&recording);
    let bars = bars(&timeline, "DNS says");
    assert_eq!(bars.len(), 41);
    assert_eq!(bars[0].x, Place(0));
    for pair in bars.windows(2) {
        assert_eq!(pair[0].x.0 + pair[0].width.0, pair[1].x.0);
    }
    assert_eq!(bars[40].x.0 + bars[40].width.0, Place::END.0);
}

#[test]
fn what_was_short_is_seen_and_nothing_covers_it() {
    let (mut recording, _) = example::followed();
    recording.links[0].dns = vec![
        span(0.0, 60.0, "10.20.1.10"),
        span(60.0, 60.01, "NXDOMAIN"),
        span(60.01, 180.0, "10.20.2.10"),
    ];
    let timeline = timeline(&recording);
    let last = lane(&timeline, "DNS says").bars.last().expect("there are bars");
    assert_eq!((last.class.as_str(), last.width), ("none", Place::LEAST));
}

#[test]
fn several_addresses_share_a_bar_in_their_own_colours() {
    let (mut recording, _) = example::followed();
    recording.links[0].dns = vec![span(0.0, 180.0, "10.20.1.10, 10.20.2.10")];
    let timeline = timeline(&recording);
    let bars = &lane(&timeline, "DNS says").bars;
    let drawn: Vec<_> = bars.iter().map(|bar| (bar.class.as_str(), bar.y, bar.height)).collect();
    assert_eq!(drawn, [("a0", 0, 9), ("a1", 9, 9)]);
}

#[test]
fn an_address_has_one_colour_in_every_lane() {
    let (recording, _) = example::followed();
    let timeline = timeline(&recording);
    for said in ["RDS API says", "DNS says"] {
        let bars = bars(&timeline, said);
        assert_eq!(bars.first().expect("there is a first").class, "a0", "{said}, the old writer");
        assert_eq!(bars.last().expect("there is a last").class, "a1", "{said}, the new one");
    }
    for (target, colour) in [(example::OLD, "a0"), (example::NEW, "a1")] {
        assert_eq!(lane(&timeline, target).swatch.as_deref(), Some(colour));
    }
    let marks = &lane(&timeline, "calls that write").marks;
    let drawn: Vec<_> = marks.iter().map(|mark| (mark.shape, mark.class.as_str())).collect();
    let expected = [("register", "a1 hollow"), ("register", "a1"), ("deregister", "a0")];
    assert_eq!(drawn, expected, "and the call that was refused is hollow");
}

#[test]
fn the_writer_is_hatched_while_it_does_not_serve() {
    let (recording, _) = example::followed();
    let timeline = timeline(&recording);
    let axis = Axis::of(recording.seconds);
    let hatched: Vec<_> =
        bars(&timeline, "true writer").into_iter().filter(|bar| bar.class == "down").collect();
    let places: Vec<_> = hatched.iter().map(|bar| (bar.x, bar.width)).collect();
    assert_eq!(places, [axis.span(30.0, 38.0), axis.span(38.0, 43.0)]);
}

#[test]
fn the_outage_is_shaded_where_it_was() {
    let (mut recording, _) = example::followed();
    let before = (0..100).map(|n| f64::from(n) * 0.3);
    let after = (0..100).map(|n| 70.0 + f64::from(n));
    recording.links[0].writes = acknowledged(before.chain(after));
    let shade = timeline(&recording).outage.expect("there was an outage");
    let axis = Axis::of(recording.seconds);
    assert_eq!((shade.x, shade.right), (axis.at(29.71), axis.at(70.01)));
    assert_eq!(shade.label.expect("it is labelled").text, "no write acknowledged for 40.3\u{a0}s");
}

#[test]
fn an_outage_reaches_to_the_end_where_it_never_ended() {
    let (recording, _) = example::missed();
    let shade = timeline(&recording).outage.expect("there was an outage");
    assert_eq!(shade.right, Place::END);
}

#[test]
fn a_pause_between_two_writes_is_no_outage_unless_a_write_failed_in_it() {
    let (mut recording, _) = example::followed();
    recording.seconds = 10.0;
    recording.links[0].writes = acknowledged((1..20).map(|n| f64::from(n) * 0.5));
    assert!(timeline(&recording).outage.is_none());
    recording.links[0].writes.push(attempt(9.6, End::Refused, 20));
    recording.links[0].writes.retain(|write| write.at != 9.5);
    let shade = timeline(&recording).outage.expect("a write failed");
    assert_eq!(shade.x, Axis::of(10.0).at(9.01));
    recording.links[0].writes.clear();
    assert!(timeline(&recording).outage.is_none(), "who does not write has no outage");
}

#[test]
fn two_thousand_writes_are_at_most_240_columns_and_each_is_counted() {
    let moments = || (0..2000).map(|n| f64::from(n) * 0.09);
    let counts = histogram::counts(Axis::of(180.0), histogram::columns(2000), moments());
    assert_eq!((counts.len(), counts.iter().sum::<usize>()), (histogram::MOST, 2000));
}

#[test]
fn one_failure_among_two_thousand_successes_has_a_row_of_its_own() {
    let (mut recording, _) = example::followed();
    let mut writes = acknowledged((0..2000).map(|n| f64::from(n) * 0.09));
    writes[1000].end = End::Hung;
    recording.links[0].writes = writes;
    let timeline = timeline(&recording);
    let rows: Vec<_> =
        timeline.lanes.iter().filter(|lane| lane.label.starts_with("writes")).collect();
    let told: Vec<_> = rows.iter().map(|lane| (lane.label.as_str(), lane.note.as_str())).collect();
    assert_eq!(told, [("writes acknowledged", "1,999"), ("writes hung", "1")]);
    let hung = rows[1].histogram.as_ref().expect("it has columns");
    assert_eq!(hung.path(), "M120 14v-14.0h1v14.0z");
}

#[test]
fn one_failure_among_many_of_its_kind_is_still_seen() {
    let drawn = Histogram::of(&[100, 1, 0], 10, "bad", String::new());
    assert_eq!(drawn.path(), "M0 10v-10.0h1v10.0zM1 10v-3.0h1v3.0z");
}

#[test]
fn labels_do_not_overlap_and_stay_inside() {
    let mut shelves = Shelves::new(50);
    let mut taken: Vec<Vec<(f64, f64)>> = vec![Vec::new(); 50];
    for n in 0..50_u32 {
        let mark = Place(n * 7919 % Place::END.0);
        let text = "a label of some length and more".repeat(1 + n as usize % 3);
        let put = shelves.put(mark, &text).expect("there are rows enough");
        let (at, wide) = (mark.pixels(500.0), put.text.chars().count() as f64 * 6.2);
        let (from, to) = match put.anchor {
            "start" => (at, at + f64::from(put.dx) + wide),
            _ => (at + f64::from(put.dx) - wide, at),
        };
        assert!(from >= -0.01 && to <= 500.01, "{from} to {to}");
        let free = taken[put.row].iter().all(|(left, right)| to <= *left || from >= *right);
        assert!(free, "row {} is taken from {from} to {to}", put.row);
        taken[put.row].push((from, to));
    }
}

#[test]
fn a_label_is_inside_of_its_bar_or_not_there() {
    let class = |width| {
        Text::inside(Place(0), Place(width), 13, "10.20.1.10", "on-a0").map(|text| text.class)
    };
    assert_eq!(class(20_000).as_deref(), Some("on-a0"));
    assert_eq!(class(10_000).as_deref(), Some("on-a0 wide"), "hidden where the page is narrow");
    assert_eq!(class(5_000), None);
}

#[test]
fn every_incident_has_a_mark_even_where_its_sentence_has_no_room() {
    let (mut recording, _) = example::followed();
    let fails = |n: u32| Incident { at: 30.0, what: format!("database {n} fails over") };
    recording.incidents = (0..20).map(fails).collect();
    let timeline = timeline(&recording);
    let lane = lane(&timeline, "what the script did");
    assert_eq!((lane.marks.len(), lane.texts.len(), lane.note.as_str()), (20, 8, "20"));
}

#[test]
fn calls_for_another_link_are_not_shown() {
    let (mut recording, _) = example::followed();
    let mut foreign = call(5.0, "RegisterTargets", Some("10.20.9.9:5432"), "ok");
    foreign.link = Some("billing".to_owned());
    recording.calls = vec![foreign, call(6.0, "DescribeDBClusters", None, "ok")];
    let timeline = timeline(&recording);
    assert_eq!(lane(&timeline, "calls that write").note, "0");
    assert_eq!(
        lane(&timeline, "calls that read").note,
        "1",
        "one that concerns no link is shown with each"
    );
}

#[test]
fn the_worst_link_comes_first_and_it_alone_is_unfolded() {
    let (recording, verdict) = example::many_links();
    let run = Run::of(0, &recording, &verdict);
    assert_eq!(run.links[0].timeline.summary.split('.').next(), Some("Timeline of orders-9"));
    let open: Vec<_> = run.links.iter().map(|link| link.is_open).collect();
    assert_eq!(open, (0..12).map(|rank| rank == 0).collect::<Vec<_>>());
}

#[test]
fn the_grid_has_a_row_a_scenario_and_a_column_a_program() {
    let grid = Grid::of(&example::grid());
    assert_eq!(grid.programs, [example::CAREFUL, example::CARELESS]);
    let words = |row: &grid::Row| {
        row.cells.iter().map(|cell| cell.as_ref().map(|cell| cell.word)).collect::<Vec<_>>()
    };
    let rows: Vec<_> = grid.rows.iter().map(words).collect();
    assert_eq!(
        rows,
        [[Some("right"), Some("wrong")], [Some("right"), Some("right")], [Some("wrong"), None],]
    );
}

#[test]
fn runs_with_different_seeds_are_not_compared() {
    let (careful, careless) = (example::followed(), example::missed());
    let reseeded = (Recording { seed: 8, ..careless.0 }, careless.1);
    assert_eq!(Grid::of(&[careful, reseeded]).rows.len(), 2);
}

#[test]
fn every_cell_leads_to_its_run() {
    let html = page(&example::grid());
    for number in 1..=5 {
        assert!(html.contains(&format!("href=\"#run-{number}\"")));
        assert!(html.contains(&format!("id=\"run-{number}\"")));
    }
}

#[test]
fn what_comes_from_outside_is_escaped() {
    const EVIL: &str = "\"><script>alert('x')</script>";
    let evil = || EVIL.to_owned();
    let (mut recording, mut verdict) = example::followed();
    (recording.handler, recording.title, recording.scenario, recording.databases) =
        (evil(), evil(), evil(), evil());
    (verdict.ok, verdict.faults) = (false, vec![evil()]);
    recording.incidents[0].what = evil();
    (recording.calls[0].operation, recording.calls[0].outcome) = (evil(), evil());
    (recording.calls[0].targets, recording.calls[1].link) = (Some(evil()), Some(evil()));
    (recording.invocations[0].what, recording.invocations[0].end) = (evil(), evil());
    let link = &mut recording.links[0];
    (link.name, link.source, link.endpoint) = (evil(), evil(), evil());
    (link.dns[0].what, link.targets[0].state, link.targets[1].target) = (evil(), evil(), evil());
    verdict.links[0].name = evil();
    let twice = [(recording.clone(), verdict.clone()), (recording, verdict)];
    for html in [page(&twice[..1]), page(&twice)] {
        assert!(!html.contains("<script"));
        assert!(html.contains("&lt;script&gt;"));
    }
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let html = page(&example::grid());
    for foreign in ["http:", "https:", "src=", "<link", "<script", "@import", "@font-face"] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert_eq!(html.matches("url(").count(), html.matches("url(#").count());
}

#[test]
fn the_page_is_well_formed() {
    for played in [example::grid(), vec![example::missed()]] {
        let html = page(&played);
        let mut reader = quick_xml::Reader::from_str(&html);
        let mut depth = 0_i32;
        loop {
            match reader.read_event().expect("every element is closed by its own name") {
                quick_xml::events::Event::Start(_) => depth += 1,
                quick_xml::events::Event::End(_) => depth -= 1,
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
    }
}

#[test]
fn what_recorded_nothing_is_drawn_as_well() {
    assert!(page(&[]).contains("<main>"));
    let (mut recording, verdict) = (Recording::default(), Verdict::default());
    recording.links.push(crate::scenario::recording::LinkRecording::default());
    assert!(page(&[(recording, verdict)]).contains("There is no outage."));
}
