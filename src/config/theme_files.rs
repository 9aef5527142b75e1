//! The files of a theme: the newsletter's own, or else the copy in the program.
//!
//! In: the newsletter's folder and the name of a theme. Out: the text of every
//! file by its name below the theme's folder. Absent on purpose: the meaning of
//! the files, which is the subject of [`theme`](crate::theme).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{Root, files};
use crate::domain::Slug;
use crate::error::{Exit, Failure};
use crate::source::{SourceError, SourceText};

/// The folder of the themes, below the newsletter's folder.
pub(crate) const FOLDER: &str = "email-templates";

/// The largest file of a theme, in bytes: ten times the size at which a mail is clipped.
pub(crate) const MAX_FILE_BYTES: u64 = 1024 * 1024;

const MAX_FILES: usize = 500;
const MAX_DEPTH: usize = 8;

/// The extensions of a theme's files. Other files in its folder are ignored.
const EXTENSIONS: [&str; 7] = ["css", "hbs", "html", "md", "mjml", "toml", "txt"];

/// The texts of a theme's files by their names, as in `partials/header.mjml.hbs`.
pub(crate) type ThemeFiles = BTreeMap<String, String>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ThemeFilesError {
    #[error("there is no theme `{theme}`: {} does not exist, and the program has none of that name", folder.display())]
    Unknown { theme: Slug, folder: PathBuf },
    /// A link leads out of the theme's folder, or the theme's folder is a link
    /// out of the newsletter's folder.
    #[error("{} leads out of {}", path.display(), folder.display())]
    LeadsOut { path: PathBuf, folder: PathBuf },
    /// A link to a folder could lead to a folder that contains the link.
    #[error("{} is a link to a folder", path.display())]
    LinkedFolder { path: PathBuf },
    #[error("{} holds more than {MAX_FILES} files, or folders more than {MAX_DEPTH} deep", folder.display())]
    TooMany { folder: PathBuf },
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    NotText(#[from] SourceError),
}

/// Reads a theme's files from the newsletter's folder. If there is no theme of
/// that name, the function `embedded` supplies the files.
///
/// # Errors
/// There is no such theme; or a file cannot be read, is no text, has more than
/// [`MAX_FILE_BYTES`], or lies outside the theme's folder.
pub(crate) fn load(
    root: &Root,
    theme: &Slug,
    embedded: impl FnOnce(&Slug) -> Option<ThemeFiles>,
) -> Result<ThemeFiles, ThemeFilesError> {
    let folder = folder_of(root, theme);
    if folder.symlink_metadata().is_err() {
        return embedded(theme)
            .ok_or_else(|| ThemeFilesError::Unknown { theme: theme.clone(), folder });
    }
    let real_root = resolved(root.folder())?;
    let real = resolved(&folder)?;
    if !real.starts_with(&real_root) {
        let newsletter = root.folder().to_owned();
        return Err(ThemeFilesError::LeadsOut { path: folder, folder: newsletter });
    }
    read(&folder, &real)
}

/// Reads a theme's files from any folder.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_folder(folder: &Path) -> Result<ThemeFiles, ThemeFilesError> {
    read(folder, &resolved(folder)?)
}

/// The folder of a newsletter's theme, which need not exist.
pub(crate) fn folder_of(root: &Root, theme: &Slug) -> PathBuf {
    root.join(FOLDER).join(theme.as_str())
}

/// The names of the newsletter's own themes.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn names(root: &Root) -> Result<Vec<Slug>, ThemeFilesError> {
    let folder = root.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |cause| ThemeFilesError::Unreadable { path: folder.clone(), cause };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| Slug::parse(name.to_str()?).ok());
        names.extend(name.filter(|_| path.is_dir()));
    }
    names.sort();
    Ok(names)
}

fn read(folder: &Path, real: &Path) -> Result<ThemeFiles, ThemeFilesError> {
    let mut reading = Reading { folder, real, files: BTreeMap::new() };
    reading.read_folder(folder, "", 0)?;
    Ok(reading.files)
}

struct Reading<'f> {
    folder: &'f Path,
    /// The same folder after all links are followed.
    real: &'f Path,
    files: ThemeFiles,
}

impl Reading<'_> {
    fn read_folder(
        &mut self,
        at: &Path,
        prefix: &str,
        depth: usize,
    ) -> Result<(), ThemeFilesError> {
        let unreadable = |cause| ThemeFilesError::Unreadable { path: at.to_owned(), cause };
        for entry in std::fs::read_dir(at).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') {
                continue;
            }
            let name = format!("{prefix}{name}");
            if path.is_dir() {
                if path.is_symlink() {
                    return Err(ThemeFilesError::LinkedFolder { path });
                }
                self.refuse_too_many(depth + 1)?;
                self.read_folder(&path, &format!("{name}/"), depth + 1)?;
            } else if is_theme_file(&path) {
                self.refuse_too_many(depth)?;
                let text = self.read_file(&path)?;
                self.files.insert(name, text);
            }
        }
        Ok(())
    }

    fn read_file(&self, path: &Path) -> Result<String, ThemeFilesError> {
        // The path is resolved once, so that the file that is checked is the one that is read.
        let real = resolved(path)?;
        if !real.starts_with(self.real) {
            let folder = self.folder.to_owned();
            return Err(ThemeFilesError::LeadsOut { path: path.to_owned(), folder });
        }
        let unreadable = |cause| ThemeFilesError::Unreadable { path: path.to_owned(), cause };
        let bytes = files::read_at_most(&real, MAX_FILE_BYTES).map_err(unreadable)?;
        Ok(SourceText::new(path.display().to_string(), &bytes)?.text().to_owned())
    }

    fn refuse_too_many(&self, depth: usize) -> Result<(), ThemeFilesError> {
        if self.files.len() >= MAX_FILES || depth > MAX_DEPTH {
            Err(ThemeFilesError::TooMany { folder: self.folder.to_owned() })
        } else {
            Ok(())
        }
    }
}

impl From<ThemeFilesError> for Failure {
    fn from(error: ThemeFilesError) -> Self {
        let hint = match &error {
            ThemeFilesError::Unknown { .. } => "Set `[newsletter] theme` to a folder that exists.",
            ThemeFilesError::LeadsOut { .. } | ThemeFilesError::LinkedFolder { .. } => {
                "Put a copy of it into the theme's folder."
            }
            _ => return Self::new(Exit::InputUnreadable, error.to_string()),
        };
        Self::new(Exit::InputUnreadable, error.to_string()).hint(hint)
    }
}

fn is_theme_file(path: &Path) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| EXTENSIONS.contains(&end))
}

fn resolved(path: &Path) -> Result<PathBuf, ThemeFilesError> {
    path.canonicalize()
        .map_err(|cause| ThemeFilesError::Unreadable { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::config::Environment;

    struct Fixture {
        folder: tempfile::TempDir,
        theme: PathBuf,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let theme = folder.path().join("news/email-templates/weekly");
            std::fs::create_dir_all(theme.join("partials")).unwrap();
            std::fs::write(theme.join("theme.toml"), "name = \"x\"\r\n").unwrap();
            std::fs::write(theme.join("partials/footer.mjml.hbs"), "<p>").unwrap();
            std::fs::write(theme.join("logo.png"), b"\x89PNG\xFF").unwrap();
            Self { folder, theme }
        }

        fn load(&self) -> Result<ThemeFiles, String> {
            let news = self.folder.path().join("news");
            let root = Root::at(&news, &Environment::for_test(&news, []));
            let loaded = load(&root, &Slug::parse("weekly").unwrap(), |_| None);
            let shown = self.folder.path().display().to_string();
            loaded.map_err(|error| error.to_string().replace(&shown, ""))
        }
    }

    #[test]
    fn a_theme_is_read_by_names_below_its_folder() {
        let loaded = Fixture::new().load().unwrap();
        let names: Vec<&str> = loaded.keys().map(String::as_str).collect();
        assert_eq!(names, ["partials/footer.mjml.hbs", "theme.toml"]);
        assert_eq!(loaded["theme.toml"], "name = \"x\"\n");
    }

    #[test]
    fn the_program_has_a_copy_for_newsletters_without_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::at(folder.path(), &Environment::for_test(folder.path(), []));
        let weekly = Slug::parse("weekly").unwrap();
        let copy = BTreeMap::from([("theme.toml".to_owned(), String::new())]);
        let loaded = load(&root, &weekly, |_| Some(copy.clone())).unwrap();
        assert_eq!(loaded, copy);
        let error = load(&root, &weekly, |_| None).unwrap_err().to_string();
        assert!(error.starts_with("there is no theme `weekly`: "), "{error}");
    }

    #[test]
    fn links_out_of_the_theme_are_refused() {
        let fixture = Fixture::new();
        let outside = fixture.folder.path().join("outside.hbs");
        std::fs::write(&outside, "secret").unwrap();
        let link = fixture.theme.join("stolen.hbs");
        symlink(&outside, &link).unwrap();
        let theme = "/news/email-templates/weekly";
        assert_eq!(fixture.load(), Err(format!("{theme}/stolen.hbs leads out of {theme}")));
        std::fs::remove_file(&link).unwrap();
        symlink(fixture.theme.join("theme.toml"), &link).unwrap();
        assert!(fixture.load().is_ok(), "a link that stays inside is fine");
        symlink("..", fixture.theme.join("again")).unwrap();
        assert_eq!(fixture.load(), Err(format!("{theme}/again is a link to a folder")));
    }

    #[test]
    fn a_theme_folder_that_leads_out_of_the_newsletter_is_refused() {
        let fixture = Fixture::new();
        let elsewhere = fixture.folder.path().join("elsewhere");
        std::fs::rename(&fixture.theme, &elsewhere).unwrap();
        symlink(&elsewhere, &fixture.theme).unwrap();
        assert_eq!(
            fixture.load(),
            Err("/news/email-templates/weekly leads out of /news".to_owned())
        );
    }

    #[test]
    fn a_file_too_large_or_not_text_is_refused_by_name() {
        let fixture = Fixture::new();
        let path = fixture.theme.join("big.hbs");
        std::fs::write(&path, vec![b'x'; MAX_FILE_BYTES as usize + 1]).unwrap();
        assert_eq!(
            fixture.load(),
            Err(
                "cannot read /news/email-templates/weekly/big.hbs: it is longer than 1048576 bytes"
                    .into()
            )
        );
        std::fs::write(&path, b"ok\n\xFF").unwrap();
        let error = fixture.load().unwrap_err();
        assert!(
            error.starts_with("/news/email-templates/weekly/big.hbs:2:1: byte 0xFF"),
            "{error}"
        );
    }
}
