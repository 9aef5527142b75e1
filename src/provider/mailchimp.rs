//! Mailchimp's Marketing API, version 3.
//!
//! In: drafts. Out: calls to one audience of one account. A campaign is found
//! again by its internal title, which is `postrider:<newsletter>/<issue>`. The
//! API has no idempotency key and its search is fuzzy, so this module reads the
//! list and compares titles exactly. Absent on purpose: what nothing calls yet,
//! which is scheduling (quarter hours, UTC), cancelling, deleting, folders,
//! templates and reports.

mod http;
mod key;
mod tags;
mod wire;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;

use crate::campaign::{Campaign, Manifest};
use crate::delivery::Patience;
use crate::delivery::provider::{
    Draft, PlanError, PreflightItem, Provider, ProviderError, ReadBack, Remote, RemoteId,
    RemoteState,
};
use crate::domain::{CampaignKey, EmailAddress};
use crate::render::{Slot, Template};

use http::{ApiRequest, Http};
use wire::{CampaignIn, CampaignPage, ChecklistIn, ContentIn, REGULAR, campaign_body};

pub use key::{ApiKey, Endpoint, ListId, SetupError};

const NAME: &str = "Mailchimp";
/// The largest page that the API gives.
const PAGE: usize = 1000;
/// More pages than any account has campaigns for.
const MOST_PAGES: usize = 1000;

/// One audience of one account.
pub struct Mailchimp {
    http: Http,
    list: ListId,
    patience: Patience,
}

impl Mailchimp {
    /// Sets up the client. Nothing is called.
    ///
    /// # Errors
    /// The TLS configuration of the system cannot be used.
    pub fn new(
        key: ApiKey,
        endpoint: Endpoint,
        list: ListId,
        patience: Patience,
    ) -> Result<Self, SetupError> {
        Ok(Self { http: Http::new(key, endpoint, patience)?, list, patience })
    }

    async fn create(&self, draft: &Draft) -> Result<Remote, ProviderError> {
        let mut body = campaign_body(draft, &title(&draft.key), &self.list);
        body["type"] = REGULAR.into();
        let request =
            ApiRequest::unrepeatable("/campaigns".into(), "creating the draft").with(&body);
        let mut tried = 1;
        loop {
            let unclear = match self.http.ask::<CampaignIn>(&request).await {
                Ok(created) => return remote(&request, &created),
                Err(error @ ProviderError::Unclear { .. }) => error,
                Err(error) => return Err(error),
            };
            // It may have been created. After a wait, the title shows it.
            let Some(wait) = self.patience.wait_after(tried, None) else { return Err(unclear) };
            tokio::time::sleep(wait).await;
            if let Some(created) = self.find(&draft.key).await? {
                return Ok(created);
            }
            tried += 1;
        }
    }

    async fn update(&self, draft: &Draft, id: &RemoteId) -> Result<Remote, ProviderError> {
        let body = campaign_body(draft, &title(&draft.key), &self.list);
        let path = format!("/campaigns/{id}");
        let request = ApiRequest::repeatable(Method::PATCH, path, "updating the draft").with(&body);
        let updated: CampaignIn = self.http.ask(&request).await?;
        remote(&request, &updated)
    }

    async fn page(&self, offset: usize) -> Result<CampaignPage, ProviderError> {
        // In the order of creation, a campaign that is added meanwhile is on the last page.
        let path = format!(
            "/campaigns?list_id={}&count={PAGE}&offset={offset}&sort_field=create_time&sort_dir=ASC\
             &fields=campaigns.id,campaigns.web_id,campaigns.type,campaigns.status,\
             campaigns.settings.title,total_items",
            self.list.as_str()
        );
        self.http.ask(&ApiRequest::get(path, "looking for the campaign")).await
    }
}

impl Provider for Mailchimp {
    fn translate(&self, campaign: &Campaign) -> Result<Draft, PlanError> {
        let manifest = campaign.manifest();
        let (from_name, reply_to) = refuse_losses(manifest)?;
        for (part, template) in [("html part", &manifest.html), ("text part", &manifest.text)] {
            require_legal_slots(part, template)?;
        }
        tags::refuse_tags("subject", &manifest.subject)?;
        tags::refuse_tags("preheader", &manifest.preheader)?;
        tags::refuse_tags("name in `From`", &from_name)?;
        tags::refuse_tags_in_template("html part", &manifest.html)?;
        tags::refuse_tags_in_template("text part", &manifest.text)?;
        Ok(Draft {
            key: campaign.key().clone(),
            subject: manifest.subject.clone(),
            preheader: manifest.preheader.clone(),
            from_name,
            reply_to,
            html: tags::with_merge_tags(&manifest.html),
            text: tags::with_merge_tags(&manifest.text),
        })
    }

    async fn find(&self, key: &CampaignKey) -> Result<Option<Remote>, ProviderError> {
        let title = title(key);
        // By id, because two pages may have the same campaign.
        let mut found = BTreeMap::new();
        let mut offset = 0;
        for _ in 0..MOST_PAGES {
            let page = self.page(offset).await?;
            offset += page.campaigns.len();
            for campaign in page.campaigns.iter().filter(|c| c.settings.title == title) {
                let request = ApiRequest::get("/campaigns".into(), "looking for the campaign");
                let remote = remote(&request, campaign)?;
                found.insert(remote.id.as_str().to_owned(), remote);
            }
            if page.campaigns.is_empty() || offset >= page.total_items {
                break;
            }
        }
        match found.len() {
            0 | 1 => Ok(found.into_values().next()),
            _ => Err(ProviderError::Ambiguous { title, found: found.into_values().collect() }),
        }
    }

    async fn upsert_draft(
        &self,
        draft: &Draft,
        existing: Option<&Remote>,
    ) -> Result<Remote, ProviderError> {
        match existing {
            None => self.create(draft).await,
            Some(existing) => self.update(draft, &existing.id).await,
        }
    }

    async fn put_content(&self, id: &RemoteId, draft: &Draft) -> Result<(), ProviderError> {
        let path = format!("/campaigns/{id}/content");
        let request = ApiRequest::repeatable(Method::PUT, path, "uploading the content")
            .with(&json!({ "html": draft.html, "plain_text": draft.text }));
        self.http.perform(&request).await
    }

    async fn read_back(&self, id: &RemoteId) -> Result<ReadBack, ProviderError> {
        let path = format!("/campaigns/{id}?fields=id,web_id,type,status,settings,recipients");
        let campaign: CampaignIn =
            self.http.ask(&ApiRequest::get(path, "reading the draft back")).await?;
        let path = format!("/campaigns/{id}/content?fields=html,plain_text");
        let content: ContentIn =
            self.http.ask(&ApiRequest::get(path, "reading the content back")).await?;
        Ok(campaign.with_content(content, &self.list))
    }

    async fn preflight(&self, id: &RemoteId) -> Result<Vec<PreflightItem>, ProviderError> {
        let path = format!("/campaigns/{id}/send-checklist");
        let checklist: ChecklistIn =
            self.http.ask(&ApiRequest::get(path, "reading the checklist")).await?;
        Ok(checklist.into_items(|text| self.http.safe(text)))
    }

    async fn send_test(&self, id: &RemoteId, to: &[EmailAddress]) -> Result<(), ProviderError> {
        for (send_type, purpose) in
            [("html", "sending the html test"), ("plaintext", "sending the plain-text test")]
        {
            let addresses: Vec<_> = to.iter().map(EmailAddress::as_str).collect();
            let body = json!({ "test_emails": addresses, "send_type": send_type });
            let path = format!("/campaigns/{id}/actions/test");
            self.http.perform(&ApiRequest::unrepeatable(path, purpose).with(&body)).await?;
        }
        Ok(())
    }

    async fn send(&self, id: &RemoteId) -> Result<(), ProviderError> {
        let path = format!("/campaigns/{id}/actions/send");
        self.http.perform(&ApiRequest::unrepeatable(path, "sending the campaign")).await
    }

    async fn status(&self, id: &RemoteId) -> Result<RemoteState, ProviderError> {
        let path = format!("/campaigns/{id}?fields=id,type,status");
        let request = ApiRequest::get(path, "reading the campaign's state");
        match self.http.ask::<CampaignIn>(&request).await {
            Ok(campaign) => Ok(campaign.state()),
            Err(ProviderError::Refused { problem, .. }) if problem.status == 404 => {
                Ok(RemoteState::Gone)
            }
            Err(error) => Err(error),
        }
    }
}

/// The internal title of a campaign, by which it is found again.
fn title(key: &CampaignKey) -> String {
    format!("postrider:{key}")
}

fn remote(request: &ApiRequest, campaign: &CampaignIn) -> Result<Remote, ProviderError> {
    campaign.to_remote().ok_or_else(|| ProviderError::Unreadable {
        call: request.to_call(),
        cause: "the id of the campaign has other characters than letters and digits".into(),
    })
}

/// The name and the address in `From`, if Mailchimp can carry all of the
/// campaign.
fn refuse_losses(manifest: &Manifest) -> Result<(String, EmailAddress), PlanError> {
    let refused = |reason: String| Err(PlanError(reason));
    let Some(from) = manifest.from.to_mailbox() else {
        return refused("cannot read the `From` address of the frozen campaign".into());
    };
    let reply_to = manifest.reply_to.as_ref().and_then(|to| to.to_mailbox());
    if reply_to.is_some_and(|to| to.address.key() != from.address.key()) {
        return refused(format!(
            "{NAME} uses one address for `From` and `Reply-To`, and this newsletter has two; \
             remove `reply_to` from postrider.toml, or set it to the same address"
        ));
    }
    if let Some((header, _)) = manifest.headers.first() {
        return refused(format!(
            "{NAME} cannot send the header `{header}`; remove it, or use another route"
        ));
    }
    let Some(name) = from.name else {
        return refused(format!(
            "{NAME} needs a name beside the address; write `from = \"Name <address>\"`"
        ));
    };
    if !manifest.attachments.is_empty() {
        let images = manifest.attachments.len();
        return refused(format!(
            "{NAME} cannot carry images in the mail, and this one has {images}; \
             link to them with `mode = \"link\"` in `[images]`, or use another route"
        ));
    }
    Ok((name.as_str().to_owned(), from.address))
}

/// To a part without an unsubscribe link or a postal address, Mailchimp appends
/// its own footer, which nobody has proofed.
fn require_legal_slots(part: &str, template: &Template) -> Result<(), PlanError> {
    let (missing, slot) = if !template.has_slot(|slot| matches!(slot, Slot::UnsubscribeUrl)) {
        ("unsubscribe link", "unsubscribe_url")
    } else if !template.has_slot(|slot| matches!(slot, Slot::PostalAddress { .. })) {
        ("postal address", "postal_address")
    } else {
        return Ok(());
    };
    Err(PlanError(format!(
        "the {part} has no {missing}, so {NAME} would add its own footer; \
         put `{slot}` into the theme"
    )))
}
