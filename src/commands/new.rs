//! `postrider new`: creates a newsletter that can be sent without a change.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::scaffold::Scaffold;
use crate::config::theme_files;
use crate::error::{Exit, Failure};
use crate::theme;

use crate::host::Context;

/// Create a newsletter: configuration, theme, sample issue, CI workflow
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder to create. Its name becomes the newsletter's name
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The theme that a new newsletter begins with.
const THEME: &str = "weekly";

/// Writes every file of the newsletter. A file that exists is never overwritten.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let folder = context.environment.folder().join(&arguments.folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let date = context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let scaffold = Scaffold::named(&name, date).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("cannot name a newsletter after the folder `{name}`"))
            .hint("Use letters and digits, as in `postrider new my-weekly`.")
    })?;
    let mut files = scaffold.files();
    for (path, text) in theme::embedded(THEME).unwrap_or_default() {
        files.insert(format!("{}/{THEME}/{path}", theme_files::FOLDER), text);
    }
    if let Some(there) = files.keys().map(|path| folder.join(path)).find(|path| path.exists()) {
        return Err(Failure::new(
            Exit::Usage,
            format!("cannot create {}: it exists already", there.display()),
        )
        .hint("Name a folder that does not exist yet."));
    }
    for (path, text) in &files {
        write_new(&folder.join(path), text)?;
    }
    context.ui.status(&format!("created {} with {} files", folder.display(), files.len()));
    context.ui.hint(&format!(
        "cd {} && postrider send {}",
        quoted(&arguments.folder),
        scaffold.issue()
    ));
    Ok(Exit::Done)
}

/// A path that can be pasted into a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if path.chars().all(is_plain) && !path.starts_with('-') {
        path
    } else {
        // Within single quotes, a shell interprets no other character.
        format!("-- '{}'", path.replace('\'', r"'\''"))
    }
}

pub(super) fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::File::create_new(path)?.write_all(text.as_bytes())
    };
    write().map_err(|error: std::io::Error| {
        Failure::from_error(Exit::Usage, format!("cannot write {}", path.display()), &error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_can_be_pasted_whatever_the_folder_is_called() {
        for (folder, expected) in [
            ("my-weekly", "my-weekly"),
            ("../news/weekly_2", "../news/weekly_2"),
            ("my weekly", "-- 'my weekly'"),
            ("été", "-- 'été'"),
            ("it's; $(new)", r"-- 'it'\''s; $(new)'"),
            ("-weekly", "-- '-weekly'"),
        ] {
            assert_eq!(quoted(Path::new(folder)), expected);
        }
    }
}
