//! The folder of a newsletter: the nearest one upwards that holds `postrider.toml`.

use std::path::{Path, PathBuf};

use super::{ConfigError, Environment};

pub(crate) const FILE_NAME: &str = "postrider.toml";

/// The folder that holds a newsletter's `postrider.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    folder: PathBuf,
    shown: String,
}

impl Root {
    /// Takes the folder that `--root` names, or else the nearest one upwards
    /// from where the process was started.
    ///
    /// # Errors
    /// No folder there holds a `postrider.toml`.
    pub(crate) fn find(
        named: Option<&Path>,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        let start = environment.folder();
        let Some(named) = named else {
            let holds = |folder: &&Path| folder.join(FILE_NAME).is_file();
            let folder = start.ancestors().find(holds);
            let folder =
                folder.ok_or_else(|| ConfigError::NoRoot { searched: start.to_owned() })?;
            return Ok(Self::at(folder, environment));
        };
        let root = Self::at(&start.join(named), environment);
        if root.config_file().is_file() {
            Ok(root)
        } else {
            Err(ConfigError::NotARoot { named: named.to_owned() })
        }
    }

    /// The folder as it is given; it need not hold a newsletter.
    pub(crate) fn at(folder: &Path, environment: &Environment) -> Self {
        // Messages name files as the person at the terminal would.
        let shown = folder.strip_prefix(environment.folder()).unwrap_or(folder);
        Self { folder: folder.to_owned(), shown: shown.join(FILE_NAME).display().to_string() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path of the configuration: relative to the folder, or absolute as it is written.
    pub(crate) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }

    /// The configuration file as messages name it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folder_upwards_is_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("issues/2026");
        std::fs::create_dir_all(&deep).unwrap();
        let environment = Environment::for_test(&deep, []);
        let error = Root::find(None, &environment).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("there is no postrider.toml in {} or in a folder above it", deep.display())
        );
        std::fs::write(folder.path().join(FILE_NAME), "").unwrap();
        let root = Root::find(None, &environment).unwrap();
        assert_eq!(root.folder(), folder.path());
        assert_eq!(root.join("outbox"), folder.path().join("outbox"));
        assert_eq!(root.join("/var/outbox"), Path::new("/var/outbox"));
    }

    #[test]
    fn a_named_folder_is_not_searched_upwards() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "").unwrap();
        let environment = Environment::for_test(folder.path(), []);
        let error = Root::find(Some(Path::new("empty")), &environment).unwrap_err();
        assert_eq!(error.to_string(), "there is no postrider.toml in empty, which --root names");
        let root = Root::find(Some(Path::new(".")), &environment).unwrap();
        assert!(root.config_file().is_file());
    }
}
