//! The arguments of the lab's commands in a program that was built without the lab.

use std::ffi::OsString;

use clap::Args as Arguments;

/// Whatever is given: the command only says where the lab is.
#[derive(Debug, Arguments)]
#[command(disable_help_flag = true)]
pub(crate) struct WithoutLabArgs {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _given: Vec<OsString>,
}
