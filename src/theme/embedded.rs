//! The themes that are compiled into the program.

use std::collections::BTreeMap;

/// The names of the embedded themes, the default one first.
pub(crate) fn embedded_names() -> impl Iterator<Item = &'static str> {
    THEMES.iter().map(|(name, _)| *name)
}

/// The files of an embedded theme, by their names relative to its folder.
pub fn embedded(name: &str) -> Option<BTreeMap<String, String>> {
    let (_, files) = THEMES.iter().find(|(theme, _)| *theme == name)?;
    Some(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// A file's name and text.
type File = (&'static str, &'static str);

/// Names the files of each theme and compiles their texts in.
macro_rules! themes {
    ($($theme:literal: $($path:literal)*;)*) => {
        const THEMES: &[(&str, &[File])] = &[$(($theme, &[$((
            $path,
            include_str!(concat!("../../email-templates/", $theme, "/", $path)),
        )),*])),*];
    };
}

// A new theme is one more line of these; a test compares them with the folders.
themes! {
    "weekly": "layout.mjml.hbs" "partials/dark.mjml.hbs" "partials/footer.mjml.hbs"
        "partials/masthead.mjml.hbs" "partials/style.mjml.hbs" "partials/wordmark.mjml.hbs" "samples/digest.md"
        "samples/every-construct.md" "samples/hebrew.md" "samples/japanese.md" "strings/ar.toml"
        "strings/de.toml" "strings/en.toml" "strings/es.toml" "strings/fr.toml" "strings/he.toml"
        "strings/it.toml" "strings/ja.toml" "strings/nl.toml" "strings/pl.toml"
        "strings/pt-BR.toml" "strings/pt.toml" "strings/zh.toml" "text.txt.hbs" "theme.toml";
    "letter": "layout.mjml.hbs" "partials/closing.mjml.hbs" "partials/dark.mjml.hbs"
        "partials/opening.mjml.hbs" "partials/style.mjml.hbs" "samples/arabic.md"
        "samples/chinese.md" "samples/every-construct.md" "samples/letter.md" "strings/ar.toml"
        "strings/de.toml" "strings/en.toml" "strings/es.toml" "strings/fr.toml" "strings/he.toml"
        "strings/it.toml" "strings/ja.toml" "strings/nl.toml" "strings/pl.toml"
        "strings/pt-BR.toml" "strings/pt.toml" "strings/zh.toml" "text.txt.hbs" "theme.toml";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn every_file_of_every_theme_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("email-templates");
        let themes = entries(&folder).into_iter().filter(|path| path.is_dir());
        let mut on_disk: Vec<String> = themes.map(|theme| name_in(&theme, &folder)).collect();
        let mut compiled_in: Vec<&str> = embedded_names().collect();
        on_disk.sort();
        compiled_in.sort_unstable();
        assert_eq!(on_disk, compiled_in);
        for theme in on_disk {
            let folder = folder.join(&theme);
            let mut found: Vec<String> =
                files_below(&folder).iter().map(|path| name_in(path, &folder)).collect();
            found.sort();
            let listed: Vec<String> = embedded(&theme).unwrap().into_keys().collect();
            assert_eq!(found, listed, "{theme}");
        }
    }

    fn files_below(folder: &Path) -> Vec<PathBuf> {
        let below = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
        entries(folder).into_iter().flat_map(below).collect()
    }

    fn entries(folder: &Path) -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    fn name_in(path: &Path, folder: &Path) -> String {
        path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/")
    }
}
