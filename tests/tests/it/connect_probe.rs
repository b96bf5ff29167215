//! The whole way of the recorder's connect probe: the real program finds the listener and the name
//! of the load balancer by the API, its addresses by DNS, and connects to the listener's port.
#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use writerlink_core::record::{Between, Channel, End, LinkEnd, Moment, Record};
use writerlink_lab::world::Pace;
use writerlink_lab::world::dns::Family;
use writerlink_lab::world::elbv2::TargetRequest;
use writerlink_lab::world::rds::Reboot;
use writerlink_tests::deployed_lab::DeployedLab;

/// A record has milliseconds.
const GRAIN: f64 = 0.002;

/// The old host of `billing` refuses connections from the failover's start on. The link answers
/// when the new target takes flows.
#[tokio::test]
async fn the_real_program_times_when_the_link_answers_again() {
    // The new target takes flows half of this time after its registration at the earliest.
    let pace = Pace { registration: Duration::from_secs(5), ..Pace::brisk() };
    // Half of it is kept free for the answer.
    let timeout = Duration::from_secs(20);
    let variables = [("WRITERLINK_PROBE", "connect")];
    let deployed = DeployedLab::recorder_with(pace, timeout, &variables).await;
    let (lab, billing) = (&deployed.lab, deployed.billing());
    let name = lab.world().elbv2.balancers().next().unwrap().dns_name.clone();
    let addresses = lab.world().resolve(&name, Family::V4).addresses();
    let address = addresses.first().expect("no other program has a port of the lab's listeners");
    let link = SocketAddr::new(*address, billing.port);
    let answers = || TcpStream::connect_timeout(&link, Duration::from_secs(1)).is_ok();
    let old = deployed.writer(billing);
    let socket = database().await;
    lab.place(old, socket);
    deployed.until("the link answers", || answers().then_some(())).await;

    let began = now();
    lab.world().reboot_db_instance("billing", Reboot::ToStandby).unwrap();
    let moved = || Some(deployed.writer(billing)).filter(|new| *new != old);
    let new = deployed.until("the standby writes", moved).await;
    assert!(!answers(), "the group has only the old host, which is down");
    lab.place(new, socket);
    // In the place of the reconciler.
    let target = TargetRequest::new(&new.ip().to_string(), new.port());
    lab.world().register_targets(&billing.group, &[target]).unwrap();
    let registered = now();
    let mut down = registered;
    let is_up = || {
        let at = now();
        let up = answers().then(now);
        down = if up.is_none() { at } else { down };
        up
    };
    let up = deployed.until("the link answers", is_up).await;
    let record = |line: &str| serde_json::from_str::<Record>(line).ok();
    let record =
        deployed.until("a record is in the log", || deployed.log().lines().find_map(record)).await;

    assert_eq!((record.binding.as_str(), record.end), ("billing", End::TimeOver));
    assert_eq!(record.link_end, Some(LinkEnd::Answers), "{record:#?}");
    let Between { after, by } = record.figures.link.expect("it failed and answered again");
    let after = after.expect("it had failed");
    let before = record.figures.registered.and_then(|one| one.after).expect("it was no target");
    for order in [
        &[began, record.began, after, by, record.ended][..],
        &[before, registered, by],
        // What the probe and this test saw of the same moment.
        &[after, up],
        &[down, by],
    ] {
        let is_in_order = order.windows(2).all(|pair| pair[1].since(pair[0]) > -GRAIN);
        assert!(is_in_order, "{order:?} {record:#?}");
    }
    assert!(by.since(after) < 3.0, "it connects every second: {record:#?}");
    let seconds = record.ended.since(record.began);
    assert!(f64::from(record.reads.link) > seconds / 2.0, "{record:#?}");
    assert!(record.gaps.iter().all(|gap| gap.of != Channel::Link), "{record:#?}");
    assert_eq!(deployed.writes(), [""; 0], "the program's own");
}

/// Accepts connections, and closes them when it has.
async fn database() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let socket = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    socket
}

fn now() -> Moment {
    Moment(Timestamp::now())
}
