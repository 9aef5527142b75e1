//! The meaning of the columns, and the reading of one row by them.

use std::collections::BTreeMap;

use super::record::Record;
use super::rejects::{MAX_NAME, REJECTS_COLUMNS};
use super::{ListFileError, RejectReason};
use crate::domain::{EmailAddress, SubscriptionStatus, SuppressionReason, ends_line};

/// How the header of our own export ends. Its last column says when the row was
/// last changed in that store, which means nothing in another one.
const EXPORT_END: [&str; 4] = ["suppressed", "attributes", "created_at", "updated_at"];

/// The content of one row. `Debug` shows no cell.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ListEntry {
    pub(crate) address: EmailAddress,
    /// Empty if the file has none.
    pub(crate) first_name: String,
    /// Empty if the file has none.
    pub(crate) last_name: String,
    /// Whether they get mail.
    pub(crate) standing: EntryStanding,
    /// Every other cell that is not empty, by the name of its column.
    pub(crate) fields: BTreeMap<String, String>,
}

/// Whether a row's subscriber gets mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryStanding {
    pub(crate) status: SubscriptionStatus,
    /// Why their address is suppressed, if it is.
    pub(crate) suppressed: Option<SuppressionReason>,
}

impl std::fmt::Debug for ListEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ListEntry({:?}, {:?})", self.address, self.standing)
    }
}

/// The header of a file, with the meaning of each column.
pub(super) struct Columns {
    pub(super) header: Vec<String>,
    meanings: Vec<ColumnMeaning>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnMeaning {
    Address,
    FirstName,
    LastName,
    FullName,
    Status,
    /// Our own export's column of suppressions.
    Suppressed,
    /// A JSON object of further fields, in exports of listmonk and our own.
    Attributes,
    /// Mailchimp's times at which somebody unsubscribed, or an address bounced.
    UnsubscribedAt,
    CleanedAt,
    Field,
    /// The columns that a rejects file adds, so that a corrected one can be
    /// imported as it is, and the last column of our own export.
    Ignored,
}

impl ColumnMeaning {
    /// Case, spaces, `_` and `-` make no difference. `Address` is not in the list:
    /// in Mailchimp's exports it is the postal address.
    fn from_name(name: &str) -> Self {
        let bare: String = name
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
            .flat_map(char::to_lowercase)
            .collect();
        match bare.as_str() {
            "email" | "emailaddress" | "mail" | "mailaddress" => Self::Address,
            "firstname" | "fname" | "givenname" | "forename" => Self::FirstName,
            "lastname" | "lname" | "surname" | "familyname" => Self::LastName,
            "name" | "fullname" => Self::FullName,
            "status" => Self::Status,
            "suppressed" => Self::Suppressed,
            "attributes" => Self::Attributes,
            "unsubtime" => Self::UnsubscribedAt,
            "cleantime" => Self::CleanedAt,
            _ => Self::Field,
        }
    }

    fn is_name(self) -> bool {
        matches!(self, Self::FirstName | Self::LastName | Self::FullName)
    }
}

impl Columns {
    pub(super) fn from_header(record: &Record) -> Result<Self, ListFileError> {
        if record.cut {
            return Err(ListFileError::NotAHeader("it is too long"));
        }
        let mut header = Vec::new();
        for n in 0..record.cells().len() {
            let not_utf8 = ListFileError::NotAHeader("it is not UTF-8; save the file as UTF-8");
            let name = record.text(n).ok_or(not_utf8)?;
            match name {
                name if name.contains('\0') => {
                    return Err(ListFileError::NotAHeader(
                        "it holds NUL bytes, as UTF-16 without a byte order mark does; save the \
                         file as UTF-8",
                    ));
                }
                // Messages show the names of the columns, and never an email address.
                name if name.contains('@') => {
                    return Err(ListFileError::NotAHeader("it holds an email address"));
                }
                name => header.push(name.trim().to_owned()),
            }
        }
        let mut meanings: Vec<_> =
            header.iter().map(|name| ColumnMeaning::from_name(name)).collect();
        let mut own = header.as_slice();
        if let Some(list) = own.strip_suffix(&REJECTS_COLUMNS.map(str::to_owned)) {
            meanings[list.len()..].fill(ColumnMeaning::Ignored);
            own = list;
        }
        if own.ends_with(&EXPORT_END.map(str::to_owned)) {
            meanings[own.len() - 1] = ColumnMeaning::Ignored;
        }
        let mut addresses =
            meanings.iter().enumerate().filter(|(_, m)| **m == ColumnMeaning::Address);
        match (addresses.next(), addresses.next()) {
            (Some(_), None) => Ok(Self { header, meanings }),
            (None, _) => Err(ListFileError::NoAddressColumn { columns: shown(&header) }),
            (Some((first, _)), Some((second, _))) => Err(ListFileError::ManyAddressColumns {
                first: first + 1,
                second: second + 1,
                columns: shown(&header),
            }),
        }
    }

    pub(super) fn read(&self, record: &Record) -> Result<ListEntry, RejectReason> {
        if record.cut {
            return Err(RejectReason::TooLong { lines: record.lines });
        }
        if record.unclosed {
            return Err(RejectReason::Unclosed { lines: record.lines });
        }
        let (found, expected) = (record.cells().len(), self.header.len());
        // Spreadsheets write empty cells after the last column.
        let only_empty_beyond = record.cells().skip(expected).all(<[u8]>::is_empty);
        if found < expected || !only_empty_beyond {
            return Err(RejectReason::Cells { found, expected, lines: record.lines });
        }
        let mut row = RowCells::default();
        for (n, meaning) in self.meanings.iter().enumerate() {
            let column = n + 1;
            let text = record.text(n).ok_or(RejectReason::NotUtf8 { column })?.trim();
            if text.contains('\0') {
                return Err(RejectReason::Control { column, lines: record.lines });
            }
            if meaning.is_name() {
                refuse_odd_name(text, column, record.lines)?;
            }
            row.take(*meaning, text, &self.header[n])?;
        }
        row.into_entry()
    }
}

fn shown(header: &[String]) -> String {
    let names = header.iter().take(30).map(|name| {
        let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        format!("`{name}`")
    });
    let mut shown = names.collect::<Vec<_>>().join(", ");
    if header.len() > 30 {
        shown.push_str(&format!(" and {} more", header.len() - 30));
    }
    shown
}

#[derive(Default)]
struct RowCells<'r> {
    address: &'r str,
    first_name: &'r str,
    last_name: &'r str,
    full_name: &'r str,
    status: &'r str,
    suppressed: Option<SuppressionReason>,
    left: bool,
    cleaned: bool,
    fields: BTreeMap<String, String>,
}

impl<'r> RowCells<'r> {
    fn take(
        &mut self,
        meaning: ColumnMeaning,
        text: &'r str,
        name: &str,
    ) -> Result<(), RejectReason> {
        match meaning {
            ColumnMeaning::Address => self.address = text,
            ColumnMeaning::FirstName => self.first_name = text,
            ColumnMeaning::LastName => self.last_name = text,
            ColumnMeaning::FullName => self.full_name = text,
            ColumnMeaning::Status => self.status = text,
            ColumnMeaning::Ignored => {}
            ColumnMeaning::Suppressed if text.is_empty() => {}
            ColumnMeaning::Suppressed => {
                self.suppressed = Some(SuppressionReason::parse(text).ok_or(RejectReason::Status)?);
            }
            ColumnMeaning::Attributes => self.take_attributes(text)?,
            ColumnMeaning::UnsubscribedAt | ColumnMeaning::CleanedAt | ColumnMeaning::Field
                if text.is_empty() => {}
            ColumnMeaning::UnsubscribedAt | ColumnMeaning::CleanedAt | ColumnMeaning::Field => {
                self.left |= meaning == ColumnMeaning::UnsubscribedAt;
                self.cleaned |= meaning == ColumnMeaning::CleanedAt;
                self.fields.insert(name.to_owned(), text.to_owned());
            }
        }
        Ok(())
    }

    fn take_attributes(&mut self, text: &str) -> Result<(), RejectReason> {
        if text.is_empty() {
            return Ok(());
        }
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| RejectReason::Attributes)?;
        for (name, value) in object {
            let text = match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            if name.contains('\0') || text.contains('\0') {
                return Err(RejectReason::Attributes);
            }
            self.fields.insert(name, text);
        }
        Ok(())
    }

    fn into_entry(self) -> Result<ListEntry, RejectReason> {
        let standing = self.standing()?;
        let (first_of_full, last_of_full) =
            self.full_name.split_once(char::is_whitespace).unwrap_or((self.full_name, ""));
        let or =
            |own: &str, other: &str| if own.is_empty() { other } else { own }.trim().to_owned();
        Ok(ListEntry {
            address: EmailAddress::parse(self.address)?,
            first_name: or(self.first_name, first_of_full),
            last_name: or(self.last_name, last_of_full),
            standing,
            fields: self.fields,
        })
    }

    /// If columns disagree, the strictest counts.
    fn standing(&self) -> Result<EntryStanding, RejectReason> {
        use SubscriptionStatus::{Subscribed, Unconfirmed, Unsubscribed};
        use SuppressionReason::{Complaint, HardBounce, Manual};
        let (status, by_status) = match self.status.to_ascii_lowercase().as_str() {
            "" | "subscribed" | "enabled" | "active" | "confirmed" => (Subscribed, None),
            "unconfirmed" | "pending" => (Unconfirmed, None),
            "unsubscribed" | "disabled" | "inactive" => (Unsubscribed, None),
            "cleaned" | "bounced" => (Subscribed, Some(HardBounce)),
            "complained" => (Unsubscribed, Some(Complaint)),
            "blocklisted" | "blacklisted" => (Unsubscribed, Some(Manual)),
            _ => return Err(RejectReason::Status),
        };
        Ok(EntryStanding {
            // A file that only lists suppressed addresses subscribes nobody.
            status: if self.left || (self.suppressed.is_some() && self.status.is_empty()) {
                Unsubscribed
            } else {
                status
            },
            suppressed: self.suppressed.or(by_status).or(self.cleaned.then_some(HardBounce)),
        })
    }
}

fn refuse_odd_name(text: &str, column: usize, lines: u64) -> Result<(), RejectReason> {
    if text.contains(ends_line) {
        return Err(RejectReason::Control { column, lines });
    }
    if text.chars().count() > MAX_NAME {
        return Err(RejectReason::LongName { column });
    }
    Ok(())
}
