//! The drivers of PostgreSQL, with the connection strings of `docs/consumer.md`: which of the
//! members that a string names is the one that the driver uses.

use std::fs;
use std::path::Path;
use std::process::Command;

use writerlink_lab::scenario::Authority;
use writerlink_lab::scenario::postgres::{PASSWORD, Postgres, Programs};
use writerlink_lab::world::World;
use writerlink_tests::deployed_lab::DeployedLab;
use writerlink_tests::node::node;
use writerlink_tests::python::{drivers, tests_dir, workspace_dir};
use writerlink_tests::skip::{Skip, available};

/// The host that the page's strings name.
const HOST: &str = "orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com";

/// The members' ports in the page's strings, and whose they are.
const PORTS: [(&str, &str); 3] = [("5441", "orders-1"), ("5442", "orders-2"), ("5443", "orders-3")];

#[tokio::test(flavor = "multi_thread")]
async fn each_driver_finds_the_writer_by_the_string_of_the_page_before_and_after_a_failover() {
    let programs = Programs::find().map_err(|missing| Skip(missing.to_string()));
    let Some(programs) = available(programs) else { return };
    let strings = strings_of_the_page();
    assert_eq!(strings.len(), 5, "{strings:?}");
    if strings.iter().any(|(driver, _)| available(program(driver, &programs)).is_none()) {
        return;
    }

    let deployed = DeployedLab::begin().await;
    let link = deployed.orders();
    let authority = Authority::new().expect("there is randomness");
    let started = Postgres::start(&deployed.lab, link, &authority, &programs).await;
    let mut databases = started.expect("PostgreSQL starts");
    // The last that each string names, and then another.
    for writer in ["orders-3", "orders-2"] {
        let fail_over = |world: &mut World| {
            world.failover_db_cluster("orders", Some(writer)).expect("it is a reader");
        };
        let follows = deployed.follows(link, fail_over);
        databases.during(&deployed.lab, link, follows).await.expect("they follow");
        databases.settle(&deployed.lab, link).await.expect("they follow");
        for (driver, string) in &strings {
            let at = |member| databases.socket(member).expect("it runs").to_string();
            let string = PORTS.iter().fold(string.clone(), |string, (port, member)| {
                string.replace(&format!("{HOST}:{port}"), &at(member))
            });
            let client = program(driver, &programs).expect("it was there a moment ago");
            assert_eq!(answered(client, &string), writer, "{driver}");
        }
    }
}

/// The strings of the table, each with its driver. Nobody here has the page's host, nor
/// certificates that its roots signed.
fn strings_of_the_page() -> Vec<(String, String)> {
    let page = fs::read_to_string(workspace_dir().join("docs/consumer.md")).expect("it is there");
    let rows = page.lines().filter_map(|line| {
        let (driver, rest) = line.strip_prefix("| ")?.split_once(" | `")?;
        let (string, rest) = rest.split_once("` | ")?;
        let string = string
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("&sslrootcert=global-bundle.pem", "");
        (string.contains(HOST) && rest.starts_with("run")).then(|| (driver.to_owned(), string))
    });
    rows.collect()
}

/// A program that connects with a driver, if this machine has what it needs.
fn program(driver: &str, programs: &Programs) -> Result<Command, Skip> {
    let here = tests_dir().join("drivers");
    let mut command = match driver.split([' ', ':']).next() {
        Some("libpq") => {
            let mut psql = Command::new(programs.program("psql"));
            psql.args(["-X", "-A", "-t", "-q", "-c", "SHOW cluster_name", "-d"]);
            psql
        }
        Some("psycopg") => with_script(&drivers()?, &here.join("psycopg_connect.py")),
        Some("asyncpg") => with_script(&drivers()?, &here.join("asyncpg_connect.py")),
        Some("postgres.js") => {
            let mut node = node(&here)?;
            node.arg("postgres_connect.mjs");
            node
        }
        Some("pgjdbc") => {
            let jar = Path::new("/usr/share/java/postgresql.jar");
            let java = Command::new("javac").arg("-version").output();
            if !jar.is_file() || java.is_err() {
                let missing = "there is no javac, or no /usr/share/java/postgresql.jar (on Debian \
                    default-jdk-headless and libpostgresql-jdbc-java)";
                return Err(Skip(missing.to_owned()));
            }
            let mut java = Command::new("java");
            java.arg("-cp").arg(jar).arg(here.join("Connect.java"));
            java
        }
        _ => panic!("no program for {driver}"),
    };
    command.env("PGPASSWORD", PASSWORD);
    Ok(command)
}

fn with_script(python: &Path, script: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(script);
    command
}

/// Which server answers, connected to by this string.
fn answered(mut client: Command, string: &str) -> String {
    let output = client.arg(string).output().expect("it was found");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{string}: {error}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
