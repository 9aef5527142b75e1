//! The rules that both parts of every mail must follow. They are written a second
//! time here, so that the tests do not repeat a mistake of the writers.

use unicode_width::UnicodeWidthStr;

/// The widest line of the text part that holds no target.
pub const WIDEST: usize = 78;

const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Before these, browsers end a paragraph.
const BLOCKS: [&str; 23] = [
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "ul",
    "address",
    "section",
];

const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

/// Whether every element is closed in its order and stands where browsers
/// leave it, every attribute is quoted and given once, and no `<` or `&`
/// stands for itself.
///
/// # Errors
/// Says what is wrong first, and where.
pub fn balanced(html: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < html.len() {
        let rest = &html[at..];
        let text = rest.find('<').unwrap_or(rest.len());
        references(&rest[..text])?;
        let is_blank = rest[..text].bytes().all(|byte| byte.is_ascii_whitespace());
        if !is_blank && open.last().is_some_and(|name| takes_no_text(name)) {
            return Err(format!("text between the cells of a table: {}", &rest[..text]));
        }
        at += text;
        let rest = &html[at..];
        if rest.is_empty() {
            break;
        }
        let wrong =
            |what: &str| Err(format!("{what}: {}", rest.chars().take(80).collect::<String>()));
        if rest.starts_with("<!--") {
            let Some(end) = rest.find("-->") else { return wrong("an endless comment") };
            at += end + 3;
            continue;
        }
        let Ok((tag, length)) = tag(rest) else { return wrong("no tag") };
        at += length;
        if let Tag::Open(name) | Tag::Empty(name) = tag
            && let Err(what) = stays(name, &open)
        {
            return wrong(what);
        }
        match tag {
            Tag::Open("style") => match html[at..].find("</style>") {
                Some(end) => at += end + 8,
                None => return wrong("an endless style"),
            },
            Tag::Open("!doctype") => {}
            Tag::Open(name) if VOID.contains(&name) => {}
            Tag::Open(name) => open.push(name),
            Tag::Empty(name) if VOID.contains(&name) => {}
            Tag::Empty(_) => return wrong("an element that cannot be empty"),
            Tag::Close(name) if open.pop() == Some(name) => {}
            Tag::Close(_) => return wrong("an end tag out of order"),
        }
    }
    match open.pop() {
        None => Ok(()),
        Some(name) => Err(format!("<{name}> is never closed")),
    }
}

fn takes_no_text(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr")
}

/// Whether an element stays in the elements that are open, by the rules that
/// browsers build their tree by.
fn stays(name: &str, open: &[&str]) -> Result<(), &'static str> {
    let around = open.last().copied().unwrap_or_default();
    let inner = || open.iter().rev().take_while(|name| !matches!(**name, "td" | "th" | "caption"));
    let fits = match name {
        "td" | "th" => around == "tr",
        "tr" => matches!(around, "table" | "thead" | "tbody" | "tfoot"),
        "thead" | "tbody" | "tfoot" | "caption" | "colgroup" => around == "table",
        _ => !takes_no_text(around),
    };
    if !fits {
        return Err("a table is taken apart");
    }
    if BLOCKS.contains(&name) && inner().any(|name| *name == "p") {
        return Err("a block ends the paragraph around it");
    }
    if HEADINGS.contains(&name) && HEADINGS.contains(&around) {
        return Err("a heading ends the one around it");
    }
    if name == "a" && open.contains(&"a") {
        return Err("a link ends the one around it");
    }
    let ends: (&[&str], &[&str]) = match name {
        "li" => (&["li"], &["ul", "ol"]),
        "dt" | "dd" => (&["dt", "dd"], &["dl"]),
        _ => return Ok(()),
    };
    match inner().find(|name| ends.0.contains(name) || ends.1.contains(name)) {
        Some(found) if ends.1.contains(found) => Ok(()),
        _ => Err("an item without its list"),
    }
}

enum Tag<'h> {
    Open(&'h str),
    Empty(&'h str),
    Close(&'h str),
}

/// Reads a tag, and tells how many bytes it has.
fn tag(html: &str) -> Result<(Tag<'_>, usize), ()> {
    let is_close = html.starts_with("</");
    let start = 1 + usize::from(is_close);
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '!';
    let length = html[start..].find(|c| !is_name(c)).filter(|length| *length > 0).ok_or(())?;
    let name = &html[start..start + length];
    let mut at = start + length;
    let mut known: Vec<&str> = Vec::new();
    loop {
        let rest = html[at..].trim_start_matches([' ', '\n']);
        let separated = rest.len() < html.len() - at;
        at = html.len() - rest.len();
        if rest.starts_with('>') {
            let tag = if is_close { Tag::Close(name) } else { Tag::Open(name) };
            return Ok((tag, at + 1));
        }
        if is_close {
            return Err(());
        }
        if rest.starts_with("/>") {
            return Ok((Tag::Empty(name), at + 2));
        }
        if name == "!doctype" && rest.starts_with("html") {
            at += 4;
            continue;
        }
        let is_name = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | ':');
        let length = rest.find(|c| !is_name(c)).filter(|length| *length > 0).ok_or(())?;
        let attribute = &rest[..length];
        let value = rest[length..].strip_prefix("=\"").ok_or(())?;
        let end = value.find('"').ok_or(())?;
        if !separated || known.contains(&attribute) || value[..end].contains(['<', '>']) {
            return Err(());
        }
        references(&value[..end]).map_err(|_| ())?;
        known.push(attribute);
        at += length + 2 + end + 1;
    }
}

/// Whether every `&` begins a character reference.
fn references(text: &str) -> Result<(), String> {
    let mut parts = text.split('&');
    let before = parts.next().unwrap_or_default();
    for part in parts {
        let name = part.split(';').next().unwrap_or_default();
        let is_reference = part.len() > name.len()
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#');
        if !is_reference {
            return Err(format!("a bare & before {:?}", part.chars().take(40).collect::<String>()));
        }
    }
    if text.contains('>') {
        Err(format!("a bare > in {:?}", before.chars().take(40).collect::<String>()))
    } else {
        Ok(())
    }
}

/// Whether no line is too wide but for a target, and none ends in white space.
///
/// # Errors
/// Shows the first line that breaks a rule.
pub fn readable(text: &str) -> Result<(), String> {
    for line in text.lines() {
        let shown = || line.chars().take(120).collect::<String>();
        if line.width() > WIDEST && !holds_target(line) {
            return Err(format!("{} columns: {}", line.width(), shown()));
        }
        if line.ends_with(char::is_whitespace) {
            return Err(format!("white space at the end of {:?}", shown()));
        }
        if line.contains(|c: char| c.is_control()) {
            return Err(format!("a control character in {:?}", shown()));
        }
    }
    Ok(())
}

/// Whether a line holds an address, or is the note of some other target.
fn holds_target(line: &str) -> bool {
    let last = line.rsplit(' ').next().unwrap_or_default();
    line.contains("://") || (last.starts_with('<') && last.ends_with('>'))
}
