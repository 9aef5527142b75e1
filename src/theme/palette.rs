//! The colours of a theme by their names, in a light and in a dark scheme.
//!
//! In: the colours, and on which others each must be readable. Out: findings
//! about pairs with too little contrast, at the line of the colour that is to be
//! changed. Deliberately absent: where a template uses a colour. Every palette has
//! the [`REQUIRED`] names, and other rooms use only those.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Colour;
use super::colour::LEAST_CONTRAST;
use crate::source::rules::{CONTRAST, PURE_PAIR};
use crate::source::{Finding, Place};

/// The colours that every theme has.
pub const REQUIRED: [&str; 8] =
    ["background", "button", "button_text", "line", "link", "muted", "panel", "text"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Palette(pub(super) BTreeMap<String, Swatch>);

#[derive(Debug, Clone)]
pub(crate) struct Swatch {
    pub(crate) light: Shade,
    pub(crate) dark: Shade,
    /// The names of the colours behind it, on which it must be readable.
    pub(crate) on: Vec<String>,
}

/// A colour, and where somebody wrote it.
#[derive(Debug, Clone)]
pub(crate) struct Shade {
    pub(crate) colour: Colour,
    pub(crate) place: Place,
    pub(crate) set_by: SetBy,
}

/// Who wrote a value that a theme shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetBy {
    /// The theme's author.
    Theme,
    /// The newsletter, in its configuration.
    Newsletter,
}

impl Scheme {
    pub(crate) const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Its name, as templates have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Swatch {
    pub(crate) fn shade(&self, scheme: Scheme) -> &Shade {
        match scheme {
            Scheme::Light => &self.light,
            Scheme::Dark => &self.dark,
        }
    }

    pub(super) fn shade_mut(&mut self, scheme: Scheme) -> &mut Shade {
        match scheme {
            Scheme::Light => &mut self.light,
            Scheme::Dark => &mut self.dark,
        }
    }
}

impl Palette {
    pub(crate) fn colour(&self, name: &str, scheme: Scheme) -> Option<Colour> {
        self.0.get(name).map(|swatch| swatch.shade(scheme).colour)
    }

    /// The colours of one scheme as templates see them.
    pub(super) fn values(&self, scheme: Scheme) -> Value {
        let value = |(name, swatch): (&String, &Swatch)| {
            (name.clone(), Value::String(swatch.shade(scheme).colour.to_string()))
        };
        Value::Object(self.0.iter().map(value).collect::<Map<_, _>>())
    }

    /// Findings about pairs with too little contrast and about harsh pairs, with the
    /// author of the colour that is to be changed.
    pub(crate) fn troubles(&self) -> Vec<(SetBy, Finding)> {
        let mut troubles = Vec::new();
        for (name, swatch) in &self.0 {
            for on in &swatch.on {
                for scheme in Scheme::ALL {
                    troubles.extend(self.trouble(name, swatch, on, scheme));
                }
            }
        }
        troubles
    }

    fn trouble(
        &self,
        name: &str,
        swatch: &Swatch,
        on: &str,
        scheme: Scheme,
    ) -> Option<(SetBy, Finding)> {
        let (text, ground) = (swatch.shade(scheme), self.0.get(on)?.shade(scheme));
        let ratio = text.colour.contrast(ground.colour);
        let in_scheme = format!("in the {} scheme", scheme.as_str());
        let pair = [text.colour, ground.colour];
        if pair.contains(&Colour::BLACK) && pair.contains(&Colour::WHITE) {
            let message = format!("`{name}` on `{on}` is pure black and pure white {in_scheme}");
            let advice = "Use a very dark grey or a very light one: pure black on pure white is \
                          harsh to read, and mail programs that invert colours make it worse.";
            let place = Some(text.place.clone());
            return Some((text.set_by, Finding::new(PURE_PAIR, place, message, advice)));
        }
        if ratio >= LEAST_CONTRAST {
            return None;
        }
        let steps = |shade: &Shade, named| {
            let near = shade.colour.nearest_that_reads(&self.beside(named, scheme));
            near.map_or(i32::MAX, |(_, steps)| steps)
        };
        // If one of the two has its author's value and the other the newsletter's, the
        // finding is at the newsletter's; else at the one that needs the smaller change.
        let is_grounds = match (text.set_by, ground.set_by) {
            (SetBy::Theme, SetBy::Newsletter) => true,
            (SetBy::Newsletter, SetBy::Theme) => false,
            _ => steps(ground, on) < steps(text, name),
        };
        let (shade, named) = if is_grounds { (ground, on) } else { (text, name) };
        let message = format!(
            "`{name}` ({}) on `{on}` ({}) has a contrast of {:.2}:1 {in_scheme}; text needs \
             {LEAST_CONTRAST}:1",
            text.colour,
            ground.colour,
            // Rounded down, so that 4.499 is never shown as 4.50.
            (ratio * 100.0).floor() / 100.0,
        );
        let advice = match shade.colour.nearest_that_reads(&self.beside(named, scheme)) {
            Some((near, _)) => format!(
                "The nearest shade of `{named}` with enough contrast is \"{near}\"; a colour for each \
                 scheme is written as `{{ light = \"{}\", dark = \"{}\" }}`.",
                self.proposed(named, scheme, Scheme::Light, near),
                self.proposed(named, scheme, Scheme::Dark, near),
            ),
            None => {
                format!("No shade of `{named}` has enough contrast: change the other colour too.")
            }
        };
        let place = Some(shade.place.clone());
        Some((shade.set_by, Finding::new(CONTRAST, place, message, advice)))
    }

    /// The colour that the advice gives `named` in `scheme`, when `near` fixes `fixed`.
    fn proposed(&self, named: &str, fixed: Scheme, scheme: Scheme, near: Colour) -> Colour {
        let Some(swatch) = self.0.get(named) else { return near };
        let as_it_is = swatch.shade(scheme).colour;
        let others = self.beside(named, scheme);
        if scheme == fixed {
            near
        } else if as_it_is.reads_on(&others) {
            as_it_is
        } else {
            as_it_is.nearest_that_reads(&others).map_or(as_it_is, |(near, _)| near)
        }
    }

    /// The colours behind a colour, and those in front of it.
    fn beside(&self, named: &str, scheme: Scheme) -> Vec<Colour> {
        let below = self.0.get(named).into_iter().flat_map(|swatch| &swatch.on);
        let above = self.0.iter().filter(|(_, swatch)| swatch.on.iter().any(|on| on == named));
        let names = below.chain(above.map(|(name, _)| name));
        names.filter_map(|name| self.colour(name, scheme)).collect()
    }
}
