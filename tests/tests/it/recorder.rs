//! The recorder beside the reconciler in the embedded region, in virtual time: what it records is
//! compared with what the region knows.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use futures_util::join;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use writerlink_aws::Clients;
use writerlink_core::config::{Binding, Config, Location};
use writerlink_core::drive::{ReadPorts, drive_to_end};
use writerlink_core::event::{Trigger, TriggerKind};
use writerlink_core::ports::Clock;
use writerlink_core::record::{
    self, Between, CauseKind, End, Lasted, Limits, LinkProbe, NoProbe, Nothing, Occasion, Record,
    Recorded, Session, Told,
};
use writerlink_core::run::{Memory, Run};
use writerlink_lab::fault::{DeliveryFault, Effect, Fault};
use writerlink_lab::ports::InProcess;
use writerlink_lab::scenario::Watch;
use writerlink_lab::scenario::recording::LinkRecording;
use writerlink_lab::scenario::verdict::Figures;
use writerlink_lab::scene::{Link, Scene};
use writerlink_lab::virtual_time::VirtualTime;
use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world::rds::Reboot;
use writerlink_lab::world::{Pace, World};
use writerlink_lambda::payload::{self, CallContext};
use writerlink_tests::deployed_lab::DeployedLab;

/// A step of a play: after so many seconds, this happens to the region.
type Step = (u64, fn(&mut World, &[Link]));

/// What is played.
struct Play {
    steps: Vec<Step>,
    pace: Pace,
    lasts: u64,
    has_reconciler: bool,
}

impl Play {
    fn of(steps: &[Step]) -> Self {
        Self { steps: steps.to_vec(), pace: Pace::real(), lasts: 900, has_reconciler: true }
    }

    /// Plays it, and tells what was recorded, what was not, and what the region knows.
    fn play(self) -> Played {
        let scene = Scene::new(self.pace).unwrap();
        let text = scene.config("127.0.0.1:53".parse().unwrap(), "");
        let config = Config::parse(&text, &Location::Inline(text.clone())).unwrap();
        let time = VirtualTime::default();
        let epoch = scene.world.timestamp_at(Duration::ZERO);
        time.run(time.sleep(scene.world.now()));
        let (began, end) = (time.now(), time.now() + Duration::from_secs(self.lasts));
        let stage = Stage {
            region: InProcess::new(scene.world, time.clone()),
            bindings: config.usable().cloned().collect(),
            config,
            epoch,
            end,
            links: scene.links,
            queues: [RefCell::default(), RefCell::default()],
            time: time.clone(),
            records: RefCell::default(),
            ignored: RefCell::default(),
        };
        let links = time.run(async {
            let (links, (), ()) = join!(
                stage.pass(began, &self.steps),
                stage.reconcile(self.has_reconciler),
                stage.record()
            );
            links
        });
        let calls = stage.region.world().calls.iter().map(|call| call.operation.clone()).collect();
        Played {
            began: epoch + SignedDuration::try_from(began).unwrap(),
            records: stage.records.into_inner(),
            ignored: stage.ignored.into_inner(),
            links,
            calls,
        }
    }
}

struct Stage {
    time: VirtualTime,
    region: InProcess<VirtualTime>,
    config: Config,
    bindings: Vec<Binding>,
    links: Vec<Link>,
    epoch: Timestamp,
    end: Duration,
    /// The payloads that wait for the reconciler and for the recorder.
    queues: [RefCell<VecDeque<Value>>; 2],
    records: RefCell<Vec<Record>>,
    ignored: RefCell<Vec<Nothing>>,
}

const TICK: Duration = Duration::from_millis(50);

impl Stage {
    fn is_over(&self) -> bool {
        self.time.now() >= self.end
    }

    fn timestamp(&self) -> Timestamp {
        self.epoch + SignedDuration::try_from(self.time.now()).unwrap()
    }

    /// Lets the region go on, and writes down what is true in it.
    async fn pass(&self, began: Duration, steps: &[Step]) -> Vec<LinkRecording> {
        let mut watch = Watch::begin(&mut self.region.world(), &self.links);
        let mut steps = steps.iter().peekable();
        while !self.is_over() {
            {
                let mut world = self.region.world();
                let passed = world.now().saturating_sub(began).as_secs();
                while let Some((_, act)) = steps.next_if(|(at, _)| *at <= passed) {
                    act(&mut world, &self.links);
                }
                watch.look(&mut world, &self.links);
                for delivery in world.sns.take_deliveries() {
                    for queue in &self.queues {
                        queue.borrow_mut().push_back(delivery.payload.clone());
                    }
                }
            }
            self.time.sleep(TICK).await;
        }
        let world = self.region.world();
        let links = self.links.iter().enumerate();
        links.map(|(index, link)| watch.recording(&world, index, link)).collect()
    }

    async fn reconcile(&self, is_there: bool) {
        let region = || self.region.clone();
        let ports = ReadPorts::new(region(), region(), region(), region());
        let (mut memory, mut swept) = (Memory::default(), self.time.now());
        while is_there && !self.is_over() {
            let payload = self.queues[0].borrow_mut().pop_front();
            let trigger = match payload {
                Some(payload) => Some(read(&payload).0),
                None if self.time.now() >= swept + Duration::from_secs(60) => {
                    swept = self.time.now();
                    Some(Trigger::sweep(TriggerKind::Schedule))
                }
                None => None,
            };
            if let Some(trigger) = trigger {
                let limit = Duration::from_secs(230);
                let now = self.timestamp();
                let run = Run::remembering(&self.config, &trigger, now, limit, &memory);
                let writer = Some(&self.region);
                let run = drive_to_end(run, &ports, writer, &self.time, &mut ()).await;
                memory = run.memory();
            }
            self.time.sleep(TICK).await;
        }
    }

    /// The recorder, one invocation after another.
    async fn record(&self) {
        let region = || self.region.clone();
        let ports =
            ReadPorts::new(region(), region(), region(), region()).with_share(record::share());
        let mut recorded = Recorded::default();
        while !self.is_over() {
            let payload = self.queues[1].borrow_mut().pop_front();
            if let Some(payload) = payload {
                let now = self.timestamp();
                match Occasion::of(&self.bindings, &read(&payload).1, &recorded, now) {
                    Ok(occasion) => {
                        let limits = Limits {
                            function: "recorder".to_owned(),
                            region: "eu-west-1".to_owned(),
                            left: Duration::from_secs(880),
                            probes: false,
                        };
                        let session =
                            Session::begin(&self.bindings, &occasion, recorded, limits, now);
                        let mut out = |_: &Session, record: &Record| {
                            self.records.borrow_mut().push(record.clone());
                        };
                        let probe = None::<&NoProbe>;
                        let session =
                            record::record(session, &ports, probe, &self.time, now, &mut out).await;
                        recorded = session.recorded().clone();
                    }
                    Err(nothing) => self.ignored.borrow_mut().push(nothing),
                }
            }
            self.time.sleep(TICK).await;
        }
    }
}

fn read(payload: &Value) -> (Trigger, Vec<Told>) {
    let request = payload::read(payload, &CallContext::of(&[])).unwrap();
    let events = request.trigger.events.iter().zip(&request.published);
    let told = events.map(|(event, sns)| Told { event: event.clone(), sns: *sns }).collect();
    (request.trigger, told)
}

/// What came of a play.
struct Played {
    began: Timestamp,
    records: Vec<Record>,
    ignored: Vec<Nothing>,
    links: Vec<LinkRecording>,
    calls: Vec<String>,
}

impl Played {
    fn one(&self) -> &Record {
        let [record] = self.records.as_slice() else {
            panic!("one record, not {:#?}", self.records)
        };
        record
    }

    /// The figures of a record lie around the region's own.
    fn assert_contains_the_truth(&self, record: &Record) {
        let link = self.links.iter().find(|link| link.name == record.binding).unwrap();
        let truth = Figures::of(link).unwrap();
        let seen = &record.figures;
        for (name, seen, truth) in [
            ("topology", seen.topology, truth.topology),
            ("dns", seen.dns, truth.dns),
            ("dns_steady", seen.dns_steady, truth.dns_steady),
            ("registered", seen.registered, truth.registered),
            ("healthy", seen.healthy, truth.healthy),
            ("old_draining", seen.old_draining, truth.old_draining),
            ("old_gone", seen.old_gone, truth.old_gone),
        ] {
            let (Some(seen), Some(truth)) = (seen, truth) else {
                assert_eq!(seen.is_some(), truth.is_some(), "{name}: {seen:?} and {truth:?}");
                continue;
            };
            let (after, by) = self.seconds(seen);
            // The region's own moments are known to within a tick.
            let tick = 2.0 * TICK.as_secs_f64();
            assert!(
                after.is_none_or(|after| after <= truth + tick) && truth - tick <= by,
                "{name}: {truth} does not lie between {after:?} and {by}: {record:#?}"
            );
        }
    }

    /// An interval in seconds since the beginning.
    fn seconds(&self, Between { after, by }: Between) -> (Option<f64>, f64) {
        let since = |moment: record::Moment| moment.since(record::Moment(self.began));
        (after.map(since), since(by))
    }
}

fn width(between: Option<Between>) -> f64 {
    let Between { after, by } = between.unwrap();
    by.since(after.unwrap())
}

const FAIL_OVER: Step = (5, |world, _| {
    world.failover_db_cluster("orders", None).unwrap();
});

const LOSE_BILLING: Step = (5, |world, _| {
    world.reboot_db_instance("billing", Reboot::ToStandby).unwrap();
});

#[test]
fn the_record_of_a_clusters_failover_contains_the_truth() {
    let played = Play::of(&[FAIL_OVER]).play();
    let record = played.one();
    assert_eq!((record.binding.as_str(), record.end), ("orders-writer", End::Complete));
    assert_eq!(record.engine.as_deref(), Some("aurora-postgresql"));
    played.assert_contains_the_truth(record);
    assert!(record.dns_flaps > 0, "{record:#?}");
    assert!(width(record.figures.registered) < 2.5, "{record:#?}");
    assert!(width(record.figures.healthy) < 6.0, "{record:#?}");
    assert!(record.seconds.failover_to_healthy.and_then(Lasted::measured).is_some());
    assert!(record.gaps.is_empty() && record.reads.throttled == 0, "{:?}", record.gaps);
    // The second event tells of the same failover.
    assert_eq!(played.ignored, [Nothing::Recorded]);
}

#[test]
fn the_record_of_an_instances_failover_contains_the_truth() {
    let played = Play::of(&[LOSE_BILLING]).play();
    let record = played.one();
    assert_eq!((record.binding.as_str(), record.end), ("billing", End::Complete));
    assert_eq!(record.figures.topology, None, "RDS does not say where an instance is");
    played.assert_contains_the_truth(record);
}

#[test]
fn a_failover_whose_first_event_is_lost_is_recorded_by_what_is_left_to_see() {
    let lost: Step = (4, |world, _| world.faults.add_delivery(DeliveryFault::Lose));
    let played = Play::of(&[lost, FAIL_OVER]).play();
    let record = played.one();
    assert_eq!(record.cause.event.as_deref(), Some("RDS-EVENT-0071"));
    assert_eq!(record.end, End::Complete, "{record:#?}");
    played.assert_contains_the_truth(record);
    let evidence = record.figures.evidence().unwrap();
    assert_eq!(evidence.after, None, "it came after the first evidence: {record:#?}");
    assert_eq!(record.seconds.evidence_to_registered.and_then(Lasted::measured), None);
    assert!(record.seconds.registered_to_healthy.is_some(), "{record:#?}");
}

#[test]
fn a_failover_that_nobody_follows_is_recorded_as_far_as_it_went() {
    let played = Play { has_reconciler: false, lasts: 960, ..Play::of(&[FAIL_OVER]) }.play();
    let record = played.one();
    assert_eq!(record.end, End::TimeOver);
    played.assert_contains_the_truth(record);
    assert_eq!((record.figures.registered, record.figures.old_gone), (None, None));
    let wrote = |call: &&String| call.starts_with("Register") || call.starts_with("Deregister");
    assert_eq!(played.calls.iter().find(wrote), None, "the recorder only reads");
}

#[test]
fn dns_that_goes_back_and_forth_for_long_is_counted_and_steady_only_at_its_end() {
    let pace = Pace { dns_lag: Duration::from_secs(3), ..Pace::real() };
    let pace = Pace { flap: Duration::from_secs(60), ..pace };
    let played = Play { pace, ..Play::of(&[FAIL_OVER]) }.play();
    let record = played.one();
    played.assert_contains_the_truth(record);
    let truth = played.links.iter().find(|link| link.name == record.binding).unwrap();
    let writer = truth.dns.last().unwrap().what.clone();
    let gave = truth.dns.windows(2).filter(|pair| pair[0].what == writer).count();
    assert_eq!(record.dns_flaps as usize, gave, "a look a second misses none of 4 s");
    let Figures { dns, dns_steady, .. } = Figures::of(truth).unwrap();
    assert!(dns_steady.unwrap() - dns.unwrap() > 50.0);
}

#[test]
fn reads_that_fail_leave_gaps_and_wider_figures_that_still_contain_the_truth() {
    let throttled: Step = (12, |world, _| {
        world.faults.add(Fault::on("DescribeDBClusters", Effect::Throttle).times(6));
        world.faults.add(Fault::on("DescribeTargetHealth", Effect::ServerErrorBefore).times(6));
    });
    let played = Play::of(&[FAIL_OVER, throttled]).play();
    let record = played.one();
    assert_eq!(record.end, End::Complete);
    played.assert_contains_the_truth(record);
    let whys: Vec<&str> = record.gaps.iter().map(|gap| gap.why.as_str()).collect();
    assert!(whys.contains(&"throttled") && whys.contains(&"unreachable"), "{:?}", record.gaps);
    assert!(record.reads.throttled > 0);
}

#[test]
fn an_event_that_comes_after_eleven_minutes_records_nothing_and_says_so() {
    let late: Step = (4, |world, _| {
        for _ in 0..2 {
            world.faults.add_delivery(DeliveryFault::Delay(Duration::from_secs(660)));
        }
    });
    let played = Play::of(&[late, FAIL_OVER]).play();
    assert_eq!(played.records, []);
    assert_eq!(played.ignored, [Nothing::TooOld, Nothing::TooOld]);
}

#[test]
fn two_databases_that_fail_over_at_once_have_a_record_each() {
    let played = Play { lasts: 1500, ..Play::of(&[FAIL_OVER, LOSE_BILLING]) }.play();
    let mut names: Vec<_> = played.records.iter().map(|record| record.binding.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["billing", "orders-writer"], "{:#?}", played.records);
    for record in &played.records {
        played.assert_contains_the_truth(record);
    }
}

#[test]
fn a_cluster_that_moves_while_another_is_recorded_is_recorded_too() {
    let lost: Step = (30, |world, _| {
        for _ in 0..5 {
            world.faults.add_delivery(DeliveryFault::Lose);
        }
    });
    let next: Step = (31, |world, _| {
        world.failover_db_cluster("orders", None).unwrap();
    });
    let played = Play { lasts: 1500, ..Play::of(&[LOSE_BILLING, lost, next]) }.play();
    let seen = played.records.iter().find(|record| record.binding == "orders-writer").unwrap();
    assert_eq!((seen.cause.by, seen.end), (CauseKind::Seen, End::Complete));
    played.assert_contains_the_truth(seen);
    assert!(seen.figures.topology.unwrap().after.is_some(), "{seen:#?}");
}

#[tokio::test]
async fn the_probe_finds_the_listener_and_the_name_of_the_load_balancer_of_a_group() {
    let scene = Scene::new(Pace::real()).unwrap();
    let group = scene.links[0].group.parse().unwrap();
    let lab = Lab::start(scene.world, Options::default()).await.unwrap();
    let probe = Clients::at(&lab.aws_endpoint(), "eu-west-1").unwrap().link_probe();
    let front = probe.front(&group).await.unwrap().unwrap();
    assert_eq!(front.port, 5432);
    assert!(front.name.as_str().ends_with(".elb.eu-west-1.amazonaws.com"), "{front:?}");
    let listener = lab.world().elbv2.listeners().next().unwrap().arn.clone();
    let forwarded = lab.world().elbv2.listeners().map(|one| one.target_group.clone()).next();
    lab.world().remove_listener(&listener);
    let group = forwarded.unwrap().parse().unwrap();
    assert_eq!(probe.front(&group).await, Ok(None), "nothing listens for it");
    lab.shutdown().await;
}

#[tokio::test]
async fn the_real_program_records_a_failover_over_the_wire_and_writes_nothing() {
    // Half of a short timeout is kept free for the answer.
    let deployed = DeployedLab::recorder(Duration::from_secs(16)).await;
    deployed.lab.world().failover_db_cluster("orders", None).unwrap();
    let record = |line: &str| serde_json::from_str::<Record>(line).ok();
    let record =
        deployed.until("a record is in the log", || deployed.log().lines().find_map(record)).await;
    assert_eq!((record.binding.as_str(), record.end), ("orders-writer", End::TimeOver));
    assert_eq!(record.cause.event.as_deref(), Some("RDS-EVENT-0073"));
    assert!(record.figures.topology.is_some() && record.figures.dns.is_some(), "{record:#?}");
    assert_eq!((record.figures.registered, record.gaps.len()), (None, 0), "{record:#?}");
    assert_eq!(deployed.writes(), [""; 0]);
}
