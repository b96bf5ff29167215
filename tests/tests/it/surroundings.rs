//! Reads what stands around the lab's databases with boto3: each call, in the demo's world and in
//! one full of faults.

use std::process::Command;

use writerlink_lab::wire::{Lab, Options};
use writerlink_lab::world_file::WorldFile;
use writerlink_tests::python::{python, tests_dir};
use writerlink_tests::skip::available;

const PLANTED: &str = include_str!("../../python/lab_planted.toml");

#[tokio::test(flavor = "multi_thread")]
async fn boto3_reads_every_call_of_the_demos_world_as_it_is_deployed() {
    read("demo", WorldFile::demo(), 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_reads_everything_that_a_worlds_file_plants() {
    read("planted", WorldFile::read(PLANTED, "lab_planted.toml").expect("a good file"), 41).await;
}

async fn read(table: &str, file: WorldFile, claims: usize) {
    let Some(python) = available(python()) else {
        return;
    };
    let world = file.scene(file.pace()).expect("a good world").world;
    let lab = Lab::start(world, Options::default()).await.expect("loopback has ports");
    let mut command = Command::new(python);
    command.arg(tests_dir().join("python/lab_surroundings.py")).arg(lab.aws_endpoint()).arg(table);
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
    let output = output.await.expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let held = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(held >= claims, "it claims more than that: {said}");
}
