//! The commands, one module each.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod function;
pub(crate) mod init;
pub(crate) mod lab;
pub(crate) mod network;
pub(crate) mod record;

use crate::args::record::RecordCommand;
use crate::args::{Command, LabCommand};
use crate::exit::Exit;

pub(crate) async fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Demo(args) => demo::demo(&args).await,
        Command::Function => function::function().await,
        Command::Network(args) => network::network(&args).await,
        Command::Init(args) => init::init(args).await,
        Command::Check(args) => check::check(&args),
        Command::Completions(args) => completions::completions(&args),
        Command::Audit(args) => audit::audit(args).await,
        Command::Doctor(args) => doctor::doctor(args).await,
        Command::Record(RecordCommand::Show(args)) => record::show(&args),
        Command::Lab(LabCommand::Serve(args)) => lab::serve::serve(&args).await,
        Command::Lab(LabCommand::Schema(args)) => lab::schema::schema(&args),
        Command::Lab(LabCommand::Run(args)) => lab::run::run(&args).await,
        Command::Lab(LabCommand::Simulate(args)) => lab::simulate::simulate(&args).await,
        Command::Lab(LabCommand::Bench(args)) => lab::bench::bench(&args).await,
    }
}
