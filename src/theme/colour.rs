//! A colour, and its contrast with others.

use std::fmt;

/// The least contrast at which text of any size is readable (WCAG 2.2, 1.4.3).
pub(super) const LEAST_CONTRAST: f64 = 4.5;

/// An opaque colour. A theme and a newsletter write it as `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    pub(super) const BLACK: Self = Self { red: 0, green: 0, blue: 0 };
    pub(super) const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    /// Reads `#rrggbb`. The short form and names are not taken: old mail
    /// programs read them differently in attributes than in styles.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    /// The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Whether text of this colour has enough contrast on all of `others`.
    pub(crate) fn reads_on(self, others: &[Self]) -> bool {
        others.iter().all(|other| self.contrast(*other) >= LEAST_CONTRAST)
    }

    /// The shade of this colour with enough contrast on all of `others` that is
    /// nearest in lightness, and how many steps of 0.5 % it is lighter or darker.
    pub(super) fn nearest_that_reads(self, others: &[Self]) -> Option<(Self, i32)> {
        const STEPS: i32 = 200;
        let (hue, saturation, lightness) = self.hue_saturation_lightness();
        (1..=STEPS)
            .flat_map(|step| [step, -step])
            .map(|step| (lightness + f64::from(step) / f64::from(STEPS), step.abs()))
            .filter(|(lightness, _)| (0.0..=1.0).contains(lightness))
            .map(|(lightness, steps)| (Self::from_hue(hue, saturation, lightness), steps))
            .find(|(shade, _)| shade.reads_on(others))
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    fn hue_saturation_lightness(self) -> (f64, f64, f64) {
        let [red, green, blue] = [self.red, self.green, self.blue].map(|b| f64::from(b) / 255.0);
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        let (range, lightness) = (most - least, f64::midpoint(most, least));
        if range == 0.0 {
            return (0.0, 0.0, lightness);
        }
        let saturation = range / (1.0 - (2.0 * lightness - 1.0).abs());
        let sixth = if most == red {
            ((green - blue) / range).rem_euclid(6.0)
        } else if most == green {
            (blue - red) / range + 2.0
        } else {
            (red - green) / range + 4.0
        };
        (sixth, saturation, lightness)
    }

    /// From a hue in sixths of the circle, and a saturation and a lightness from 0 to 1.
    fn from_hue(hue: f64, saturation: f64, lightness: f64) -> Self {
        let range = saturation * (1.0 - (2.0 * lightness - 1.0).abs());
        let second = range * (1.0 - (hue.rem_euclid(2.0) - 1.0).abs());
        let (red, green, blue) = match hue {
            hue if hue < 1.0 => (range, second, 0.0),
            hue if hue < 2.0 => (second, range, 0.0),
            hue if hue < 3.0 => (0.0, range, second),
            hue if hue < 4.0 => (0.0, second, range),
            hue if hue < 5.0 => (second, 0.0, range),
            _ => (range, 0.0, second),
        };
        let least = lightness - range / 2.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the value is clamped to what a byte holds"
        )]
        let byte = |part: f64| ((part + least) * 255.0).round().clamp(0.0, 255.0) as u8;
        Self { red: byte(red), green: byte(green), blue: byte(blue) }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!(colour("#1A5fb4").to_string(), "#1a5fb4");
        for text in ["", "#", "#fff", "1a5fb4", "#1a5fb", "#1a5fb4a", "#1a5fé", "red", "#+1+2+3"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    /// The ratios that WebAIM's checker and axe-core give.
    #[test]
    fn contrast_is_that_of_wcag() {
        for (one, other, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#2a7ae2", "#ffffff", 4.21),
            ("#ee5533", "#ffffff", 3.51),
            ("#767676", "#ffffff", 4.54),
        ] {
            let found = colour(one).contrast(colour(other));
            assert!((found - expected).abs() < 0.01, "{one} on {other}: {found}");
            assert!((found - colour(other).contrast(colour(one))).abs() < 1e-9);
        }
    }

    #[test]
    fn the_nearest_shade_that_reads_keeps_the_hue() {
        for (text, on) in [
            ("#2a7ae2", ["#ffffff"]),
            ("#ee5533", ["#ffffff"]),
            ("#1a5fb4", ["#16181c"]),
            ("#777777", ["#ffffff"]),
            ("#00ff00", ["#ffffff"]),
        ] {
            let (from, on) = (colour(text), on.map(colour));
            let (to, _) = from.nearest_that_reads(&on).unwrap();
            assert!(to.contrast(on[0]) >= 4.5 && to.contrast(on[0]) < 4.8, "{text}: {to}");
            let (hue, ..) = from.hue_saturation_lightness();
            let (new, ..) = to.hue_saturation_lightness();
            assert!((hue - new).abs() < 0.1, "{text}: {to}");
        }
        let both = [Colour::BLACK, colour("#767676")];
        let (to, _) = colour("#808080").nearest_that_reads(&both).unwrap();
        assert!(to.reads_on(&both), "{to}");
        let neither = [Colour::BLACK, Colour::WHITE, colour("#767676")];
        assert_eq!(colour("#808080").nearest_that_reads(&neither), None);
    }
}
