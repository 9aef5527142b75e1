//! Secrets, which are read only when a command needs one.
//!
//! In: the name of a secret. Out: its value in a type that cannot print it. It
//! comes from a systemd credential, or else from a file that a `*_FILE`
//! variable names, or else from the variable itself. Absent on purpose: the
//! configuration file and arguments, which others can read.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Environment, files};

/// A file with more is not that of a secret.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretName {
    SmtpPassword,
    MailchimpApiKey,
}

/// Where secrets come from. Nothing is read until one is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    environment: Environment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretOrigin {
    /// A credential of systemd (`LoadCredential=`).
    Credential(PathBuf),
    File {
        variable: String,
        path: PathBuf,
    },
    Variable(String),
}

/// Why there is no secret. The message never holds its value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SecretError(String);

impl SecretName {
    pub(super) const ALL: [Self; 2] = [Self::SmtpPassword, Self::MailchimpApiKey];

    /// Every variable that belongs to a secret.
    pub(super) fn variables() -> impl Iterator<Item = String> {
        let forms = |name: Self| [name.variable().to_owned(), format!("{}_FILE", name.variable())];
        Self::ALL.into_iter().flat_map(forms)
    }

    /// The section of the configuration in which people look for it.
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::SmtpPassword => "smtp",
            Self::MailchimpApiKey => "mailchimp",
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::SmtpPassword => "the SMTP password",
            Self::MailchimpApiKey => "the Mailchimp API key",
        }
    }

    pub(crate) fn credential(self) -> &'static str {
        match self {
            Self::SmtpPassword => "smtp_password",
            Self::MailchimpApiKey => "mailchimp_api_key",
        }
    }

    /// The variable that holds it; with `_FILE` behind it, the one that names a file.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::SmtpPassword => "POSTRIDER_SMTP_PASSWORD",
            Self::MailchimpApiKey => "POSTRIDER_MAILCHIMP_API_KEY",
        }
    }
}

impl Secrets {
    pub(crate) fn new(environment: &Environment) -> Self {
        Self { environment: environment.clone() }
    }

    /// Where a secret would come from, without reading it.
    pub(crate) fn origin(&self, name: SecretName) -> Option<SecretOrigin> {
        let folder = self.environment.get("CREDENTIALS_DIRECTORY");
        let credential = folder.map(|folder| PathBuf::from(folder).join(name.credential()));
        if let Some(path) = credential.filter(|path| path.exists()) {
            return Some(SecretOrigin::Credential(path));
        }
        let variable = format!("{}_FILE", name.variable());
        if let Some(path) = self.environment.get(&variable) {
            return Some(SecretOrigin::File {
                path: self.environment.folder().join(path),
                variable,
            });
        }
        let is_set = self.environment.get(name.variable()).is_some();
        is_set.then(|| SecretOrigin::Variable(name.variable().to_owned()))
    }

    /// Reads a secret. One line end after it is dropped.
    ///
    /// # Errors
    /// The secret is not set, cannot be read, is readable by others, or is not
    /// one line of text.
    pub(crate) fn read(&self, name: SecretName) -> Result<SecretString, SecretError> {
        let origin = self.origin(name).ok_or_else(|| missing(name))?;
        let words = name.words();
        let bytes = match &origin {
            SecretOrigin::Variable(variable) => {
                self.environment.get(variable).unwrap_or_default().as_bytes().to_vec()
            }
            SecretOrigin::Credential(path) | SecretOrigin::File { path, .. } => {
                let unreadable =
                    |cause| SecretError(format!("cannot read {words} from {origin}: {cause}"));
                let bytes = files::read_at_most(path, MAX_SECRET_BYTES).map_err(unreadable)?;
                // Systemd guards a credential by the folder that holds it. Its mode may
                // show a group, which stands for an access list.
                if matches!(origin, SecretOrigin::File { .. }) {
                    let mode = path.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
                    refuse_open_file(name, path, mode)?;
                }
                bytes
            }
        };
        let malformed = |problem| {
            SecretError(format!("{words} from {origin} {problem}: is that the right file?"))
        };
        let text = String::from_utf8(bytes).map_err(|_| malformed("is not UTF-8"))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(malformed("is empty"));
        }
        if text.chars().any(char::is_control) {
            return Err(malformed("has more than one line, or a control character"));
        }
        Ok(SecretString::from(text))
    }
}

impl fmt::Display for SecretOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(path) => write!(f, "the credential {}", path.display()),
            Self::File { variable, path } => write!(f, "{} ({variable})", path.display()),
            Self::Variable(variable) => f.write_str(variable),
        }
    }
}

fn missing(name: SecretName) -> SecretError {
    let (words, credential, variable) = (name.words(), name.credential(), name.variable());
    SecretError(format!(
        "{words} is not set: give a systemd credential `{credential}`, name a file in \
         {variable}_FILE, or set {variable}"
    ))
}

fn refuse_open_file(name: SecretName, path: &Path, mode: u32) -> Result<(), SecretError> {
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let (words, path) = (name.words(), path.display());
    Err(SecretError(format!(
        "others can read {words} in {path} (its mode is {mode:03o}): run `chmod 600 {path}`"
    )))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn write(path: &Path, content: &str, mode: u32) {
        let _ = std::fs::remove_file(path);
        std::fs::write(path, content).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn secrets(folder: &Path, variables: &[(&str, &str)]) -> Secrets {
        Secrets::new(&Environment::for_test(folder, variables.iter().copied()))
    }

    #[test]
    fn a_credential_wins_over_a_file_and_a_file_over_a_variable() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().to_str().unwrap();
        write(&folder.path().join("key"), "from a file\r\n", 0o600);
        let variable = ("POSTRIDER_SMTP_PASSWORD", "from a variable");
        let file = ("POSTRIDER_SMTP_PASSWORD_FILE", "key");
        let credentials = ("CREDENTIALS_DIRECTORY", here);
        let read = |variables: &[_]| {
            let secret = secrets(folder.path(), variables).read(SecretName::SmtpPassword).unwrap();
            secret.expose_secret().to_owned()
        };
        assert_eq!(read(&[variable]), "from a variable");
        assert_eq!(read(&[variable, file, credentials]), "from a file");
        write(&folder.path().join("smtp_password"), "from systemd\n\n", 0o440);
        let error = secrets(folder.path(), &[credentials]).read(SecretName::SmtpPassword);
        let message = error.unwrap_err().to_string();
        assert!(message.contains("has more than one line"), "one line end is dropped: {message}");
        write(&folder.path().join("smtp_password"), "from systemd\n", 0o440);
        assert_eq!(read(&[variable, file, credentials]), "from systemd");
    }

    #[test]
    fn each_refusal_says_what_to_do_and_not_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        let of = |variables: &[_]| {
            secrets(folder.path(), variables)
                .read(SecretName::MailchimpApiKey)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            of(&[]),
            "the Mailchimp API key is not set: give a systemd credential `mailchimp_api_key`, name \
             a file in POSTRIDER_MAILCHIMP_API_KEY_FILE, or set POSTRIDER_MAILCHIMP_API_KEY"
        );
        let file = [("POSTRIDER_MAILCHIMP_API_KEY_FILE", "key")];
        let shown = key.display();
        assert_eq!(
            of(&file),
            format!(
                "cannot read the Mailchimp API key from {shown} \
                 (POSTRIDER_MAILCHIMP_API_KEY_FILE): No such file or directory (os error 2)"
            )
        );
        write(&key, "hunter2", 0o640);
        assert_eq!(
            of(&file),
            format!(
                "others can read the Mailchimp API key in {shown} (its mode is 640): run `chmod 600 {shown}`"
            )
        );
        write(&key, "hunter2\nhunter3\n", 0o600);
        assert_eq!(
            of(&file),
            format!(
                "the Mailchimp API key from {shown} (POSTRIDER_MAILCHIMP_API_KEY_FILE) has more \
                 than one line, or a control character: is that the right file?"
            )
        );
        std::fs::remove_file(&key).unwrap();
        std::fs::create_dir(&key).unwrap();
        assert!(of(&file).ends_with("it is a folder"));
    }
}
