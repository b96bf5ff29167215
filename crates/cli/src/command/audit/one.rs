//! The configuration of an audit of one binding, which the command line states.

use anyhow::bail;
use serde_json::json;
use writerlink_core::config::{Checked, Config, Location};

use crate::args::OneBindingArgs;

/// The configuration that the options state, if there are any. `allow` has no default here either:
/// what an audit shows depends on it.
///
/// # Errors
///
/// If a value cannot be used: what is wrong with each.
pub(super) fn config(args: &OneBindingArgs) -> Option<anyhow::Result<Config>> {
    let source = args.source.as_ref()?;
    let name = args.name.as_ref().unwrap_or(source);
    let binding = json!({
        "name": name, "source": source, "target-group": args.target_group, "port": args.port,
        "allow": args.allow,
    });
    let text = json!({"binding": [binding]}).to_string();
    Some(checked(Config::check(&text, &Location::Inline(text.clone()))))
}

fn checked(checked: Checked) -> anyhow::Result<Config> {
    match checked.config {
        Some(config) if checked.mistakes.is_empty() => Ok(config),
        _ => {
            // The options are named after the keys; a place in the text means nothing here.
            let faults = checked.mistakes.iter().map(|mistake| {
                let option = mistake.key.as_deref().unwrap_or_default();
                let option = option.trim_start_matches("binding.");
                format!("`--{option}`: {}", mistake.message)
            });
            bail!(faults.collect::<Vec<_>>().join("\n"))
        }
    }
}
