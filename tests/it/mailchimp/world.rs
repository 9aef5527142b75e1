//! The setup of the Mailchimp tests: a client of the fake, a record, an issue.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use postrider::campaign::{Campaign, FixedHeaders};
use postrider::delivery::push::{
    PastSend, Prepared, Push, PushError, PushRecord, Ready, RecordError, SendEnd, SendIntent,
};
use postrider::delivery::{InDoubt, Patience};
use postrider::domain::{
    CampaignKey, Clock, Digest, EmailAddress, HeaderText, Mailbox, Slug, Timestamp,
};
use postrider::provider::mailchimp::{ApiKey, Endpoint, ListId, Mailchimp};
use postrider::render::{EscapeContext, Piece, Rendered, Slot, Template};

use crate::support::fake_mailchimp::{FakeMailchimp, KEY, LIST};

pub(super) const PATIENCE: Patience = Patience {
    tries: 4,
    first_wait: Duration::from_micros(100),
    longest_wait: Duration::from_millis(1),
};

/// A fake provider, a client for it, and a record.
pub(super) struct World {
    pub(super) fake: FakeMailchimp,
    pub(super) client: Mailchimp,
    pub(super) record: MemoryRecord,
}

impl World {
    pub(super) async fn new() -> Self {
        let fake = FakeMailchimp::start().await;
        Self::at(fake.address, fake)
    }

    pub(super) fn at(address: std::net::SocketAddr, fake: FakeMailchimp) -> Self {
        let client = mailchimp(ApiKey::parse(&KEY.into()).unwrap(), address);
        Self { fake, client, record: MemoryRecord::default() }
    }

    pub(super) fn push(&self) -> Push<'_, Mailchimp, MemoryRecord> {
        Push { provider: &self.client, record: &self.record, clock: &Noon, patience: PATIENCE }
    }

    pub(super) async fn prepare(&self, campaign: &Campaign) -> Result<Prepared, PushError> {
        self.push().prepare(campaign, InDoubt::Keep).await
    }

    pub(super) async fn ready(&self, campaign: &Campaign) -> Box<Ready> {
        match self.prepare(campaign).await {
            Ok(Prepared::Ready(ready)) => ready,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn only_read(&self) -> bool {
        self.fake.state().calls.iter().all(|call| call.starts_with("GET "))
    }
}

pub(super) fn mailchimp(key: ApiKey, address: std::net::SocketAddr) -> Mailchimp {
    let endpoint = Endpoint::loopback(address).unwrap();
    Mailchimp::new(key, endpoint, ListId::parse(LIST).unwrap(), PATIENCE).unwrap()
}

pub(super) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-08-12T12:00:00Z".parse().unwrap()
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }
}

/// What a store would record.
#[derive(Default)]
pub(super) struct MemoryRecord(Mutex<(Option<Entry>, Broken)>);

type Entry = (SendIntent, Option<SendEnd>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Broken {
    #[default]
    Nothing,
    Intend,
    Settle,
}

impl MemoryRecord {
    pub(super) fn break_it(&self, broken: Broken) {
        self.0.lock().unwrap().1 = broken;
    }

    fn unless(&self, broken: Broken) -> Result<(), RecordError> {
        if self.0.lock().unwrap().1 == broken {
            Err(RecordError("the disk is full".into()))
        } else {
            Ok(())
        }
    }
}

impl PushRecord for MemoryRecord {
    async fn past(&self) -> Result<PastSend, RecordError> {
        Ok(match self.0.lock().unwrap().0.clone() {
            None | Some((_, Some(SendEnd::NotSent))) => PastSend::Never,
            Some((intent, None)) => PastSend::InDoubt(intent),
            Some((intent, Some(SendEnd::Sent))) => PastSend::Sent(intent),
        })
    }

    async fn intend(&self, intent: &SendIntent) -> Result<(), RecordError> {
        self.unless(Broken::Intend)?;
        self.0.lock().unwrap().0 = Some((intent.clone(), None));
        Ok(())
    }

    async fn settle(
        &self,
        intent: &SendIntent,
        end: SendEnd,
        _at: Timestamp,
    ) -> Result<(), RecordError> {
        self.unless(Broken::Settle)?;
        self.0.lock().unwrap().0 = Some((intent.clone(), Some(end)));
        Ok(())
    }
}

#[derive(Clone, Default)]
pub(super) struct Log(pub(super) Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn editors() -> Vec<EmailAddress> {
    vec![EmailAddress::parse("editor@example.org").unwrap()]
}

pub(super) fn issue() -> Campaign {
    frozen(&rendered(), headers())
}

pub(super) fn frozen(rendered: &Rendered, headers: FixedHeaders) -> Campaign {
    let key = CampaignKey {
        newsletter: Slug::parse("weekly").unwrap(),
        issue: Slug::parse("2026-08-12").unwrap(),
    };
    let campaign = Campaign::freeze(key, rendered, &headers);
    assert_eq!(campaign.digest(), Digest::new(campaign.canonical().as_bytes()));
    campaign
}

pub(super) fn headers() -> FixedHeaders {
    FixedHeaders {
        from: Mailbox::parse("The Weekly <news@example.org>").unwrap(),
        reply_to: None,
        list_id: HeaderText::parse("weekly.example.org").unwrap(),
        language: "en".into(),
    }
}

pub(super) fn rendered() -> Rendered {
    let literal = |text: &str| Piece::Literal(text.into());
    let hole = |slot: Slot, context| Piece::Hole { slot, context };
    let address = || Slot::PostalAddress { default: "1 Example Street".into() };
    Rendered {
        subject: HeaderText::parse("Issue 612: one borrow").unwrap(),
        sections: Vec::new(),
        web_url: None,
        preheader: "What happened this week".into(),
        html: Template {
            pieces: vec![
                literal("<p>One, two &amp; grüße 🦀</p>\n<a href=\""),
                hole(Slot::UnsubscribeUrl, EscapeContext::HtmlAttribute),
                literal("\">leave</a>\n<p>"),
                hole(address(), EscapeContext::HtmlText),
                literal("</p>\n"),
            ],
        },
        text: Template {
            pieces: vec![
                literal("Hello "),
                hole(Slot::FirstName { default: "reader".into() }, EscapeContext::PlainText),
                literal(",\n\nOne, two & grüße 🦀\n\nLeave:\n"),
                hole(Slot::UnsubscribeUrl, EscapeContext::PlainText),
                literal("\n"),
                hole(address(), EscapeContext::PlainText),
                literal("\n"),
            ],
        },
        images: Vec::new(),
    }
}
