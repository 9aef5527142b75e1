//! Senders that break a promise on purpose, to prove that the judge notices.
//!
//! They use the library's own parts: the real loop, the real SMTP session, and
//! the real SQLite ledger behind a wrapper with one fault. Each runs in a process
//! of its own, which is this program started again.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use postrider::campaign::{MessageForm, MessagePurpose, UnsubscribePages};
use postrider::delivery::{
    Claim, Closing, DeliveryProgress, Doubt, Expiry, InDoubt, Ledger, LedgerError, Mailer, RowId,
    Settlement, StopWish, Tally, Work, run,
};
use postrider::domain::{
    CampaignKey, Clock, EmailAddress, Host, MailServer, Random, Slug, Timestamp,
};
use postrider::store::{OpenMode, SqliteLedger, Store};
use postrider::transport::smtp::{SmtpSettings, SmtpTransport};

use crate::Trouble;
use crate::site::{AUDIENCE, CONNECTIONS, Site};

/// The fault of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// "Started" is recorded after the reply to the dot, and not before the
    /// message leaves.
    StartAfterTheDot,
    /// A resume treats rows that were started as pending.
    StartedIsPending,
}

impl Fault {
    /// Every fault.
    pub(crate) const ALL: [Self; 2] = [Self::StartAfterTheDot, Self::StartedIsPending];

    /// Reads a name back.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// This program, about to send the issue of `site` with this fault.
    pub(crate) fn command(self, site: &Site) -> Result<Command, Trouble> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--as-sender", self.name()]).arg(site.root()).arg(site.server());
        command.stdin(Stdio::null());
        Ok(command)
    }

    fn name(self) -> &'static str {
        match self {
            Self::StartAfterTheDot => "start-after-the-dot",
            Self::StartedIsPending => "started-is-pending",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartAfterTheDot => "the start is written after the dot",
            Self::StartedIsPending => "a resume takes started rows for pending",
        })
    }
}

/// Delivers what is left of the one frozen campaign below `root`, with the fault.
pub(crate) fn send(fault: Fault, root: &Path, server: &str) -> Result<(), Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(deliver(fault, root, server))
}

async fn deliver(fault: Fault, root: &Path, server: &str) -> Result<(), Trouble> {
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let store =
        Store::open(&crate::site::store_in(root), OpenMode::MustExist, boot_id.trim()).await?;
    let lock = store.lock_for_sending()?;
    let key =
        CampaignKey { newsletter: Slug::parse("weekly-waybill")?, issue: Slug::parse("waybill")? };
    let frozen = store.campaign(&key).await?.ok_or("no campaign was frozen")?;
    let keys = store.signing_keys(&World, World.now()).await?;
    let work = Work {
        mailer: Mailer {
            form: MessageForm::compile(
                &frozen.campaign,
                MessagePurpose::Campaign,
                frozen.summary.frozen_at,
            )?,
            pages: UnsubscribePages::new("https://news.example.org", keys),
            sender: EmailAddress::parse("waybill@news.example.org")?,
        },
        audience: AUDIENCE as u64,
        connections: CONNECTIONS,
        rate: None,
        lifetime: Duration::from_secs(30 * 24 * 3600),
        drain: Duration::from_secs(30),
        longest_wait: None,
    };
    let settings =
        SmtpSettings::new(MailServer::parse_url(server)?, Host::parse("news.example.org")?);
    let ledger = FaultyLedger { inner: store.ledger(&key, &lock).await?, fault };
    ledger.recover(InDoubt::Keep, World.now()).await?;
    // The sender is kept, so that no wish to stop arrives.
    let (_wish, stop) = tokio::sync::watch::channel(StopWish::GoOn);
    let (transport, progress) = (SmtpTransport::new(settings)?, DeliveryProgress::default());
    run(
        Arc::new(ledger),
        Arc::new(transport),
        Arc::new(work),
        Arc::new(World),
        stop,
        Arc::new(progress),
    )
    .await?;
    Ok(())
}

struct FaultyLedger {
    inner: SqliteLedger,
    fault: Fault,
}

impl FaultyLedger {
    /// Records what should have been recorded before the message left.
    async fn start_late(&self, closing: Closing) -> Result<(), LedgerError> {
        self.inner.start(closing.row, None).await?;
        self.inner.close(closing).await
    }
}

impl Ledger for FaultyLedger {
    async fn recover(&self, asked: InDoubt, now: Timestamp) -> Result<Doubt, LedgerError> {
        match self.fault {
            Fault::StartedIsPending => self.inner.recover(InDoubt::Resend, now).await,
            Fault::StartAfterTheDot => self.inner.recover(asked, now).await,
        }
    }

    async fn start(&self, row: RowId, previous: Option<Closing>) -> Result<(), LedgerError> {
        match (self.fault, previous) {
            (Fault::StartAfterTheDot, Some(closing)) => self.start_late(closing).await,
            (Fault::StartAfterTheDot, None) => Ok(()),
            (Fault::StartedIsPending, previous) => self.inner.start(row, previous).await,
        }
    }

    async fn close(&self, closing: Closing) -> Result<(), LedgerError> {
        match self.fault {
            Fault::StartAfterTheDot => self.start_late(closing).await,
            Fault::StartedIsPending => self.inner.close(closing).await,
        }
    }

    async fn claim(&self, limit: usize, now: Timestamp) -> Result<Claim, LedgerError> {
        self.inner.claim(limit, now).await
    }

    async fn release(&self, rows: Vec<RowId>) -> Result<(), LedgerError> {
        self.inner.release(rows).await
    }

    async fn tally(&self) -> Result<Tally, LedgerError> {
        self.inner.tally().await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.inner.next_due().await
    }

    async fn settle(&self, settled: Vec<Settlement>, now: Timestamp) -> Result<(), LedgerError> {
        self.inner.settle(settled, now).await
    }

    async fn has_other_domain(&self, domain: &str) -> Result<bool, LedgerError> {
        self.inner.has_other_domain(domain).await
    }

    async fn expire(&self, expiry: Expiry, now: Timestamp) -> Result<u64, LedgerError> {
        self.inner.expire(expiry, now).await
    }
}

/// The clock and the chance of this process.
struct World;

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn uptime(&self) -> Duration {
        std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
    }
}

impl Random for World {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the operating system gives random bytes");
    }
}
