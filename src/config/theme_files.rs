//! The files of a theme: the newsletter's own, or else the copy in the program.
//!
//! In: the newsletter's folder and the name of a theme. Out: the text of every
//! file by its name below the theme's folder. Absent on purpose: what the
//! files mean, which [`theme`](crate::theme) knows.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{Root, files};
use crate::domain::Slug;
use crate::error::{Exit, Failure};
use crate::source::{SourceError, SourceText};

/// Where themes are, below the newsletter's folder.
pub(crate) const FOLDER: &str = "email-templates";

/// The largest file of a theme, in bytes. A mail is cut at a tenth of it.
pub(crate) const MAX_FILE_BYTES: u64 = 1024 * 1024;

const MAX_FILES: usize = 500;
const MAX_DEPTH: usize = 8;

/// What a theme is made of; everything else in its folder is passed over.
const EXTENSIONS: [&str; 7] = ["css", "hbs", "html", "md", "mjml", "toml", "txt"];

/// The files of a theme by their names, as in `partials/header.mjml.hbs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ThemeFiles {
    /// Name, with `/` between folders, and text.
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) origin: ThemeOrigin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ThemeOrigin {
    Folder(PathBuf),
    Embedded,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ThemeFilesError {
    /// The newsletter has none of that name, and neither has the program.
    #[error("there is no theme `{theme}`: {} does not exist, and the program has none of that name", folder.display())]
    Unknown { theme: Slug, folder: PathBuf },
    /// A link leads out of the theme's folder, or the folder out of the newsletter's.
    #[error("{} leads out of {}", path.display(), folder.display())]
    LeadsOut { path: PathBuf, folder: PathBuf },
    /// A folder is a link, and so may hold itself.
    #[error("{} is a link to a folder", path.display())]
    LinkedFolder { path: PathBuf },
    /// More files, or deeper ones, than a theme has.
    #[error("{} holds more than {MAX_FILES} files, or folders more than {MAX_DEPTH} deep", folder.display())]
    TooMany { folder: PathBuf },
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    NotText(#[from] SourceError),
}

/// Reads a theme's files from the newsletter's folder; where it has none of
/// that name, `embedded` is asked.
///
/// # Errors
/// There is no such theme; or a file cannot be read, is no text, has more than
/// [`MAX_FILE_BYTES`], or lies outside the theme's folder.
pub(crate) fn load(
    root: &Root,
    theme: &Slug,
    embedded: impl FnOnce(&Slug) -> Option<BTreeMap<String, String>>,
) -> Result<ThemeFiles, ThemeFilesError> {
    let folder = folder_of(root, theme);
    if folder.symlink_metadata().is_err() {
        return match embedded(theme) {
            Some(files) => Ok(ThemeFiles { files, origin: ThemeOrigin::Embedded }),
            None => Err(ThemeFilesError::Unknown { theme: theme.clone(), folder }),
        };
    }
    let real_root = resolved(root.folder())?;
    let real = resolved(&folder)?;
    if !real.starts_with(&real_root) {
        let folder_out_of = root.folder().to_owned();
        return Err(ThemeFilesError::LeadsOut { path: folder, folder: folder_out_of });
    }
    read(folder, &real)
}

/// Reads a theme's files from any folder.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_folder(folder: &Path) -> Result<ThemeFiles, ThemeFilesError> {
    let real = resolved(folder)?;
    read(folder.to_owned(), &real)
}

/// Where a newsletter has a theme of its own, if it has one of that name.
pub(crate) fn folder_of(root: &Root, theme: &Slug) -> PathBuf {
    root.join(FOLDER).join(theme.as_str())
}

/// The themes that a newsletter has, by name. Where there is no folder of them, it has none.
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

fn read(folder: PathBuf, real: &Path) -> Result<ThemeFiles, ThemeFilesError> {
    let mut reading = Reading { folder: &folder, real, files: BTreeMap::new() };
    reading.read_folder(&folder, "", 0)?;
    Ok(ThemeFiles { files: reading.files, origin: ThemeOrigin::Folder(folder) })
}

struct Reading<'f> {
    folder: &'f Path,
    real: &'f Path,
    files: BTreeMap<String, String>,
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
                self.refuse_linked_folder(&path)?;
                self.refuse_too_many(depth + 1)?;
                self.read_folder(&path, &format!("{name}/"), depth + 1)?;
            } else if is_of_a_theme(&path) {
                self.refuse_too_many(depth)?;
                let text = self.read_file(&path)?;
                self.files.insert(name, text);
            }
        }
        Ok(())
    }

    fn read_file(&self, path: &Path) -> Result<String, ThemeFilesError> {
        // The file that was looked at is the file that is read.
        let real = resolved(path)?;
        if !real.starts_with(self.real) {
            let folder = self.folder.to_owned();
            return Err(ThemeFilesError::LeadsOut { path: path.to_owned(), folder });
        }
        let unreadable = |cause| ThemeFilesError::Unreadable { path: path.to_owned(), cause };
        let bytes = files::read_at_most(&real, MAX_FILE_BYTES).map_err(unreadable)?;
        Ok(SourceText::new(path.display().to_string(), &bytes)?.text().to_owned())
    }

    fn refuse_linked_folder(&self, path: &Path) -> Result<(), ThemeFilesError> {
        if path.is_symlink() {
            Err(ThemeFilesError::LinkedFolder { path: path.to_owned() })
        } else {
            Ok(())
        }
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

fn is_of_a_theme(path: &Path) -> bool {
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
        let names: Vec<&str> = loaded.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["partials/footer.mjml.hbs", "theme.toml"]);
        assert_eq!(loaded.files["theme.toml"], "name = \"x\"\n");
    }

    #[test]
    fn the_program_has_a_copy_for_newsletters_without_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::at(folder.path(), &Environment::for_test(folder.path(), []));
        let weekly = Slug::parse("weekly").unwrap();
        let copy = BTreeMap::from([("theme.toml".to_owned(), String::new())]);
        let loaded = load(&root, &weekly, |_| Some(copy.clone())).unwrap();
        assert_eq!(loaded, ThemeFiles { files: copy, origin: ThemeOrigin::Embedded });
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
