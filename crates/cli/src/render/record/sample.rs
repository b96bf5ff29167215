//! A record for several tests.

use jiff::Timestamp;
use writerlink_core::config::StandbyMode;
use writerlink_core::record::{
    Between, Cause, CauseKind, Channel, End, Figures, Gap, Kind, Moment, Reads, Record, Seconds,
    SourceKind, StateSeen, VERSION,
};

/// The record of a failover of which each step came so many seconds later than usual.
pub(crate) fn record(binding: &str, later: f64) -> Record {
    let at = |second: f64| {
        let millisecond = 1_796_083_200_000 + (second * 1000.0) as i64;
        Moment(Timestamp::from_millisecond(millisecond).expect("in range"))
    };
    let between =
        |after: f64, by: f64| Between { after: Some(at(after + later)), by: at(by + later) };
    let cause = Cause {
        by: CauseKind::Event,
        event: Some("RDS-EVENT-0073".to_owned()),
        announces: true,
        rds: Some(at(0.0)),
        sns: Some(at(9.8)),
        received: at(10.1),
    };
    let figures = Figures {
        topology: Some(between(12.1, 13.2)),
        dns: Some(between(13.1, 14.2)),
        dns_steady: Some(between(38.1, 39.2)),
        registered: Some(between(15.1, 16.2)),
        healthy: Some(between(101.1, 106.2)),
        old_draining: Some(between(47.1, 48.2)),
        old_gone: Some(between(346.1, 351.2)),
        link: None,
    };
    let state = |target: &str, state: &str, reason: Option<&str>, since| StateSeen {
        target: target.to_owned(),
        state: state.to_owned(),
        reason: reason.map(str::to_owned),
        since,
    };
    let unseen = Between { after: None, by: at(10.2) };
    Record {
        kind: Kind::Record,
        version: VERSION,
        function: "writerlink-recorder".to_owned(),
        region: "eu-west-1".to_owned(),
        binding: binding.to_owned(),
        source: SourceKind::Cluster,
        standby: StandbyMode::Cold,
        engine: Some("aurora-postgresql".to_owned()),
        seconds: Seconds::of(&cause, &figures),
        cause,
        began: at(10.1),
        ended: at(351.3 + later),
        end: End::Complete,
        link_end: None,
        dns_flaps: 3,
        states: vec![
            state("old", "healthy", None, unseen),
            state(
                "new",
                "initial",
                Some("Elb.RegistrationInProgress"),
                figures.registered.expect("it was"),
            ),
            state(
                "old",
                "draining",
                Some("Target.DeregistrationInProgress"),
                figures.old_draining.expect("it did"),
            ),
            state("new", "healthy", None, figures.healthy.expect("it was")),
            state("old", "gone", None, figures.old_gone.expect("it was")),
        ],
        states_left_out: 0,
        figures,
        reads: Reads { topology: 119, dns: 120, targets: 118, link: 0, throttled: 1 },
        gaps: vec![Gap {
            of: Channel::Topology,
            from: at(60.0),
            to: at(62.3),
            reads: 1,
            why: "throttled".to_owned(),
        }],
        gaps_left_out: 0,
    }
}
