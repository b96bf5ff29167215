//! Seeded histories in virtual time: failovers, faults, kills, lost and late events, at AWS's pace; then calm, and it
//! must come right. The same seed gives the same history. `WRITERLINK_SEEDS=FROM..TO` plays others than the usual ones.

use std::ops::Range;
use std::time::Duration;

use writerlink_core::event::SourceType;
use writerlink_lab::fault::{Effect, Fault, NameEffect};
use writerlink_lab::world::rds::Reboot;
use writerlink_tests::play::Play;

/// Numbers drawn from a seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let sides = u64::try_from(of.len()).expect("few");
        of[usize::try_from(self.roll(sides)).expect("few")].clone()
    }

    fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.roll(most))
    }
}

#[test]
fn whatever_happens_no_group_is_ever_empty_and_after_calm_each_holds_exactly_its_writer() {
    for seed in seeds() {
        history(seed);
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    assert_eq!(history(7), history(7));
}

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("WRITERLINK_SEEDS") else {
        return 0..300;
    };
    let (from, to) = text.split_once("..").expect("WRITERLINK_SEEDS is written FROM..TO");
    from.parse().expect("FROM is a number")..to.parse().expect("TO is a number")
}

/// Plays a history, and gives what happened in it.
fn history(seed: u64) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let play = Play::new();
    let mut log = Vec::new();
    for _ in 0..12 {
        log.push(happen(&play, &mut dice));
        for link in [&play.orders, &play.billing] {
            assert!(
                play.was_never_empty(link),
                "seed {seed}: {} was empty after {log:#?}",
                link.name
            );
        }
    }
    play.world().faults.clear();
    for _ in 0..5 {
        play.pass(Duration::from_secs(60));
        let report = play.sweep();
        log.push(format!(
            "calm: {:?}",
            report.bindings.iter().map(|b| b.status).collect::<Vec<_>>()
        ));
    }
    for link in [&play.orders, &play.billing] {
        assert!(
            play.was_never_empty(link),
            "seed {seed}: {} was empty after {log:#?}",
            link.name
        );
        assert!(
            play.is_right(link),
            "seed {seed}: {} is not right after {log:#?}",
            link.name
        );
    }
    log
}

fn happen(play: &Play, dice: &mut Dice) -> String {
    match dice.roll(10) {
        0 => {
            let to = dice.pick(&["orders-1", "orders-2", "orders-3"]);
            let began = play.world().failover_db_cluster("orders", Some(to)).is_ok();
            format!("orders fails over to {to}: {began}")
        }
        1 => {
            let began = play.world().reboot_db_instance("billing", Reboot::ToStandby).is_ok();
            format!("billing fails over: {began}")
        }
        2 => {
            let passed = dice.millis(90_000);
            play.pass(passed);
            format!("{passed:?} pass")
        }
        3 => {
            let operations = [
                "RegisterTargets",
                "DeregisterTargets",
                "DescribeTargetHealth",
                "DescribeTargetGroups",
                "DescribeDBClusters",
            ];
            let effects = [
                Effect::Throttle,
                Effect::AccessDenied,
                Effect::ServerErrorBefore,
                Effect::ServerErrorAfter,
                Effect::ResetBefore,
                Effect::ResetAfter,
                Effect::Hang,
                Effect::Delay(Duration::from_millis(700)),
                Effect::MalformedXml,
                Effect::EmptyPage,
            ];
            let fault = Fault::on(dice.pick(&operations), dice.pick(&effects));
            let fault = fault.times(1 + u32::try_from(dice.roll(3)).expect("small"));
            let text = format!("{fault:?}");
            play.world().faults.add(fault);
            text
        }
        4 => {
            let names = ["orders", "orders-1", "orders-2", "billing"];
            let name = match dice.pick(&names) {
                "orders" => play.world().cluster_endpoint("orders"),
                instance => play.world().instance_endpoint(instance),
            };
            let stranger = "10.20.1.200".parse().expect("an address");
            let public = "52.17.0.1".parse().expect("an address");
            let effects = [
                NameEffect::NxDomain,
                NameEffect::ServFail,
                NameEffect::Timeout,
                NameEffect::Empty,
                NameEffect::Addresses(vec![public]),
                NameEffect::Addresses(vec![stranger, public]),
            ];
            let (effect, from) = (dice.pick(&effects), play.now());
            let until = from + dice.millis(40_000);
            let text = format!("{name} is {effect:?} until {until:?}");
            play.world().faults.add_name(&name, effect, from, Some(until));
            text
        }
        5..=7 => {
            let events = [
                (71, SourceType::Cluster, "orders"),
                (73, SourceType::Cluster, "orders"),
                (13, SourceType::Instance, "billing"),
                (49, SourceType::Instance, "billing"),
                (4, SourceType::Instance, "orders-2"),
                (71, SourceType::Cluster, "somebody-else"),
            ];
            let (id, about, source) = dice.pick(&events);
            let trigger = play.trigger(id, about, source);
            let killed = (dice.roll(3) == 0).then(|| dice.millis(20_000));
            format!("event {id} of {source}: {}", play.run_perhaps_killed(&trigger, killed))
        }
        _ => {
            let killed = (dice.roll(3) == 0).then(|| dice.millis(20_000));
            format!("sweep: {}", play.run_perhaps_killed(&play.sweeping(), killed))
        }
    }
}
