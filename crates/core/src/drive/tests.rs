//! The driver on a virtual clock, and what the tests of its parts share.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::config::{Config, Location};
use crate::event::{Trigger, TriggerKind};
use crate::evidence::Answer;
use crate::failure::LookupError;
use crate::ports::{Filter, GroupTags, ListedGroup, Page};
use crate::report::Status;
use crate::source::Identifier;
use crate::standby::{Attributes, Interface};
use crate::target::{Family, Registration, Target, TargetGroup, TargetState};
use crate::topology::{Cluster, CustomEndpoint, HostName, Instance, ListedProxyEndpoint, Proxy};

/// A clock that advances when everything waits for it.
#[derive(Debug, Clone, Default)]
pub(super) struct VirtualClock(Arc<Mutex<Sleepers>>);

#[derive(Debug, Default)]
struct Sleepers {
    now: Duration,
    asleep: BTreeMap<(Duration, u64), Waker>,
    slept: u64,
}

impl VirtualClock {
    /// Runs a future that waits for nothing but time.
    pub(super) fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let awake = Arc::new(Awake(AtomicBool::new(true)));
        let waker = Waker::from(awake.clone());
        loop {
            while awake.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return output;
                }
            }
            let woken = {
                let mut sleepers = self.0.lock().expect("no test panics in here");
                let ((when, _), woken) = sleepers.asleep.pop_first().expect("somebody sleeps");
                sleepers.now = sleepers.now.max(when);
                woken
            };
            woken.wake();
        }
    }

    /// A future that takes so long to give its output.
    pub(super) async fn after<T>(&self, millis: u64, output: T) -> T {
        self.sleep(Duration::from_millis(millis)).await;
        output
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.0.lock().expect("no test panics in here").now
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        Sleep { until: self.now().saturating_add(duration), clock: self.clone(), place: None }
    }
}

/// A wait until a moment. When it is dropped, nobody is woken for it.
struct Sleep {
    until: Duration,
    clock: VirtualClock,
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (clock, until) = (self.clock.clone(), self.until);
        let mut sleepers = clock.0.lock().expect("no test panics in here");
        if sleepers.now >= until {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            sleepers.slept += 1;
            sleepers.slept
        });
        sleepers.asleep.insert((until, place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let mut sleepers = self.clock.0.lock().expect("no test panics in here");
            sleepers.asleep.remove(&(self.until, place));
        }
    }
}

struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes an urgent reading with full buckets and all the time there is.
pub(super) fn reading<T>(read: impl AsyncFnOnce(&Reads<'_, VirtualClock>) -> T) -> T {
    let (clock, pacer) = (VirtualClock::default(), Pacer::default());
    let reads = Reads { clock: &clock, pacer: &pacer, class: Class::Urgent, end: Duration::MAX };
    clock.run(read(&reads))
}

/// The ARN of a group by its number.
pub(super) fn arn(number: usize) -> TargetGroupArn {
    format!(
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/group-{number:04}/0123456789abcdef"
    )
    .parse()
    .expect("an ARN")
}

/// A group as the tests describe it.
pub(super) fn target_group(in_use: bool) -> TargetGroup {
    TargetGroup {
        target_type: "ip".to_owned(),
        protocol: "TCP".to_owned(),
        family: Family::V4,
        vpc: None,
        in_use,
    }
}

/// Target groups, each with the healthy target of its number.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) clock: VirtualClock,
    /// These do not exist.
    pub(super) missing: BTreeSet<TargetGroupArn>,
    /// These are left out of every answer.
    pub(super) left_out: BTreeSet<TargetGroupArn>,
    /// To these no load balancer forwards.
    pub(super) idle: BTreeSet<TargetGroupArn>,
    /// These have no target yet.
    pub(super) empty: Mutex<BTreeSet<TargetGroupArn>>,
    /// How the next calls fail.
    pub(super) fails: Mutex<Vec<Failure>>,
    /// All calls fail like this.
    pub(super) down: Option<Failure>,
    /// How long the next readings of targets take, in milliseconds.
    pub(super) slow: Mutex<Vec<u64>>,
    /// How long a write takes.
    pub(super) write_takes: u64,
    /// How many groups each call asked to describe.
    pub(super) described: Mutex<Vec<usize>>,
    /// When the targets of which group were read.
    pub(super) read: Mutex<Vec<(Duration, TargetGroupArn)>>,
    /// How many writes were sent.
    pub(super) writes: Mutex<usize>,
}

const FREE: &str = "no test panics in here";

impl Groups {
    pub(super) fn described(&self) -> Vec<usize> {
        self.described.lock().expect(FREE).clone()
    }

    fn fail(&self, call: &'static str) -> Result<(), CallError> {
        let next = self.fails.lock().expect(FREE).pop();
        match next.or(self.down) {
            Some(failure) => Err(CallError::new(call, failure, "it fails")),
            None => Ok(()),
        }
    }
}

fn address(number: usize) -> std::net::SocketAddr {
    format!("10.20.{}.{}:5432", number / 200, number % 200 + 1).parse().expect("an address")
}

/// The number in the name of a group or a host.
fn number(text: &str) -> usize {
    let digits = text.split('-').nth(1).expect("a number").split('.').next();
    digits.expect("a number").parse().expect("a number")
}

impl TargetGroupRead for &Groups {
    async fn describe(&self, groups: &[TargetGroupArn]) -> Result<Vec<ListedGroup>, CallError> {
        self.described.lock().expect(FREE).push(groups.len());
        self.fail(action::GROUPS)?;
        if groups.iter().any(|group| self.missing.contains(group)) {
            let failure = Failure::Rejected(Rejection::NotFound);
            return Err(CallError::new(action::GROUPS, failure, "one or more are not found"));
        }
        let shown = groups.iter().filter(|group| !self.left_out.contains(group));
        let listed = shown.map(|arn| (arn.clone(), Ok(target_group(!self.idle.contains(arn)))));
        Ok(listed.collect())
    }

    async fn targets(&self, group: &TargetGroupArn) -> Result<Vec<Target>, CallError> {
        self.read.lock().expect(FREE).push((self.clock.now(), group.clone()));
        let takes = self.slow.lock().expect(FREE).pop().unwrap_or(20);
        self.clock.after(takes, ()).await;
        self.fail(action::TARGETS)?;
        if self.empty.lock().expect(FREE).contains(group) {
            return Ok(Vec::new());
        }
        let address = address(number(group.name()));
        Ok(vec![Target { address, zone: None, state: TargetState::Healthy, reason: None }])
    }

    async fn groups(&self, _: Option<String>) -> Result<Page<ListedGroup>, CallError> {
        Ok(Page::default())
    }

    async fn tags(&self, _: &[TargetGroupArn]) -> Result<Vec<GroupTags>, CallError> {
        Ok(Vec::new())
    }
}

impl TargetGroupWrite for &Groups {
    async fn register(&self, group: &TargetGroupArn, _: &Registration) -> Result<(), CallError> {
        *self.writes.lock().expect(FREE) += 1;
        self.clock.after(self.write_takes, ()).await;
        self.empty.lock().expect(FREE).remove(group);
        Ok(())
    }

    async fn deregister(&self, _: &TargetGroupArn, _: &[Target]) -> Result<(), CallError> {
        panic!("nothing is to be removed")
    }
}

/// A Region without databases.
#[derive(Debug, Clone)]
struct NoDatabases;

impl Rds for NoDatabases {
    async fn clusters(
        &self,
        _: Option<&Filter>,
        _: Option<String>,
    ) -> Result<Page<(Identifier, Cluster)>, CallError> {
        Ok(Page::default())
    }

    async fn instances(
        &self,
        _: Option<&Filter>,
        _: Option<String>,
    ) -> Result<Page<(Identifier, Instance)>, CallError> {
        Ok(Page::default())
    }

    async fn custom_endpoints(
        &self,
        _: Option<String>,
    ) -> Result<Page<(Identifier, CustomEndpoint)>, CallError> {
        Ok(Page::default())
    }

    async fn proxies(&self, _: Option<String>) -> Result<Page<(Identifier, Proxy)>, CallError> {
        Ok(Page::default())
    }

    async fn proxy_endpoints(
        &self,
        _: Option<String>,
    ) -> Result<Page<ListedProxyEndpoint>, CallError> {
        Ok(Page::default())
    }
}

/// Every name resolves to the address of its number.
#[derive(Debug, Clone)]
struct Names;

impl Resolver for Names {
    async fn lookup(&self, name: &HostName, _: Family) -> Result<Answer, LookupError> {
        let addresses = vec![address(number(name.as_str())).ip()];
        Ok(Answer { addresses, aliases: Vec::new(), ttl: Duration::from_secs(5) })
    }
}

/// No binding is warm, so nothing asks for a standby.
#[derive(Debug, Clone)]
struct NoStandbys;

impl StandbyRead for NoStandbys {
    async fn interfaces(&self, _: &str, _: Option<String>) -> Result<Page<Interface>, CallError> {
        panic!("no binding is warm")
    }

    async fn group_attributes(&self, _: &TargetGroupArn) -> Result<Attributes, CallError> {
        panic!("no binding is warm")
    }

    async fn balancers_of(&self, _: &TargetGroupArn) -> Result<BTreeSet<String>, CallError> {
        panic!("no binding is warm")
    }

    async fn balancers(
        &self,
        _: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CallError> {
        panic!("no binding is warm")
    }

    async fn balancer_attributes(&self, _: &str) -> Result<Attributes, CallError> {
        panic!("no binding is warm")
    }
}

type Ports<'a> = ReadPorts<NoDatabases, Names, &'a Groups, NoStandbys>;

fn ports(groups: &Groups) -> Ports<'_> {
    ReadPorts::new(NoDatabases, Names, groups, NoStandbys)
}

/// A sweep over so many bindings, each of a name and a group.
fn sweep(ports: &Ports<'_>, bindings: usize) -> Report {
    let binding = |number: usize| {
        format!(
            "[[binding]]\nname = \"b{number}\"\nsource = \"dns/db-{number}.test\"\nport = 5432\n\
             target-group = \"{}\"\n",
            arn(number)
        )
    };
    let text: String = (0..bindings).map(binding).collect();
    let text = format!("allow = [\"10.20.0.0/16\"]\n{text}");
    let config = Config::parse(&text, &Location::Inline(text.clone())).expect("a configuration");
    let trigger = Trigger::sweep(TriggerKind::Schedule);
    let run = Run::new(&config, &trigger, Timestamp::UNIX_EPOCH, Duration::from_secs(230));
    let groups = ports.groups;
    groups.clock.run(drive(run, ports, Some(&groups), &groups.clock, &mut ()))
}

fn is_settled(report: &Report) -> bool {
    report.bindings.iter().all(|binding| binding.status == Status::Settled)
}

#[test]
fn forty_bindings_are_described_in_two_calls_and_read_as_the_budget_allows() {
    let groups = Groups::default();
    let report = sweep(&ports(&groups), 40);
    assert!(is_settled(&report), "{report:?}");
    assert_eq!(groups.described(), [20; 2]);
    let read = groups.read.lock().expect(FREE);
    for (first, (from, _)) in read.iter().enumerate() {
        for (last, (to, _)) in read.iter().enumerate().skip(first) {
            let allowed = 20.0 + (*to - *from).as_secs_f64() * 5.0;
            assert!((last - first + 1) as f64 <= allowed + 1e-9, "{first} to {last}");
        }
    }
    assert!(read[0].0.is_zero() && read[39].0 >= Duration::from_secs(4), "{:?}", read[39].0);
}

#[test]
fn a_warm_process_describes_nothing() {
    let groups = Groups::default();
    let ports = ports(&groups);
    sweep(&ports, 3);
    let report = sweep(&ports.clone(), 3);
    assert!(is_settled(&report), "{report:?}");
    assert_eq!(groups.described(), [3]);
}

#[test]
fn what_the_process_remembers_is_no_reading() {
    let mut groups = Groups::default();
    let warm = ports(&groups);
    assert!(!sweep(&warm, 1).nothing_readable);
    let ReadPorts { pacer, descriptions, .. } = warm;
    groups.down = Some(Failure::Unreachable);
    let report = sweep(&ReadPorts { pacer, descriptions, ..ports(&groups) }, 1);
    assert!(report.nothing_readable, "{report:?}");
}

#[test]
fn a_reading_that_hangs_is_asked_for_a_second_time() {
    let groups = Groups { slow: Mutex::new(vec![60_000]), ..Groups::default() };
    let report = sweep(&ports(&groups), 1);
    assert!(is_settled(&report), "{report:?}");
    let read = groups.read.lock().expect(FREE);
    assert_eq!(read[1].0, Duration::from_secs(1), "{read:?}");
}

#[test]
fn a_write_is_sent_once_however_long_it_takes() {
    let empty = Mutex::new(BTreeSet::from([arn(0)]));
    let groups = Groups { empty, write_takes: 10_000, ..Groups::default() };
    let report = sweep(&ports(&groups), 1);
    assert_eq!(*groups.writes.lock().expect(FREE), 1, "{report:?}");
    assert_eq!(report.bindings[0].status, Status::Changed, "{report:?}");
}
