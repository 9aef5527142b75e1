//! The newsletter's configuration: `postrider.toml`, variables and flags,
//! resolved once into values that cannot be wrong.
//!
//! In: the file, the captured [`Environment`], the flags that override a key.
//! Out: a [`Config`] in which a route to the readers is chosen and complete; or
//! all problems at once, each with its line, or the variable or flag that it
//! comes from. Absent on purpose: secrets, which [`Secrets`] reads when a command
//! needs one, and converting values into the types of other rooms, which the
//! commands do.

mod document;
mod environment;
pub(crate) mod files;
pub mod image_files;
mod images;
mod keys;
mod permalink;
mod root;
pub mod scaffold;
mod secrets;
mod sections;
mod settings;
mod theme_choices;
pub mod theme_files;
mod values;
mod web_url;

pub use environment::Environment;
pub use images::ImageSettings;
pub use permalink::{Permalink, PermalinkError};
pub use root::{FILE_NAME, Root};
pub use secrets::{SecretError, SecretName, SecretOrigin, Secrets};
pub use sections::{
    Budget, Delivery, MailchimpSettings, NewsletterSettings, OutboxSettings, ProofSettings,
    Schedule, Smtp, StoreLocation, Via,
};
pub use web_url::PublicUrl;

use std::path::PathBuf;

use crate::error::{Exit, Failure};
use crate::source::{Finding, MAX_SOURCE_BYTES, SourceError, SourceText};
use crate::theme::Choices;
use settings::Settings;

/// A newsletter's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The newsletter's folder.
    pub root: Root,
    /// Who writes to whom.
    pub newsletter: NewsletterSettings,
    /// What the newsletter sets of its theme.
    pub theme: Choices,
    /// The folder of the issues, absolute.
    pub issues: PathBuf,
    /// How images reach the reader.
    pub images: ImageSettings,
    /// Who sees an issue before it is sent.
    pub proof: ProofSettings,
    /// How large a mail may be.
    pub budget: Budget,
    /// How a campaign reaches its readers.
    pub delivery: Delivery,
    /// Where the list and the ledger are kept.
    pub store: StoreLocation,
    /// When `due` sends, if anybody said so.
    pub schedule: Option<Schedule>,
}

/// A flag that overrides a key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagValue {
    /// The flag as it is typed: `--via`.
    pub flag: &'static str,
    /// The key that it overrides: `delivery.via`.
    pub key: &'static str,
    /// What it was given.
    pub value: String,
}

impl FlagValue {
    /// `--via`, if it was typed.
    pub fn via(typed: Option<&str>) -> Vec<Self> {
        let flag = |via: &str| Self { flag: "--via", key: "delivery.via", value: via.to_owned() };
        typed.map(flag).into_iter().collect()
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No folder upwards holds a `postrider.toml`.
    #[error("there is no {FILE_NAME} in {} or in a folder above it", searched.display())]
    NoRoot {
        /// Where the search began.
        searched: PathBuf,
    },
    /// The folder that `--root` names holds none.
    #[error("there is no {FILE_NAME} in {}, which --root names", named.display())]
    NotARoot {
        /// The folder as it was named.
        named: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The file is no text.
    #[error(transparent)]
    NotText(SourceError),
    /// The file, a variable or a flag is wrong.
    #[error("{file}: {} in the configuration", counted(findings.len()))]
    Wrong {
        /// The file.
        file: String,
        /// All problems, by place.
        findings: Vec<Finding>,
    },
}

impl Config {
    /// Reads and resolves the configuration of a newsletter. A flag wins over
    /// a variable, and a variable over the file.
    ///
    /// # Errors
    /// The file cannot be read, or there are problems; the error holds all of them.
    pub fn load(
        root: &Root,
        environment: &Environment,
        flags: &[FlagValue],
    ) -> Result<Self, ConfigError> {
        let bytes = files::read_at_most(&root.config_file(), MAX_SOURCE_BYTES as u64);
        let unreadable = |cause| ConfigError::Unreadable { file: root.shown().to_owned(), cause };
        let source = SourceText::new(root.shown(), &bytes.map_err(unreadable)?);
        Self::resolve(root, &source.map_err(ConfigError::NotText)?, environment, flags)
    }

    /// Resolves the configuration from the text of its file.
    ///
    /// # Errors
    /// There are problems; the error holds all of them.
    pub fn resolve(
        root: &Root,
        source: &SourceText,
        environment: &Environment,
        flags: &[FlagValue],
    ) -> Result<Self, ConfigError> {
        let wrong = |findings| ConfigError::Wrong { file: source.name().to_owned(), findings };
        let mut settings = Settings::gather(source, environment, flags).map_err(wrong)?;
        let newsletter = sections::newsletter(&mut settings);
        let theme = theme_choices::read(&mut settings);
        let issues = sections::issues(&mut settings, root);
        let name = newsletter.as_ref().map(|newsletter| newsletter.name.as_str());
        let images = images::read(&mut settings, root, issues.as_deref(), name);
        let proof = sections::proof(&mut settings);
        let budget = sections::budget(&mut settings);
        let delivery = sections::delivery(&mut settings, root, newsletter.as_ref());
        let store = sections::store(&mut settings, root);
        let schedule = sections::schedule(&mut settings);
        settings.finish().map_err(wrong)?;
        let config = || {
            Some(Self {
                root: root.clone(),
                newsletter: newsletter?,
                theme,
                issues: issues?,
                images: images?,
                proof: proof?,
                budget: budget?,
                delivery: delivery?,
                store: store?,
                schedule: schedule?,
            })
        };
        // A section without a value has already reported a finding, so this error is never empty.
        config().ok_or_else(|| wrong(Vec::new()))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::new(Exit::Usage, error.to_string());
        match error {
            ConfigError::Wrong { findings, .. } => failure.with_findings(findings),
            ConfigError::Unreadable { cause, .. } => {
                Self::of(Exit::Usage, failure.message(), &cause)
            }
            ConfigError::NoRoot { .. } | ConfigError::NotARoot { .. } => {
                failure.hint("`postrider new DIR` makes a newsletter; `--root DIR` names one.")
            }
            ConfigError::NotText(_) => failure,
        }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

fn counted(problems: usize) -> String {
    match problems {
        1 => "one problem".to_owned(),
        many => format!("{many} problems"),
    }
}

#[cfg(test)]
mod tests;
