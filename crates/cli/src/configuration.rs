//! Finds and reads the configuration of an audit.

use std::{fs, io};

use writerlink_core::config::{Config, ConfigError, Location};

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    #[error(
        "no configuration: give `--config` or set WRITERLINK_CONFIG, either to the path of a TOML \
         or JSON file or to the text itself"
    )]
    Missing,
    #[error(
        "{place}: the configuration cannot be read; `--config` and WRITERLINK_CONFIG take the path \
         of a TOML or JSON file, or the text itself"
    )]
    Unreadable { place: Location, source: io::Error },
    #[error(transparent)]
    Refused(#[from] ConfigError),
}

/// Reads the configuration. `value` is that of `--config` or WRITERLINK_CONFIG: a path or the text.
pub(crate) fn load(value: Option<&str>) -> Result<Config, ConfigurationError> {
    let value =
        value.filter(|value| !value.trim().is_empty()).ok_or(ConfigurationError::Missing)?;
    let place = Location::from(value);
    let text = match &place {
        Location::Inline(text) => text.clone(),
        Location::File(path) => match fs::read_to_string(path) {
            Ok(text) => text,
            Err(source) => return Err(ConfigurationError::Unreadable { place, source }),
        },
    };
    Ok(Config::parse(&text, &place)?)
}
