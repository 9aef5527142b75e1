//! Tests of the store on real files.

mod campaigns;
mod cancellations;
mod history;
mod ledger;
mod list;
mod opening;

use std::path::PathBuf;

use super::{FrozenCampaign, OpenMode, Store};
use crate::audience::csv::ListReader;
use crate::campaign::{Campaign, FixedHeaders, Provenance};
use crate::domain::{CampaignKey, EmailAddress, HeaderText, Mailbox, RouteKind, Slug, Timestamp};
use crate::render::{Attachment, Image, ImageContent, ImageFormat, Piece, Rendered, Template};

/// A store in a folder of its own, which is deleted when this is dropped.
struct Temporary {
    folder: tempfile::TempDir,
}

impl Temporary {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("data/list.sqlite")
    }

    async fn open(&self) -> Store {
        self.open_in_boot("boot-1").await
    }

    /// Opens the store again while an earlier one is open, as after a crash.
    async fn open_in_boot(&self, boot_id: &str) -> Store {
        Store::open(&self.path(), OpenMode::CreateIfMissing, boot_id).await.unwrap()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn import(store: &Store, file: &str) -> super::ImportSummary {
    let list = ListReader::new(file.as_bytes()).unwrap();
    store.import(list, "a test", at(0), |_| Ok(())).await.unwrap()
}

/// A list of `count` subscribers, with the columns `email` and `first_name`.
fn readers(count: usize) -> String {
    let rows = (0..count).map(|n| format!("reader{n}@example.org,R{n}\n"));
    std::iter::once("email,first_name\n".to_owned()).chain(rows).collect()
}

fn key(issue: &str) -> CampaignKey {
    CampaignKey { newsletter: Slug::parse("weekly").unwrap(), issue: Slug::parse(issue).unwrap() }
}

fn campaign(issue: &str) -> Campaign {
    campaign_with(issue, &[])
}

/// A campaign that carries these images.
fn campaign_with(issue: &str, images: &[Vec<u8>]) -> Campaign {
    let attached = |bytes: &Vec<u8>| Image {
        source: "cid:x@image".into(),
        content: ImageContent::Attached(Attachment {
            content_id: "x@image".into(),
            format: ImageFormat::Png,
            name: "x.png".into(),
            bytes: bytes.as_slice().into(),
        }),
    };
    let text = |text: String| Template { pieces: vec![Piece::Literal(text)] };
    let rendered = Rendered {
        subject: HeaderText::parse(&format!("Issue {issue}")).unwrap(),
        sections: Vec::new(),
        web_url: None,
        preheader: String::new(),
        html: text(format!("<p>{issue}</p>")),
        text: text(format!("{issue}\n")),
        images: images.iter().map(attached).collect(),
    };
    let headers = FixedHeaders {
        from: Mailbox::parse("Weekly <news@example.org>").unwrap(),
        reply_to: None,
        list_id: HeaderText::parse("weekly.example.org").unwrap(),
        language: "en".into(),
    };
    Campaign::freeze(key(issue), &rendered, &headers)
}

fn provenance(issue: &str) -> Provenance {
    Provenance {
        source_file: format!("issues/{issue}.md"),
        source_hash: format!("source of {issue}"),
        theme_hash: "theme".into(),
        number: None,
        git_commit: None,
        tool_version: "0.1.0".into(),
        allowed: vec!["budget".into()],
    }
}

async fn freeze(store: &Store, issue: &str) -> FrozenCampaign {
    store.freeze(&campaign(issue), &provenance(issue), RouteKind::Outbox, at(0)).await.unwrap()
}
