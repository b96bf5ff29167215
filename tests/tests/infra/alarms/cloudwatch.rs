//! How CloudWatch evaluates an alarm: user guide, "Alarm evaluation" and "Configuring how
//! CloudWatch alarms treat missing data", section "How alarm state is evaluated when data is
//! missing".
//!
//! The guide leaves two things open, and [`View`] has a setting for each: how many points an
//! evaluation retrieves beyond `EvaluationPeriods` (the evaluation range), and whether spans of
//! several minutes begin at every minute or at multiples of the period.

use serde_json::Value;

use crate::template::text;

/// Seconds between two evaluations of an alarm whose period is a minute or longer.
pub(super) const EVALUATION: i64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Insufficient,
    Ok,
    Alarm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Ignore,
    Breaching,
    NotBreaching,
}

/// The definition of an alarm on one metric.
#[derive(Debug)]
pub(super) struct Alarm {
    pub(super) period: i64,
    /// N, `EvaluationPeriods`.
    pub(super) points: usize,
    /// M, `DatapointsToAlarm`.
    pub(super) to_alarm: usize,
    minimum: bool,
    threshold: f64,
    below: bool,
    missing: Missing,
    /// The value of a point without data in the expression `FILL(metric, value)`.
    pub(super) fill: Option<f64>,
}

/// What the guide leaves open, and the metric's lag.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Seconds until a value that was written can be seen.
    pub(super) lag: i64,
    /// The points in the evaluation range beyond `EvaluationPeriods`.
    pub(super) beyond: usize,
    /// Whether spans begin at multiples of the period, and not at every minute.
    pub(super) aligned: bool,
}

/// A value of the metric, and the second at which it was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) at: i64,
    pub(super) value: f64,
}

impl Alarm {
    /// The definition in `CloudFormation`'s words, every value as text.
    pub(super) fn read(definition: &Value) -> Self {
        assert!(
            definition.get("MetricName").is_some(),
            "an alarm on an expression is not evaluated here: {definition}"
        );
        let number = |key: &str| text(&definition[key]).parse::<u16>().expect("a number");
        Self {
            period: number("Period").into(),
            points: number("EvaluationPeriods").into(),
            to_alarm: number(match definition.get("DatapointsToAlarm") {
                Some(_) => "DatapointsToAlarm",
                None => "EvaluationPeriods",
            })
            .into(),
            minimum: match text(&definition["Statistic"]) {
                "Minimum" => true,
                "Maximum" => false,
                other => panic!("the statistic {other} is not evaluated here"),
            },
            threshold: number("Threshold").into(),
            below: match text(&definition["ComparisonOperator"]) {
                "LessThanThreshold" => true,
                "GreaterThanOrEqualToThreshold" => false,
                other => panic!("{other} is not evaluated here"),
            },
            missing: match text(&definition["TreatMissingData"]) {
                "ignore" => Missing::Ignore,
                "breaching" => Missing::Breaching,
                "notBreaching" => Missing::NotBreaching,
                other => panic!("TreatMissingData {other} is not evaluated here"),
            },
            fill: None,
        }
    }

    /// The state after an evaluation of these points, the oldest first; each says whether it
    /// breaches.
    pub(super) fn judge(&self, points: &[Option<bool>], state: State) -> State {
        let real: Vec<bool> =
            points.iter().rev().filter_map(|point| *point).take(self.points).collect();
        let breaching = real.iter().filter(|breaches| **breaches).count();
        let filled = self.points - real.len();
        let assumed = match self.missing {
            Missing::Breaching => filled,
            Missing::Ignore | Missing::NotBreaching => 0,
        };
        if breaching + assumed >= self.to_alarm {
            State::Alarm
        } else if self.missing == Missing::Ignore && filled > 0 && breaching == real.len() {
            state // nothing real speaks against an alarm, and there is too little for one
        } else {
            State::Ok
        }
    }

    /// Every change of the state from `begin` to `end`, with its second. `written` is in the order
    /// of time.
    pub(super) fn follow(
        &self,
        written: &[Written],
        view: View,
        (begin, end): (i64, i64),
    ) -> Vec<(i64, State)> {
        let mut state = State::Insufficient;
        let mut changes = Vec::new();
        let mut now = begin - begin.rem_euclid(EVALUATION);
        while now <= end {
            let points = self.spans(written, view, now);
            let next = self.judge(&points, state);
            if next != state {
                changes.push((now, next));
                state = next;
            }
            now += EVALUATION;
        }
        changes
    }

    /// The points of the evaluation range as they can be seen at `now`, the oldest first.
    fn spans(&self, written: &[Written], view: View, now: i64) -> Vec<Option<bool>> {
        let count = self.points + view.beyond;
        let end = if view.aligned { now - now.rem_euclid(self.period) } else { now };
        let begin = end - self.period * i64::try_from(count).expect("it is small");
        let first = written.partition_point(|one| one.at < begin);
        let mut values: Vec<Option<f64>> = vec![None; count];
        for one in
            written[first..].iter().take_while(|one| one.at < end && one.at + view.lag <= now)
        {
            let span =
                usize::try_from((one.at - begin) / self.period).expect("it is after the beginning");
            let before = values[span].unwrap_or(one.value);
            values[span] =
                Some(if self.minimum { before.min(one.value) } else { before.max(one.value) });
        }
        let breaches = |value: f64| (value < self.threshold) == self.below;
        values.iter().map(|value| value.or(self.fill).map(breaches)).collect()
    }
}

/// The tables of the guide's section, with the oldest point first: `0` is good, `X` breaching, `-`
/// missing.
#[test]
fn the_model_gives_every_row_of_the_guides_tables() {
    let three_of_three = [
        ("0-X-X", [State::Ok; 3]),
        ("0----", [State::Ok; 3]),
        ("-----", [State::Insufficient, State::Alarm, State::Ok]),
        ("0XX-X", [State::Alarm; 3]),
        ("----X", [State::Insufficient, State::Alarm, State::Ok]),
        ("--X--", [State::Insufficient, State::Alarm, State::Ok]),
    ];
    let two_of_three = [
        ("0-X-X", [State::Alarm; 3]),
        ("00X0X", [State::Alarm; 3]),
        ("0-X--", [State::Ok, State::Alarm, State::Ok]),
        ("----0", [State::Ok, State::Alarm, State::Ok]),
        ("----X", [State::Insufficient, State::Alarm, State::Ok]),
    ];
    let tables = [(3, three_of_three.as_slice()), (2, two_of_three.as_slice())];
    for (to_alarm, rows) in tables {
        for (points, states) in rows {
            let read: Vec<Option<bool>> =
                points.chars().map(|c| (c != '-').then_some(c == 'X')).collect();
            for (missing, expected) in
                [Missing::Ignore, Missing::Breaching, Missing::NotBreaching].into_iter().zip(states)
            {
                let alarm = Alarm { to_alarm, missing, ..sample() };
                // "Retain current state" is written here as the state before.
                assert_eq!(
                    alarm.judge(&read, State::Insufficient),
                    *expected,
                    "{to_alarm} of 3: {points} {missing:?}"
                );
            }
        }
    }
}

/// Three of three minutes, on the largest value of each.
#[cfg(test)]
fn sample() -> Alarm {
    Alarm {
        period: 60,
        points: 3,
        to_alarm: 3,
        minimum: false,
        threshold: 1.0,
        below: false,
        missing: Missing::Ignore,
        fill: None,
    }
}

/// Five of five minutes on `FILL(metric, 0)`, as the alarm of a binding once was: at how many of
/// the 60 seconds of a minute a look each minute may fall so that the alarm never goes off, for
/// each lag of the metric.
#[test]
fn an_alarm_on_filled_gaps_may_never_go_off() {
    let filled = Alarm {
        points: 5,
        to_alarm: 5,
        missing: Missing::NotBreaching,
        fill: Some(0.0),
        ..sample()
    };
    let never = |lag: i64| {
        let silent = (0..60).filter(|offset| {
            let looks: Vec<Written> =
                (0..60).map(|look| Written { at: offset + 60 * look, value: 1.0 }).collect();
            let view = View { lag, beyond: 2, aligned: false };
            let changes = filled.follow(&looks, view, (0, 3600));
            !changes.iter().any(|(_, state)| *state == State::Alarm)
        });
        silent.count()
    };
    assert_eq!([0, 30, 60, 90].map(never), [0, 29, 59, 60]);
}
