//! The image files of a newsletter.
//!
//! In: a path as an issue or the configuration names it. Out: the bytes of the
//! file, and its path below the folder that is published. Nothing
//! outside the newsletter's folder is looked at, by whichever way a path leads
//! there. Absent on purpose: what the bytes are, which
//! [`render`](crate::render) knows.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::{Root, files};
use crate::render::{ImageFault, ImageFile, ImageFinder, MAX_IMAGE_BYTES, Start};

#[derive(Debug)]
pub(crate) struct ImageFiles {
    root: PathBuf,
    /// The folder of the issue file.
    beside: PathBuf,
    /// The folder that `assets_url` publishes.
    published: PathBuf,
}

impl ImageFiles {
    /// Images for the issue `issue`, with the folder of images `published`.
    pub(crate) fn new(root: &Root, issue: &Path, published: &Path) -> Self {
        let folder = issue.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self {
            root: real(root.folder()),
            beside: real(folder.unwrap_or(Path::new("."))),
            published: real(published),
        }
    }

    /// A path that begins with `/` begins at the published folder. Any other is
    /// looked for beside the issue, and then there.
    fn candidates(&self, from: Start, path: &str) -> Vec<PathBuf> {
        match (from, path.strip_prefix('/')) {
            (Start::Newsletter, _) => vec![joined(&self.root, path)],
            (Start::Issue, Some(below)) => vec![joined(&self.published, below)],
            (Start::Issue, None) if self.beside == self.published => {
                vec![joined(&self.beside, path)]
            }
            (Start::Issue, None) => {
                vec![joined(&self.beside, path), joined(&self.published, path)]
            }
        }
    }

    /// Where the file lies below the published folder.
    fn published_as(&self, file: &Path) -> Option<String> {
        let below = file.strip_prefix(&self.published).ok()?;
        let parts = below.components().map(|part| part.as_os_str().to_str());
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

impl ImageFinder for ImageFiles {
    fn find(&self, from: Start, path: &str) -> Result<ImageFile, ImageFault> {
        let unreadable = |error: std::io::Error| ImageFault::Unreadable(error.to_string());
        let mut tried = Vec::new();
        let mut has_folder = false;
        for candidate in self.candidates(from, path) {
            // Not even whether a file out there exists is an issue's business.
            if path.contains('\0') || !candidate.starts_with(&self.root) {
                continue;
            }
            let real = match candidate.canonicalize() {
                Ok(real) => real,
                Err(error) if is_absent(error.kind()) => {
                    tried.push(self.shown(&candidate));
                    has_folder |= candidate.parent().is_some_and(Path::is_dir);
                    continue;
                }
                Err(error) => return Err(unreadable(error)),
            };
            if !real.starts_with(&self.root) {
                return Err(ImageFault::LeadsOut);
            }
            let bytes = files::read_at_most(&real, MAX_IMAGE_BYTES).map_err(unreadable)?;
            // The address has the name that was written, whatever a link is for.
            return Ok(ImageFile { bytes, published: self.published_as(&candidate) });
        }
        if tried.is_empty() {
            Err(ImageFault::LeadsOut)
        } else if has_folder {
            Err(ImageFault::Missing { tried })
        } else {
            Err(ImageFault::NoFolder { tried })
        }
    }
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// A path below a folder, with `..` taken by its words.
fn joined(folder: &Path, path: &str) -> PathBuf {
    let mut joined = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => joined.push(name),
            Component::ParentDir => drop(joined.pop()),
            Component::CurDir => {}
            // An absolute path is not below anything.
            Component::RootDir | Component::Prefix(_) => joined = PathBuf::from("/"),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::config::Environment;

    struct Fixture {
        folder: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let fixture = Self { folder: tempfile::tempdir().unwrap() };
            for (path, text) in [
                ("news/issues/1.md", ""),
                ("news/issues/img/a.png", "beside"),
                ("news/static/img/b b.png", "published"),
                ("news/static/img/a.png", "hidden behind the one beside"),
                ("outside.png", "secret"),
            ] {
                let path = fixture.path(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            fixture
        }

        fn path(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }

        /// The text of the file, and its path below the published folder.
        fn find(&self, from: Start, path: &str) -> Result<(String, Option<String>), ImageFault> {
            let root = Root::at(&self.path("news"), &Environment::for_test("/", []));
            let (issue, published) = (self.path("news/issues/1.md"), self.path("news/static"));
            let found = ImageFiles::new(&root, &issue, &published).find(from, path)?;
            Ok((String::from_utf8(found.bytes).unwrap(), found.published))
        }
    }

    #[test]
    fn an_image_is_looked_for_beside_the_issue_and_then_in_the_published_folder() {
        let fixture = Fixture::new();
        let found = |text: &str, published: Option<&str>| {
            Ok((text.to_owned(), published.map(str::to_owned)))
        };
        for (from, path, expected) in [
            (Start::Issue, "img/a.png", found("beside", None)),
            (Start::Issue, "./img/../img/a.png", found("beside", None)),
            (Start::Issue, "img/b b.png", found("published", Some("img/b b.png"))),
            (Start::Issue, "/img/b b.png", found("published", Some("img/b b.png"))),
            (Start::Issue, "../static/img/b b.png", found("published", Some("img/b b.png"))),
            (Start::Newsletter, "static/img/b b.png", found("published", Some("img/b b.png"))),
            (Start::Newsletter, "issues/img/a.png", found("beside", None)),
        ] {
            assert_eq!(fixture.find(from, path), expected, "{path}");
        }
        let tried = |paths: &[&str]| {
            let tried = paths.iter().map(|path| path.to_string()).collect();
            Err(ImageFault::Missing { tried })
        };
        let both = tried(&["issues/no.png", "static/no.png"]);
        assert_eq!(fixture.find(Start::Issue, "no.png"), both);
        assert_eq!(fixture.find(Start::Issue, "/no.png"), tried(&["static/no.png"]));
        let no_folder = |path: &str| Err(ImageFault::NoFolder { tried: vec![path.to_owned()] });
        assert_eq!(fixture.find(Start::Issue, "/no/a.png"), no_folder("static/no/a.png"));
        assert_eq!(fixture.find(Start::Newsletter, "a.png/b.png"), no_folder("a.png/b.png"));
    }

    #[test]
    fn nothing_leads_out_of_the_newsletter() {
        let fixture = Fixture::new();
        symlink(fixture.path("outside.png"), fixture.path("news/issues/link.png")).unwrap();
        symlink(fixture.path(""), fixture.path("news/issues/up")).unwrap();
        let absolute = fixture.path("outside.png").display().to_string();
        for (from, path) in [
            (Start::Issue, "../../outside.png"),
            (Start::Issue, "../../not-even-there.png"),
            (Start::Issue, "/../../outside.png"),
            (Start::Issue, "link.png"),
            (Start::Issue, "up/outside.png"),
            (Start::Issue, "a\0b.png"),
            (Start::Newsletter, "../outside.png"),
            (Start::Newsletter, &absolute),
        ] {
            assert_eq!(fixture.find(from, path), Err(ImageFault::LeadsOut), "{path}");
        }
    }

    #[test]
    fn what_is_no_file_or_too_large_is_not_read() {
        let fixture = Fixture::new();
        let large = vec![0; MAX_IMAGE_BYTES as usize + 1];
        std::fs::write(fixture.path("news/issues/large.png"), large).unwrap();
        let pipe = fixture.path("news/issues/pipe.png");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for (path, why) in [
            ("large.png", "it is longer than 5242880 bytes"),
            ("pipe.png", "it is not a regular file, but a pipe, a socket or a device"),
            ("img", "it is a folder"),
        ] {
            let expected = Err(ImageFault::Unreadable(why.to_owned()));
            assert_eq!(fixture.find(Start::Issue, path), expected, "{path}");
        }
    }
}
