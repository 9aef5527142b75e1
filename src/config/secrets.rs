//! Secrets, read when a command needs one, and never before.
//!
//! In: a name. Out: its value in a type that cannot print, from the first of
//! a systemd credential, a file that a `*_FILE` variable names, or the variable
//! itself. Absent on purpose: the configuration file and arguments, which
//! others can read.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::{Environment, files};

/// No password is longer.
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

/// Why there is no secret. The value is never part of the message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error(
        "{} is not set: give a systemd credential `{}`, name a file in {}_FILE, or set {}",
        name.words(), name.credential(), name.variable(), name.variable()
    )]
    Missing { name: SecretName },
    #[error("cannot read {} from {origin}: {cause}", name.words())]
    Unreadable { name: SecretName, origin: SecretOrigin, cause: std::io::Error },
    #[error(
        "others can read {} in {} (its mode is {mode:03o}): run `chmod 600 {}`",
        name.words(), path.display(), path.display()
    )]
    Open { name: SecretName, path: PathBuf, mode: u32 },
    #[error("{} from {origin} {problem}: is that the right file?", name.words())]
    Malformed { name: SecretName, origin: SecretOrigin, problem: &'static str },
}

impl SecretName {
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

    /// Reads a secret. One line end behind it is dropped.
    ///
    /// # Errors
    /// It is not set, cannot be read, others could read it, or it is no text
    /// of one line.
    pub(crate) fn read(&self, name: SecretName) -> Result<SecretString, SecretError> {
        let origin = self.origin(name).ok_or(SecretError::Missing { name })?;
        let bytes = match &origin {
            SecretOrigin::Variable(variable) => {
                self.environment.get(variable).unwrap_or_default().as_bytes().to_vec()
            }
            SecretOrigin::Credential(path) | SecretOrigin::File { path, .. } => {
                let unreadable =
                    |cause| SecretError::Unreadable { name, origin: origin.clone(), cause };
                let bytes = files::read_at_most(path, MAX_SECRET_BYTES).map_err(unreadable)?;
                refuse_open_file(name, &origin)?;
                bytes
            }
        };
        let malformed = |problem| SecretError::Malformed { name, origin: origin.clone(), problem };
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

/// Systemd guards its credentials by the folder they are in, and may show a
/// group in their mode that stands for an access list; other files guard
/// themselves.
#[cfg(unix)]
fn refuse_open_file(name: SecretName, origin: &SecretOrigin) -> Result<(), SecretError> {
    use std::os::unix::fs::PermissionsExt as _;
    let SecretOrigin::File { path, .. } = origin else { return Ok(()) };
    let unreadable = |cause| SecretError::Unreadable { name, origin: origin.clone(), cause };
    let mode = path.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(SecretError::Open { name, path: path.clone(), mode }),
    }
}

#[cfg(not(unix))]
fn refuse_open_file(_: SecretName, _: &SecretOrigin) -> Result<(), SecretError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

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
        assert!(matches!(error, Err(SecretError::Malformed { .. })), "one line end is dropped");
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
