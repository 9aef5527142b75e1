//! What ends a run from outside: the campaign was called off, or its issue file
//! says that it should wait.
//!
//! In: the store and the issue file, looked at again and again while a run sends.
//! Out: a [`Halt`], after which the run drains.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::Publisher;
use super::identity;
use super::issue_file::{Fingerprint, fingerprint, read_source};
use crate::domain::CampaignKey;
use crate::store::FrozenCampaign;

/// Why a run is ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// `postrider cancel` was used on it.
    CalledOff,
    /// The issue file says `draft: true` now.
    Draft,
    /// The issue file was removed.
    FileGone,
}

impl Halt {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::CalledOff => "it was called off",
            Self::Draft => "its front matter says `draft: true`",
            Self::FileGone => "its issue file was removed",
        }
    }
}

/// After how many looks in a row without it a file counts as removed: a second,
/// because programs such as git remove a file before they write it anew.
const LOOKS_WITHOUT_FILE: u32 = 5;

/// Looks at the store and at the issue file while a run sends.
pub(super) struct HaltWatch<'p> {
    publisher: &'p Publisher<'p>,
    key: CampaignKey,
    /// Absent where the file had gone before the run began: then a person sends
    /// what was frozen, or the timer has decided to.
    file: Option<WatchedFile>,
}

struct WatchedFile {
    path: PathBuf,
    seen: Option<Fingerprint>,
    changes: FileChanges,
}

impl<'p> HaltWatch<'p> {
    pub(super) fn new(publisher: &'p Publisher<'p>, frozen: &FrozenCampaign) -> Self {
        let path = identity::current_file(publisher.newsletter, frozen);
        let file = path.map(|path| WatchedFile {
            // The file may have changed since it was read, so the first look reads it.
            seen: None,
            path,
            changes: FileChanges::default(),
        });
        Self { publisher, key: frozen.campaign.key().clone(), file }
    }

    /// Looks once. A store that cannot be read is left to the run itself.
    pub(super) async fn look(&mut self) -> Option<Halt> {
        if let Ok(Some(_)) = self.publisher.store.called_off_since(&self.key).await {
            return Some(Halt::CalledOff);
        }
        let sight = self.look_at_file()?;
        self.file.as_mut()?.changes.halt_after(sight)
    }

    fn look_at_file(&mut self) -> Option<Sight> {
        let newsletter = self.publisher.newsletter;
        let file = self.file.as_mut()?;
        let now = match fingerprint(&file.path) {
            Ok(now) => now,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                file.seen = None;
                return Some(Sight::Gone);
            }
            Err(_) => return Some(Sight::Unreadable),
        };
        if file.seen == Some(now) {
            return Some(Sight::Unchanged);
        }
        let Ok(source) = read_source(&file.path) else { return Some(Sight::Unreadable) };
        // A file that is half written is read again when it has changed again.
        file.seen = Some(now);
        Some(match newsletter.parse(&source, &file.path) {
            Err(_) => Sight::Unreadable,
            Ok(issue) if issue.slug != self.key.issue => Sight::Unreadable,
            Ok(issue) if issue.draft => Sight::Draft,
            Ok(_) => Sight::Ready,
        })
    }
}

/// What one look at an issue file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Unchanged,
    Ready,
    Draft,
    /// It is there, and is no issue at the moment, or another one.
    Unreadable,
    Gone,
}

/// What followed from the looks so far.
#[derive(Debug, Default)]
struct FileChanges {
    gone_in_a_row: u32,
}

impl FileChanges {
    fn halt_after(&mut self, sight: Sight) -> Option<Halt> {
        self.gone_in_a_row = if sight == Sight::Gone { self.gone_in_a_row + 1 } else { 0 };
        match sight {
            Sight::Draft => Some(Halt::Draft),
            Sight::Gone if self.gone_in_a_row >= LOOKS_WITHOUT_FILE => Some(Halt::FileGone),
            Sight::Gone | Sight::Unchanged | Sight::Ready | Sight::Unreadable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_halts_at_once_and_a_file_that_is_being_replaced_does_not() {
        use Sight::{Draft, Gone, Ready, Unchanged, Unreadable};
        // what each look shows: after which look the run halts, and why
        for (sights, expected) in [
            (&[Ready, Unchanged, Unchanged, Unchanged][..], None),
            (&[Ready, Draft], Some((2, Halt::Draft))),
            (&[Ready, Gone, Gone, Gone, Gone, Ready, Gone, Unchanged], None),
            (&[Ready, Gone, Gone, Gone, Gone, Unreadable, Gone, Ready], None),
            (&[Ready, Gone, Gone, Gone, Gone, Gone], Some((6, Halt::FileGone))),
            (&[Unreadable, Unreadable, Draft], Some((3, Halt::Draft))),
            (&[Gone, Draft], Some((2, Halt::Draft))),
        ] {
            let mut changes = FileChanges::default();
            let halts = (1..).zip(sights).map(|(look, sight)| (look, changes.halt_after(*sight)));
            let first = halts.filter_map(|(look, halt)| Some((look, halt?))).next();
            assert_eq!(first, expected, "{sights:?}");
        }
    }
}
