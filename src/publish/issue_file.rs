//! Issue files on the disk: which files of a folder are issues, and how one is read.

use std::path::{Path, PathBuf};

use crate::config::Root;
use crate::config::files::read_at_most;
use crate::error::{Exit, Failure};
use crate::source::{MAX_SOURCE_BYTES, SourceError, SourceText};

/// Reads an issue file that is in the newsletter's folder, or that was named outside
/// of it. A symbolic link that leads out of the folder is refused before it is read.
pub(super) fn read_issue_source(root: &Root, path: &Path) -> Result<SourceText, Failure> {
    let real = |path: &Path| path.canonicalize().ok();
    let lies_in = real(path.parent().unwrap_or(Path::new("."))).zip(real(root.folder()));
    let leads_out = |root: &Path| real(path).is_some_and(|file| !file.starts_with(root));
    let named_inside = std::path::absolute(path).ok().zip(std::path::absolute(root.folder()).ok());
    let is_named_inside = named_inside.is_some_and(|(path, root)| path.starts_with(root));
    if let Some((folder, root)) = lies_in
        && (is_named_inside || folder.starts_with(&root))
        && leads_out(&root)
    {
        return Err(Failure::new(
            Exit::InputUnreadable,
            format!("cannot read {}: it leads out of the newsletter's folder", path.display()),
        )
        .hint("Put the issue itself there instead of a symbolic link."));
    }
    read_source(path)
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

/// The extensions of issue files. The generators' own: Pelican `.md`, `.markdown`, `.mkd`,
/// `.mdown`; Docusaurus and Astro `.mdx`; Quarto `.qmd`.
const EXTENSIONS: [&str; 6] = ["md", "markdown", "mdown", "mkd", "mdx", "qmd"];

/// How deep folders are looked into: year, month, day, and a folder for the issue.
const DEEPEST_FOLDER: usize = 6;

/// All issue files in a folder and below it, sorted by path. A README, the `_index.md`
/// of a section, and what begins with a dot or is called `_drafts` or `drafts` are no
/// issues; a link to a folder is not followed.
pub(crate) fn issue_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let unreadable = |error: std::io::Error| {
            let what = format!("cannot read the folder of issues {}", folder.display());
            Failure::from_error(Exit::InputUnreadable, what, &error)
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if entry.file_type().map_err(unreadable)?.is_dir() {
                let is_left_out = name.starts_with('.')
                    || ["_drafts", "drafts", "node_modules", "_site"].contains(&&*name);
                if !is_left_out && depth < DEEPEST_FOLDER {
                    folders.push((path, depth + 1));
                }
            } else if is_issue_file(&path) && path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_issue_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let stem = path.file_stem().unwrap_or_default();
    let is_other = ["readme", "_index"].iter().any(|other| stem.eq_ignore_ascii_case(other));
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) && !is_other
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
