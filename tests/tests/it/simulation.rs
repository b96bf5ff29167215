//! Tests that the promises of `docs/semantics.md` hold in seeded histories of the real engine, as
//! `writerlink lab simulate` plays them. `WRITERLINK_SEEDS=FROM..TO` plays other seeds instead.

use std::sync::atomic::AtomicBool;
use std::thread;

use writerlink_lab::simulate::{Campaign, Found, Function, History, Telling, simulate};
use writerlink_lambda::{answer, payload};

/// The Lambda's own way in and out.
const FUNCTION: Function = Function {
    read: |payload, names| match payload::read(payload, &payload::CallContext::of(names)) {
        Ok(request) => Ok(request.trigger),
        Err(refusal) => Err(refusal.to_string()),
    },
    fails: |trigger, report| answer::answer(trigger, report).is_err(),
};

#[test]
fn every_promise_is_kept_in_every_seeded_history() {
    let (from, to) = seeds();
    let found = campaign(from, to - from, &FUNCTION);
    if let Some(failed) = &found.failed {
        panic!("{}", told(failed.seed));
    }
    assert_eq!(found.seeds, to - from);
    println!("{} seeds, {:.0} a second\n{}", found.seeds, found.rate(), found.coverage);
}

#[test]
fn the_same_seed_tells_the_same_story_to_the_byte() {
    let story = |seed| simulate(seed, &FUNCTION, Telling::Full).transcript.as_str().to_owned();
    for seed in 0..40 {
        assert_eq!(story(seed), story(seed));
        assert_ne!(story(seed), story(seed + 1));
    }
}

#[test]
fn what_is_found_does_not_depend_on_the_number_of_threads_nor_on_the_telling() {
    let found = |threads| {
        let campaign = Campaign { from: 300, seeds: Some(60), most: None, threads };
        let found = campaign.play(&FUNCTION, &AtomicBool::new(false));
        (found.coverage, found.counts, found.excuses, found.slowest)
    };
    assert_eq!(found(1), found(3));
    let (silent, full) =
        (simulate(301, &FUNCTION, Telling::Silent), simulate(301, &FUNCTION, Telling::Full));
    assert_eq!(
        (silent.coverage, silent.counts, silent.settled),
        (full.coverage, full.counts, full.settled)
    );
}

#[test]
fn a_function_that_breaks_a_promise_is_found_by_its_lowest_seed_and_the_story_tells_it() {
    let hides_every_failure = Function { fails: |_, _| false, ..FUNCTION };
    let found = campaign(0, 200, &hides_every_failure);
    let failed = found.failed.expect("some event's run is not ok");
    assert_eq!(failed.violations[0].promise, "O1");
    let one_by_one =
        (0..).find(|seed| is_broken(&simulate(*seed, &hides_every_failure, Telling::Silent)));
    assert_eq!(Some(failed.seed), one_by_one);
    let story = simulate(failed.seed, &hides_every_failure, Telling::Full);
    assert!(story.transcript.as_str().contains("O1 is broken"));
}

/// Few enough for every day; a campaign of hours is for `writerlink lab simulate --for`.
fn seeds() -> (u64, u64) {
    let Ok(text) = std::env::var("WRITERLINK_SEEDS") else {
        return (0, 1500);
    };
    let (from, to) = text.split_once("..").expect("WRITERLINK_SEEDS is written FROM..TO");
    let number = |text: &str| text.parse().expect("FROM and TO are numbers");
    (number(from), number(to))
}

fn campaign(from: u64, seeds: u64, function: &Function) -> Found {
    let campaign = Campaign {
        from,
        seeds: Some(seeds),
        most: None,
        threads: thread::available_parallelism().map_or(1, usize::from),
    };
    campaign.play(function, &AtomicBool::new(false))
}

fn is_broken(history: &History) -> bool {
    !history.violations.is_empty()
}

/// The transcript of a seed, and the command that prints it again.
fn told(seed: u64) -> String {
    let history = simulate(seed, &FUNCTION, Telling::Full);
    format!(
        "{}\n{:?}\nTo see it again: cargo run --bin writerlink -- lab simulate --seed {seed}",
        history.transcript.as_str(),
        history.violations
    )
}
