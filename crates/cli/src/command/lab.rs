//! `writerlink lab`: the embedded region. It is served to other programs, plays scenarios against
//! one of them, or simulates histories in virtual time.

mod bench;
mod run;
mod schema;
pub(crate) mod serve;
mod simulate;

use crate::args::LabCommand;
use crate::exit::Exit;

pub(crate) async fn lab(command: LabCommand) -> anyhow::Result<Exit> {
    match command {
        LabCommand::Serve(args) => serve::serve(&args).await,
        LabCommand::Schema(args) => schema::schema(&args),
        LabCommand::Run(args) => run::run(&args).await,
        LabCommand::Simulate(args) => simulate::simulate(&args).await,
        LabCommand::Bench(args) => bench::bench(&args).await,
    }
}
