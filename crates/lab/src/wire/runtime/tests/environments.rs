//! Tests several environments of one function, each with a runtime API of its own.

use super::*;

async fn lab_of_two() -> (Lab, [String; 2]) {
    lab_of_two_with(Options::default().timeout).await
}

async fn lab_of_two_with(timeout: Duration) -> (Lab, [String; 2]) {
    let world = World::new(jiff::Timestamp::UNIX_EPOCH).with_pace(Pace::brisk());
    let options = Options { environments: 2, timeout, ..Options::default() };
    let lab = Lab::start(world, options).await.expect("loopback has ports");
    let environments = lab.runtime_apis().try_into().expect("two were asked for");
    (lab, environments)
}

async fn queue(lab: &Lab, payloads: &[&str]) {
    for payload in payloads {
        lab.invoke("writerlink", payload, Kind::Async).await.expect("it exists");
    }
}

/// Work that is there; a test that waits for more than its patience has found that there is none.
async fn work(environment: &str) -> Heard {
    tokio::time::timeout(PATIENCE, next_in(environment)).await.expect("there is work")
}

/// A synchronous call by a caller that does not wait for longer than its patience.
async fn ask_and_wait(lab: &Lab, payload: &str) -> Result<Invoked, Refusal> {
    tokio::time::timeout(PATIENCE, lab.invoke("writerlink", payload, Kind::Sync))
        .await
        .expect("an answer or a refusal")
}

fn answered(text: &str) -> Option<Ending> {
    Some(Ending::Answered(text.to_owned()))
}

#[tokio::test]
async fn two_invocations_run_at_the_same_time_in_two_environments() {
    let (lab, [a, b]) = lab_of_two().await;
    assert_eq!(lab.runtime_api(), a);
    queue(&lab, &["1", "2", "3"]).await;
    let (first, second) = (work(&a).await, work(&b).await);
    assert_eq!((first.body.as_str(), second.body.as_str()), ("1", "2"));
    let runs = |invocation: &Invocation| invocation.taken.is_some() && invocation.ending.is_none();
    assert_eq!(lab.invocations().iter().map(runs).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(tell_in(&b, &second.request_id(), "response", "2").await, 202);
    let third = work(&b).await;
    assert_eq!(tell_in(&a, &first.request_id(), "response", "1").await, 202);
    assert_eq!(tell_in(&b, &third.request_id(), "response", "3").await, 202);
    assert_eq!(endings(&lab), [answered("1"), answered("2"), answered("3")]);
    let environments: Vec<_> = lab.invocations().iter().map(|i| i.environment).collect();
    assert_eq!(environments, [Some(0), Some(1), Some(1)]);
    assert!(lab.is_quiet_within(PATIENCE).await);
}

#[tokio::test]
async fn an_environment_that_crashes_does_not_end_what_runs_in_the_other() {
    let (lab, [a, b]) = lab_of_two().await;
    queue(&lab, &["1", "2", "3"]).await;
    let (_gone, second) = (work(&a).await, work(&b).await);
    assert_eq!(work(&a).await.body, "3");
    assert_eq!(endings(&lab), [Some(Ending::Crashed), None, None]);
    assert_eq!(tell_in(&b, &second.request_id(), "response", "2").await, 202);
    assert_eq!(endings(&lab), [Some(Ending::Crashed), answered("2"), None]);
}

#[tokio::test]
async fn an_environment_answers_for_its_own_invocation_alone() {
    let (lab, [a, b]) = lab_of_two().await;
    queue(&lab, &["1", "2"]).await;
    let (first, _second) = (work(&a).await, work(&b).await);
    assert_eq!(tell_in(&b, &first.request_id(), "response", "1").await, 400);
    assert_eq!(endings(&lab), [None, None]);
}

#[tokio::test]
async fn a_synchronous_invocation_is_refused_only_when_every_environment_is_taken() {
    let (lab, [a, b]) = lab_of_two().await;
    queue(&lab, &["1", "2"]).await;
    let first = work(&a).await;
    let function = async {
        // The caller waits, so its invocation goes before the one that was queued earlier.
        let second = work(&b).await;
        assert_eq!(second.body, "3");
        assert_eq!(ask_and_wait(&lab, "4").await, Err(Refusal::Busy));
        tell_in(&b, &second.request_id(), "response", "{}").await;
    };
    let (invoked, ()) = tokio::join!(lab.invoke("writerlink", "3", Kind::Sync), function);
    assert!(matches!(invoked, Ok(Invoked::Ended(_, Ending::Answered(_)))), "{invoked:?}");
    assert_eq!(work(&b).await.body, "2");
    assert_eq!(tell_in(&a, &first.request_id(), "response", "{}").await, 202);
}

#[tokio::test]
async fn callers_wait_in_their_order_and_only_as_many_as_there_are_environments() {
    let (lab, [a, b]) = lab_of_two().await;
    let function = async {
        // Both callers wait while no process has come yet, and there is room for no third.
        assert_eq!(ask_and_wait(&lab, "3").await, Err(Refusal::Busy));
        for (environment, payload) in [(&a, "1"), (&b, "2")] {
            let taken = work(environment).await;
            assert_eq!(taken.body, payload);
            tell_in(environment, &taken.request_id(), "response", payload).await;
        }
    };
    let callers =
        (lab.invoke("writerlink", "1", Kind::Sync), lab.invoke("writerlink", "2", Kind::Sync));
    let (first, second, ()) = tokio::join!(callers.0, callers.1, function);
    for (invoked, payload) in [(first, "1"), (second, "2")] {
        let Ok(Invoked::Ended(_, ending)) = invoked else { panic!("{invoked:?}") };
        assert_eq!(Some(ending), answered(payload));
    }
}

#[tokio::test]
async fn each_invocation_has_its_own_timeout() {
    let timeout = Duration::from_millis(400);
    let (lab, [a, b]) = lab_of_two_with(timeout).await;
    queue(&lab, &["1", "2"]).await;
    work(&a).await;
    tokio::time::sleep(timeout / 2).await;
    work(&b).await;
    assert!(lab.is_quiet_within(PATIENCE).await);
    assert_eq!(endings(&lab), [Some(Ending::TimedOut), Some(Ending::TimedOut)]);
    for invocation in lab.invocations() {
        let lasted = invocation.ended.zip(invocation.taken).map(|(ended, taken)| ended - taken);
        // The world runs at the real speed here.
        assert!(lasted >= Some(timeout), "{invocation:?}");
    }
}

#[tokio::test]
async fn with_one_environment_nothing_runs_side_by_side() {
    let lab = lab().await;
    assert_eq!(lab.runtime_apis(), [lab.runtime_api()]);
    queue(&lab, &["1", "2", "3"]).await;
    for _ in 0..3 {
        let work = work(&lab.runtime_api()).await;
        let running =
            lab.invocations().into_iter().filter(|i| i.taken.is_some() && i.ended.is_none());
        assert_eq!(running.count(), 1);
        tell(&lab, &work.request_id(), "response", "{}").await;
    }
    let times: Vec<_> =
        lab.invocations().iter().map(|i| (i.taken, i.ended, i.environment)).collect();
    assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{times:?}");
    assert!(times.iter().all(|(_, _, environment)| *environment == Some(0)), "{times:?}");
}

#[tokio::test]
async fn a_function_has_one_environment_at_least() {
    let options = Options { environments: 0, ..Options::default() };
    let lab = Lab::start(World::new(jiff::Timestamp::UNIX_EPOCH), options)
        .await
        .expect("loopback has ports");
    queue(&lab, &["1"]).await;
    assert_eq!(work(&lab.runtime_api()).await.body, "1");
}
