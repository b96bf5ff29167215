//! `writerlink lab bench`: measures the engine against AWS's budgets of API calls.

use std::fs;

use anyhow::{Context, ensure};
use writerlink_lab::bench::{Row, Scale, names, on_the_wire, rows, table};

use super::run::{OURS, program};
use crate::args::{BenchArgs, BenchFormat};
use crate::exit::Exit;
use crate::interrupt::interrupted;
use crate::output;

/// Measures the rows that are asked for, and prints them.
pub(crate) async fn bench(args: &BenchArgs) -> anyhow::Result<Exit> {
    if args.list {
        output::print(&names().collect::<Vec<_>>().join("\n"))?;
        return Ok(Exit::Success);
    }
    let before = match &args.before {
        Some(path) => Some(
            fs::read_to_string(path)
                .with_context(|| format!("{}: the file cannot be read", path.display()))?,
        ),
        None => None,
    };
    let measured = tokio::select! {
        measured = measure(args) => measured?,
        exit = interrupted() => return Ok(exit),
    };
    match args.output {
        BenchFormat::Table => output::print(&table(&measured, before.as_deref()))?,
        BenchFormat::Json => output::print_json(&measured)?,
    }
    Ok(if measured.iter().all(|row| row.ok) { Exit::Success } else { Exit::Drift })
}

async fn measure(args: &BenchArgs) -> anyhow::Result<Vec<Row>> {
    if args.wire {
        return Ok(on_the_wire(&program(OURS)?).await?);
    }
    let (asked, scale) = (args.rows.clone(), if args.small { Scale::Small } else { Scale::Full });
    let measuring = tokio::task::spawn_blocking(move || {
        let is_asked =
            |name: &str| asked.is_empty() || asked.iter().any(|begin| name.starts_with(begin));
        let told = rows(scale, &is_asked).inspect(|row| {
            let ok = if row.ok { "" } else { " (misses its target)" };
            output::note(&format!("{}: {}{ok}", row.name, row.measured));
        });
        told.collect()
    });
    let measured: Vec<Row> = measuring.await.context("a row could not be measured")?;
    ensure!(
        !measured.is_empty(),
        "no row begins with `{}`: `writerlink lab bench --list` names them",
        args.rows.join("` or `")
    );
    Ok(measured)
}
