//! The newsletter's configuration: `postrider.toml`, variables and `--via`,
//! parsed once into values of types that admit only valid values.
//!
//! In: the file, the captured [`Environment`], the flag `--via`.
//! Out: a [`Config`] in which a route to the readers is chosen and complete; or
//! all problems at once, each with its line, or the variable or flag that it
//! comes from. Absent on purpose: secrets, which [`Secrets`] reads when a command
//! needs one, and converting values into the types of other rooms, which the
//! commands do.

mod document;
mod environment;
pub(crate) mod files;
pub(crate) mod image_files;
mod images;
mod keys;
mod permalink;
mod root;
pub(crate) mod scaffold;
mod secrets;
mod sections;
mod settings;
mod theme_choices;
pub(crate) mod theme_files;
mod values;
mod web_url;

pub use environment::Environment;
pub(crate) use images::ImageSettings;
pub(crate) use permalink::Permalink;
pub(crate) use root::{FILE_NAME, Root};
pub(crate) use secrets::{SecretError, SecretName, Secrets};
pub(crate) use sections::{
    Budget, Delivery, MailchimpSettings, NewsletterSettings, ProofSettings, Schedule, Smtp,
    StoreLocation, Via,
};
pub(crate) use web_url::PublicUrl;

use std::path::PathBuf;

use crate::error::{Exit, Failure};
use crate::source::{Finding, MAX_SOURCE_BYTES, SourceError, SourceText};
use crate::theme::Choices;
use settings::Settings;

#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) root: Root,
    pub(crate) newsletter: NewsletterSettings,
    pub(crate) theme: Choices,
    /// The folder of the issues, absolute.
    pub(crate) issues: PathBuf,
    pub(crate) images: ImageSettings,
    pub(crate) proof: ProofSettings,
    pub(crate) budget: Budget,
    pub(crate) delivery: Delivery,
    /// The proxies in front of `serve`; the loopback addresses when left out.
    pub(crate) trusted_proxies: Option<Vec<ipnet::IpNet>>,
    pub(crate) store: StoreLocation,
    pub(crate) schedule: Option<Schedule>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("there is no {FILE_NAME} in {} or in a folder above it", searched.display())]
    NoRoot { searched: PathBuf },
    #[error("there is no {FILE_NAME} in {}, which --root names", named.display())]
    NotARoot { named: PathBuf },
    #[error("cannot read {file}")]
    Unreadable {
        file: String,
        #[source]
        cause: std::io::Error,
    },
    #[error(transparent)]
    NotText(SourceError),
    #[error("{file}: {} in the configuration", counted(findings.len()))]
    Wrong { file: String, findings: Vec<Finding> },
}

impl Config {
    /// Reads and resolves the configuration of a newsletter. The value `via` of
    /// the flag `--via` wins over a variable, and a variable over the file.
    ///
    /// # Errors
    /// The file cannot be read, or there are problems; the error holds all of them.
    pub(crate) fn load(
        root: &Root,
        environment: &Environment,
        via: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let bytes = files::read_at_most(&root.config_file(), MAX_SOURCE_BYTES as u64);
        let unreadable = |cause| ConfigError::Unreadable { file: root.shown().to_owned(), cause };
        let source = SourceText::new(root.shown(), &bytes.map_err(unreadable)?);
        let source = source.map_err(|error| ConfigError::NotText(masked(error)))?;
        Self::resolve(root, &source, environment, via)
    }

    /// Resolves the configuration from the text of its file.
    ///
    /// # Errors
    /// There are problems; the error holds all of them.
    pub(crate) fn resolve(
        root: &Root,
        source: &SourceText,
        environment: &Environment,
        via: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let wrong = |findings| ConfigError::Wrong { file: source.name().to_owned(), findings };
        let mut settings = Settings::gather(source, environment, via).map_err(wrong)?;
        let newsletter = sections::newsletter(&mut settings);
        let theme = theme_choices::read(&mut settings);
        let issues = sections::issues(&mut settings, root);
        let name = newsletter.as_ref().map(|newsletter| newsletter.name.as_str());
        let images = images::read(&mut settings, root, issues.as_deref(), name);
        let proof = sections::proof(&mut settings);
        let budget = sections::budget(&mut settings);
        let delivery = sections::delivery(&mut settings, root, newsletter.as_ref());
        let trusted_proxies = sections::serve(&mut settings);
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
                trusted_proxies: trusted_proxies?,
                store: store?,
                schedule: schedule?,
            })
        };
        // A section without a value has already reported a finding, so this error is never empty.
        config().ok_or_else(|| wrong(Vec::new()))
    }
}

/// The error quotes a line of the file, which may hold a password.
fn masked(error: SourceError) -> SourceError {
    let SourceError::NotUtf8(text) = error else { return error };
    let lines: Vec<String> = text.lines().map(document::without_secrets).collect();
    SourceError::NotUtf8(lines.join("\n"))
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = Self::new(Exit::Usage, error.to_string());
        match error {
            ConfigError::Wrong { findings, .. } => failure.with_findings(findings),
            ConfigError::Unreadable { cause, .. } => {
                Self::from_error(Exit::Usage, failure.message(), &cause)
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
