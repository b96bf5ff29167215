//! The commands, one module each.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod completions;
#[cfg(feature = "lab")]
pub(crate) mod demo;
pub(crate) mod doctor;
#[cfg(feature = "lab")]
pub(crate) mod function;
pub(crate) mod init;
#[cfg(feature = "lab")]
pub(crate) mod lab;
#[cfg(feature = "lab")]
pub(crate) mod network;
pub(crate) mod record;
#[cfg(not(feature = "lab"))]
mod without_lab;

use crate::args::Command;
use crate::args::record::RecordCommand;
use crate::exit::Exit;

pub(crate) async fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        #[cfg(feature = "lab")]
        Command::Demo(args) => demo::demo(&args).await,
        #[cfg(feature = "lab")]
        Command::Function => function::function().await,
        #[cfg(feature = "lab")]
        Command::Network(args) => network::network(&args).await,
        Command::Init(args) => init::init(args).await,
        Command::Check(args) => check::check(&args).await,
        Command::Completions(args) => completions::completions(&args),
        Command::Audit(args) => audit::audit(args).await,
        Command::Doctor(args) => doctor::doctor(args).await,
        Command::Record(RecordCommand::Show(args)) => record::show(&args),
        #[cfg(feature = "lab")]
        Command::Lab(command) => lab::lab(command).await,
        #[cfg(not(feature = "lab"))]
        Command::Demo(_) => without_lab::without_lab("demo"),
        #[cfg(not(feature = "lab"))]
        Command::Lab(_) => without_lab::without_lab("lab"),
    }
}
