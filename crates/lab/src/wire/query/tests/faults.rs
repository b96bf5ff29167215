//! Tests faults that no client of `tests/` meets, and the bounds of the journal.

use super::{Client, Region, text_of};
use crate::fault::{Effect, Fault};
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
