//! Tests faults that no client of `tests/` meets, and the bounds of the journal.

use super::{Client, Region, request, rest, text_of};
use crate::fault::{Effect, Fault};
use crate::world::surroundings::Function;
use crate::world::{Budgets, Outcome};

#[tokio::test]
async fn a_call_over_the_budget_is_refused_and_meets_no_fault() {
    let client = Client::start().await;
    client.served.with(|world| world.budgets = Some(Budgets::documented()));
    for _ in 0..20 {
        client.elbv2(&client.register_form()).await;
    }
    client.fault("RegisterTargets", Effect::Hang);
    let answer = client.elbv2(&client.register_form()).await;
    assert_eq!(text_of(&answer, "Code"), "ThrottlingException");
    assert_eq!(text_of(&answer, "Message"), "Rate exceeded");
    assert!(!client.last_outcome().is_committed());
}

#[tokio::test]
async fn a_lost_page_takes_entries_along_and_a_stale_reading_lacks_the_latest_change() {
    let client = Client::start().await;
    let all = client.rds("Action=DescribeDBInstances").await.matches("<DBInstance>").count();
    client.fault("DescribeDBInstances", Effect::LostPage);
    let rest = client.rds("Action=DescribeDBInstances").await.matches("<DBInstance>").count();
    assert!(all > 1 && rest == all.div_ceil(2), "{rest} of {all}");
    client.elbv2(&client.register_form()).await;
    let read = format!("Action=DescribeTargetHealth&TargetGroupArn={}", client.group);
    client.fault("DescribeTargetHealth", Effect::Stale);
    assert!(!client.elbv2(&read).await.contains("10.20.1.7"));
    assert!(client.elbv2(&read).await.contains("10.20.1.7"));
}

#[tokio::test]
async fn a_fault_strikes_every_service_in_its_own_format() {
    let client = Client::start().await;
    client.served.with(|world| world.surroundings.functions = vec![Function::deployed("other")]);
    let form = |version: &str, action: &str| request(&format!("Version={version}&{action}"));
    let calls = [
        ("DescribeSubnets", form("2016-11-15", "Action=DescribeSubnets")),
        ("DescribeAlarms", form("2010-08-01", "Action=DescribeAlarms")),
        (
            "GetQueueAttributes",
            form("2012-11-05", "Action=GetQueueAttributes&QueueUrl=other-failures"),
        ),
        ("GetPolicy", rest("/2015-03-31/functions/other/policy")),
        ("ListSchedules", rest("/schedules")),
    ];
    // What each call answers while it is denied and while it is throttled.
    let codes = [
        ["403", "UnauthorizedOperation", "503", "RequestLimitExceeded"],
        ["403", "AccessDenied", "400", "Throttling"],
        ["403", "AccessDenied", "403", "RequestThrottled"],
        ["403", "AccessDeniedException", "429", "TooManyRequestsException"],
        ["403", "AccessDeniedException", "429", "ThrottlingException"],
    ];
    for ((operation, call), [denied, code, throttled, slow_down]) in calls.iter().zip(codes) {
        for (effect, status, says) in [
            (Effect::AccessDenied, denied, code),
            (Effect::Throttle, throttled, slow_down),
            (Effect::ServerErrorBefore, "500", "InternalFailure"),
            (Effect::ServerErrorAfter, "500", "InternalFailure"),
        ] {
            client.fault(operation, effect.clone());
            let answer = client.raw(call).await;
            let begins = format!("HTTP/1.1 {status}");
            assert!(answer.starts_with(&begins), "{operation} {effect:?}: {answer}");
            assert!(answer.contains(says), "{operation} {effect:?}: {answer}");
        }
        client.fault(operation, Effect::ResetBefore);
        assert_eq!(client.raw(call).await, "", "{operation}");
        let whole = client.raw(call).await;
        client.fault(operation, Effect::Truncated);
        let half = client.raw(call).await;
        assert!(half.len() < whole.len(), "{operation}: {half}");
        client.fault(operation, Effect::MalformedXml);
        let broken = client.raw(call).await;
        let body = broken.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let is_json = serde_json::from_str::<serde_json::Value>(body).is_ok();
        assert!(!body.contains("</") && !is_json, "{operation}: {body}");
    }
}

#[tokio::test]
async fn a_list_in_json_loses_its_entries_like_one_in_xml() {
    let client = Client::start().await;
    let count = |answer: &str| answer.matches("\"Target\":").count();
    assert_eq!(count(&client.raw(&rest("/schedules")).await), 1);
    client.fault("ListSchedules", Effect::EmptyPage);
    assert_eq!(count(&client.raw(&rest("/schedules")).await), 0);
}

#[tokio::test]
async fn a_write_that_breaks_off_is_done_for_its_first_target() {
    let client = Client::start().await;
    client.fault("RegisterTargets", Effect::Partial);
    let form = format!(
        "{}&Targets.member.2.Id=10.20.1.8&Targets.member.2.Port=5432",
        client.register_form()
    );
    assert!(client.elbv2(&form).await.starts_with("HTTP/1.1 500"));
    assert_eq!((client.targets(), client.last_outcome()), (1, Outcome::CommittedUnanswered));
    client.elbv2(&form).await;
    assert_eq!(client.targets(), 2);
}

#[tokio::test]
async fn a_denied_call_names_caller_action_and_resource() {
    let client = Client::start().await;
    client.served.with(|world| {
        let denied = Fault::on("RegisterTargets", Effect::AccessDenied);
        world.faults.add(denied.of("targetgroup/orders/"));
    });
    let answer = client.elbv2(&client.register_form()).await;
    let message = text_of(&answer, "Message");
    let who = "assumed-role/lab/lab is not authorized to perform: \
        elasticloadbalancing:RegisterTargets";
    assert!(message.contains(who) && message.contains(&client.group), "{message}");
}

#[tokio::test]
async fn the_journal_keeps_no_more_of_a_call_than_it_must() {
    let client = Client::start().await;
    let many: String =
        (0..2_000).map(|n| format!("&Names.member.{n}={}", "ü".repeat(40))).collect();
    client.elbv2(&format!("Action=DescribeTargetGroups&Marker={}{many}", "ü".repeat(5_000))).await;
    client.served.with(|world| {
        let call = world.calls.iter().next_back().unwrap();
        assert_eq!(call.parameters.len(), 256);
        assert_eq!(call.parameters["Marker"].chars().count(), 1_024);
    });
}
