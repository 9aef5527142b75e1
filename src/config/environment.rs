//! The environment of the process, captured once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The variables and the folder that the process was started with. `Debug`
/// shows the names alone, because values may be secret.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    not_text: BTreeSet<String>,
    folder: PathBuf,
}

impl Environment {
    /// Captures the environment of the process. `main` does this, once.
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn capture() -> Self {
        let mut captured =
            Self { folder: std::env::current_dir().unwrap_or_default(), ..Self::default() };
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => drop(captured.variables.insert(name, value)),
                Err(_) => drop(captured.not_text.insert(name)),
            }
        }
        captured
    }

    #[cfg(test)]
    pub(crate) fn for_test<'v>(
        folder: impl Into<PathBuf>,
        variables: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let variables = variables.into_iter().map(owned).collect();
        Self { variables, folder: folder.into(), not_text: BTreeSet::new() }
    }

    /// The value of a variable; one that is empty counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The folder that the process was started in.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The variables that begin with a prefix, by name.
    pub(crate) fn beginning<'e>(
        &'e self,
        prefix: &'e str,
    ) -> impl Iterator<Item = (&'e str, &'e str)> {
        let all = self.variables.iter().filter(move |(name, _)| name.starts_with(prefix));
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The variables that begin with a prefix and whose values are not UTF-8.
    pub(crate) fn not_text<'e>(&'e self, prefix: &'e str) -> impl Iterator<Item = &'e str> {
        self.not_text.iter().map(String::as_str).filter(move |name| name.starts_with(prefix))
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_does_not_print_its_values() {
        let environment = Environment::for_test("/", [("A", "hunter2"), ("B", "")]);
        assert_eq!(environment.get("A"), Some("hunter2"));
        assert_eq!(environment.get("B"), None);
        assert_eq!(format!("{environment:?}"), r#"{"A", "B"}"#);
    }
}
