//! What can be wrong with an image: the rule, the message and the advice.

use super::gallery::MAX_ATTACHED_BYTES;
use super::header::Unfit;
use super::{ImageFault, ImageFormat};
use crate::source::Rule;
use crate::source::rules::{IMAGE_FORMAT, IMAGE_SIZE, MISSING_IMAGE, RELATIVE_TARGET};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImageProblem {
    NoTarget,
    NotOnTheWeb(String),
    NoAssetsUrl(String),
    OutsideAssets { written: String, top: String },
    Unpublished(String),
    NoFile { path: String, fault: ImageFault },
    Unfit { path: String, unfit: Unfit },
    UnfitOnTheWeb { address: String, unfit: Unfit },
    Damaged { path: String, format: ImageFormat },
    NoImage { path: String, is_pointer: bool },
    OtherEnding { path: String, format: ImageFormat },
    TooMuch { path: String, before: usize },
    TooMany(usize),
}

impl ImageProblem {
    /// The rule that it breaks, and how bad that is.
    pub(crate) fn rule(&self) -> Rule {
        match self {
            Self::NoTarget | Self::NotOnTheWeb(_) | Self::NoFile { .. } => MISSING_IMAGE,
            Self::NoAssetsUrl(_) | Self::OutsideAssets { .. } | Self::Unpublished(_) => {
                RELATIVE_TARGET
            }
            // Of the programs that caniemail tries, Outlook on Windows alone
            // shows no WebP; Gmail, with most readers of all, shows no SVG, and
            // Outlook on Windows, Fastmail and GMX no AVIF.
            Self::Unfit { unfit: Unfit::Webp, .. }
            | Self::UnfitOnTheWeb { .. }
            | Self::OtherEnding { .. } => IMAGE_FORMAT.as_warning(),
            Self::Unfit { .. } | Self::Damaged { .. } | Self::NoImage { .. } => IMAGE_FORMAT,
            Self::TooMuch { .. } | Self::TooMany(_) => IMAGE_SIZE,
        }
    }

    /// What is wrong, and what to do.
    pub(crate) fn words(&self) -> (String, String) {
        match self {
            Self::NoTarget => (
                "the image has no target".to_owned(),
                "Write its path between the round brackets, or remove the image.".to_owned(),
            ),
            Self::NotOnTheWeb(address) => (
                format!("no mail program fetches the image `{address}`"),
                "Write its path from the issue's folder, or a URL that begins with `https://`."
                    .to_owned(),
            ),
            Self::NoAssetsUrl(path) => (
                format!("the image `{path}` has no URL: `[newsletter] assets_url` is not set"),
                "Set it to the URL of the folder of images, or send the images in the mail \
                 with `[images] mode = \"embed\"`."
                    .to_owned(),
            ),
            Self::OutsideAssets { written, top } => (
                format!("the image `{written}` is not below `assets_url`, which is {top}"),
                "Write its path from the issue's folder, or its whole URL.".to_owned(),
            ),
            Self::Unpublished(path) => (
                format!(
                    "the image `{path}` is outside the folder that is published at `assets_url`"
                ),
                "Move it there, or set `[images] path` to a folder that holds it.".to_owned(),
            ),
            Self::NoFile { path, fault } => no_file(path, fault),
            Self::Unfit { path, unfit } => (
                format!("the image `{path}` is {}, which {}", unfit.name(), unseen(*unfit)),
                convert(),
            ),
            Self::UnfitOnTheWeb { address, unfit } => (
                format!(
                    "the image `{address}` is {} by its name, which {}",
                    unfit.name(),
                    unseen(*unfit)
                ),
                convert(),
            ),
            Self::Damaged { path, format } => (
                format!(
                    "the image `{path}` begins like a {}, and its size cannot be read",
                    format.names().0
                ),
                "The file may be cut off: open it, and save it again.".to_owned(),
            ),
            Self::NoImage { path, is_pointer: true } => (
                format!("the file `{path}` is a pointer of Git LFS, and not the image"),
                "Fetch the images with `git lfs pull`.".to_owned(),
            ),
            Self::NoImage { path, is_pointer: false } => {
                (format!("the file `{path}` is not an image"), convert())
            }
            Self::OtherEnding { path, format } => (
                format!(
                    "the image `{path}` is a {}, but its name has another extension",
                    format.names().0
                ),
                format!(
                    "Rename it so that it ends in `.{}`: some programs go by the extension.",
                    format.extension()
                ),
            ),
            Self::TooMany(most) => (
                format!("more than {most} images are files; this one is not shown"),
                "Show fewer images, and link to a page that has them all.".to_owned(),
            ),
            Self::TooMuch { path, before } => (
                format!(
                    "the image `{path}` does not fit into the mail: those before it have \
                     {before} bytes, and {MAX_ATTACHED_BYTES} is the most"
                ),
                "Make the images smaller, or link to them with `[images] mode = \"link\"`."
                    .to_owned(),
            ),
        }
    }
}

fn no_file(path: &str, fault: &ImageFault) -> (String, String) {
    match fault {
        ImageFault::Missing { tried } => (
            format!("there is no image `{path}`"),
            match tried.as_slice() {
                [] => "Add the file, or fix the path.".to_owned(),
                tried => {
                    format!("Add the file, or fix the path; looked for {}.", tried.join(" and "))
                }
            },
        ),
        ImageFault::LeadsOut => (
            format!("the image `{path}` is outside of the newsletter's folder"),
            "Put a copy of it into the newsletter.".to_owned(),
        ),
        ImageFault::Unreadable(why) => (
            format!("cannot read the image `{path}`: {why}"),
            "It must be a file that you can read, of at most 5 MB.".to_owned(),
        ),
    }
}

fn unseen(unfit: Unfit) -> &'static str {
    match unfit {
        Unfit::Webp => "Outlook on Windows does not show",
        Unfit::Svg => "Gmail does not show",
        _ => "Outlook on Windows and others do not show",
    }
}

fn convert() -> String {
    "Save it as PNG, JPEG or GIF.".to_owned()
}
