//! The themes that are compiled into the program.

use std::collections::BTreeMap;

/// The files of an embedded theme, by their names relative to its folder.
pub fn embedded(name: &str) -> Option<BTreeMap<String, String>> {
    let files: &[(&str, &str)] = match name {
        "weekly" => &WEEKLY,
        _ => return None,
    };
    Some(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// Names a file of the weekly theme and compiles its text in.
macro_rules! weekly {
    ($path:literal) => {
        ($path, include_str!(concat!("../../email-templates/weekly/", $path)))
    };
}

const WEEKLY: [(&str, &str); 8] = [
    weekly!("layout.mjml.hbs"),
    weekly!("partials/footer.mjml.hbs"),
    weekly!("partials/header.mjml.hbs"),
    weekly!("partials/style.mjml.hbs"),
    weekly!("partials/style_dark.mjml.hbs"),
    weekly!("samples/first-issue.md"),
    weekly!("text.txt.hbs"),
    weekly!("theme.toml"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_theme_is_embedded() {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("email-templates/weekly");
        let mut found = Vec::new();
        let mut open = vec![folder.clone()];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => open.push(path),
                    false => found.push(
                        path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/"),
                    ),
                }
            }
        }
        found.sort();
        assert_eq!(found, embedded("weekly").unwrap().into_keys().collect::<Vec<_>>());
    }
}
