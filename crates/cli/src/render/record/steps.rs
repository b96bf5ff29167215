//! The steps of a failover, in the order of their times.

use writerlink_core::record::{Between, Moment, Record, StateSeen};

/// Something that happened, in seconds since the record's zero.
pub(crate) struct Step {
    /// The last moment at which it had not happened; none if it had before the first reading.
    pub(crate) after: Option<f64>,
    /// The first moment at which it had.
    pub(crate) by: f64,
    pub(crate) what: String,
}

/// The steps. Zero is the event's time if it announces the failover; else the first evidence, or
/// the beginning of the recording.
pub(crate) fn steps(record: &Record) -> Vec<Step> {
    let zero = zero(record);
    let step = |Between { after, by }: Between, what: String| Step {
        after: after.map(|after| after.since(zero)),
        by: by.since(zero),
        what,
    };
    let at = |moment: Option<Moment>, what: String| Some(step(Between::at(moment?), what));
    let cause = &record.cause;
    let event = cause.event.as_deref().unwrap_or("the event");
    let figures = &record.figures;
    let told = [
        at(cause.rds, format!("{event} happened, by RDS's clock")),
        at(cause.sns, "SNS took the message".to_owned()),
        at(Some(cause.received), "the recorder began".to_owned()),
    ];
    let seen = [
        (figures.topology, "the RDS API names the new writer"),
        (figures.dns, "DNS gives the new address for the first time"),
        (figures.dns_steady, "DNS gives it for good"),
        (figures.link, "the link answers again"),
    ];
    let seen = seen.into_iter().filter_map(|(when, what)| Some(step(when?, what.to_owned())));
    let states = record.states.iter().map(|state| step(state.since, in_words(state)));
    let mut steps: Vec<Step> = told.into_iter().flatten().chain(seen).chain(states).collect();
    steps.sort_by(|one, other| one.by.total_cmp(&other.by));
    steps
}

fn zero(record: &Record) -> Moment {
    let announced = record.cause.rds.filter(|_| record.cause.announces);
    announced.or(record.figures.evidence().map(|evidence| evidence.by)).unwrap_or(record.began)
}

fn in_words(StateSeen { target, state, reason, .. }: &StateSeen) -> String {
    let reason = reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{target} target: {state}{reason}")
}

/// Seconds with their sign.
pub(crate) fn seconds(value: f64) -> String {
    format!("{value:+.1}")
}
