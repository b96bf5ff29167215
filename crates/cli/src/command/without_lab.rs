//! `demo` and `lab` in a program that was built without the lab: they say where it is.

use anyhow::bail;

use crate::exit::Exit;

pub(crate) fn without_lab(command: &str) -> anyhow::Result<Exit> {
    bail!(
        "`{command}` is not in this program, which was built without the lab. With Rust installed, \
         run it from the source of Writerlink: `cargo run --bin writerlink -- {command}`"
    )
}
