//! What the path of an issue file says about the issue: its name, and its day.
//!
//! In: a path. Out: the text of which the slug is made when the front matter sets
//! none, and a date. Absent on purpose: reading files.

use std::path::{Component, Path};

use jiff::civil::Date;

use super::fields::looks_like_a_day;

/// How many folders above a file may be parts of its date: year, month and day.
const DATED_FOLDERS: usize = 3;

/// The name of an issue: the file's without its extension, or for `index.md` the name of
/// its folder, as Hugo, Zola and Docusaurus have it. A folder that is called after a
/// day or a month of its year gets the names of the folders above it, too.
pub(crate) fn issue_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if !stem.eq_ignore_ascii_case("index") {
        return stem;
    }
    let mut name = String::new();
    for folder in folders(path).into_iter().rev().take(DATED_FOLDERS) {
        // `2026/11/25/index.md` needs its month and its year as well.
        let is_day_or_month = folder.len() <= 2 && folder.bytes().all(|b| b.is_ascii_digit());
        name = if name.is_empty() { folder } else { format!("{folder}-{name}") };
        if !is_day_or_month {
            break;
        }
    }
    if name.is_empty() { stem } else { name }
}

/// The day that a file's name begins with (Jekyll, Hexo, Pelican, Zola), or that the
/// names of its folders make with it (`2026/11/25/name.md`, `2026/11-25-name.md`;
/// Docusaurus, `docs/blog.mdx`).
pub(crate) fn date_in_name(path: &Path) -> Option<Date> {
    let stem = path.file_stem()?.to_string_lossy();
    let folders = folders(path);
    let above = folders.len().min(DATED_FOLDERS);
    (0..=above).find_map(|count| {
        let dated = folders[folders.len() - count..].join("-");
        day_at_start(&if count == 0 { stem.to_string() } else { format!("{dated}-{stem}") })
    })
}

/// The day of `2026-11-25-name`, `2026-11-25_name` or `2026-11-25`.
fn day_at_start(text: &str) -> Option<Date> {
    let day = text.get(..10)?;
    let ends = text[10..].chars().next().is_none_or(|c| !c.is_ascii_digit());
    day.parse().ok().filter(|_| looks_like_a_day(day) && ends)
}

/// The names of the folders of a path, from the outermost.
fn folders(path: &Path) -> Vec<String> {
    let named = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    path.parent().map(|folder| folder.components().filter_map(named).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_08_and_11_a_path_says_the_name_and_the_day() {
        for (path, name, date) in [
            ("issues/2026-11-25-issue-12.md", "2026-11-25-issue-12", Some((2026, 11, 25))),
            ("issues/2026-11-25_issue.mdx", "2026-11-25_issue", Some((2026, 11, 25))),
            ("issues/2026-11-25.md", "2026-11-25", Some((2026, 11, 25))),
            ("issues/2026-11/index.md", "2026-11", None),
            ("blog/2026-11-25-hello/index.md", "2026-11-25-hello", Some((2026, 11, 25))),
            ("blog/2026/11/25/post.md", "post", Some((2026, 11, 25))),
            ("blog/2026/11-25-post.md", "11-25-post", Some((2026, 11, 25))),
            ("blog/2026/11/25-post.md", "25-post", Some((2026, 11, 25))),
            ("blog/2026/11/25/index.md", "2026-11-25", Some((2026, 11, 25))),
            ("blog/hello/index.md", "hello", None),
            ("index.md", "index", None),
            ("issues/2026-02-30-x.md", "2026-02-30-x", None),
            ("issues/2026-11-251.md", "2026-11-251", None),
            ("issues/weekly-1.10.md", "weekly-1.10", None),
            ("issues/日本.md", "日本", None),
        ] {
            let path = Path::new(path);
            let day = date.map(|(year, month, day)| jiff::civil::date(year, month, day));
            assert_eq!(issue_name(path), name, "{}", path.display());
            assert_eq!(date_in_name(path), day, "{}", path.display());
        }
    }
}
