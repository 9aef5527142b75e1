//! The pictures of a mail: which file is meant, whether readers can see it,
//! how large it is shown, and by which address the mail names it.
//!
//! In: targets as the author wrote them, and [`Pictures`], who knows the files.
//! Out: for each picture an address and a size, or why there is none; and the
//! list of all pictures that are files, for whoever attaches or previews them.
//! Absent on purpose: reading files, fetching what is on the web, and changing
//! a picture. What is too large for a mail is said, and never shrunk in secret.

mod fault;
mod header;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

pub(crate) use fault::Fault;
pub use fault::{MISSING_ALT, MISSING_PICTURE, PICTURE_FORMAT, PICTURE_SIZE, RELATIVE_TARGET};
use header::{Header, Unfit};

use super::target;
use crate::domain::Digest;

/// The largest file that is read, in bytes. A mail is opened on the way to
/// work; servers begin to refuse whole messages at ten million.
pub const MAX_PICTURE_BYTES: u64 = 5 * 1024 * 1024;
/// How much all pictures in one mail may have together, in bytes. In base64
/// they take a third more.
pub(crate) const MAX_ATTACHED_BYTES: usize = 7 * 1024 * 1024;
/// How many different files one issue may show. Nobody scrolls so far, and each
/// is read.
const MOST_PICTURES: usize = 200;
/// The width of a mail's one column, in pixels.
pub(crate) const COLUMN: u32 = 600;

/// Who knows the files of a newsletter.
pub trait Pictures {
    /// Reads the picture at `path`, whose parts are separated by `/`.
    ///
    /// # Errors
    /// There is none, or it must not be read.
    fn find(&self, from: Start, path: &str) -> Result<PictureFile, PictureFault>;
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// At the issue; a path that begins with `/`, at the folder of the pictures.
    Issue,
    /// At the newsletter's folder.
    Newsletter,
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureFile {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Its path below the folder that is published, with `/` between its
    /// parts; `None` when it lies elsewhere.
    pub published: Option<String>,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureFault {
    /// It is not there.
    Missing {
        /// The paths that were tried, as people would type them.
        tried: Vec<String>,
    },
    /// It lies outside the newsletter's folder.
    LeadsOut,
    /// It cannot be read, or is no regular file, or too large.
    Unreadable(String),
}

/// How pictures that are files reach the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureMode {
    /// The mail names their addresses on the web.
    Link,
    /// The mail carries them.
    Embed,
}

/// What a newsletter says about its pictures.
#[derive(Clone, Copy)]
pub struct Illustration<'p> {
    /// Who knows the files.
    pub files: &'p dyn Pictures,
    /// How they reach the reader.
    pub mode: PictureMode,
    /// Where the folder of the pictures stands on the web; its path ends in `/`.
    pub assets_url: Option<&'p Url>,
    /// What stands at the head of the mail.
    pub logo: Option<&'p Logo>,
}

/// The picture at the head of every mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// A path from the newsletter's folder, or an https address.
    pub source: String,
    /// What it says, in words.
    pub alternative: String,
    /// How wide it is shown, in pixels, if not as its file says.
    pub width: Option<u16>,
}

/// A newsletter without any file.
#[derive(Debug, Clone, Copy)]
pub struct NoPictures;

/// A picture of a mail that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its address as it stands in the html.
    pub source: String,
    /// Where its bytes are.
    pub content: PictureContent,
}

/// Where the bytes of a picture are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureContent {
    /// On the web, for readers; and here in a file, which
    /// [`Pictures::find`] finds again.
    Linked {
        /// Where its path begins.
        from: Start,
        /// Its path.
        path: String,
        /// What it is.
        format: Format,
    },
    /// In the mail.
    Attached(Attachment),
}

/// A file that the mail carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its `Content-ID` without angle brackets, made of its bytes alone.
    pub content_id: String,
    /// What it is.
    pub format: Format,
    /// The name under which a reader would save it.
    pub name: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// The formats that may stand in a mail. Every mail program shows the first
/// three (caniemail: no client without).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF. Outlook on Windows shows the first frame of one that moves.
    Gif,
    /// WebP, which Outlook on Windows does not show.
    Webp,
}

/// A size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What the mail does about one target of a picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placed {
    /// How the html names it; `None` when it cannot be shown.
    pub(crate) source: Option<String>,
    /// How large it is shown, as far as that is known.
    pub(crate) size: Option<Size>,
    /// What is wrong with it.
    pub(crate) faults: Vec<Fault>,
}

/// The pictures of one mail in the making.
pub(crate) struct Gallery<'p> {
    rules: Illustration<'p>,
    /// By what the author wrote: a target that comes twice is read once.
    placed: HashMap<(Start, String), Placed>,
    /// How many files were asked for.
    files: usize,
    pictures: Vec<Picture>,
    /// Which picture has which bytes: equal files go into the mail once.
    attached: HashMap<Digest, String>,
    attached_bytes: usize,
}

impl Picture {
    /// Whether the mail carries it.
    pub(crate) fn is_attached(&self) -> bool {
        matches!(self.content, PictureContent::Attached(_))
    }
}

impl Pictures for NoPictures {
    fn find(&self, _from: Start, path: &str) -> Result<PictureFile, PictureFault> {
        Err(PictureFault::Missing { tried: vec![path.to_owned()] })
    }
}

impl Illustration<'static> {
    /// Of a newsletter that has no files and no address for them.
    pub const NONE: Self =
        Self { files: &NoPictures, mode: PictureMode::Link, assets_url: None, logo: None };
}

impl Format {
    /// Its media type (RFC 2045).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Self::Jpeg),
            "gif" => Some(Self::Gif),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }
}

impl<'p> Gallery<'p> {
    pub(crate) fn new(rules: Illustration<'p>) -> Self {
        Self {
            rules,
            placed: HashMap::new(),
            files: 0,
            pictures: Vec::new(),
            attached: HashMap::new(),
            attached_bytes: 0,
        }
    }

    /// Every picture that is a file, in the order in which they came.
    pub(crate) fn into_pictures(self) -> Vec<Picture> {
        self.pictures
    }

    /// What the mail does about a target that [`target::written`] let through.
    pub(crate) fn place(&mut self, from: Start, written: &str) -> Placed {
        let key = (from, written.to_owned());
        if let Some(placed) = self.placed.get(&key) {
            return placed.clone();
        }
        let placed = match self.address(from, written) {
            Ok(Address::OnTheWeb(address)) => on_the_web(address),
            Ok(Address::File { .. }) if self.files == MOST_PICTURES => {
                Placed { faults: vec![Fault::TooMany(MOST_PICTURES)], ..Placed::default() }
            }
            Ok(Address::File { path, suffix }) => self.file(from, &path, &suffix),
            Err(fault) => Placed { faults: vec![fault], ..Placed::default() },
        };
        self.placed.insert(key, placed.clone());
        placed
    }

    /// Tells a path from an address. RFC 3986 section 5.2 resolves against
    /// `assets_url`; a path that stays below it names a file.
    fn address(&self, from: Start, written: &str) -> Result<Address, Fault> {
        if written.is_empty() || written.starts_with('#') {
            return Err(Fault::NoTarget);
        }
        if target::scheme(written).is_some() {
            return Ok(Address::OnTheWeb(written.to_owned()));
        }
        let base = self.rules.assets_url;
        if written.starts_with("//") {
            let resolved = base.and_then(|base| base.join(written).ok());
            let address = resolved.ok_or_else(|| Fault::NoAssetsUrl(shown(written)))?;
            return Ok(Address::OnTheWeb(address.into()));
        }
        let end = written.find(['?', '#']).unwrap_or(written.len());
        let (path, suffix) = written.split_at(end);
        let Some(path) = decoded(path).filter(|path| !path.is_empty()) else {
            return Err(Fault::NoTarget);
        };
        // `/news/a.png` is a file only where `/news/` is what was published.
        let path = match (base.map(Url::path), from) {
            (Some(top), Start::Issue) if path.starts_with('/') => match path.strip_prefix(top) {
                Some(below) => format!("/{below}"),
                None => {
                    let top = base.map(Url::to_string).unwrap_or_default();
                    return Err(Fault::OutsideAssets { written: shown(written), top });
                }
            },
            _ => path,
        };
        Ok(Address::File { path, suffix: suffix.to_owned() })
    }

    fn file(&mut self, from: Start, path: &str, suffix: &str) -> Placed {
        self.files += 1;
        let mut placed = Placed::default();
        let file = match self.rules.files.find(from, path) {
            Ok(file) => file,
            Err(fault) => {
                placed.faults.push(Fault::NoFile { path: shown(path), fault });
                return placed;
            }
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let (format, size) = match header::read(&file.bytes) {
            Header::Shown(format, size) => (format, size),
            Header::Unfit(unfit) => {
                placed.faults.push(Fault::Unfit { path: shown(path), unfit });
                return placed;
            }
            Header::Damaged(format) => {
                placed.faults.push(Fault::Damaged { path: shown(path), format });
                return placed;
            }
            Header::Unknown => {
                let is_pointer = file.bytes.starts_with(b"version https://git-lfs");
                placed.faults.push(Fault::NoPicture { path: shown(path), is_pointer });
                return placed;
            }
        };
        if format == Format::Webp {
            placed.faults.push(Fault::Unfit { path: shown(path), unfit: Unfit::Webp });
        }
        if Format::of_name(name) != Some(format) {
            placed.faults.push(Fault::OtherEnding { path: shown(path), format });
        }
        let source = match self.rules.mode {
            PictureMode::Link => self.linked(path, suffix, &file, &mut placed.faults),
            PictureMode::Embed => self.attached(name, format, file.bytes, &mut placed.faults),
        };
        if let (Some(source), PictureMode::Link) = (&source, self.rules.mode) {
            let content = PictureContent::Linked { from, path: path.to_owned(), format };
            self.pictures.push(Picture { source: source.clone(), content });
        }
        placed.size = Some(size.for_screens_of(name));
        placed.source = source;
        placed
    }

    fn linked(
        &self,
        path: &str,
        suffix: &str,
        file: &PictureFile,
        faults: &mut Vec<Fault>,
    ) -> Option<String> {
        let Some(base) = self.rules.assets_url else {
            faults.push(Fault::NoAssetsUrl(shown(path)));
            return None;
        };
        let Some(published) = &file.published else {
            faults.push(Fault::Unpublished(shown(path)));
            return None;
        };
        // A name may hold what has a meaning in an address: `a:b.png`, `50%.png`.
        let mut address = base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(published.split('/'));
        }
        Some(format!("{address}{suffix}"))
    }

    fn attached(
        &mut self,
        name: &str,
        format: Format,
        bytes: Vec<u8>,
        faults: &mut Vec<Fault>,
    ) -> Option<String> {
        let digest = Digest::of(&bytes);
        if let Some(source) = self.attached.get(&digest) {
            return Some(source.clone());
        }
        if self.attached_bytes + bytes.len() > MAX_ATTACHED_BYTES {
            faults.push(Fault::TooMuch { path: shown(name), before: self.attached_bytes });
            return None;
        }
        self.attached_bytes += bytes.len();
        // RFC 2392 wants the form of an address; the part behind the @ is nobody's.
        let content_id = format!("{}@picture", &digest.to_string()[..32]);
        let source = format!("cid:{content_id}");
        self.attached.insert(digest, source.clone());
        let name = name.to_owned();
        let attachment = Attachment { content_id, format, name, bytes: bytes.into() };
        let content = PictureContent::Attached(attachment);
        self.pictures.push(Picture { source: source.clone(), content });
        Some(source)
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

impl Size {
    /// A file whose name ends in `@2x` has two pixels where a mail has one.
    fn for_screens_of(self, name: &str) -> Self {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        match stem.ends_with("@2x") {
            true => Self { width: self.width.div_ceil(2), height: self.height.div_ceil(2) },
            false => self,
        }
    }

    /// The same shape, no wider than `width`.
    pub(crate) fn within(self, width: u32) -> Self {
        if self.width <= width { self } else { self.scaled_to(width) }
    }

    /// The same shape, of this width.
    pub(crate) fn scaled_to(self, width: u32) -> Self {
        let height = u64::from(self.height) * u64::from(width) / u64::from(self.width.max(1));
        Self { width, height: u32::try_from(height).unwrap_or(u32::MAX).max(1) }
    }
}

/// What is on the web is linked as it is, in either mode, and never fetched:
/// only its name can tell that it is nothing for a mail.
fn on_the_web(address: String) -> Placed {
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let unfit = match path.rsplit_once('.') {
        Some((_, "svg" | "svgz")) => Some(Unfit::Svg),
        Some((_, "avif" | "heic" | "heif")) => Some(Unfit::Avif),
        Some((_, "webp")) => Some(Unfit::Webp),
        _ => None,
    };
    let fault = unfit.map(|unfit| Fault::UnfitOnTheWeb { address: shown(&address), unfit });
    Placed { source: Some(address), size: None, faults: fault.into_iter().collect() }
}

/// The path without percent-encoding; `None` when it is then no text.
fn decoded(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.first_chunk::<2>().and_then(|pair| std::str::from_utf8(pair).ok());
        let value = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, value) {
            (b'%', Some(value)) => {
                bytes.push(value);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// A path or an address in a message: short, and on one line.
fn shown(text: &str) -> String {
    let text = decoded(text).map_or(Cow::Borrowed(text), Cow::Owned);
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests;
