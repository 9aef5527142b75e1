//! What can be wrong with an image: the rule, the message and the advice.

use std::borrow::Cow;

use super::gallery::MAX_ATTACHED_BYTES;
use super::header::Unfit;
use super::{ImageFault, ImageFormat};
use crate::source::Rule;
use crate::source::rules::{IMAGE_FORMAT, IMAGE_SIZE, MISSING_IMAGE, RELATIVE_TARGET};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImageProblem {
    NoTarget,
    NotOnTheWeb(String),
    NoAssetsUrl,
    OutsideAssets { written: String, top: String },
    Unpublished(String),
    NoFile { path: String, fault: ImageFault },
    Unfit { path: String, unfit: Unfit },
    UnfitOnTheWeb { unfit: Unfit },
    Damaged { path: String, format: ImageFormat },
    NoImage { path: String, is_pointer: bool },
    OtherEnding { path: String, format: ImageFormat },
    TooMuch { path: String, before: usize },
    TooMany(usize),
}

/// The advice for an image in a format that some mail programs do not show.
const CONVERT: &str = "Save it as PNG, JPEG or GIF.";

impl ImageProblem {
    /// The broken rule, with its severity; the message; and the advice.
    pub(crate) fn report(&self) -> (Rule, String, Cow<'static, str>) {
        let (rule, message, advice) = match self {
            Self::NoTarget => (
                MISSING_IMAGE,
                "the image has no target".to_owned(),
                "Write its path between the round brackets, or remove the image.",
            ),
            Self::NotOnTheWeb(address) => (
                MISSING_IMAGE,
                format!("no mail program fetches the image `{address}`"),
                "Write its path from the issue's folder, or a URL that begins with `https://`.",
            ),
            // Without the path: one setting is the cause, whatever the paths are.
            Self::NoAssetsUrl => (
                RELATIVE_TARGET,
                "this image has no URL, because `[newsletter] assets_url` is not set".to_owned(),
                "Set it to the URL of the folder of images, or send the images in the mail \
                 with `[images] mode = \"embed\"`.",
            ),
            Self::OutsideAssets { written, top } => (
                RELATIVE_TARGET,
                format!("the image `{written}` is not below `assets_url`, which is {top}"),
                "Write its path from the issue's folder, or its whole URL.",
            ),
            Self::Unpublished(path) => (
                RELATIVE_TARGET,
                format!(
                    "the image `{path}` is outside the folder that is published at `assets_url`"
                ),
                "Move it there, or set `[images] path` to a folder that holds it.",
            ),
            Self::NoFile { path, fault } => return no_file(path, fault),
            Self::Unfit { path, unfit } => {
                let (name, unseen) = unfit.words();
                // Of the programs that caniemail tries, Outlook on Windows alone
                // shows no WebP; Gmail, with most readers of all, shows no SVG, and
                // Outlook on Windows, Fastmail and GMX no AVIF.
                let is_webp = *unfit == Unfit::Webp;
                let rule = if is_webp { IMAGE_FORMAT.as_warning() } else { IMAGE_FORMAT };
                (rule, format!("the image `{path}` is {name}, which {unseen}"), CONVERT)
            }
            // Without the URL: one habit is the cause, as a row of badges is.
            Self::UnfitOnTheWeb { unfit } => {
                let (name, unseen) = unfit.words();
                let message = format!("this image is {name} by its name, which {unseen}");
                (IMAGE_FORMAT.as_warning(), message, CONVERT)
            }
            Self::Damaged { path, format } => (
                IMAGE_FORMAT,
                format!(
                    "the image `{path}` begins like a {}, and its size cannot be read",
                    format.names().0
                ),
                "The file may be cut off: open it, and save it again.",
            ),
            Self::NoImage { path, is_pointer: true } => (
                IMAGE_FORMAT,
                format!("the file `{path}` is a pointer of Git LFS, and not the image"),
                "Fetch the images with `git lfs pull`.",
            ),
            Self::NoImage { path, is_pointer: false } => {
                (IMAGE_FORMAT, format!("the file `{path}` is not an image"), CONVERT)
            }
            Self::OtherEnding { path, format } => {
                let (name, _, extension) = format.names();
                return (
                    IMAGE_FORMAT.as_warning(),
                    format!("the image `{path}` is a {name}, but its name has another extension"),
                    format!(
                        "Rename it so that it ends in `.{extension}`: some programs go by the \
                         extension."
                    )
                    .into(),
                );
            }
            Self::TooMany(most) => (
                IMAGE_SIZE,
                format!("more than {most} images are files; this one is not shown"),
                "Show fewer images, and link to a page that has them all.",
            ),
            Self::TooMuch { path, before } => (
                IMAGE_SIZE,
                format!(
                    "the image `{path}` does not fit into the mail: those before it have \
                     {before} bytes, and {MAX_ATTACHED_BYTES} is the most"
                ),
                "Make the images smaller, or link to them with `[images] mode = \"link\"`.",
            ),
        };
        (rule, message, advice.into())
    }
}

fn no_file(path: &str, fault: &ImageFault) -> (Rule, String, Cow<'static, str>) {
    let (message, advice) = match fault {
        ImageFault::Missing { tried } => (
            format!("there is no image `{path}`"),
            match tried.as_slice() {
                [] => "Add the file, or fix the path.".into(),
                tried => {
                    format!("Add the file, or fix the path; looked for {}.", tried.join(" and "))
                        .into()
                }
            },
        ),
        // Without the name of the file: one folder that is not set is the cause,
        // however many images are in it.
        ImageFault::NoFolder { tried } => (
            match path.rsplit_once('/') {
                Some((folder, _)) if !folder.is_empty() => {
                    format!("there is no folder `{folder}`, in which this image should be")
                }
                _ => format!("there is no folder in which the image `{path}` could be"),
            },
            format!(
                "Fix the path, or set `[images] path` to the folder whose files the site \
                 publishes; looked for {}.",
                tried.join(" and ")
            )
            .into(),
        ),
        ImageFault::LeadsOut => (
            format!("the image `{path}` is outside of the newsletter's folder"),
            "Put a copy of it into the newsletter.".into(),
        ),
        ImageFault::Unreadable(why) => (
            format!("cannot read the image `{path}`: {why}"),
            "It must be a file that you can read, of at most 5 MB.".into(),
        ),
    };
    (MISSING_IMAGE, message, advice)
}
