//! `postrider theme`: commands for the authors of themes.
//!
//! `check` reports what is wrong with a theme, `new` starts one, and `list`
//! shows those that exist. None of them opens the store or the network. Outside
//! a newsletter, they use the themes of the program, and `email-templates/` in
//! the current folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::check;
use crate::config::theme_files::{self, ThemeFiles, ThemeFilesError};
use crate::config::{Config, ConfigError, Root};
use crate::domain::{Direction, HeaderText, LanguageTag, Slug};
use crate::error::{Exit, Failure};
use crate::render::Letterhead;
use crate::source::rules::THEME_FAULT;
use crate::source::{Finding, Severity};
use crate::theme::{self, Theme};
use crate::ui::counted;

use super::new::write_new;
use crate::host::{Context, OutputFormat};
use crate::publish::newsletter::customised;

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Check a theme and its samples, and report findings with file, line and column
    Check(CheckArguments),
    /// Start a theme: a copy of one that the program has
    New(NewArguments),
    /// List the themes of the newsletter and of the program
    List,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// A theme, or its folder [default: the newsletter's theme]
    #[arg(value_name = "NAME|DIR")]
    theme: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// The name of the theme, which is written to email-templates/NAME
    #[arg(value_name = "NAME")]
    name: String,
    /// The theme to copy
    #[arg(long, default_value = "weekly", value_name = "THEME")]
    from: String,
}

pub(crate) fn run(context: &Context, action: &Action) -> Result<Exit, Failure> {
    match action {
        Action::Check(arguments) => check(context, arguments),
        Action::New(arguments) => new(context, arguments),
        Action::List => list(context),
    }
}

#[derive(Serialize)]
struct ThemeReport<'r> {
    theme: &'r str,
    samples: usize,
    errors: usize,
    warnings: usize,
    findings: &'r [Finding],
}

fn check(context: &Context, arguments: &CheckArguments) -> Result<Exit, Failure> {
    let newsletter = match newsletter(context)? {
        Some(root) => Some(Config::load(&root, &context.environment, None)?),
        None => None,
    };
    let own = newsletter.as_ref().map(|config| config.newsletter.theme.as_str());
    let (name, files) = named(context, arguments, newsletter.as_ref())?;
    let letterhead = sample_letterhead(newsletter.as_ref())?;
    let (samples, findings) = match Theme::from_files(name.as_str(), &files) {
        Ok(theme) => {
            // What a newsletter sets is meant for its own theme.
            let theme = match newsletter.as_ref().filter(|_| own == Some(name.as_str())) {
                Some(config) => customised(theme, config)?,
                None => theme,
            };
            (theme.samples.len(), check::theme::discover(&theme, &letterhead))
        }
        Err(fault) => (0, vec![*fault]),
    };
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let report = ThemeReport {
        theme: &name,
        samples,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        findings: &findings,
    };
    match context.format {
        OutputFormat::Human => context.ui.data_findings(&findings)?,
        OutputFormat::Json => context.ui.data_json(&report)?,
    }
    context.ui.status(&format!(
        "theme {name} and {} checked: {}, {}",
        counted(report.samples, "sample"),
        counted(report.errors, "error"),
        counted(report.warnings, "warning"),
    ));
    let is_unusable = |finding: &Finding| finding.rule == THEME_FAULT.id;
    Ok(match (findings.iter().any(is_unusable), report.errors) {
        (true, _) => Exit::InputUnreadable,
        (false, 0) => Exit::Done,
        (false, _) => Exit::ChecksRefused,
    })
}

/// The name and the files of the theme that the arguments name.
fn named(
    context: &Context,
    arguments: &CheckArguments,
    newsletter: Option<&Config>,
) -> Result<(String, ThemeFiles), Failure> {
    let slug = match &arguments.theme {
        None => newsletter.map(|config| config.newsletter.theme.clone()),
        Some(named) => named.to_str().and_then(|name| Slug::parse(name).ok()),
    };
    if let Some(slug) = slug {
        let loaded = theme_files::load(&root_or_here(context)?, &slug, embedded);
        let folder = context.environment.folder().join(slug.as_str());
        return match (loaded, &arguments.theme) {
            // If no theme has that name, it names a folder here.
            (Err(ThemeFilesError::Unknown { .. }), Some(_)) if folder.is_dir() => {
                in_folder(&folder)
            }
            (loaded, _) => Ok((slug.to_string(), loaded?)),
        };
    }
    match &arguments.theme {
        Some(folder) => in_folder(&context.environment.folder().join(folder)),
        None => Err(Failure::new(
            Exit::Usage,
            "cannot check the newsletter's theme: there is no newsletter here",
        )
        .hint("Name a theme or its folder, as in `postrider theme check weekly`.")),
    }
}

fn in_folder(folder: &Path) -> Result<(String, ThemeFiles), Failure> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, theme_files::load_folder(folder)?))
}

fn new(context: &Context, arguments: &NewArguments) -> Result<Exit, Failure> {
    let NewArguments { name, from } = arguments;
    let slug = Slug::parse(name).map_err(|error| {
        Failure::new(Exit::Usage, format!("a theme cannot be called `{name}`: {error}"))
    })?;
    let source = Slug::parse(from).ok().and_then(|from| embedded(&from)).ok_or_else(|| {
        let known: Vec<&str> = theme::embedded_names().collect();
        Failure::new(Exit::Usage, format!("the program has no theme `{from}` to copy"))
            .hint(format!("It has {}.", known.join(", ")))
    })?;
    let root = root_or_here(context)?;
    let folder = theme_files::folder_of(&root, &slug);
    if folder.symlink_metadata().is_ok() {
        let what = format!("cannot create {}: it exists already", folder.display());
        return Err(Failure::new(Exit::Usage, what).hint("Give the theme another name."));
    }
    for (path, text) in &source {
        let text = match path.as_str() {
            theme::DESCRIPTION => format!("{}{text}", what_to_change(name, from)),
            _ => text.clone(),
        };
        write_new(&folder.join(path), &text)?;
    }
    context.ui.status(&format!("created {} with {} files", folder.display(), source.len()));
    context.ui.hint(&format!(
        "Set `theme = \"{slug}\"` under [newsletter] in postrider.toml, and run `postrider theme check {slug}`."
    ));
    Ok(Exit::Done)
}

/// The comment at the head of a new theme's description.
fn what_to_change(name: &str, from: &str) -> String {
    let lines = [
        format!("# The theme `{name}`, begun as a copy of `{from}`. What to change:"),
        "#   the description, the colours, the fonts and the fields: here;".to_owned(),
        "#   the HTML part: layout.mjml.hbs and partials/; the text part: text.txt.hbs;".to_owned(),
        "#   the fixed words: strings/LANGUAGE.toml, English first;".to_owned(),
        "#   the issues that show it: samples/.".to_owned(),
        format!("# `postrider theme check {name}` reports its problems, line by line. For other"),
        "# colours, fonts or words alone you need no theme: [theme] in postrider.toml".to_owned(),
        "# sets those.".to_owned(),
    ];
    format!("{}\n\n", lines.join("\n"))
}

#[derive(Serialize)]
struct Listed {
    name: String,
    /// The folder, or `None` for one of the program.
    folder: Option<PathBuf>,
    /// Whether the newsletter uses it.
    used: bool,
    description: String,
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let used = match newsletter(context)? {
        Some(root) => Some(Config::load(&root, &context.environment, None)?.newsletter.theme),
        None => None,
    };
    let mut all = BTreeMap::new();
    for name in theme::embedded_names() {
        let files = theme::embedded(name).unwrap_or_default();
        all.insert(name.to_owned(), (None, described(name, &files)));
    }
    let root = root_or_here(context)?;
    for name in theme_files::names(&root)? {
        let description = match theme_files::load(&root, &name, embedded) {
            Ok(files) => described(name.as_str(), &files),
            Err(error) => format!("cannot be used: {error}"),
        };
        all.insert(name.to_string(), (Some(theme_files::folder_of(&root, &name)), description));
    }
    let listed = |(name, (folder, description)): (String, (Option<PathBuf>, String))| {
        let used = used.as_ref().is_some_and(|used| used.as_str() == name);
        Listed { name, folder, used, description }
    };
    let listed: Vec<Listed> = all.into_iter().map(listed).collect();
    match context.format {
        OutputFormat::Json => context.ui.data_json(&listed)?,
        OutputFormat::Human => {
            let width = listed.iter().map(|theme| theme.name.len()).max().unwrap_or_default();
            for theme in &listed {
                let place = match (&theme.folder, theme.used) {
                    (Some(_), true) => "folder, used",
                    (Some(_), false) => "folder",
                    (None, true) => "program, used",
                    (None, false) => "program",
                };
                let line = format!("{:width$}  {place:13}  {}", theme.name, theme.description);
                context.ui.data_line(&line)?;
            }
        }
    }
    Ok(Exit::Done)
}

fn described(name: &str, files: &BTreeMap<String, String>) -> String {
    match Theme::from_files(name, files) {
        Ok(theme) => theme.description.to_owned(),
        Err(fault) => format!("cannot be used: {}", fault.message),
    }
}

fn embedded(name: &Slug) -> Option<BTreeMap<String, String>> {
    theme::embedded(name.as_str())
}

/// The newsletter of `--root` or of the current folder, if there is one.
fn newsletter(context: &Context) -> Result<Option<Root>, Failure> {
    match Root::find(context.root.as_deref(), &context.environment) {
        Ok(root) => Ok(Some(root)),
        Err(ConfigError::NoRoot { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn root_or_here(context: &Context) -> Result<Root, Failure> {
    let here = || Root::at(context.environment.folder(), &context.environment);
    Ok(newsletter(context)?.unwrap_or_else(here))
}

/// What samples are rendered with: the newsletter's own words, or else those of
/// a newsletter that does not exist.
fn sample_letterhead(config: Option<&Config>) -> Result<Letterhead, Failure> {
    let name = HeaderText::parse("The Example Weekly")
        .map_err(|error| Failure::from_error(Exit::Internal, "cannot name the example", &error))?;
    let example = Letterhead {
        name,
        postal_address: "1 Example Street, 12345 Example".to_owned(),
        language: LanguageTag::english(),
        direction: Direction::LeftToRight,
        web_url: Some("https://example.org/issues/sample/".to_owned()),
        home_url: Some("https://example.org/".to_owned()),
    };
    let Some(Config { newsletter, .. }) = config else { return Ok(example) };
    Ok(Letterhead {
        name: newsletter.name.clone(),
        postal_address: newsletter.postal_address.clone(),
        language: newsletter.language.clone(),
        direction: newsletter.direction,
        ..example
    })
}
