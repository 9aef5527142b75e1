//! Colour. It never has a meaning that the text lacks.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ColourMode {
    // On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    Error,
    Warning,
    Hint,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    pub(super) fn new(colour: ColourMode, on_terminal: bool, no_color: Option<&str>) -> Self {
        let refused = no_color.is_some_and(|value| !value.is_empty());
        Self(match colour {
            ColourMode::Auto => on_terminal && !refused,
            ColourMode::Always => true,
            ColourMode::Never => false,
        })
    }

    pub(super) fn on(self, text: &str, style: Style) -> String {
        // ECMA-48 section 8.3.117, select graphic rendition.
        let code = match style {
            Style::Error => "1;31",
            Style::Warning => "1;33",
            Style::Hint => "1;36",
        };
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_unless_an_option_or_no_color_decides() {
        for (colour, terminal, no_color, expected) in [
            (ColourMode::Auto, true, None, true),
            (ColourMode::Auto, true, Some(""), true),
            (ColourMode::Auto, true, Some("1"), false),
            (ColourMode::Auto, false, None, false),
            (ColourMode::Always, false, Some("1"), true),
            (ColourMode::Never, true, None, false),
        ] {
            let paint = Paint::new(colour, terminal, no_color);
            assert_eq!(paint.0, expected, "{colour:?} {terminal} {no_color:?}");
            assert_eq!(paint.on("x", Style::Error).len() > 1, expected);
        }
    }
}
