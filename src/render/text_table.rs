//! A table as plain text.
//!
//! In: rows of cells, the head first. Out: padded columns if they fit, or
//! else a record for each row: `head: value` lines for what is not empty.

use pulldown_cmark::Alignment;

use super::wrap::{Room, width, wrap};

/// One cell. Its text may have several lines.
pub(crate) struct Cell {
    pub text: String,
    pub alignment: Alignment,
}

/// Two spaces keep columns apart.
const GAP: usize = 2;

/// Heads that are longer than this altogether are said once, and not again in
/// every record.
const LONGEST_HEADS: usize = 200;

pub(crate) fn lines(rows: &[Vec<Cell>], room: Room) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = cell.text.lines().map(width).max().unwrap_or(0);
            widths[column] = widths[column].max(width);
        }
    }
    let needed = widths.iter().sum::<usize>() + GAP * columns.saturating_sub(1);
    if needed <= room.width { padded(rows, &widths) } else { listed(rows, room) }
}

fn padded(rows: &[Vec<Cell>], widths: &[usize]) -> Vec<String> {
    let mut out = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let height = row.iter().map(|cell| cell.text.lines().count()).max().unwrap_or(0);
        let mut parts: Vec<_> = row.iter().map(|cell| cell.text.lines()).collect();
        for _ in 0..height {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let text = parts[column].next().unwrap_or_default();
                let spare = widths[column].saturating_sub(width(text));
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

fn listed(rows: &[Vec<Cell>], room: Room) -> Vec<String> {
    let Some((head, body)) = rows.split_first() else { return Vec::new() };
    let names: Vec<String> = head.iter().map(|cell| cell.text.replace('\n', " ")).collect();
    let long = names.iter().map(|name| width(name)).sum::<usize>() > LONGEST_HEADS;
    let mut is_filled = vec![false; names.len()];
    for row in body {
        let cells = is_filled.iter_mut().zip(row);
        cells.for_each(|(filled, cell)| *filled |= !cell.text.is_empty());
    }
    // A head that no record shows comes before the records.
    let alone = names.iter().zip(is_filled).filter(|(_, filled)| long || !filled);
    let alone: Vec<&str> = alone.map(|(name, _)| &**name).filter(|name| !name.is_empty()).collect();
    let mut out = wrap(&alone.join(" | "), room);
    for row in body {
        if !out.is_empty() {
            out.push(String::new());
        }
        for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.text.is_empty()) {
            let value = cell.text.replace('\n', " / ");
            let line = match names.get(column).filter(|name| !name.is_empty() && !long) {
                None => value,
                Some(name) => format!("{name}: {value}"),
            };
            let wrapped = wrap(&line, room.less(GAP));
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

    fn room(width: usize) -> Room {
        Room { width, most: width }
    }

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
            lines(&rows, room(72)).join("\n"),
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
            lines(&rows, room(20)).join("\n"),
            "name: first\nvalue: a long\n  value here\n\nname: second\nvalue: b"
        );
        assert!(lines(&[], room(20)).is_empty());
    }

    #[test]
    fn a_record_says_what_is_there_and_long_heads_are_said_once() {
        let rows = table(&[&["name", "value"], &["first", ""], &["", "a long value here"]]);
        assert_eq!(lines(&rows, room(20)).join("\n"), "name: first\n\nvalue: a long\n  value here");
        let long = "word ".repeat(50);
        let rows = table(&[&["name", long.trim()], &["first", "1"], &["second", "2"]]);
        let shown = lines(&rows, room(72)).join("\n");
        let rows = table(&[&["name", "never", "value"], &["a long name", "", "a long value"]]);
        assert_eq!(
            lines(&rows, room(20)),
            ["never", "", "name: a long name", "value: a long", "  value"]
        );
        assert!(shown.ends_with("word\n\nfirst\n1\n\nsecond\n2"), "{shown}");
        assert_eq!(shown.matches("word").count(), 50);
    }

    #[test]
    fn a_cell_of_many_lines_is_no_burden() {
        let tall = "a\n".repeat(200_000);
        assert_eq!(lines(&table(&[&["h"], &[&tall]]), room(72)).len(), 200_002);
    }
}
