//! Issue files on the disk: which files of a folder are issues, and how one is read.

use std::path::{Path, PathBuf};

use crate::config::Root;
use crate::config::files::read_at_most;
use crate::error::{Exit, Failure};
use crate::source::{MAX_SOURCE_BYTES, SourceError, SourceText};

/// The name of an issue file, of which the slug is made when the front matter sets none.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Reads an issue file. If the file changes meanwhile, it is read again, so that
/// half a file is never rendered.
pub(crate) fn read_source(path: &Path) -> Result<SourceText, Failure> {
    let unreadable = |error: &std::io::Error| {
        Failure::from_error(Exit::InputUnreadable, format!("cannot read {}", path.display()), error)
    };
    for _ in 0..3 {
        let before = fingerprint(path).map_err(|error| unreadable(&error))?;
        if before.length > MAX_SOURCE_BYTES as u64 {
            let name = path.display().to_string();
            let error = SourceError::TooLarge { name, bytes: before.length };
            return Err(Failure::new(Exit::InputUnreadable, error.to_string())
                .hint("An issue is a text of some 40 KB. Is this the right file?"));
        }
        let bytes =
            read_at_most(path, MAX_SOURCE_BYTES as u64).map_err(|error| unreadable(&error))?;
        let after = fingerprint(path).map_err(|error| unreadable(&error))?;
        if before == after {
            return SourceText::new(path.display().to_string(), &bytes)
                .map_err(|error| Failure::new(Exit::InputUnreadable, error.to_string()));
        }
    }
    Err(Failure::new(
        Exit::InputUnreadable,
        format!("cannot read {}: it changes while it is read", path.display()),
    )
    .hint("Wait until the program that writes it has finished, and try again."))
}

/// What shows that a file may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    length: u64,
    changed: Option<std::time::SystemTime>,
}

pub(super) fn fingerprint(path: &Path) -> std::io::Result<Fingerprint> {
    let data = std::fs::metadata(path)?;
    Ok(Fingerprint { length: data.len(), changed: data.modified().ok() })
}

/// All issue files in a folder, sorted by name. A README is not an issue.
pub(crate) fn issue_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        let what = format!("cannot read the folder of issues {}", folder.display());
        Failure::from_error(Exit::InputUnreadable, what, &error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_markdown = path.extension().is_some_and(|e| e == "md" || e == "markdown");
        let is_readme = path.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("readme"));
        if is_markdown && !is_readme && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Where an issue file is: as named from here, or else from the newsletter's folder.
pub(super) fn issue_path(root: &Root, named: &Path) -> PathBuf {
    let in_newsletter = root.join(named);
    if !named.exists() && in_newsletter.exists() { in_newsletter } else { named.to_owned() }
}

/// A file as provenance names it: relative to the newsletter's folder, if it is
/// below that. The file need not exist any more.
pub(super) fn relative_to(root: &Root, path: &Path) -> String {
    let absolute = path.canonicalize().unwrap_or_else(|_| path_of_missing(path));
    let root = root.folder();
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    absolute.strip_prefix(&root).unwrap_or(&absolute).display().to_string()
}

/// The absolute path of a file that does not exist any more.
fn path_of_missing(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
