//! `postrider subscribers`: import, export and change the list.

mod change;
mod rejects;
mod show;

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::audience::csv::{EntryStanding, ListEntry, ListReader};
use crate::config::{Config, Root};
use crate::domain::{EmailAddress, SubscriptionStatus};
use crate::error::{Exit, Failure};
use crate::store::{
    ImportError, ImportSummary, ListStats, ListedSubscriber, OpenMode, Store, SubscriberEdit,
};
use crate::ui::{Ui, counted};

use crate::host::{Context, OutputFormat, block_on};
use crate::publish::store_access;
use change::{EditArguments, edit, suppress, unsubscribe, unsuppress};
use rejects::Rejects;
use show::show;

/// What to do with the list.
#[derive(Debug, Subcommand)]
pub(crate) enum SubscribersCommand {
    /// Import a CSV file: a plain one, or an export of Mailchimp or listmonk
    Import(ImportArguments),
    /// Write the whole list as CSV to standard output
    Export,
    /// Add a subscriber
    Add(AddArguments),
    /// Show what is known about an email address, and what happened to it
    Show(AddressArgument),
    /// Unsubscribe a subscriber, as their own link does
    Unsubscribe(AddressArgument),
    /// Edit a subscriber: names, fields or the email address; the links in old mails go on working
    Edit(EditArguments),
    /// Suppress an email address: it is never mailed again
    Suppress(AddressArgument),
    /// Lift the suppression of an email address, and say why it was suppressed
    Unsuppress(AddressArgument),
    /// Count the subscribers
    Stats,
}

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The CSV file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File for rejected rows [default: FILE.rejects.csv]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// The arguments of `add`.
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    #[command(flatten)]
    who: AddressArgument,
    /// Their first name
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    first_name: String,
    /// Their last name
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    last_name: String,
}

/// The email addresses that a command is about.
#[derive(Debug, Args)]
pub(crate) struct AddressArgument {
    /// Email address, or `-` to read several from standard input, one per line, so that no process list shows them
    #[arg(value_name = "ADDRESS")]
    address: String,
}

/// Runs one command. `import` and `add` make a store where there is none; the
/// others do not.
pub(crate) fn run(context: &Context, command: &SubscribersCommand) -> Result<Exit, Failure> {
    let root = Root::find(context.root.as_deref(), &context.environment)?;
    let config = Config::load(&root, &context.environment, None)?;
    // The inputs are read first, so that a typing error leaves no empty store behind.
    let asked = Asked::read(command)?;
    let mode = match asked {
        Asked::Import(..) | Asked::Add(..) => OpenMode::CreateIfMissing,
        _ => OpenMode::MustExist,
    };
    let zone = &config.newsletter.time_zone;
    block_on(store_access::with_store(context, &config, mode, async |store| {
        match asked {
            Asked::Import(arguments, list) => import(context, store, arguments, *list).await?,
            Asked::Export => export(&context.ui, store).await?,
            Asked::Add(arguments, addresses) => {
                for address in addresses {
                    add(context, store, address, arguments).await?;
                }
            }
            Asked::Show(addresses) => {
                for address in &addresses {
                    show(context, store, address, zone).await?;
                }
            }
            Asked::Suppress(addresses) => {
                for address in &addresses {
                    suppress(context, store, address).await?;
                }
            }
            Asked::Unsuppress(addresses) => {
                for address in &addresses {
                    unsuppress(context, store, address, zone).await?;
                }
            }
            Asked::Unsubscribe(addresses) => {
                let mut exit = Exit::Done;
                for address in &addresses {
                    exit = Exit::strongest([exit, unsubscribe(context, store, address).await?]);
                }
                return Ok(exit);
            }
            Asked::Edit(edits) => {
                let mut exit = Exit::Done;
                for (address, wanted) in &edits {
                    exit = Exit::strongest([exit, edit(context, store, address, wanted).await?]);
                }
                return Ok(exit);
            }
            Asked::Stats => stats(context, store).await?,
        }
        Ok(Exit::Done)
    }))
}

/// A command with its inputs, read from files and from standard input.
enum Asked<'a> {
    Import(&'a ImportArguments, Box<ListReader<File>>),
    Export,
    Add(&'a AddArguments, Vec<EmailAddress>),
    Show(Vec<EmailAddress>),
    Suppress(Vec<EmailAddress>),
    Unsuppress(Vec<EmailAddress>),
    Unsubscribe(Vec<EmailAddress>),
    Edit(Vec<(EmailAddress, SubscriberEdit)>),
    Stats,
}

impl<'a> Asked<'a> {
    fn read(command: &'a SubscribersCommand) -> Result<Self, Failure> {
        Ok(match command {
            SubscribersCommand::Import(arguments) => {
                Self::Import(arguments, Box::new(store_access::read_list(&arguments.file)?))
            }
            SubscribersCommand::Export => Self::Export,
            SubscribersCommand::Add(arguments) => Self::Add(arguments, arguments.who.read()?),
            SubscribersCommand::Show(who) => Self::Show(who.read()?),
            SubscribersCommand::Suppress(who) => Self::Suppress(who.read()?),
            SubscribersCommand::Unsuppress(who) => Self::Unsuppress(who.read()?),
            SubscribersCommand::Unsubscribe(who) => Self::Unsubscribe(who.read()?),
            SubscribersCommand::Edit(arguments) => Self::Edit(arguments.read()?),
            SubscribersCommand::Stats => Self::Stats,
        })
    }
}

async fn import(
    context: &Context,
    store: &Store,
    arguments: &ImportArguments,
    list: ListReader<File>,
) -> Result<(), Failure> {
    let path = &arguments.file;
    let mut rejects = Rejects::beside(path, arguments.rejects.clone(), list.header());
    rejects.refuse_to_replace(path)?;
    let origin = format!("import of {}", path.display());
    let imported = store
        .import(list, &origin, context.clock.now(), |row| {
            context.ui.warning(&format!("{}:{}: {}", path.display(), row.line, row.reason));
            rejects.write(row)
        })
        .await;
    // If the import failed, the rows that it rejected before are still kept.
    let kept = rejects.finish();
    let summary = imported.map_err(|error| match error {
        error @ ImportError::Rejects { .. } => Failure::from(error)
            .hint("Name a file that can be written with `--rejects FILE`, and import again."),
        error => error.into(),
    })?;
    let kept = kept.map_err(|error| {
        let what = format!("cannot write the rejected rows of {}", path.display());
        Failure::from_error(Exit::InputUnreadable, what, &error)
    })?;
    report_import(context, &summary, kept.as_deref())
}

fn report_import(
    context: &Context,
    summary: &ImportSummary,
    rejects: Option<&Path>,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct ImportReport<'s> {
        #[serde(flatten)]
        summary: &'s ImportSummary,
        rejects: Option<&'s Path>,
    }
    if context.format == OutputFormat::Json {
        return context.ui.data_json(&ImportReport { summary, rejects });
    }
    context.ui.status(&format!(
        "{}: {} added, {} merged, {} unchanged, {} rejected; {} newly suppressed",
        counted(summary.rows, "row"),
        summary.added,
        summary.merged,
        summary.unchanged,
        summary.rejected,
        summary.newly_suppressed
    ));
    if let Some(path) = rejects {
        context.ui.hint(&format!(
            "The rejected rows are in {}. Correct them there and import that file.",
            path.display()
        ));
    }
    Ok(())
}

async fn export(ui: &Ui, store: &Store) -> Result<(), Failure> {
    let count = match write_export(ui, store).await {
        // A reader that stops early, such as `head`, has what it wanted.
        Err(_) if ui.reader_is_gone() => return Ok(()),
        written => written?,
    };
    ui.status(&format!("exported {count} subscribers"));
    Ok(())
}

async fn write_export(ui: &Ui, store: &Store) -> Result<u64, Failure> {
    let unwritten = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Ui::output_failure(&error),
        _ => Failure::new(Exit::Internal, "cannot write a row of the export"),
    };
    let mut rows = csv::Writer::from_writer(ui.data_writer());
    rows.write_record(ListedSubscriber::EXPORT_HEADER).map_err(unwritten)?;
    let count =
        store.export(|row| rows.write_record(row.export_cells()).map_err(unwritten)).await?;
    rows.flush().map_err(|error| Ui::output_failure(&error))?;
    Ok(count)
}

async fn add(
    context: &Context,
    store: &Store,
    address: EmailAddress,
    arguments: &AddArguments,
) -> Result<(), Failure> {
    let entry = ListEntry {
        address: address.clone(),
        first_name: arguments.first_name.clone(),
        last_name: arguments.last_name.clone(),
        fields: Default::default(),
        standing: EntryStanding { status: SubscriptionStatus::Subscribed, suppressed: None },
    };
    let summary = store.add(entry, "added by hand", context.clock.now()).await?;
    let row = store.find(&address).await?;
    let status = row.as_ref().map_or("unknown", |row| row.subscriber.status.as_str());
    if row.as_ref().is_some_and(|row| row.suppressed.is_some()) {
        context.ui.warning("the email address is suppressed, so it will not be mailed");
    }
    match (summary.added, status) {
        (1.., _) => context.ui.status("added"),
        (_, "unsubscribed") => {
            context.ui.warning(
                "this subscriber unsubscribed, and `add` does not subscribe anybody again",
            );
        }
        _ => context.ui.status("already on the list"),
    }
    Ok(())
}

async fn stats(context: &Context, store: &Store) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct StatsReport {
        #[serde(flatten)]
        stats: ListStats,
        /// Subscribed, and not suppressed.
        mailable: u64,
    }
    let mailable = store.plan_audience().await?.included;
    let report = StatsReport { stats: store.stats().await?, mailable };
    if context.format == OutputFormat::Json {
        return context.ui.data_json(&report);
    }
    let (ui, stats) = (&context.ui, &report.stats);
    ui.data_line(&format!("{:>9}  on the list", stats.total))?;
    ui.data_line(&format!("{mailable:>9}  would get a mail now"))?;
    for (status, number) in &stats.by_status {
        ui.data_line(&format!("{number:>9}  {status}"))?;
    }
    for (reason, number) in &stats.suppressed {
        ui.data_line(&format!("{number:>9}  suppressed: {reason}"))?;
    }
    for (domain, number) in &stats.domains {
        ui.data_line(&format!("{number:>9}  at {domain}"))?;
    }
    Ok(())
}

impl AddressArgument {
    /// Reads all addresses or none: if the third line is wrong, nothing happens to the first two.
    fn read(&self) -> Result<Vec<EmailAddress>, Failure> {
        if self.address != "-" {
            let parsed = EmailAddress::parse(&self.address).map(|address| vec![address]);
            return parsed.map_err(|error| {
                Failure::from_error(Exit::Usage, "cannot use the email address", &error)
            });
        }
        let lines = read_lines()?;
        lines.iter().map(|(number, line)| parse_line(*number, line)).collect()
    }
}

/// The lines of standard input that are not empty, with their numbers.
fn read_lines() -> Result<Vec<(usize, String)>, Failure> {
    let text = std::io::read_to_string(std::io::stdin()).map_err(|error| {
        Failure::from_error(Exit::InputUnreadable, "cannot read the email addresses", &error)
    })?;
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    match lines.map(|(number, line)| (number, line.to_owned())).collect::<Vec<_>>() {
        none if none.is_empty() => Err(Failure::new(Exit::Usage, "no email address was given")),
        lines => Ok(lines),
    }
}

fn parse_line(number: usize, text: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(text).map_err(|error| {
        let what = format!("nothing was done: line {number} is not an email address");
        Failure::from_error(Exit::Usage, what, &error)
    })
}
