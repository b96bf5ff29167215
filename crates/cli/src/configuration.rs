//! Finds and reads the configuration.

use std::{fs, io};

use writerlink_core::config::{Config, ConfigError, Location};

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    /// None is named.
    #[error(
        "no configuration: give `--config` or set WRITERLINK_CONFIG, either to the path of a TOML \
         or JSON file or to the text itself"
    )]
    Missing,
    /// The file that is named cannot be read.
    #[error(
        "{place}: the configuration cannot be read; `--config` and WRITERLINK_CONFIG take the path \
         of a TOML or JSON file, or the text itself"
    )]
    Unreadable {
        /// The path.
        place: Location,
        /// What the system says.
        source: io::Error,
    },
    /// The text is refused as a whole.
    #[error(transparent)]
    Refused(#[from] ConfigError),
}

/// Reads the configuration that `value`, of `--config` or WRITERLINK_CONFIG, is or names.
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
