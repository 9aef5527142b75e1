//! The images of a mail: which file is meant, whether mail programs show it,
//! how large it is shown, and which URL it has in the mail.
//!
//! In: targets as the author wrote them, and an [`ImageFinder`]. Out: for each
//! image a URL and a size, or why there is none; and the list of all images
//! that are files, which the mail carries or the preview shows. Absent on
//! purpose: reading files, fetching from the web, and changing an image. An
//! image that is too large is reported, and not shrunk.

mod fault;
mod gallery;
mod header;

use std::sync::Arc;

use url::Url;

pub(crate) use fault::ImageProblem;
pub(crate) use gallery::{Gallery, Placed};

/// The largest file that is read, in bytes. A mail is opened on the way to
/// work; servers begin to refuse whole messages at ten million.
pub(crate) const MAX_IMAGE_BYTES: u64 = 5 * 1024 * 1024;
/// The width of the content of a mail's one column, in pixels: 600 without the
/// margins that a phone needs. Outlook on Windows knows no `max-width`, so that
/// a wider image would widen the column.
pub(crate) const COLUMN: u32 = 568;

pub trait ImageFinder {
    /// Reads the image at `path`, whose parts are separated by `/`.
    ///
    /// # Errors
    /// There is none, or it must not be read.
    fn find(&self, from: Start, path: &str) -> Result<ImageFile, ImageFault>;
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// At the issue; a path that begins with `/`, at the folder of the images.
    Issue,
    /// At the newsletter's folder.
    Newsletter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    pub bytes: Vec<u8>,
    /// Its path below the folder that is published, with `/` between its
    /// parts; `None` when it lies elsewhere.
    pub published: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageFault {
    Missing {
        /// The paths that were tried, as people would type them.
        tried: Vec<String>,
    },
    /// Not even a folder in which it could be is there.
    NoFolder {
        /// As for a file that is missing.
        tried: Vec<String>,
    },
    LeadsOut,
    /// It cannot be read, or is no regular file, or too large.
    Unreadable(String),
}

/// How images that are files reach the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageMode {
    /// The mail holds their URLs on the web.
    Link,
    Embed,
}

/// What a newsletter says about its images.
#[derive(Clone, Copy)]
pub struct Illustration<'p> {
    /// Finds the files.
    pub files: &'p dyn ImageFinder,
    /// How they reach the reader.
    pub mode: ImageMode,
    /// The URL of the folder of images; its path ends in `/`.
    pub assets_url: Option<&'p Url>,
    /// The logo at the top of the mail.
    pub logo: Option<&'p Logo>,
}

/// The logo: the image at the top of every mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// A path from the newsletter's folder, or an https address.
    pub source: String,
    pub alternative: String,
    /// How wide it is shown, in pixels, if not as its file says.
    pub width: Option<u16>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct NoImages;

/// An image of a mail that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its URL in the html.
    pub source: String,
    pub content: ImageContent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageContent {
    /// On the web, for readers; and here in a file, which
    /// [`ImageFinder::find`] finds again.
    Linked {
        from: Start,
        path: String,
        format: ImageFormat,
    },
    Attached(Attachment),
}

/// A file that the mail carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its `Content-ID` without angle brackets, made of its bytes alone.
    pub content_id: String,
    pub format: ImageFormat,
    /// The name under which a reader would save it.
    pub name: String,
    pub bytes: Arc<[u8]>,
}

/// The formats that a mail may hold. Every mail program shows the first
/// three (caniemail: no client without).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    Png,
    Jpeg,
    /// GIF. Outlook on Windows shows the first frame of one that moves.
    Gif,
    /// WebP, which Outlook on Windows does not show.
    Webp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl ImageFinder for NoImages {
    fn find(&self, _from: Start, path: &str) -> Result<ImageFile, ImageFault> {
        Err(ImageFault::Missing { tried: vec![path.to_owned()] })
    }
}

impl Illustration<'static> {
    /// For a newsletter that has no image files and no URL for them.
    pub const NONE: Self =
        Self { files: &NoImages, mode: ImageMode::Link, assets_url: None, logo: None };
}

impl ImageFormat {
    /// The name that people use, the media type (RFC 2045), and the extension.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Png => ("PNG", "image/png", "png"),
            Self::Jpeg => ("JPEG", "image/jpeg", "jpg"),
            Self::Gif => ("GIF", "image/gif", "gif"),
            Self::Webp => ("WebP", "image/webp", "webp"),
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        self.names().1
    }

    pub(crate) fn extension(self) -> &'static str {
        self.names().2
    }

    fn from_name(name: &str) -> Option<Self> {
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

impl Size {
    /// A file whose name ends in `@2x` has two pixels where a mail has one.
    fn for_screens_of(self, name: &str) -> Self {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        if stem.ends_with("@2x") {
            Self { width: self.width.div_ceil(2), height: self.height.div_ceil(2) }
        } else {
            self
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
