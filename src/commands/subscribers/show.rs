//! `subscribers show`: what is known about an address, and what happened to it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::{EmailAddress, SubscriptionStatus, SuppressionReason, Timestamp};
use crate::error::Failure;
use crate::host::{Context, OutputFormat};
use crate::store::{ListEvent, ListedSubscriber, Store};
use crate::ui::local_time;

#[derive(Default, Serialize)]
struct SubscriberReport {
    on_list: bool,
    status: Option<SubscriptionStatus>,
    suppressed: Option<SuppressionReason>,
    first_name: String,
    last_name: String,
    origin: String,
    fields: BTreeMap<String, String>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    /// The oldest event first.
    history: Vec<ListEvent>,
}

/// Writes it to standard output.
pub(super) async fn show(
    context: &Context,
    store: &Store,
    address: &EmailAddress,
    zone: &TimeZone,
) -> Result<(), Failure> {
    let suppressed = store.suppression(address).await?;
    let history = store.history(address).await?;
    let shown = match store.find(address).await? {
        Some(ListedSubscriber { subscriber, .. }) => SubscriberReport {
            on_list: true,
            status: Some(subscriber.status),
            suppressed,
            first_name: subscriber.first_name,
            last_name: subscriber.last_name,
            origin: subscriber.origin,
            fields: subscriber.fields,
            created_at: Some(subscriber.created_at),
            updated_at: Some(subscriber.updated_at),
            history,
        },
        None => SubscriberReport { suppressed, history, ..SubscriberReport::default() },
    };
    if context.format == OutputFormat::Json {
        return context.ui.data_json(&shown);
    }
    report_to_people(context, &shown, zone)
}

fn report_to_people(
    context: &Context,
    shown: &SubscriberReport,
    zone: &TimeZone,
) -> Result<(), Failure> {
    let ui = &context.ui;
    ui.data_line(&format!(
        "status      {}",
        shown.status.map_or("not on the list", SubscriptionStatus::as_str)
    ))?;
    if let Some(reason) = shown.suppressed {
        ui.data_line(&format!("suppressed  {}", reason.as_str()))?;
    }
    if let (Some(created_at), Some(updated_at)) = (shown.created_at, shown.updated_at) {
        ui.data_line(&format!("name        {} {}", shown.first_name, shown.last_name))?;
        ui.data_line(&format!("origin      {}", shown.origin))?;
        ui.data_line(&format!("since       {}", local_time(created_at, zone)))?;
        ui.data_line(&format!("changed     {}", local_time(updated_at, zone)))?;
        for (name, value) in &shown.fields {
            ui.data_line(&format!("{name}: {value}"))?;
        }
    }
    for ListEvent { at, what, detail, by } in &shown.history {
        let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
        ui.data_line(&format!("{}  {}{detail}: {by}", local_time(*at, zone), what.as_str()))?;
    }
    Ok(())
}
