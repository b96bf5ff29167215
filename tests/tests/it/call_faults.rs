//! Tests every AWS call of a run with every way in which it can fail, and every moment at which the
//! run can be killed: at the wire, through the real handler, SDK and resolver, against the lab.
//! `outcomes.txt` lists the right outcome of each, which follows from docs/semantics.md.
//!
//! Each cell has a region of its own, in which a cluster has failed over: an event comes, the run
//! registers the new writer and deregisters the old one, and somewhere on the way the fault
//! strikes. The lists of custom endpoints and of proxies are read for a set behind one of those
//! instead. What sweeps make of it afterwards is played on the world that is left, in virtual time.

mod calm;
mod cell;
mod table;
mod tap;

use std::time::Duration;

use futures_util::future::ready;
use futures_util::{StreamExt, stream};
use writerlink_lab::World;
use writerlink_lab::fault::{Effect, Fault};
use writerlink_lab::world::elbv2::TargetRequest;
use writerlink_lab::world::{Call, Outcome};

use cell::{PATIENT, Region};
use table::{Cell, Course};
use tap::{Aim, Moment, Tap};

/// How many cells are played at a time. Most of a cell's time is waiting for pauses and time-outs.
const MANY: usize = 96;
const FEW: usize = 8;

/// How long after one another they begin: many at the same moment would keep each other from an
/// answer in time.
const APART: Duration = Duration::from_millis(25);

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_and_every_kill_at_every_call_ends_as_the_table_says() {
    let mut cells = table::cells();
    // The longest first.
    cells
        .sort_by_key(|cell| (cell.course != Course::Throughout, !cell.fault.starts_with("silent")));
    let suspects = wrong_of(cells, MANY).await;
    // A machine that is too busy for an answer in time makes another cell of one. Among few there
    // is no such excuse.
    let wrong = wrong_of(suspects.into_iter().map(|(cell, _)| cell).collect(), FEW).await;
    assert!(wrong.is_empty(), "{} cells are wrong:\n{}", wrong.len(), table::grid(&wrong));
}

/// Plays cells, so many at a time. Returns those that came out wrong, each with what was found.
async fn wrong_of(cells: Vec<Cell>, at_once: usize) -> Vec<(Cell, String)> {
    let begun = stream::iter(cells).then(|cell| async move {
        tokio::time::sleep(APART).await;
        cell
    });
    let playing = begun.map(|cell| {
        tokio::spawn(async move {
            let found = cell::play(&cell).await;
            (cell, found)
        })
    });
    let played = playing.buffer_unordered(at_once);
    let ended = played.map(|cell| cell.expect("a cell is played to its end"));
    let mut wrong: Vec<_> =
        ended.filter(|(cell, found)| ready(cell.right != found)).collect().await;
    wrong.sort();
    wrong
}

/// When the write of a killed run lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Late {
    BeforeTheSweep,
    AfterTheSweep,
    AfterAFailback,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_of_a_killed_run_that_lands_late_is_mended_by_a_sweep() {
    for (operation, late, holds) in [
        ("RegisterTargets", Late::BeforeTheSweep, "both"),
        ("RegisterTargets", Late::AfterTheSweep, "new"),
        ("RegisterTargets", Late::AfterAFailback, "both"),
        ("DeregisterTargets", Late::BeforeTheSweep, "new"),
        ("DeregisterTargets", Late::AfterTheSweep, "new"),
        // Nothing can prevent this one: ELBv2's writes cannot be fenced.
        ("DeregisterTargets", Late::AfterAFailback, "nothing"),
    ] {
        let what = format!("{operation} {late:?}");
        let region = Region::start(operation, PATIENT, |_| {}).await;
        let aim = Aim { operation, ..Aim::default() };
        let unanswered = Fault::on(operation, Effect::Hang).times(1);
        let tap = Tap::on(&region.lab, aim, vec![unanswered], Some(Moment::InFlight));
        assert!(region.follow(&tap).await.is_none(), "{what}: it is killed");

        let calm = region.calm();
        if late != Late::BeforeTheSweep {
            assert!(calm.sweep().status.is_ok(), "{what}");
        }
        if late == Late::AfterAFailback {
            calm.change(|world| {
                let former = world.failover_db_cluster("orders", Some("orders-1"));
                former.expect("an available cluster fails over");
            });
            assert!(calm.sweep().status.is_ok(), "{what}");
            assert_eq!(calm.holds(), "new", "{what}");
        }
        calm.change(|world| land(world, operation, &region.link.group));
        assert_eq!(calm.holds(), holds, "{what}");
        assert_eq!(calm.complaint(), None, "{what}");
    }
}

/// Carries out a write that was sent and left undone, as AWS may do when its sender is gone.
fn land(world: &mut World, operation: &str, group: &str) {
    let is_undone = |call: &&Call| call.outcome == Outcome::DroppedUnanswered;
    let sent = world.calls.of(operation).find(is_undone).expect("one was left undone");
    let parameter = |name: &str| sent.parameters[&format!("Targets.member.1.{name}")].as_str();
    let target = TargetRequest::new(parameter("Id"), parameter("Port").parse().expect("a port"));
    let landed = match operation {
        "RegisterTargets" => world.register_targets(group, &[target]),
        _ => world.deregister_targets(group, &[target]),
    };
    landed.expect("the region takes it");
}
