//! What a send would do: who gets it, who does not and why, how long it takes.

use serde::Serialize;

use crate::audience::AudiencePlan;
use crate::campaign::Campaign;
use crate::config::{Config, Via};
use crate::delivery::SendRate;
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
    /// At [`MESSAGES_PER_SECOND`] over each connection.
    estimated_seconds: u64,
    /// How many messages a second the estimate expects the server to accept.
    /// The end of a sentence: on what the estimate rests.
    #[serde(skip)]
    estimate_rests_on: String,
}

/// How many messages a second an ordinary relay takes over one connection. It is
/// a guess, and the output says so.
const MESSAGES_PER_SECOND: u32 = 10;

/// How many domains are listed.
const DOMAINS_SHOWN: usize = 5;

impl Plan {
    pub(crate) fn new(
        config: &Config,
        campaign: &Campaign,
        audience: AudiencePlan,
        to_send: u64,
    ) -> Self {
        let (per_second, estimate_rests_on) = pace(&config.delivery.via);
        Self {
            campaign: campaign.key().to_string(),
            subject: campaign.manifest().subject.clone(),
            digest: campaign.digest().to_string(),
            via: config.delivery.via.kind(),
            audience,
            to_send,
            estimated_seconds: (to_send as f64 / per_second).ceil() as u64,
            estimate_rests_on,
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
        // The domains are those of the whole list, not of the rest of a campaign.
        let is_rest = self.to_send < self.audience.included;
        let domains = if is_rest { &[][..] } else { &self.audience.domains[..] };
        for (domain, number) in domains.iter().take(DOMAINS_SHOWN) {
            ui.status(&format!("  {number:>8} at {domain}"));
        }
        if let Some(more) = domains.get(DOMAINS_SHOWN..).filter(|more| !more.is_empty()) {
            let rest: u64 = more.iter().map(|(_, number)| number).sum();
            ui.status(&format!("  {rest:>8} at {} other domains", more.len()));
        }
        let duration = duration(self.estimated_seconds);
        ui.status(&format!("  takes about {duration}{}", self.estimate_rests_on));
    }
}

/// How many messages a second a route may take, and on what that rests.
fn pace(via: &Via) -> (f64, String) {
    // A folder takes a message in a millisecond or so.
    let Via::Smtp(smtp) = via else { return (1000.0, String::new()) };
    let guess = u32::from(smtp.connections) * MESSAGES_PER_SECOND;
    match smtp.rate.map(SendRate::per_second) {
        Some(rate) if rate < f64::from(guess) => (rate, " at the rate of `[smtp] rate`".to_owned()),
        _ => {
            let rests_on = format!(", if the server accepts {guess} messages a second");
            (f64::from(guess), rests_on)
        }
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
