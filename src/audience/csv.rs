//! CSV files of subscribers: each row becomes a [`ListEntry`] or a [`RejectedRow`].
//!
//! In: any [`Read`]: UTF-8, or UTF-16 with a byte order mark; separated by
//! comma, semicolon or tab; with the columns of Mailchimp, of listmonk, of our
//! own export, or plain ones. Out: one item for every row of the file, in a
//! few times [`MAX_ROW_BYTES`] of memory, however long a cell is. Absent on
//! purpose: opening the file, and the subscribers that are already known.

mod columns;
mod record;
mod rejects;

pub(crate) use columns::{EntryStanding, ListEntry};
pub(crate) use record::MAX_ROW_BYTES;
pub(crate) use rejects::{RejectReason, RejectedRow, RejectsWriter};

use std::io::Read;

use columns::Columns;
use record::{Record, RecordReader};

pub(crate) struct ListReader<R> {
    records: RecordReader<R>,
    columns: Columns,
    failed: bool,
}

/// Why a file cannot be read as a list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListFileError {
    #[error(
        "the file is empty; a list begins with a header line such as email,first_name,last_name"
    )]
    Empty,
    /// The first line is a row of data, or cannot be a header for another reason.
    #[error(
        "the first line is not a header: {0}; put a line such as email,first_name,last_name \
         before the first row"
    )]
    NotAHeader(&'static str),
    #[error("no column holds the email address; name it `email`; the columns are {columns}")]
    NoAddressColumn { columns: String },
    #[error(
        "columns {first} and {second} may both hold the email address; rename or remove one of \
         them; the columns are {columns}"
    )]
    ManyAddressColumns {
        /// Positions count from 1.
        first: usize,
        second: usize,
        columns: String,
    },
    /// The rest of the file could not be read.
    #[error("reading stopped after line {line}: {cause}; the rows before it were imported")]
    Unreadable { line: u64, cause: std::io::Error },
}

impl<R: Read> ListReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// The header cannot be understood; see [`ListFileError`].
    pub(crate) fn new(file: R) -> Result<Self, ListFileError> {
        let unreadable = |cause| ListFileError::Unreadable { line: 0, cause };
        let mut records = RecordReader::new(file).map_err(unreadable)?;
        let header = records.next().map_err(unreadable)?.ok_or(ListFileError::Empty)?;
        let columns = Columns::from_header(&header)?;
        Ok(Self { records, columns, failed: false })
    }

    /// The names of the columns, as in the file.
    pub(crate) fn header(&self) -> &[String] {
        &self.columns.header
    }
}

/// Every row of the file is one item; after an error there are no more.
impl<R: Read> Iterator for ListReader<R> {
    type Item = Result<Result<ListEntry, RejectedRow>, ListFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match self.records.next() {
            Ok(None) => None,
            Ok(Some(record)) => Some(Ok(self.read_row(record))),
            Err(cause) => {
                self.failed = true;
                Some(Err(ListFileError::Unreadable { line: self.records.line(), cause }))
            }
        }
    }
}

impl<R> ListReader<R> {
    fn read_row(&self, record: Record) -> Result<ListEntry, RejectedRow> {
        self.columns.read(&record).map_err(|reason| RejectedRow {
            line: record.line,
            reason,
            record: record.cells().map(<[u8]>::to_vec).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SubscriptionStatus::{Subscribed, Unconfirmed, Unsubscribed};
    use crate::domain::SuppressionReason::{self, Complaint, HardBounce, Manual};
    use crate::domain::{AddressError, SubscriptionStatus};

    fn rows(file: impl AsRef<[u8]>) -> Vec<Result<ListEntry, RejectedRow>> {
        ListReader::new(file.as_ref()).unwrap().map(Result::unwrap).collect()
    }

    fn only_entry(file: impl AsRef<[u8]>) -> ListEntry {
        rows(file).pop().unwrap().unwrap()
    }

    fn standing(file: &str) -> (SubscriptionStatus, Option<SuppressionReason>) {
        let entry = only_entry(file);
        (entry.standing.status, entry.standing.suppressed)
    }

    #[test]
    fn the_exports_of_mailchimp_are_understood() {
        let head = "\"Email Address\",\"First Name\",\"Last Name\",Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME";
        let row = "Reader@Example.org,Ada,Example,\"1 Road  Town\",2,,\"2021-01-02 03:04:05\"";
        let entry = only_entry(format!("{head},TAGS\n{row},\"\"\"weekly\"\"\"\n"));
        assert_eq!(entry.address.as_str(), "Reader@example.org");
        assert_eq!((entry.first_name.as_str(), entry.last_name.as_str()), ("Ada", "Example"));
        assert_eq!(entry.standing, EntryStanding { status: Subscribed, suppressed: None });
        assert_eq!(entry.fields["CONFIRM_TIME"], "2021-01-02 03:04:05");
        assert_eq!(entry.fields["TAGS"], "\"weekly\"");
        assert!(!entry.fields.contains_key("OPTIN_TIME"));
        let left = format!("{head},UNSUB_TIME,UNSUB_REASON\n{row},2022-02-02 00:00:00,NORMAL\n");
        assert_eq!(standing(&left), (Unsubscribed, None));
        let cleaned = format!("{head},CLEAN_TIME\n{row},2022-02-02 00:00:00\n");
        assert_eq!(standing(&cleaned), (Subscribed, Some(HardBounce)));
    }

    #[test]
    fn the_export_of_listmonk_is_understood() {
        let head = "uuid,email,name,attributes,status,created_at,updated_at\n";
        let row = |status: &str| {
            format!(
                "{head}u-1,r@example.org,Ada B. Example,\"{{\"\"city\"\":\"\"Town\"\",\"\"n\"\":3}}\",{status},2024,2024\n"
            )
        };
        let entry = only_entry(row("enabled"));
        assert_eq!((entry.first_name.as_str(), entry.last_name.as_str()), ("Ada", "B. Example"));
        assert_eq!((entry.fields["city"].as_str(), entry.fields["n"].as_str()), ("Town", "3"));
        assert_eq!(standing(&row("enabled")), (Subscribed, None));
        assert_eq!(standing(&row("disabled")), (Unsubscribed, None));
        assert_eq!(standing(&row("blocklisted")), (Unsubscribed, Some(Manual)));
    }

    #[test]
    fn the_columns_of_plain_lists_are_understood() {
        for (file, expected) in [
            ("email\nr@example.org\n", (Subscribed, None)),
            ("E-Mail;Status\nr@example.org;UNCONFIRMED\n", (Unconfirmed, None)),
            (
                "first_name\temail\tstatus\nA\tr@example.org\tcomplained",
                (Unsubscribed, Some(Complaint)),
            ),
            (
                "email,status,suppressed\nr@example.org,subscribed,complaint\n",
                (Subscribed, Some(Complaint)),
            ),
            ("email,name,,\nr@example.org,A,,,,\n", (Subscribed, None)),
        ] {
            assert_eq!(standing(file), expected, "{file}");
        }
    }

    #[test]
    fn odd_rows_are_rejected_at_their_line_and_the_next_is_read() {
        let long_name = "n".repeat(201);
        let address = RejectReason::Address;
        let table: [(Vec<u8>, RejectReason); 12] = [
            (b"nobody,A,B".into(), address(AddressError::NoAt)),
            (b",A,B".into(), address(AddressError::Empty)),
            (b"r@example.org,A".into(), RejectReason::Cells { found: 2, expected: 3, lines: 1 }),
            (
                b"r@example.org,A,B,C".into(),
                RejectReason::Cells { found: 4, expected: 3, lines: 1 },
            ),
            (b"r@example.org,A\xE9,B".into(), RejectReason::NotUtf8 { column: 2 }),
            (b"r@example.org,\"A\rB\",C".into(), RejectReason::Control { column: 2, lines: 1 }),
            (b"r@example.org,A,\"B\nC\"".into(), RejectReason::Control { column: 3, lines: 2 }),
            (b"r@example.org,A\0,B".into(), RejectReason::Control { column: 2, lines: 1 }),
            (format!("r@example.org,{long_name},B").into(), RejectReason::LongName { column: 2 }),
            (
                format!("r@example.org,{},B", "x".repeat(10 << 20)).into(),
                RejectReason::TooLong { lines: 1 },
            ),
            (b"a@example.org b@example.org,A,B".into(), address(AddressError::ForbiddenCharacter)),
            (
                b"\"r@example.org\r\nBcc: x@example.org\",A,B".into(),
                address(AddressError::ForbiddenCharacter),
            ),
        ];
        for (row, reason) in table {
            let mut file = b"email,first_name,last_name\n\n".to_vec();
            file.extend_from_slice(&row);
            file.extend_from_slice(b"\ngood@example.org,A,B\n");
            let seen = rows(&file);
            let rejected = seen[0].as_ref().unwrap_err();
            assert_eq!((rejected.line, &rejected.reason), (3, &reason));
            assert!(!rejected.reason.to_string().contains("example.org"));
            assert!(!format!("{rejected:?}").contains("example.org"));
            assert_eq!(seen[1].as_ref().unwrap().address.as_str(), "good@example.org");
            assert_eq!(seen.len(), 2);
        }
    }

    #[test]
    fn a_carriage_return_outside_quotes_ends_the_row() {
        let seen = rows("email,first_name\nr@example.org,Fo\rBar\ns@example.org,A\n");
        assert_eq!(seen.len(), 3);
        assert!(seen[0].is_ok() && seen[1].is_err() && seen[2].is_ok());
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named() {
        let seen = rows("email,name\na@example.org,\"A\nb@example.org,B\nc@example.org,C\n");
        let rejected = seen[0].as_ref().unwrap_err();
        assert_eq!(rejected.line, 2);
        assert_eq!(rejected.reason, RejectReason::Unclosed { lines: 3 });
        let seen = rows("name,email\n\"A,a@example.org\nB,b@example.org\n");
        assert!(seen[0].as_ref().unwrap_err().reason.to_string().contains("never closed"));
        let seen = rows("email,note\na@example.org,\"A\nb@example.org,B\n");
        assert!(seen[0].as_ref().unwrap_err().reason.to_string().contains("never closed"));
    }

    #[test]
    fn utf16_from_a_spreadsheet_is_read() {
        let file: Vec<u8> = "\u{FEFF}email\tname\nr@example.org\tLéa\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(only_entry(file).first_name, "Léa");
    }

    /// The decoder writes U+FFFD for what it cannot read. A UTF-8 file may hold one
    /// of its own, because another program lost a character long before.
    #[test]
    fn half_a_character_of_utf16_rejects_its_row_and_a_lost_one_of_utf8_does_not() {
        for broken in [&[0x00, 0xD8, b'a', 0][..], &[0x00, 0xDC], &[b'b', 0, b'b'], &[0x00, 0xD8]] {
            let start = "\u{FEFF}email,name\nr@example.org,".encode_utf16();
            let mut file: Vec<u8> = start.flat_map(u16::to_le_bytes).collect();
            file.extend_from_slice(broken);
            let rejected = rows(file).pop().unwrap().unwrap_err();
            assert_eq!(rejected.reason, RejectReason::NotUtf8 { column: 2 }, "{broken:?}");
        }
        let header: Vec<u8> =
            [0xFEFF, 0xD800, b'\n'.into()].into_iter().flat_map(u16::to_be_bytes).collect();
        let refused = ListReader::new(header.as_slice()).err().unwrap();
        assert!(matches!(refused, ListFileError::NotAHeader(_)), "{refused}");
        assert_eq!(only_entry("email,name\nr@example.org,L\u{FFFD}a\n").first_name, "L\u{FFFD}a");
    }

    #[test]
    fn a_file_without_one_address_column_is_refused_with_its_columns() {
        let refused = |file: &[u8]| ListReader::new(file).err().unwrap().to_string();
        assert!(refused(b"").contains("is empty"));
        assert!(refused(b"\n\n").contains("is empty"));
        let none = refused(b"First Name,Address\nA,1 Road\n");
        assert!(none.contains("`First Name`, `Address`"), "{none}");
        let two = refused(b"Email,Name,E-mail Address\n");
        assert!(two.contains("columns 1 and 3"), "{two}");
        let data = refused(b"secret@example.org,Ada\n");
        assert!(data.contains("it holds an email address") && !data.contains("secret"), "{data}");
        assert!(refused(b"e\0m\0a\0i\0l\0").contains("UTF-16"));
        assert!(refused(&[b'x'; 1 << 20]).contains("too long"));
    }

    #[test]
    fn rejected_rows_are_kept_as_they_stood() {
        let file = b"email;name\nno\xE9;\"A;B\"\nx\n";
        let mut reader = ListReader::new(&file[..]).unwrap();
        let header = reader.header().to_vec();
        let mut out = Vec::new();
        let mut rejects = RejectsWriter::new(&mut out, &header).unwrap();
        for row in reader.by_ref() {
            rejects.write(&row.unwrap().unwrap_err()).unwrap();
        }
        rejects.finish().unwrap();
        let expected: &[u8] = b"email,name,line,reason\n\
            no\xE9,A;B,2,the cell in column 1 is not UTF-8; save the file as UTF-8\n\
            x,,3,\"the row has 1 cells, and the header has 2\"\n";
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(expected));
        assert_eq!(out, expected);
    }

    #[test]
    fn a_rejects_file_can_be_corrected_and_read_again() {
        let entry = only_entry("email,city,line,reason\nr@example.org,Town,7,no address\n");
        assert_eq!(entry.fields.into_keys().collect::<Vec<_>>(), ["city"]);
        let fields = only_entry("email,line,reason,x\nr@example.org,7,none,y\n").fields;
        assert_eq!(fields.len(), 3);
    }

    #[test]
    fn a_disk_that_fails_ends_the_rows_with_one_error() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("gone"))
            }
        }
        let file = (&b"email\nr@example.org\n"[..]).chain(Failing);
        let seen: Vec<_> = ListReader::new(file).unwrap().collect();
        assert_eq!(seen.len(), 2);
        assert!(matches!(seen[1], Err(ListFileError::Unreadable { .. })));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, quoted in "[a-z,;\"\r\n@.]{0,200}") {
            let mut file = b"email,name,attributes\n".to_vec();
            file.extend_from_slice(quoted.as_bytes());
            file.extend_from_slice(&bytes);
            let _ = ListReader::new(&file[..]).map(|reader| reader.for_each(drop));
            let _ = ListReader::new(&bytes[..]).map(|reader| reader.for_each(drop));
        }
    }
}
