//! The colours of a theme by their names, in a light and in a dark scheme.
//!
//! In: colours, and which must read on which. Out: findings about pairs that
//! do not read, at the line of the colour that is to be changed. Deliberately
//! absent: where a template uses a colour; [`REQUIRED`] names are what the
//! rest of the program may count on.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Colour;
use super::colour::LEAST_CONTRAST;
use crate::source::rules::{CONTRAST, PURE_PAIR};
use crate::source::{Finding, Place, Rule};

/// The colours that every theme has.
pub const REQUIRED: [&str; 8] =
    ["background", "button", "button_text", "line", "link", "muted", "panel", "text"];

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// All colours by their names.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    swatches: BTreeMap<String, Swatch>,
}

/// One colour of a palette.
#[derive(Debug, Clone)]
pub struct Swatch {
    /// In the light scheme.
    pub light: Shade,
    /// In the dark scheme.
    pub dark: Shade,
    /// What it is for, in one sentence.
    pub doc: String,
    /// The names of the colours that it must read on.
    pub on: Vec<String>,
}

/// A colour, and where somebody wrote it.
#[derive(Debug, Clone)]
pub struct Shade {
    /// The colour.
    pub colour: Colour,
    /// Where.
    pub place: Place,
    /// Who.
    pub set_by: SetBy,
}

/// Who wrote a value that a theme shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetBy {
    /// The theme's author.
    Theme,
    /// The newsletter, in its configuration.
    Newsletter,
}

/// A pair that a reader will have trouble with.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    /// Whose colour is to be changed.
    pub(crate) set_by: SetBy,
    /// What to say about it.
    pub(crate) finding: Finding,
}

impl Scheme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Its name, as templates have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Swatch {
    /// The colour in one scheme.
    pub fn shade(&self, scheme: Scheme) -> &Shade {
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
    pub(super) fn new(swatches: BTreeMap<String, Swatch>) -> Self {
        Self { swatches }
    }

    /// The colours, by name.
    pub fn swatches(&self) -> &BTreeMap<String, Swatch> {
        &self.swatches
    }

    /// One colour.
    pub fn colour(&self, name: &str, scheme: Scheme) -> Option<Colour> {
        self.swatches.get(name).map(|swatch| swatch.shade(scheme).colour)
    }

    pub(super) fn swatch_mut(&mut self, name: &str) -> Option<&mut Swatch> {
        self.swatches.get_mut(name)
    }

    /// The colours of one scheme as templates see them.
    pub(super) fn values(&self, scheme: Scheme) -> Value {
        let value = |(name, swatch): (&String, &Swatch)| {
            (name.clone(), Value::String(swatch.shade(scheme).colour.to_string()))
        };
        Value::Object(self.swatches.iter().map(value).collect::<Map<_, _>>())
    }

    /// The pairs that do not read, and those that are harsh.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        for (name, swatch) in &self.swatches {
            for on in &swatch.on {
                for scheme in Scheme::ALL {
                    troubles.extend(self.trouble(name, swatch, on, scheme));
                }
            }
        }
        troubles
    }

    fn trouble(&self, name: &str, swatch: &Swatch, on: &str, scheme: Scheme) -> Option<Trouble> {
        let (text, ground) = (swatch.shade(scheme), self.swatches.get(on)?.shade(scheme));
        let ratio = text.colour.contrast(ground.colour);
        let in_scheme = format!("in the {} scheme", scheme.as_str());
        let pair = [text.colour, ground.colour];
        if pair.contains(&Colour::BLACK) && pair.contains(&Colour::WHITE) {
            let message = format!("`{name}` on `{on}` is pure black and pure white {in_scheme}.");
            let advice = "It is harsh to read, and mail programs that invert colours make it \
                          worse: take a very dark grey, or a very light one.";
            return Some(trouble(text, PURE_PAIR, message, advice.to_owned()));
        }
        if ratio >= LEAST_CONTRAST {
            return None;
        }
        let steps = |shade: &Shade, named| {
            let near = shade.colour.nearest_that_reads(&self.beside(named, scheme));
            near.map_or(i32::MAX, |(_, steps)| steps)
        };
        // Whoever changed one of the two is told at the one that they changed;
        // and else at the one that is nearer to reading.
        let is_grounds = match (text.set_by, ground.set_by) {
            (SetBy::Theme, SetBy::Newsletter) => true,
            (SetBy::Newsletter, SetBy::Theme) => false,
            _ => steps(ground, on) < steps(text, name),
        };
        let (shade, named) = if is_grounds { (ground, on) } else { (text, name) };
        let message = format!(
            "`{name}` ({}) on `{on}` ({}) has a contrast of {:.2}:1 {in_scheme}; text needs \
             {LEAST_CONTRAST}:1.",
            text.colour,
            ground.colour,
            // Rounded down, so that 4.499 is never told as 4.50.
            (ratio * 100.0).floor() / 100.0,
        );
        let advice = match shade.colour.nearest_that_reads(&self.beside(named, scheme)) {
            Some((near, _)) => format!(
                "The nearest shade of `{named}` that reads is \"{near}\"; a colour for each \
                 scheme is written as `{{ light = \"{}\", dark = \"{}\" }}`.",
                self.proposed(named, scheme, Scheme::Light, near),
                self.proposed(named, scheme, Scheme::Dark, near),
            ),
            None => format!("No shade of `{named}` reads: change the other colour too."),
        };
        Some(trouble(shade, CONTRAST, message, advice))
    }

    /// What one scheme of `named` would be once it is mended in `mended`.
    fn proposed(&self, named: &str, mended: Scheme, scheme: Scheme, near: Colour) -> Colour {
        let Some(swatch) = self.swatches.get(named) else { return near };
        let as_it_is = swatch.shade(scheme).colour;
        let others = self.beside(named, scheme);
        if scheme == mended {
            near
        } else if as_it_is.reads_on(&others) {
            as_it_is
        } else {
            as_it_is.nearest_that_reads(&others).map_or(as_it_is, |(near, _)| near)
        }
    }

    /// What a colour stands on, and what stands on it.
    fn beside(&self, named: &str, scheme: Scheme) -> Vec<Colour> {
        let below = self.swatches.get(named).into_iter().flat_map(|swatch| &swatch.on);
        let above =
            self.swatches.iter().filter(|(_, swatch)| swatch.on.iter().any(|on| on == named));
        let names = below.chain(above.map(|(name, _)| name));
        names.filter_map(|name| self.colour(name, scheme)).collect()
    }
}

fn trouble(shade: &Shade, rule: Rule, message: String, advice: String) -> Trouble {
    let place = Some(shade.place.clone());
    Trouble { set_by: shade.set_by, finding: Finding::new(rule, place, message, advice) }
}
