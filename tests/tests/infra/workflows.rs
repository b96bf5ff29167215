//! Runs a linter on the workflows, and tests that each step is a script that also runs by hand.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use writerlink_tests::python::{workflow_linter, workspace_dir};
use writerlink_tests::skip::available;

use crate::lint::said;

#[test]
fn the_linter_has_nothing_to_say_about_any_workflow() {
    let Some(python) = available(workflow_linter()) else { return };
    let output = Command::new(python.with_file_name("jactionlint"))
        .args(["--strict-exit", "--no-hints", "--"])
        .args(workflows())
        .current_dir(workspace_dir())
        .output()
        .expect("the environment has the linter");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", said(&output));
}

/// And each action is pinned by its commit, with the version beside it.
#[test]
fn a_step_of_a_workflow_is_one_script_of_the_repository_or_a_pinned_action_of_github() {
    let mut steps = 0;
    for path in workflows() {
        let text = fs::read_to_string(&path).expect("it is text");
        for line in text.replace(">-\n", "").lines().filter_map(|line| line.split_once("- run: ")) {
            let script = line
                .1
                .split_whitespace()
                .find(|word| word.starts_with(".ci/") || word.starts_with("infra/"));
            let script = script.unwrap_or_else(|| panic!("{}: {}", path.display(), line.1));
            assert!(workspace_dir().join(script).is_file(), "{script} does not exist");
            assert!(!line.1.contains("&&") && !line.1.contains('|'), "{}", line.1);
            steps += 1;
        }
        for (_, action) in text.lines().filter_map(|line| line.split_once("- uses: ")) {
            let (name, version) = action.split_once(" # v").expect(action);
            let (owner, commit) = name.split_once('@').expect(action);
            assert!(owner.starts_with("actions/") && commit.len() == 40, "{action}");
            assert_eq!(version.split('.').count(), 3, "{action}");
            steps += 1;
        }
    }
    assert!(steps > 8, "only {steps} were found: is the search broken?");
}

/// Each part is built by the script that first reads the changelog and the versions.
#[test]
fn nothing_is_published_before_every_part_is_built_and_gathered() {
    let path = workspace_dir().join(".github/workflows/release.yml");
    let text = fs::read_to_string(path).expect("it is part of the source");
    let (_, jobs) = text.split_once("\njobs:\n").expect("it has jobs");
    let job = |name: &str| {
        let (_, job) = jobs.split_once(&format!("  {name}:\n")).expect(name);
        let is_of_job = |line: &&str| line.is_empty() || line.starts_with("   ");
        job.lines().take_while(is_of_job).collect::<Vec<_>>().join("\n")
    };
    let [build, gather, publish] = ["build", "gather", "publish"].map(job);
    assert!(
        build.contains("\n      - run: .ci/release \"$GITHUB_REF_NAME\" \"$TARGET\""),
        "{build}"
    );
    assert!(gather.starts_with("    needs: build\n"), "{gather}");
    assert!(publish.starts_with("    needs: [check, gather]\n"), "{publish}");
    // Nothing else may write, and nothing runs in spite of a failure.
    assert!(publish.contains("contents: write") && publish.contains("- run: .ci/publish"));
    assert_eq!(text.matches("contents: write").count(), 1);
    assert!(!text.contains("if: ") && !text.contains("continue-on-error"));
}

fn workflows() -> Vec<PathBuf> {
    let folder = workspace_dir().join(".github/workflows");
    let entries = fs::read_dir(folder).expect("it is part of the source");
    entries.map(|entry| entry.expect("it can be listed").path()).collect()
}
