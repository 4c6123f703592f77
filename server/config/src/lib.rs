//! # cairn-config: what a server is told before it starts
//!
//! One table of keys, four sources, each overriding the one before:
//!
//! ```text
//!   built-in default  <  YAML file  <  environment  <  command line
//!                           |              |               |
//!                           +--- Assignment: path = text, from where ---> key's own check ---> Config
//! ```
//! The keys and their names follow Picodata's, so that its users' files work. A key that does not exist is refused with the
//! nearest one that does; a key that stands for something Cairn does not do yet is refused unless it asks for nothing.
//!
//! **Promises.** Text from outside gives a [`Config`] or a [`ConfigError`] that names key, value and source; never a panic. The
//! file that [`default_yaml`] prints is the default configuration.
//!
//! **Missing.** What SQL settings there are: the caller brings their check ([`SettingCheck`]), since the layers that know stand
//! above. Reading a configuration again while the server runs.

mod config;
mod keys;
mod size;
mod yaml;

pub use config::{
    Assignment, AuthMethod, Config, ConfigError, Durability, LogDevice, Priority, SettingCheck, TlsFiles, TraceFormat,
    Validation, default_yaml,
};
pub use yaml::parse as parse_yaml;
