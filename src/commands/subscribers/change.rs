//! Changes of the list by hand: `suppress`, `unsuppress`, `unsubscribe`, `edit`.

use std::collections::BTreeMap;

use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{AddressArgument, parse_line, read_lines};
use crate::domain::{EmailAddress, SubscriptionStatus, SuppressionReason, Timestamp};
use crate::error::{Exit, Failure};
use crate::host::{Context, OutputFormat};
use crate::store::{Edited, LiftedSuppression, Store, SubscriberEdit};
use crate::ui::local_time;

/// The arguments of `edit`.
#[derive(Debug, Args)]
pub(crate) struct EditArguments {
    /// Email address, or `-` to read several from standard input, one per line, so that no process list shows them
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// The new email address, or `-` to read it from standard input, after ADDRESS on the same line if that is `-` too
    #[arg(long, value_name = "ADDRESS")]
    new_address: Option<String>,
    /// Their first name; empty removes it
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// Their last name; empty removes it
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// A field to set (may be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    field: Vec<String>,
    /// A field to remove (may be repeated)
    #[arg(long, value_name = "NAME")]
    remove_field: Vec<String>,
}

/// What one change came to, in JSON.
#[derive(Serialize)]
struct ChangeReport<'c> {
    /// One word.
    result: &'static str,
    address: &'c str,
    /// The suppression that was lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted: Option<&'c LiftedSuppression>,
    /// The names of what an edit changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<&'c [String]>,
    /// Whether they get mail now, and why not.
    status: Option<SubscriptionStatus>,
    suppressed: Option<SuppressionReason>,
}

impl<'c> ChangeReport<'c> {
    async fn new(
        store: &Store,
        result: &'static str,
        address: &'c EmailAddress,
    ) -> Result<Self, Failure> {
        let listed = store.find(address).await?;
        Ok(Self {
            result,
            address: address.as_str(),
            lifted: None,
            changed: None,
            status: listed.map(|listed| listed.subscriber.status),
            suppressed: store.suppression(address).await?,
        })
    }

    fn write(&self, context: &Context) -> Result<(), Failure> {
        match context.format {
            OutputFormat::Json => context.ui.data_json(self),
            OutputFormat::Human => Ok(()),
        }
    }
}

/// Suppresses an address.
pub(super) async fn suppress(
    context: &Context,
    store: &Store,
    address: &EmailAddress,
) -> Result<(), Failure> {
    let is_new = store
        .suppress(address, SuppressionReason::Manual, "suppressed by hand", context.clock.now())
        .await?;
    let result = if is_new { "suppressed" } else { "already-suppressed" };
    context.ui.status(if is_new { "suppressed" } else { "already suppressed" });
    ChangeReport::new(store, result, address).await?.write(context)
}

/// Lifts a suppression, and says what it was.
pub(super) async fn unsuppress(
    context: &Context,
    store: &Store,
    address: &EmailAddress,
    zone: &TimeZone,
) -> Result<(), Failure> {
    let ui = &context.ui;
    let lifted = store.unsuppress(address, "by hand", context.clock.now()).await?;
    let result = if lifted.is_some() { "unsuppressed" } else { "not-suppressed" };
    let report = ChangeReport {
        lifted: lifted.as_ref(),
        ..ChangeReport::new(store, result, address).await?
    };
    let Some(LiftedSuppression { reason, origin, at }) = &lifted else {
        ui.status("not suppressed");
        return report.write(context);
    };
    let since = local_time(*at, zone);
    ui.status(&format!("not suppressed any more; it was since {since}: {origin}"));
    match reason {
        SuppressionReason::HardBounce => ui.hint(
            "A server had said that there is no such mailbox. If the next issue is refused in the \
             same way, the email address is suppressed again.",
        ),
        SuppressionReason::Complaint => ui.warning(
            "the reader had called a mail spam; mail them only if they asked for it since",
        ),
        SuppressionReason::Manual => {
            ui.hint("Somebody had suppressed it on purpose, perhaps because the reader asked.");
        }
    }
    match report.status {
        Some(SubscriptionStatus::Subscribed) => {}
        Some(SubscriptionStatus::Unsubscribed) => {
            ui.warning("this subscriber unsubscribed, and gets no mail all the same");
        }
        Some(SubscriptionStatus::Unconfirmed) => {
            ui.warning("this subscriber is unconfirmed, and gets no mail all the same");
        }
        None => ui.hint("The email address is not on the list. `add` puts it there."),
    }
    report.write(context)
}

/// Unsubscribes a subscriber, as finally as their own link does.
pub(super) async fn unsubscribe(
    context: &Context,
    store: &Store,
    address: &EmailAddress,
) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let Some(listed) = store.find(address).await? else {
        ui.warning("this email address is not on the list, so nobody was unsubscribed");
        ui.hint("To keep it from being mailed after an import, use `subscribers suppress`.");
        ChangeReport::new(store, "not-on-list", address).await?.write(context)?;
        return Ok(Exit::Usage);
    };
    let at: Timestamp = context.clock.now();
    let is_new = store.unsubscribe(listed.subscriber.id, "unsubscribed by hand", at).await?;
    let result = if is_new { "unsubscribed" } else { "already-unsubscribed" };
    ui.status(if is_new { "unsubscribed" } else { "already unsubscribed" });
    ChangeReport::new(store, result, address).await?.write(context)?;
    Ok(Exit::Done)
}

/// Edits a subscriber.
pub(super) async fn edit(
    context: &Context,
    store: &Store,
    address: &EmailAddress,
    wanted: &SubscriberEdit,
) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let edited = store.edit(address, wanted, "by hand", context.clock.now()).await?;
    let mut now = address;
    let (result, exit) = match &edited {
        Edited::Changed(changed) if changed.is_empty() => {
            ui.status("nothing changed: everything was so already");
            ("unchanged", Exit::Done)
        }
        Edited::Changed(changed) => {
            ui.status(&format!("changed: {}", changed.join(", ")));
            now = wanted.address.as_ref().unwrap_or(address);
            warn_of_suppression_left_behind(context, store, address, now).await?;
            ("changed", Exit::Done)
        }
        Edited::NotOnList => {
            ui.warning("this email address is not on the list, so nothing was changed");
            ("not-on-list", Exit::Usage)
        }
        Edited::AddressTaken => {
            ui.warning("the new email address is on the list already, so nothing was changed");
            ui.hint("Unsubscribe the old one: then only the other subscriber gets mail.");
            ("address-taken", Exit::Usage)
        }
        Edited::AddressSuppressed(reason) => {
            ui.warning(&format!(
                "the new email address is suppressed ({}), so nothing was changed",
                reason.as_str()
            ));
            ui.hint("See `subscribers show` and `subscribers unsuppress`.");
            ("address-suppressed", Exit::Usage)
        }
    };
    let report = ChangeReport::new(store, result, now).await?;
    let changed = match &edited {
        Edited::Changed(changed) => Some(changed.as_slice()),
        _ => None,
    };
    ChangeReport { changed, ..report }.write(context)?;
    Ok(exit)
}

/// A reader who wanted no mail may want none at the new address either. A new
/// address after a hard bounce is the repair.
async fn warn_of_suppression_left_behind(
    context: &Context,
    store: &Store,
    old: &EmailAddress,
    new: &EmailAddress,
) -> Result<(), Failure> {
    let Some(reason) = store.suppression(old).await? else { return Ok(()) };
    if old != new && reason != SuppressionReason::HardBounce {
        context.ui.warning(&format!(
            "the old email address is suppressed ({}), and the new one is not",
            reason.as_str()
        ));
        context.ui.hint("To send no mail there either, use `subscribers suppress`.");
    }
    Ok(())
}

impl EditArguments {
    /// Reads who is edited, and how: all of it or nothing.
    pub(super) fn read(&self) -> Result<Vec<(EmailAddress, SubscriberEdit)>, Failure> {
        let mut edit = SubscriberEdit {
            address: None,
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            fields: self.fields()?,
        };
        let new_address = self.new_address.as_deref();
        if edit == SubscriberEdit::default() && new_address.is_none() {
            return Err(Failure::new(Exit::Usage, "there is nothing to edit").hint(
                "Use `--new-address`, `--first-name`, `--last-name`, `--field` or `--remove-field`.",
            ));
        }
        match (self.address.as_str(), new_address) {
            ("-", Some("-")) => read_lines()?
                .iter()
                .map(|(number, line)| {
                    let (old, new) = line.split_once([' ', '\t', ',']).unwrap_or((line, ""));
                    let new = parse_line(*number, new.trim())?;
                    let edit = SubscriberEdit { address: Some(new), ..edit.clone() };
                    Ok((parse_line(*number, old)?, edit))
                })
                .collect(),
            ("-", Some(_)) => Err(Failure::new(
                Exit::Usage,
                "`--new-address` names one email address, and `-` reads several",
            )
            .hint("Use `--new-address -`, and write the old and the new one on each line.")),
            (old, Some("-")) => {
                let lines = read_lines()?;
                let [(number, line)] = &lines[..] else {
                    return Err(Failure::new(Exit::Usage, "there is more than one new address"));
                };
                edit.address = Some(parse_line(*number, line)?);
                Ok(vec![(parse_argument(old)?, edit)])
            }
            (_, new) => {
                edit.address = new.map(parse_argument).transpose()?;
                let who = AddressArgument { address: self.address.clone() }.read()?;
                Ok(who.into_iter().map(|who| (who, edit.clone())).collect())
            }
        }
    }

    fn fields(&self) -> Result<BTreeMap<String, Option<String>>, Failure> {
        let mut fields = BTreeMap::new();
        for field in &self.field {
            let pair = field.split_once('=').filter(|(name, _)| !name.trim().is_empty());
            let (name, value) = pair.ok_or_else(|| {
                Failure::new(Exit::Usage, "`--field` takes a name and a value, as in `city=Ghent`")
            })?;
            fields.insert(name.trim().to_owned(), Some(value.to_owned()));
        }
        fields.extend(self.remove_field.iter().map(|name| (name.clone(), None)));
        Ok(fields)
    }
}

fn parse_argument(text: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(text)
        .map_err(|error| Failure::from_error(Exit::Usage, "cannot use the email address", &error))
}
