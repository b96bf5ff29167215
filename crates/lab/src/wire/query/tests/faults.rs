//! Tests faults as a client sees them, and the journal that records them.

use std::time::{Duration, Instant};

use super::{Client, Region, text_of};
use crate::fault::{Effect, Fault};
use crate::world::{Budgets, Outcome};

#[tokio::test]
async fn a_fault_before_the_commit_leaves_the_world_alone() {
    let client = Client::start().await;
    for (effect, code) in [
        (Effect::Throttle, "ThrottlingException"),
        (Effect::AccessDenied, "AccessDenied"),
        (Effect::ServerErrorBefore, "InternalFailure"),
        (Effect::ResetBefore, ""),
    ] {
        client.fault("RegisterTargets", effect.clone());
        let answer = client.elbv2(&client.register_form()).await;
        assert_eq!(text_of(&answer, "Code"), code, "{effect:?}");
        assert_eq!(answer.is_empty(), effect == Effect::ResetBefore);
        assert_eq!(client.targets(), 0, "{effect:?}");
        assert!(!client.last_outcome().is_committed());
    }
    client.elbv2(&client.register_form()).await;
    assert_eq!(client.targets(), 1);
}

#[tokio::test]
async fn a_fault_after_the_commit_has_changed_the_world() {
    for effect in
        [Effect::ServerErrorAfter, Effect::ResetAfter, Effect::MalformedXml, Effect::Truncated]
    {
        let client = Client::start().await;
        client.fault("RegisterTargets", effect.clone());
        let answer = client.elbv2(&client.register_form()).await;
        assert!(!answer.ends_with("</RegisterTargetsResponse>"), "{effect:?}: {answer}");
        assert_eq!(client.targets(), 1, "{effect:?}");
        assert_eq!(client.last_outcome(), Outcome::CommittedUnanswered);
    }
}

#[tokio::test]
async fn a_call_over_the_budget_is_refused_and_meets_no_fault() {
    let client = Client::start().await;
    client.served.world.lock().unwrap().budgets = Some(Budgets::documented());
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
async fn a_call_that_hangs_is_read_and_never_answered() {
    let client = Client::start().await;
    client.fault("RegisterTargets", Effect::Hang);
    let form = client.register_form();
    let call = client.elbv2(&form);
    assert!(tokio::time::timeout(Duration::from_millis(150), call).await.is_err());
    assert_eq!(client.last_outcome(), Outcome::DroppedUnanswered);
    assert_eq!(client.targets(), 0);
}

#[tokio::test]
async fn a_delayed_call_is_answered_late() {
    let client = Client::start().await;
    client.fault("DescribeDBClusters", Effect::Delay(Duration::from_millis(120)));
    let before = Instant::now();
    let answer = client.rds("Action=DescribeDBClusters").await;
    assert!(before.elapsed() >= Duration::from_millis(120));
    assert!(answer.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_empty_page_has_its_list_without_entries() {
    let client = Client::start().await;
    client.fault("DescribeDBInstances", Effect::EmptyPage);
    let answer = client.rds("Action=DescribeDBInstances").await;
    assert!(
        answer.contains(
            "<DescribeDBInstancesResult><DBInstances></DBInstances></DescribeDBInstancesResult>"
        ),
        "{answer}"
    );
}

#[tokio::test]
async fn a_lost_page_takes_entries_along() {
    let client = Client::start().await;
    let all = client.rds("Action=DescribeDBInstances").await.matches("<DBInstance>").count();
    client.fault("DescribeDBInstances", Effect::LostPage);
    let rest = client.rds("Action=DescribeDBInstances").await.matches("<DBInstance>").count();
    assert!(all > 1 && rest == all.div_ceil(2), "{rest} of {all}");
}

#[tokio::test]
async fn a_stale_reading_does_not_show_the_latest_change() {
    let client = Client::start().await;
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
    client.fault("RegisterTargets", Effect::AccessDenied);
    let answer = client.elbv2(&client.register_form()).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let message = text_of(&answer, "Message");
    assert!(
        message.contains(
            "assumed-role/lab/lab is not authorized to perform: \
            elasticloadbalancing:RegisterTargets"
        ),
        "{message}"
    );
    assert!(message.contains(&client.group), "{message}");
}

#[tokio::test]
async fn a_fault_on_one_group_spares_the_others() {
    let client = Client::start().await;
    client.served.with(|world| {
        world.faults.add(Fault::on("RegisterTargets", Effect::Throttle).of("targetgroup/billing/"));
    });
    assert!(client.elbv2(&client.register_form()).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn the_journal_has_what_was_asked_and_how_it_ended() {
    let client = Client::start().await;
    client.elbv2(&client.register_form()).await;
    client.rds("Action=DescribeDBClusters&DBClusterIdentifier=gone").await;
    client.served.with(|world| {
        let register = world.calls.of("RegisterTargets").next().unwrap();
        assert_eq!(register.parameters["Targets.member.1.Id"], "10.20.1.7");
        assert_eq!(register.outcome, Outcome::Ok);
        let describe = world.calls.of("DescribeDBClusters").next().unwrap();
        assert_eq!(describe.outcome, Outcome::Refused("DBClusterNotFoundFault".into()));
    });
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
