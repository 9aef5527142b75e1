//! The images of one mail in the making: what the author wrote becomes an
//! address and a size, or a fault.
//!
//! In: targets in the form of [`target::written`], and the newsletter's rules.
//! Out: a [`Placed`] for each, and all images that are files. A target that
//! comes twice is looked at once. Absent on purpose: reading files.

use std::borrow::Cow;
use std::collections::HashMap;

use url::Url;

use super::header::{self, Header, Unfit};
use super::{
    Attachment, Illustration, Image, ImageContent, ImageFile, ImageFormat, ImageMode, ImageProblem,
    Size, Start,
};
use crate::domain::Digest;
use crate::render::target;

/// How much all images in one mail may have together, in bytes. In base64
/// they take a third more.
pub(crate) const MAX_ATTACHED_BYTES: usize = 7 * 1024 * 1024;
/// How many different files one issue may show. Each is read, and a mail with
/// more is longer than readers scroll.
const MOST_IMAGES: usize = 200;

/// What the mail does about one target of an image.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placed {
    /// How the html names it; `None` when it cannot be shown.
    pub(crate) source: Option<String>,
    /// How large it is shown, as far as that is known.
    pub(crate) size: Option<Size>,
    pub(crate) faults: Vec<ImageProblem>,
}

/// The images of one mail in the making.
pub(crate) struct Gallery<'p> {
    rules: Illustration<'p>,
    /// By what the author wrote: a target that comes twice is read once.
    placed: HashMap<(Start, String), Placed>,
    /// How many files were asked for.
    files: usize,
    /// Every image that is a file, in the order in which they came.
    pub(crate) images: Vec<Image>,
    /// Which image has which bytes: equal files go into the mail once.
    attached: HashMap<Digest, String>,
    attached_bytes: usize,
}

impl<'p> Gallery<'p> {
    pub(crate) fn new(rules: Illustration<'p>) -> Self {
        Self {
            rules,
            placed: HashMap::new(),
            files: 0,
            images: Vec::new(),
            attached: HashMap::new(),
            attached_bytes: 0,
        }
    }

    /// What the mail does about a target that [`target::written`] let through.
    pub(crate) fn place(&mut self, from: Start, written: &str) -> Placed {
        let key = (from, written.to_owned());
        if let Some(placed) = self.placed.get(&key) {
            return placed.clone();
        }
        let placed = self.address(from, written).and_then(|address| match address {
            Address::OnTheWeb(address) => Ok(on_the_web(address)),
            Address::File { .. } if self.files == MOST_IMAGES => {
                Err(ImageProblem::TooMany(MOST_IMAGES))
            }
            Address::File { path, suffix } => self.file(from, &path, &suffix),
        });
        let placed =
            placed.unwrap_or_else(|fault| Placed { faults: vec![fault], ..Placed::default() });
        self.placed.insert(key, placed.clone());
        placed
    }

    /// Decides whether a target is a path or a URL. It is resolved against
    /// `assets_url` (RFC 3986 section 5.2); a path that stays below it names a file.
    fn address(&self, from: Start, written: &str) -> Result<Address, ImageProblem> {
        if written.is_empty() || written.starts_with('#') {
            return Err(ImageProblem::NoTarget);
        }
        match target::scheme(written).as_deref() {
            Some("https" | "http") => return Ok(Address::OnTheWeb(written.to_owned())),
            Some(_) => return Err(ImageProblem::NotOnTheWeb(shown(written))),
            None => {}
        }
        let base = self.rules.assets_url;
        if written.starts_with("//") {
            let resolved = base.and_then(|base| base.join(written).ok());
            let address = resolved.ok_or(ImageProblem::NoAssetsUrl)?;
            // A host may be written with escapes that the URL standard resolves.
            let written = target::written(address.as_str()).map(Cow::into_owned);
            return written.map(Address::OnTheWeb).ok_or(ImageProblem::NoTarget);
        }
        let end = written.find(['?', '#']).unwrap_or(written.len());
        let (path, suffix) = written.split_at(end);
        let Some(path) = decoded(path).filter(|path| !path.is_empty()) else {
            return Err(ImageProblem::NoTarget);
        };
        // `/news/a.png` is a file only where `/news/` is what was published.
        let top = base.and_then(|base| decoded(base.path()));
        let path = match (top.as_deref(), from) {
            (Some(top), Start::Issue) if path.starts_with('/') => match path.strip_prefix(top) {
                Some(below) => format!("/{below}"),
                None => {
                    let top = base.map(Url::to_string).unwrap_or_default();
                    return Err(ImageProblem::OutsideAssets { written: shown(written), top });
                }
            },
            _ => path,
        };
        Ok(Address::File { path, suffix: suffix.to_owned() })
    }

    fn file(&mut self, from: Start, path: &str, suffix: &str) -> Result<Placed, ImageProblem> {
        self.files += 1;
        let mut faults = Vec::new();
        let file = self.rules.files.find(from, path);
        let file = file.map_err(|fault| ImageProblem::NoFile { path: shown(path), fault })?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let (format, size) = match header::read(&file.bytes) {
            Header::Shown(format, size) => (format, size),
            Header::Unfit(unfit) => return Err(ImageProblem::Unfit { path: shown(path), unfit }),
            Header::Damaged(format) => {
                return Err(ImageProblem::Damaged { path: shown(path), format });
            }
            Header::Unknown => {
                let is_pointer = file.bytes.starts_with(b"version https://git-lfs");
                return Err(ImageProblem::NoImage { path: shown(path), is_pointer });
            }
        };
        if format == ImageFormat::Webp {
            faults.push(ImageProblem::Unfit { path: shown(path), unfit: Unfit::Webp });
        }
        if ImageFormat::from_name(name) != Some(format) {
            faults.push(ImageProblem::OtherEnding { path: shown(path), format });
        }
        let source = match self.rules.mode {
            ImageMode::Link => self.linked(path, suffix, &file),
            ImageMode::Embed => self.attached(name, format, file.bytes),
        };
        if let (Ok(source), ImageMode::Link) = (&source, self.rules.mode) {
            let content = ImageContent::Linked { from, path: path.to_owned(), format };
            self.images.push(Image { source: source.clone(), content });
        }
        let size = Some(size.for_screens_of(name));
        let source = source.map_err(|fault| faults.push(fault)).ok();
        Ok(Placed { source, size, faults })
    }

    fn linked(&self, path: &str, suffix: &str, file: &ImageFile) -> Result<String, ImageProblem> {
        let base = self.rules.assets_url;
        let base = base.ok_or(ImageProblem::NoAssetsUrl)?;
        let published = file.published.as_deref();
        let published = published.ok_or_else(|| ImageProblem::Unpublished(shown(path)))?;
        // A name may hold characters with a meaning in URLs: `a:b.png`, `50%.png`.
        let mut address = base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(published.split('/'));
        }
        Ok(format!("{address}{suffix}"))
    }

    fn attached(
        &mut self,
        name: &str,
        format: ImageFormat,
        bytes: Vec<u8>,
    ) -> Result<String, ImageProblem> {
        let digest = Digest::new(&bytes);
        if let Some(source) = self.attached.get(&digest) {
            return Ok(source.clone());
        }
        if self.attached_bytes + bytes.len() > MAX_ATTACHED_BYTES {
            let before = self.attached_bytes;
            return Err(ImageProblem::TooMuch { path: shown(name), before });
        }
        self.attached_bytes += bytes.len();
        // A Content-ID has the form of an email address (RFC 2392); no host has this name.
        let content_id = format!("{}@image", &digest.to_string()[..32]);
        let source = format!("cid:{content_id}");
        self.attached.insert(digest, source.clone());
        let name = name.to_owned();
        let attachment = Attachment { content_id, format, name, bytes: bytes.into() };
        let content = ImageContent::Attached(attachment);
        self.images.push(Image { source: source.clone(), content });
        Ok(source)
    }
}

/// Where a target leads.
enum Address {
    OnTheWeb(String),
    File {
        /// Without percent-encoding.
        path: String,
        /// The query and the fragment, as they were written.
        suffix: String,
    },
}

/// An image on the web keeps its URL in either mode, and is not fetched. Only
/// its extension can show that mail programs do not show it.
fn on_the_web(address: String) -> Placed {
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let unfit = match path.rsplit_once('.') {
        Some((_, "svg" | "svgz")) => Some(Unfit::Svg),
        Some((_, "avif" | "heic" | "heif")) => Some(Unfit::Avif),
        Some((_, "webp")) => Some(Unfit::Webp),
        _ => None,
    };
    let fault = unfit.map(|unfit| ImageProblem::UnfitOnTheWeb { unfit });
    Placed { source: Some(address), size: None, faults: fault.into_iter().collect() }
}

/// The path without percent-encoding; `None` when it is then no text.
fn decoded(path: &str) -> Option<String> {
    percent_encoding::percent_decode_str(path).decode_utf8().ok().map(Cow::into_owned)
}

/// A path or a URL in a message: short, and on one line.
fn shown(text: &str) -> String {
    let text = decoded(text).map_or(Cow::Borrowed(text), Cow::Owned);
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests;
