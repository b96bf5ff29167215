//! CloudWatch's operations (botocore cloudwatch 2010-08-01, of whose protocols this is `query`).

use std::collections::BTreeMap;

use super::params::Params;
use super::xml::Xml;
use crate::world::paging::PageRequest;
use crate::world::surroundings::Alarm;
use crate::world::surroundings::alarm::{Comparison, alarms};
use crate::world::surroundings::metric::{Datapoint, Span, datapoints};
use crate::world::{ApiError, World};

/// How many values an answer has at most (AWS docs: GetMetricStatistics).
const MOST: i64 = 1440;

/// Carries an operation out and writes the content of its result.
pub(super) fn carry_out(
    world: &World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match action {
        "DescribeAlarms" => describe_alarms(world, params, xml),
        "GetMetricStatistics" => metric_statistics(world, params, xml),
        _ => Err(params.dialect().unknown_operation(action)),
    }
}

fn describe_alarms(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let (names, kinds) = (params.texts("AlarmNames"), params.texts("AlarmTypes"));
    let mut all = alarms(world);
    all.retain(|alarm| {
        let begins = |prefix: &str| alarm.name.starts_with(prefix);
        let acts = |prefix: &str| alarm.actions(world).iter().any(|arn| arn.starts_with(prefix));
        (names.is_empty() || names.contains(&alarm.name))
            && (kinds.is_empty() || kinds.iter().any(|kind| kind == "MetricAlarm"))
            && params.optional("AlarmNamePrefix").is_none_or(begins)
            && params.optional("ActionPrefix").is_none_or(acts)
            && params.optional("StateValue").is_none_or(|state| state == alarm.state.as_str())
    });
    let size = params.parsed::<u32>("MaxRecords")?.unwrap_or(50);
    if !(1..=100).contains(&size) {
        return Err(params.dialect().malformed("MaxRecords", &size.to_string()));
    }
    let request = PageRequest { max_records: None, marker: params.marker("NextToken")? };
    let page = request.cut(all, size as usize, |alarm| alarm.name.clone());
    xml.list("MetricAlarms", "member", page.items, |xml, alarm| write_alarm(world, &alarm, xml));
    xml.texts("CompositeAlarms", "member", [""; 0]).marker("NextToken", page.marker);
    Ok(())
}

fn write_alarm(world: &World, alarm: &Alarm, xml: &mut Xml) {
    let arn = format!("arn:aws:cloudwatch:{}:{}:alarm:{}", world.region, world.account, alarm.name);
    let actions = alarm.actions(world);
    let began = world.timestamp_at(std::time::Duration::ZERO);
    xml.text("AlarmName", &alarm.name)
        .text("AlarmArn", arn)
        .text("AlarmConfigurationUpdatedTimestamp", began)
        .text("ActionsEnabled", alarm.actions_enabled)
        .texts("OKActions", "member", &actions)
        .texts("AlarmActions", "member", &actions)
        .texts("InsufficientDataActions", "member", [""; 0])
        .text("StateValue", alarm.state.as_str())
        .text("StateUpdatedTimestamp", began)
        .text("MetricName", &alarm.metric)
        .text("Namespace", &alarm.namespace)
        .text("Statistic", &alarm.statistic)
        .list("Dimensions", "member", &alarm.dimensions, |xml, (name, value)| {
            xml.text("Name", name).text("Value", value);
        })
        .text("Period", alarm.period)
        .text("EvaluationPeriods", alarm.evaluation_periods)
        .maybe("DatapointsToAlarm", alarm.datapoints_to_alarm)
        .text("Threshold", alarm.threshold)
        .text(
            "ComparisonOperator",
            match alarm.comparison {
                Comparison::GreaterThanOrEqualToThreshold => "GreaterThanOrEqualToThreshold",
                Comparison::LessThanThreshold => "LessThanThreshold",
            },
        )
        .text("TreatMissingData", &alarm.treat_missing_data);
}

fn metric_statistics(world: &World, params: &Params, xml: &mut Xml) -> Result<(), ApiError> {
    let (namespace, name) = (params.required("Namespace")?, params.required("MetricName")?);
    let dimension =
        |one: Params| Ok((one.required("Name")?.to_owned(), one.required("Value")?.to_owned()));
    let dimensions: BTreeMap<_, _> =
        params.list("Dimensions").into_iter().map(dimension).collect::<Result<_, _>>()?;
    let missing = |name| params.dialect().missing(name);
    let span = Span {
        from: params.parsed("StartTime")?.ok_or_else(|| missing("StartTime"))?,
        until: params.parsed("EndTime")?.ok_or_else(|| missing("EndTime"))?,
        period: params.parsed("Period")?.ok_or_else(|| missing("Period"))?,
    };
    let statistics = params.required_texts("Statistics")?;
    check(&span)?;
    xml.text("Label", name);
    let found = datapoints(world, namespace, name, &dimensions, &span);
    xml.list("Datapoints", "member", found, |xml, point| write_point(&point, &statistics, xml));
    Ok(())
}

fn check(span: &Span) -> Result<(), ApiError> {
    if span.period < 60 || span.period % 60 != 0 {
        let message = "The parameter Period must be a multiple of 60.";
        return Err(ApiError::invalid_parameter_value(message));
    }
    if span.from >= span.until {
        let message = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(ApiError::invalid_parameter_combination(message));
    }
    let asked = (span.until.as_second() - span.from.as_second()) / span.period;
    if asked > MOST {
        let message = format!(
            "You have requested up to {asked} datapoints, which exceeds the limit of {MOST}."
        );
        return Err(ApiError::invalid_parameter_combination(message));
    }
    Ok(())
}

fn write_point(point: &Datapoint, statistics: &[String], xml: &mut Xml) {
    let value = point.value;
    let known = [
        ("SampleCount", f64::from(point.count)),
        ("Average", value),
        ("Sum", value * f64::from(point.count)),
        ("Minimum", value),
        ("Maximum", value),
    ];
    xml.text("Timestamp", point.at);
    for (name, value) in known {
        if statistics.iter().any(|wanted| wanted == name) {
            xml.text(name, value);
        }
    }
    xml.text("Unit", "Count");
}
