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

use crate::campaign::Campaign;
use crate::delivery::Patience;
use crate::delivery::provider::{
    Draft, Part, PlanError, PreflightItem, Provider, ProviderError, ProviderLimit, ReadBack,
    Remote, RemoteId, RemoteState,
};
use crate::domain::{CampaignKey, EmailAddress};

use http::{ApiRequest, Http, Repeat};
use wire::{CampaignIn, CampaignOut, CampaignPage, ChecklistIn, ContentIn, ContentOut, TestOut};

pub use key::{ApiKey, ApiKeyError, Endpoint, ListId, ListIdError, NotLoopback};

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

/// The HTTP client could not be set up. No call was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot set up the HTTP client for Mailchimp: {0}")]
pub struct SetupError(String);

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
        let title = title(&draft.key);
        let request = ApiRequest::new(
            Method::POST,
            "/campaigns".into(),
            "creating the draft",
            Repeat::OnlyIfNothingWasDone,
        )
        .with(&CampaignOut::created(draft, &title, &self.list));
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
        let title = title(&draft.key);
        let path = format!("/campaigns/{id}");
        let request = ApiRequest::new(Method::PATCH, path, "updating the draft", Repeat::Harmless)
            .with(&CampaignOut::updated(draft, &title, &self.list));
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
    fn name(&self) -> &'static str {
        NAME
    }

    fn limits(&self) -> &'static [ProviderLimit] {
        use ProviderLimit::{FromNameRequired, NoAttachments, NoHeaders, OneAddress};
        &[OneAddress, NoHeaders, FromNameRequired, NoAttachments]
    }

    fn translate(&self, campaign: &Campaign) -> Result<Draft, PlanError> {
        translate(campaign)
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
        let request = ApiRequest::new(Method::PUT, path, "uploading the content", Repeat::Harmless)
            .with(&ContentOut { html: &draft.html, plain_text: &draft.text });
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
            let body =
                TestOut { test_emails: to.iter().map(EmailAddress::as_str).collect(), send_type };
            let path = format!("/campaigns/{id}/actions/test");
            let request =
                ApiRequest::new(Method::POST, path, purpose, Repeat::OnlyIfNothingWasDone);
            self.http.perform(&request.with(&body)).await?;
        }
        Ok(())
    }

    async fn send(&self, id: &RemoteId) -> Result<(), ProviderError> {
        let path = format!("/campaigns/{id}/actions/send");
        let purpose = "sending the campaign";
        self.http
            .perform(&ApiRequest::new(Method::POST, path, purpose, Repeat::OnlyIfNothingWasDone))
            .await
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

fn translate(campaign: &Campaign) -> Result<Draft, PlanError> {
    let manifest = campaign.manifest();
    let from = manifest.from.to_mailbox().ok_or(PlanError::From)?;
    let name = from.name.ok_or(PlanError::NoFromName { provider: NAME })?;
    for (part, text) in [
        (Part::Subject, manifest.subject.as_str()),
        (Part::Preheader, manifest.preheader.as_str()),
        (Part::FromName, name.as_str()),
    ] {
        tags::refuse_tags(part, text)?;
    }
    for (part, template) in [(Part::Html, &manifest.html), (Part::Text, &manifest.text)] {
        tags::refuse_tags_in_template(part, template)?;
    }
    Ok(Draft {
        key: campaign.key().clone(),
        subject: manifest.subject.clone(),
        preheader: manifest.preheader.clone(),
        from_name: name.as_str().to_owned(),
        reply_to: from.address,
        html: tags::with_merge_tags(&manifest.html),
        text: tags::with_merge_tags(&manifest.text),
    })
}
