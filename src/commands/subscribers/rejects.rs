//! The file beside a list that keeps its rejected rows. Only its owner may read it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::audience::csv::{RejectedRow, RejectsWriter};
use crate::error::{Exit, Failure};

/// The file of rejected rows. The first rejected row makes it.
pub(super) struct Rejects {
    path: PathBuf,
    header: Vec<String>,
    writer: Option<RejectsWriter<File>>,
}

impl Rejects {
    pub(super) fn beside(list: &Path, named: Option<PathBuf>, header: &[String]) -> Self {
        let path = named.unwrap_or_else(|| {
            let mut name = list.file_name().unwrap_or_default().to_owned();
            name.push(".rejects.csv");
            list.with_file_name(name)
        });
        Self { path, header: header.to_vec(), writer: None }
    }

    /// Refuses to write the rejects over the list itself, which would lose its rows.
    pub(super) fn refuse_to_replace(&self, list: &Path) -> Result<(), Failure> {
        match (self.path.canonicalize(), list.canonicalize()) {
            (Ok(rejects), Ok(list)) if rejects == list => {
                let what =
                    format!("cannot write the rejected rows over the list {}", list.display());
                Err(Failure::new(Exit::Usage, what).hint("Name another file with `--rejects`."))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn write(&mut self, row: &RejectedRow) -> io::Result<()> {
        if self.writer.is_none() {
            let file = private_file(&self.path)?;
            self.writer = Some(RejectsWriter::new(file, &self.header)?);
        }
        self.writer.as_mut().map_or(Ok(()), |writer| writer.write(row))
    }

    pub(super) fn finish(self) -> io::Result<Option<PathBuf>> {
        match self.writer {
            Some(writer) => writer.finish().map(|()| Some(self.path)),
            None => Ok(None),
        }
    }
}

/// Makes a file that only its owner may read, because rejected rows hold email
/// addresses. A file that is there already is replaced and not written into,
/// because another user may own it. Of a symbolic link only the link is replaced.
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    match path.symlink_metadata() {
        Ok(found) if found.is_file() || found.is_symlink() => std::fs::remove_file(path)?,
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    // If another process makes a file there meanwhile, this fails.
    File::options().write(true).create_new(true).mode(0o600).open(path)
}
