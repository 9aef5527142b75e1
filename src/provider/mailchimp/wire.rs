//! The JSON that this program sends and reads, with the fields that it uses.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::provider::{
    Draft, MaskedAddress, PreflightItem, PreflightLevel, Reach, ReadBack, Remote, RemoteId,
    RemoteState,
};

use super::ListId;

/// The body of `PATCH /campaigns/{id}` and, with a type, of `POST /campaigns`.
/// Nothing is tracked, nothing is rewritten.
pub(super) fn campaign_body(draft: &Draft, title: &str, list: &ListId) -> Value {
    json!({
        "recipients": { "list_id": list.as_str() },
        "settings": {
            "subject_line": draft.subject,
            "preview_text": draft.preheader,
            "title": title,
            "from_name": draft.from_name,
            "reply_to": draft.reply_to.as_str(),
            "inline_css": false,
            "auto_footer": false,
        },
        "tracking": { "opens": false, "html_clicks": false, "text_clicks": false },
    })
}

/// One page of `GET /campaigns`.
#[derive(Deserialize)]
pub(super) struct CampaignPage {
    pub(super) campaigns: Vec<CampaignIn>,
    pub(super) total_items: usize,
}

/// A campaign, with the fields that were asked for.
#[derive(Deserialize)]
pub(super) struct CampaignIn {
    id: String,
    web_id: Option<u64>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: String,
    #[serde(default)]
    pub(super) settings: SettingsIn,
    #[serde(default)]
    recipients: RecipientsIn,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SettingsIn {
    #[serde(deserialize_with = "text")]
    subject_line: String,
    #[serde(deserialize_with = "text")]
    preview_text: String,
    #[serde(deserialize_with = "text")]
    pub(super) title: String,
    #[serde(deserialize_with = "text")]
    from_name: String,
    #[serde(deserialize_with = "text")]
    reply_to: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RecipientsIn {
    list_id: String,
    segment_opts: SegmentIn,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SegmentIn {
    saved_segment_id: Option<Value>,
    prebuilt_segment_id: Option<String>,
    conditions: Option<Vec<Value>>,
}

/// `GET /campaigns/{id}/content`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ContentIn {
    #[serde(deserialize_with = "text")]
    html: String,
    #[serde(deserialize_with = "text")]
    plain_text: String,
}

/// `GET /campaigns/{id}/send-checklist`.
#[derive(Deserialize)]
pub(super) struct ChecklistIn {
    is_ready: bool,
    #[serde(default)]
    items: Vec<ItemIn>,
}

#[derive(Deserialize)]
struct ItemIn {
    #[serde(rename = "type")]
    level: String,
    #[serde(default)]
    heading: String,
    #[serde(default)]
    details: String,
}

/// A refusal (RFC 9457).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ProblemIn {
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) instance: String,
    pub(super) errors: Vec<FieldProblemIn>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct FieldProblemIn {
    pub(super) field: String,
    pub(super) message: String,
}

pub(super) const REGULAR: &str = "regular";

impl CampaignIn {
    /// The campaign without its content; `None` if the id is invalid.
    pub(super) fn to_remote(&self) -> Option<Remote> {
        let id = RemoteId::parse(&self.id)?;
        Some(Remote { id, web_id: self.web_id, state: self.state() })
    }

    /// The state, from the `status` field.
    pub(super) fn state(&self) -> RemoteState {
        if let Some(kind) = self.kind.as_deref().filter(|kind| *kind != REGULAR) {
            return RemoteState::Other(format!("a campaign of type {}", word(kind)));
        }
        match self.status.as_str() {
            "save" => RemoteState::Draft,
            "schedule" => RemoteState::Scheduled,
            "sending" => RemoteState::Sending,
            "paused" => RemoteState::Paused,
            "sent" => RemoteState::Sent,
            "canceled" | "canceling" => RemoteState::Cancelled,
            other => RemoteState::Other(word(other)),
        }
    }

    /// The campaign together with its content.
    pub(super) fn with_content(self, content: ContentIn, list: &ListId) -> ReadBack {
        ReadBack {
            reach: self.recipients.reach(list),
            subject: self.settings.subject_line,
            preheader: self.settings.preview_text,
            from_name: self.settings.from_name,
            reply_to: MaskedAddress(self.settings.reply_to),
            html: content.html,
            text: content.plain_text,
        }
    }
}

impl RecipientsIn {
    fn reach(&self, list: &ListId) -> Reach {
        let segment = &self.segment_opts;
        let saved = segment.saved_segment_id.as_ref().is_some_and(|id| !is_nothing(id));
        let prebuilt = segment.prebuilt_segment_id.as_ref().is_some_and(|id| !id.is_empty());
        let has_conditions = segment.conditions.as_ref().is_some_and(|all| !all.is_empty());
        if self.list_id != list.as_str() {
            Reach::OtherList
        } else if saved || prebuilt || has_conditions {
            Reach::Segment
        } else {
            Reach::WholeList
        }
    }
}

impl ChecklistIn {
    /// The items, ready to print. A list that is not ready has an error.
    pub(super) fn into_items(self, safe: impl Fn(&str) -> String) -> Vec<PreflightItem> {
        let item = |item: ItemIn| PreflightItem {
            level: match item.level.as_str() {
                "success" => PreflightLevel::Success,
                "warning" => PreflightLevel::Warning,
                _ => PreflightLevel::Error,
            },
            heading: safe(&item.heading),
            details: safe(&item.details),
        };
        let mut items: Vec<_> = self.items.into_iter().map(item).collect();
        let has_error = items.iter().any(|item| item.level == PreflightLevel::Error);
        if !self.is_ready && !has_error {
            items.push(PreflightItem {
                level: PreflightLevel::Error,
                heading: "Not ready".into(),
                details: "Mailchimp gives no reason; look at the campaign on its website".into(),
            });
        }
        items
    }
}

/// A text that may be `null`.
fn text<'de, D: serde::Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

fn is_nothing(id: &Value) -> bool {
    id.is_null() || *id == 0 || *id == ""
}

/// A word or an identifier of Mailchimp, made short and safe to show.
pub(super) fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect()
}
