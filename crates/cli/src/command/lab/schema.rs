//! `writerlink lab schema`: the forms of the lab's files.

use writerlink_lab::{scenario, world_file};

use crate::args::SchemaArgs;
use crate::exit::Exit;
use crate::output;

/// Prints the JSON Schema of a kind of file.
pub(crate) fn schema(args: &SchemaArgs) -> anyhow::Result<Exit> {
    let schema = if args.scenarios { scenario::schema() } else { world_file::schema() };
    output::print_json(&schema)?;
    Ok(Exit::Success)
}
