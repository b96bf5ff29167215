//! Alarms and statistics, as CloudWatch describes them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use writerlink_core::failure::CallError;

use super::AccountReader;
use super::pages::pages;
use crate::account::{Alarm, Measurement, Metric};
use crate::call::{Element, Form, Operation};
use crate::read::malformed;

/// The most alarms on a page (botocore cloudwatch 2010-08-01, `MaxRecords`).
const PAGE: u32 = 100;

impl AccountReader {
    /// Every metric alarm of the Region (`cloudwatch:DescribeAlarms`).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn alarms(&self) -> Result<Vec<Alarm>, CallError> {
        let call = Operation::Alarms;
        pages(call.action(), |token| {
            let form = Form::of(call)
                .with_list("AlarmTypes.member", &["MetricAlarm"])
                .with("MaxRecords", PAGE)
                .with_some("NextToken", token);
            async move {
                let answer = self.caller.query(form).await?;
                let alarms = answer.list("MetricAlarms", alarm);
                let alarms = alarms.map_err(|fault| malformed(call.action(), fault))?;
                Ok((alarms, answer.text("NextToken")))
            }
        })
        .await
    }

    /// The sums and maxima of a metric in each period that has values, the earliest first
    /// (`cloudwatch:GetMetricStatistics`). Times are cut to whole seconds; CloudWatch takes periods
    /// of whole minutes, and at most 1,440 of them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn measurements(
        &self,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: Duration,
    ) -> Result<Vec<Measurement>, CallError> {
        let call = Operation::MetricStatistics;
        let mut form =
            Form::of(call).with("Namespace", &metric.namespace).with("MetricName", &metric.name);
        for ((name, value), number) in metric.dimensions.iter().zip(1..) {
            form = form
                .with(format!("Dimensions.member.{number}.Name"), name)
                .with(format!("Dimensions.member.{number}.Value"), value);
        }
        let form = form
            .with("StartTime", seconds(from))
            .with("EndTime", seconds(to))
            .with("Period", period.as_secs())
            .with_list("Statistics.member", &["Sum", "Maximum"]);
        let answer = self.caller.query(form).await?;
        let measured = answer.list("Datapoints", measurement);
        let mut measured = measured.map_err(|fault| malformed(call.action(), fault))?;
        measured.sort_by_key(|measurement| measurement.at);
        Ok(measured)
    }
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn alarm(member: &Element) -> Result<Alarm, String> {
    let of_math = member.list_or_none("Metrics", |query| {
        let metric = query.child("MetricStat").and_then(|stat| stat.child("Metric"));
        metric.map(metric_of).transpose()
    })?;
    // An alarm on metric math has no metric of its own.
    let own = member.text("MetricName").map(|_| metric_of(member)).transpose()?;
    Ok(Alarm {
        name: member.need("AlarmName")?,
        state: member.need("StateValue")?,
        actions_enabled: member.flag("ActionsEnabled"),
        actions: member.list_or_none("AlarmActions", Element::own_text)?,
        metrics: own.into_iter().chain(of_math.into_iter().flatten()).collect(),
    })
}

fn metric_of(element: &Element) -> Result<Metric, String> {
    let dimensions = element.list_or_none("Dimensions", |dimension| {
        Ok((dimension.need("Name")?, dimension.need("Value")?))
    })?;
    Ok(Metric {
        namespace: element.need("Namespace")?,
        name: element.need("MetricName")?,
        dimensions: BTreeMap::from_iter(dimensions),
    })
}

fn measurement(member: &Element) -> Result<Measurement, String> {
    Ok(Measurement {
        at: member.value("Timestamp")?,
        sum: member.value("Sum")?,
        maximum: member.value("Maximum")?,
    })
}
