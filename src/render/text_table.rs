//! A table as plain text.
//!
//! In: rows of cells, the head first. Out: padded columns if they fit, or
//! else a block of `head: value` lines for each row.

use pulldown_cmark::Alignment;
use unicode_width::UnicodeWidthStr;

use super::wrap::wrap;

/// One cell. Its text may have several lines.
pub(crate) struct Cell {
    /// What stands in it.
    pub text: String,
    /// Which side it keeps to.
    pub alignment: Alignment,
}

/// Two spaces keep columns apart.
const GAP: usize = 2;

/// The lines of a table in at most `room` columns.
pub(crate) fn lines(rows: &[Vec<Cell>], room: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = cell.text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
            widths[column] = widths[column].max(width);
        }
    }
    let needed = widths.iter().sum::<usize>() + GAP * columns.saturating_sub(1);
    match needed <= room {
        true => padded(rows, &widths),
        false => listed(rows, room),
    }
}

fn padded(rows: &[Vec<Cell>], widths: &[usize]) -> Vec<String> {
    let mut out = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let height = row.iter().map(|cell| cell.text.lines().count()).max().unwrap_or(0);
        for part in 0..height {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let text = cell.text.lines().nth(part).unwrap_or_default();
                let spare = widths[column].saturating_sub(text.width());
                let before = match cell.alignment {
                    Alignment::Right => spare,
                    Alignment::Center => spare / 2,
                    Alignment::None | Alignment::Left => 0,
                };
                let gap = if column == 0 { 0 } else { GAP };
                line.push_str(&" ".repeat(gap + before));
                line.push_str(text);
                line.push_str(&" ".repeat(spare - before));
            }
            out.push(line.trim_end().to_owned());
        }
        if index == 0 && rows.len() > 1 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            out.push(rules.join(&" ".repeat(GAP)));
        }
    }
    out
}

fn listed(rows: &[Vec<Cell>], room: usize) -> Vec<String> {
    let Some((head, body)) = rows.split_first() else { return Vec::new() };
    let name = |column: usize| {
        let text = head.get(column).map(|cell| cell.text.replace('\n', " "));
        text.unwrap_or_default()
    };
    let mut out = Vec::new();
    if body.is_empty() {
        let names: Vec<String> = (0..head.len()).map(name).collect();
        return wrap(&names.join(" | "), room);
    }
    for row in body {
        if !out.is_empty() {
            out.push(String::new());
        }
        for (column, cell) in row.iter().enumerate() {
            let value = cell.text.replace('\n', " / ");
            let line = match name(column) {
                name if name.is_empty() => value,
                name => format!("{name}: {value}"),
            };
            let wrapped = wrap(&line, room.saturating_sub(GAP));
            let indented = wrapped.into_iter().enumerate().map(|(index, line)| match index {
                0 => line,
                _ => format!("{}{line}", " ".repeat(GAP)),
            });
            out.extend(indented);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Vec<Vec<Cell>> {
        let alignments = [Alignment::None, Alignment::Right, Alignment::Center];
        let cell = |(at, text): (usize, &&str)| Cell {
            text: (*text).to_owned(),
            alignment: alignments[at % 3],
        };
        rows.iter().map(|row| row.iter().enumerate().map(cell).collect()).collect()
    }

    #[test]
    fn columns_are_padded_by_what_they_look_like() {
        let rows =
            table(&[&["", "mean", "c"], &["❌\n(primary)", "1.5%", "🦀🦀🦀"], &["x", "10%", "1"]]);
        assert_eq!(
            lines(&rows, 72).join("\n"),
            "           mean    c\n\
             ---------  ----  ------\n\
             ❌         1.5%  🦀🦀🦀\n\
             (primary)\n\
             x           10%    1"
        );
    }

    #[test]
    fn a_wide_table_is_a_list() {
        let rows = table(&[&["name", "value"], &["first", "a long value here"], &["second", "b"]]);
        assert_eq!(
            lines(&rows, 20).join("\n"),
            "name: first\nvalue: a long\n  value here\n\nname: second\nvalue: b"
        );
        assert!(lines(&[], 20).is_empty());
    }
}
