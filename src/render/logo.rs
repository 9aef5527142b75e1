//! The image at the head of every mail, as templates have it.
//!
//! In: what the configuration says. Out: `false`, or an object with `src`,
//! `alt`, `width` and `height`. The sizes are numbers and no tokens, because
//! MJML calculates with them.

use serde_json::{Value, json};

use super::images::{Gallery, Logo, Placed, Size, Start};
use super::target;
use crate::source::Findings;
use crate::source::rules::IMAGE_SIZE;
use crate::theme::{Theme, Token};

/// A logo that says nothing else is no wider, so that it does not become a banner.
const WIDEST: u32 = 320;

/// The value `logo` of every template.
pub(crate) fn value(
    logo: Option<&Logo>,
    theme: &Theme,
    gallery: &mut Gallery<'_>,
    findings: &mut Findings<'_>,
) -> Value {
    let Some(logo) = logo else { return false.into() };
    let written = target::written(&logo.source).unwrap_or_default();
    let Placed { source, size, faults } = gallery.place(Start::Newsletter, &written);
    for fault in &faults {
        let (rule, message, advice) = fault.report();
        findings.in_settings(rule, format!("`[theme] logo`: {message}"), advice);
    }
    let Some(source) = source else { return false.into() };
    let size = match (size, logo.width.map(u32::from)) {
        (Some(size), Some(width)) => Some(size.scaled_to(width)),
        (Some(size), None) if size.width > WIDEST => Some(size.scaled_to(WIDEST)),
        (size, _) => size,
    };
    let width = size.map(|size| size.width).or(logo.width.map(u32::from));
    // MJML gives an image without a width the whole column.
    let Some(width) = width else {
        findings.in_settings(
            IMAGE_SIZE,
            "`[theme] logo` is on the web, so its width is not known",
            "Set `[theme] logo_width` to the width in pixels at which it is shown.",
        );
        return false.into();
    };
    let token = |text: &str| match text {
        "" => String::new(),
        text => theme.tokens().write(&Token::Value(text.to_owned())),
    };
    json!({
        "src": token(&source),
        "alt": token(&logo.alternative),
        "width": width,
        "height": size.map_or(Value::from(""), |Size { height, .. }| height.into()),
    })
}
