//! What a send would do: who gets it, who does not and why, how long it takes.

use serde::Serialize;

use crate::audience::AudiencePlan;
use crate::campaign::Campaign;
use crate::config::{Config, Via};
use crate::domain::RouteKind;
use crate::ui::{Ui, counted};

/// The result of a dry run, for people and for scripts.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    campaign: String,
    subject: String,
    digest: String,
    via: RouteKind,
    #[serde(flatten)]
    audience: AudiencePlan,
    /// How many messages are still to be sent; fewer than the audience on a resume.
    to_send: u64,
    /// In seconds, at [`SECONDS_PER_MESSAGE`] a message and connection.
    estimated_seconds: u64,
}

/// How long one message takes on an ordinary relay. It is a guess, and the output says so.
const SECONDS_PER_MESSAGE: f64 = 0.1;

/// How many domains are listed.
const DOMAINS_SHOWN: usize = 5;

impl Plan {
    pub(crate) fn new(
        config: &Config,
        campaign: &Campaign,
        audience: AudiencePlan,
        to_send: u64,
    ) -> Self {
        let per_second = if let Via::Smtp(smtp) = &config.delivery.via {
            f64::from(smtp.connections) / SECONDS_PER_MESSAGE
        } else {
            // A folder takes a message in a millisecond or so.
            1000.0
        };
        Self {
            campaign: campaign.key().to_string(),
            subject: campaign.manifest().subject.clone(),
            digest: campaign.digest().to_string(),
            via: config.delivery.via.kind(),
            audience,
            to_send,
            estimated_seconds: (to_send as f64 / per_second).ceil() as u64,
        }
    }

    /// Prints the plan in short lines.
    pub(crate) fn print(&self, ui: &Ui) {
        ui.status(&format!("{}: {}", self.campaign, self.subject));
        ui.status(&format!("  digest {} via {}", &self.digest[..12], self.via));
        if self.via.is_provider() {
            ui.status("  the provider keeps the list of subscribers");
            return;
        }
        ui.status(&format!(
            "  {}, {} to be sent now",
            counted(self.audience.included, "recipient"),
            self.to_send
        ));
        for (exclusion, number) in &self.audience.excluded {
            ui.status(&format!("  {number} excluded: {}", exclusion.reason()));
        }
        let domains = &self.audience.domains;
        for (domain, number) in domains.iter().take(DOMAINS_SHOWN) {
            ui.status(&format!("  {number:>8} at {domain}"));
        }
        if let Some(more) = domains.get(DOMAINS_SHOWN..).filter(|more| !more.is_empty()) {
            let rest: u64 = more.iter().map(|(_, number)| number).sum();
            ui.status(&format!("  {rest:>8} at {} other domains", more.len()));
        }
        ui.status(&format!(
            "  about {} if a message takes {SECONDS_PER_MESSAGE} s",
            duration(self.estimated_seconds)
        ));
    }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        120..=7199 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}
