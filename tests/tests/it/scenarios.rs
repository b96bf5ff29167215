//! Plays a few of the scenarios of `writerlink lab run --all` in real time, with an application
//! that writes through the link.

use std::time::Duration;

use futures_util::future::join_all;
use writerlink_lab::scenario::postgres::Programs;
use writerlink_lab::scenario::{
    Databases, FunctionSettings, Play, PlayError, Program, Scenario, Verdict, play, scenarios,
};
use writerlink_tests::programs;
use writerlink_tests::python::{python, tests_dir};
use writerlink_tests::skip::{Skip, available};

fn manner(program: Program) -> Play {
    Play {
        // In haste, and the slower the program seems; what is claimed here holds all the same.
        speed: 10.0,
        // A machine that is busy with other tests is no reason to end an invocation.
        function: FunctionSettings {
            subscription: FunctionSettings::of(&program).subscription,
            ..FunctionSettings::OURS
        },
        ..Play::of(program)
    }
}

fn named(name: &str) -> Scenario {
    let mut all = scenarios().into_iter();
    all.find(|scenario| scenario.name == name).expect("it is one of the built-in ones")
}

async fn verdict(name: &str, manner: Play) -> Verdict {
    let (_, verdict) = play(&named(name), &manner).await.expect("it can be played");
    verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn our_function_ends_every_scenario_of_a_short_set_right_and_loses_no_row() {
    let short = [
        "planned-failover",
        "multi-az-failover",
        "lost-event",
        "killed-between-the-writes",
        "two-invocations-at-once",
        "public-answer",
        "stale-extra-target",
        "shadowed-name",
    ];
    let ours = || manner(Program::File(programs::bootstrap()));
    for verdict in join_all(short.map(|name| verdict(name, ours()))).await {
        assert!(verdict.ok, "{}: {:?}", verdict.scenario, verdict.faults);
        let link = &verdict.links[0];
        assert_eq!(link.empty_seconds, 0.0, "{}: a removal emptied the group", verdict.scenario);
        assert!(
            link.rows > 50,
            "{}: the application wrote {} rows only",
            verdict.scenario,
            link.rows
        );
        let fails_over = verdict.scenario.ends_with("failover");
        assert_eq!(
            link.outage.failed > 0,
            link.evidence_at.is_some(),
            "a failover is felt, and nothing else"
        );
        assert!(
            !fails_over || link.outage.read_only > 0 || verdict.scenario.starts_with("multi-az"),
            "a demoted writer refuses writes"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_failover_that_is_followed_loses_no_acknowledged_row() {
    let programs = Programs::find().map_err(|missing| Skip(missing.to_string()));
    let Some(programs) = available(programs) else { return };
    let manner = Play {
        databases: Databases::Postgresql(programs),
        ..manner(Program::File(programs::bootstrap()))
    };
    let verdict = verdict("planned-failover", manner).await;
    assert!(verdict.ok, "{:?}", verdict.faults);
    let link = &verdict.links[0];
    // The demoted writer restarts, and refuses connections. When it is back before its target is
    // gone, it accepts them and refuses writes: the trap that Aurora sets, too.
    let felt = link.outage.read_only + link.outage.refused;
    assert!(link.rows > 50 && felt > 0, "{link:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_of_the_field_stays_behind_when_every_event_comes_before_dns_moves() {
    let Some(python) = available(python()) else { return };
    let baseline = format!(
        "env WRITERLINK_PYTHON='{}' '{}'",
        python.display(),
        tests_dir().join("baseline/run").display()
    );
    let manner = Play { sweeps: false, ..manner(Program::Command(baseline)) };
    let verdict = verdict("event-before-dns", manner).await;
    assert!(!verdict.ok && !verdict.converged);
    assert_eq!(
        verdict.faults,
        ["orders-writer: the group holds 10.20.1.10:5432; it should hold 10.20.2.10:5432"]
    );
    let outage = verdict.links[0].outage;
    assert!(outage.none_for > 200.0 && outage.read_only > 0, "{outage:?}");
    assert_eq!(verdict.call_counts.keys().collect::<Vec<_>>(), ["DescribeTargetHealth"]);
}

#[tokio::test]
async fn a_program_that_does_not_start_is_told_with_its_last_words() {
    let program = Program::Command("sh -c 'echo there is no such handler; exit 3'".to_owned());
    let error =
        play(&named("planned-failover"), &manner(program)).await.expect_err("it does not work");
    let text = error.to_string();
    assert!(matches!(error, PlayError::Program(..)), "{text}");
    assert!(text.contains("exit status: 3") && text.contains("there is no such handler"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_answers_its_first_invocation_with_an_error_is_not_measured() {
    let Some(python) = available(python()) else { return };
    let home = tempfile::TempDir::new().expect("there is room for temporary files");
    let raises = "def handler(event, context):\n    raise RuntimeError('no such luck')\n";
    std::fs::write(home.path().join("raises.py"), raises)
        .expect("a new directory can be written to");
    let command = format!(
        "env -C '{}' '{}' -m awslambdaric raises.handler",
        home.path().display(),
        python.display()
    );
    let error = play(&named("planned-failover"), &manner(Program::Command(command)))
        .await
        .expect_err("it does not work");
    let text = error.to_string();
    assert!(matches!(error, PlayError::Program(..)), "{text}");
    assert!(
        text.contains("its first invocation failed") && text.contains("no such luck"),
        "{text}"
    );
}

/// Answers its first invocation at once. Each later one takes it 6 s, and then it leaves a mark.
/// Its shell does not give way to it.
const LATE: &str = r#"sh -c 'python3 -c "
import os, pathlib, time, urllib.request as u
api = \"http://\" + os.environ[\"AWS_LAMBDA_RUNTIME_API\"] + \"/2018-06-01/runtime/invocation/\"
home = pathlib.Path(os.environ[\"MARKS\"])
while True:
    id = u.urlopen(api + \"next\").headers[\"lambda-runtime-aws-request-id\"]
    if (home / \"began\").exists():
        time.sleep(6)
        (home / \"late\").touch()
    (home / \"began\").touch()
    u.urlopen(api + id + \"/response\", data=b\"{}\")
"; true'"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_takes_too_long_is_killed_with_all_that_it_started() {
    let home = tempfile::TempDir::new().expect("there is room for temporary files");
    let command = format!("env MARKS='{}' {LATE}", home.path().display());
    let manner = manner(Program::Command(command));
    let function = FunctionSettings { timeout: Duration::from_secs(2), ..manner.function };
    let speed = 30.0;
    let scenario = named("stale-extra-target");
    let (_, verdict) =
        play(&scenario, &Play { function, speed, ..manner }).await.expect("it can be played");
    assert!(verdict.invocations["timed out"] > 1, "{:?}", verdict.invocations);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(home.path().join("began").exists() && !home.path().join("late").exists());
}
