//! The network namespace of a program that runs beside the region: what works inside it, and how it
//! is made.

use std::env;

use anyhow::Context;
use writerlink_core::text;
use writerlink_lab::network::{Networks, run_inside};

use crate::args::NetworkArgs;
use crate::exit::Exit;
use crate::output;

/// Works inside the namespace, until the process outside is gone.
pub(crate) async fn network(args: &NetworkArgs) -> anyhow::Result<Exit> {
    run_inside(&args.folder, args.dns, &args.others).await?;
    Ok(Exit::Success)
}

/// How this machine makes namespaces. If it makes none, says so, and what follows from that.
pub(super) async fn networks() -> anyhow::Result<Option<Networks>> {
    let own = env::current_exe().context("the path of this program is unknown")?;
    match Networks::find(&own).await {
        Ok(networks) => Ok(Some(networks)),
        Err(reason) => {
            output::note(&notice(&reason));
            Ok(None)
        }
    }
}

fn notice(reason: &str) -> String {
    format!(
        "\
writerlink: the program will not find the lab's names with its C library or with Go, because no
network namespace can be made here: {}.
What helps: root, or a container with the rights that docs/lab.md lists under \"If no namespace can
be made\"; the programs unshare, nsenter, mount and ip; or a program that asks the server in
WRITERLINK_LAB_DNS itself. --host-network silences this.",
        text::clean(reason)
    )
}
