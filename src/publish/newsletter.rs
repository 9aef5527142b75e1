//! A newsletter: its configuration, its theme, and its issues, rendered and checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::campaign::{Campaign, FixedHeaders, Provenance};
use crate::check;
use crate::config::image_files::ImageFiles;
use crate::config::{self, Config, Root, theme_files};
use crate::domain::{CampaignKey, Digest, HeaderText, Timestamp};
use crate::error::{Exit, Failure};
use crate::host::{Context, git_commit};
use crate::issue::{Issue, RefusedIssue, date_in_name, issue_name};
use crate::render::{self, Illustration, Letterhead, Measures, Rendered};
use crate::source::{Finding, Findings, Place, Rule, Severity, SourceText, rules};
use crate::store::LedgerRows;
use crate::theme::{self, Theme};
use crate::ui::local_time;

use super::issue_file::{issue_path, read_issue_source, relative_to};
use super::route::Route;

/// A newsletter's configuration and theme.
pub(crate) struct Newsletter {
    pub(crate) config: Config,
    pub(crate) theme: Theme,
}

/// An issue, rendered and checked.
pub(crate) struct ReadyIssue {
    pub(crate) campaign: Campaign,
    pub(crate) rendered: Rendered,
    pub(crate) measures: Measures,
    pub(crate) findings: Vec<Finding>,
    pub(crate) provenance: Provenance,
    /// Where the images were found, so that `preview` can copy them.
    pub(crate) image_files: ImageFiles,
    /// The front matter says `draft: true`.
    pub(crate) draft: bool,
    /// The campaign whose place it takes, of which nobody has anything.
    pub(crate) instead_of: Option<LedgerRows>,
}

/// What `check` says of one issue file.
pub(crate) enum CheckedIssue {
    Ready(Box<ReadyIssue>),
    /// It could not be sent whatever its text were.
    Refused(Vec<Finding>),
}

impl Newsletter {
    /// Reads the configuration and the theme. `via` is the value of `--via`.
    pub(crate) fn open(context: &Context, via: Option<&str>) -> Result<Self, Failure> {
        let root = Root::find(context.root.as_deref(), &context.environment)?;
        let config = Config::load(&root, &context.environment, via)?;
        let theme = read_theme(&root, &config)?;
        Ok(Self { config, theme })
    }

    /// As [`Self::open`], for a command that sends. If the theme is faulty, or
    /// `lacks` finds that the configuration lacks something, the error also says
    /// what else would keep the command from sending: a secret that is missing, a
    /// file that cannot be read.
    pub(crate) fn open_for_sending(
        context: &Context,
        via: Option<&str>,
        lacks: impl FnOnce(&Config) -> Option<Failure>,
    ) -> Result<Self, Failure> {
        let root = Root::find(context.root.as_deref(), &context.environment)?;
        let config = Config::load(&root, &context.environment, via)?;
        let no_route = || Route::from_config(context, &config.delivery.via).err();
        match (read_theme(&root, &config), lacks(&config)) {
            (Ok(theme), None) => Ok(Self { config, theme }),
            (Ok(_), Some(lack)) => Err(Failure::joined(lack, no_route())),
            (Err(fault), lack) => Err(Failure::joined(fault, lack.into_iter().chain(no_route()))),
        }
    }

    /// Reads, renders and checks one issue.
    pub(crate) fn prepare(&self, path: &Path) -> Result<ReadyIssue, Failure> {
        let path = &self.issue_path(path);
        let source = read_issue_source(&self.config.root, path)?;
        let issue = self.parse(&source, path)?;
        self.ready(&source, &issue, path)
    }

    /// As [`Self::prepare`], but front matter that is refused does not end the
    /// check: the text is checked without the refused values.
    pub(crate) fn check(&self, path: &Path) -> Result<CheckedIssue, Failure> {
        let path = &self.issue_path(path);
        let source = read_issue_source(&self.config.root, path)?;
        let (issue, mut refusals) = match self.read(&source, path) {
            Ok(issue) => {
                return self.ready(&source, &issue, path).map(Box::new).map(CheckedIssue::Ready);
            }
            Err(RefusedIssue { findings, without_refused: None }) => {
                return Ok(CheckedIssue::Refused(findings));
            }
            Err(RefusedIssue { findings, without_refused: Some(issue) }) => (issue, findings),
        };
        match self.ready(&source, &issue, path) {
            Ok(ready) => {
                let of_the_text = ready.findings.into_iter();
                refusals.extend(of_the_text.filter(|finding| !RefusedIssue::may_explain(finding)));
                Finding::sort(&mut refusals);
            }
            Err(fault) => refusals.extend(fault.findings().iter().cloned()),
        }
        Ok(CheckedIssue::Refused(refusals))
    }

    /// Renders and checks an issue.
    fn ready(
        &self,
        source: &SourceText,
        issue: &Issue<'_>,
        path: &Path,
    ) -> Result<ReadyIssue, Failure> {
        let (letterhead, no_permalink) = self.letterhead(issue);
        let images = &self.config.images;
        let image_files = ImageFiles::new(&self.config.root, path, &images.path);
        let illustration = Illustration {
            files: &image_files,
            mode: images.mode,
            assets_url: images.assets_url.as_ref(),
            logo: images.logo.as_ref(),
        };
        let rendered = render::render(issue, &self.theme, &letterhead, &illustration);
        let (rendered, findings) = rendered.map_err(|fault| {
            let what = format!("cannot render {}", path.display());
            Failure::new(Exit::InputUnreadable, what).with_findings(vec![*fault])
        })?;
        let measures = Measures::from_rendered(&rendered);
        let mut checked = Findings::about(source);
        check::issue_among(issue, &|target| self.has_page(path, target), &mut checked);
        check::mail(&rendered, &measures, &self.limits(), &mut checked);
        let mut checked = checked.into_sorted();
        let mut findings = without_repetitions(findings, &mut checked);
        findings.extend(checked);
        findings.extend(no_permalink.map(|finding| finding.in_file(source.name())));
        findings.extend(self.theme.findings());
        Finding::sort(&mut findings);
        let settings = self.config.root.shown();
        let findings = findings.into_iter().map(|finding| finding.in_file(settings)).collect();
        let key = CampaignKey {
            newsletter: self.config.newsletter.slug.clone(),
            issue: issue.slug.clone(),
        };
        let provenance = Provenance {
            source_file: self.relative(path),
            source_hash: Digest::new(source.text().as_bytes()).to_string(),
            theme_hash: self.theme.hash.to_string(),
            number: issue.number.as_ref().map(|number| number.value),
            git_commit: git_commit(self.config.root.folder()),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            allowed: Vec::new(),
        };
        let headers = self.fixed_headers(&letterhead);
        let campaign = Campaign::freeze(key, &rendered, &headers);
        let draft = issue.draft;
        Ok(ReadyIssue {
            campaign,
            rendered,
            measures,
            findings,
            provenance,
            image_files,
            draft,
            instead_of: None,
        })
    }

    /// Whether a relative target in an issue leads to a file, or to the page that a
    /// site makes of a file.
    fn has_page(&self, issue: &Path, target: &str) -> bool {
        let name = target.split(['?', '#']).next().unwrap_or_default();
        let is_there = |folder: &Path| {
            ["", ".md", ".markdown", ".mdx", ".html"]
                .iter()
                .any(|extension| folder.join(format!("{name}{extension}")).exists())
        };
        !name.is_empty()
            && (issue.parent().is_some_and(is_there) || is_there(self.config.root.folder()))
    }

    /// Reads one issue's front matter and Markdown.
    pub(crate) fn parse<'s>(
        &self,
        source: &'s SourceText,
        path: &Path,
    ) -> Result<Issue<'s>, Failure> {
        self.read(source, path).map_err(|refusal| {
            let what = format!("{} is not an issue", source.name());
            Failure::new(Exit::InputUnreadable, what).with_findings(refusal.findings)
        })
    }

    fn read<'s>(&self, source: &'s SourceText, path: &Path) -> Result<Issue<'s>, RefusedIssue<'s>> {
        let issue = Issue::parse(source, &issue_name(path))?.or_dated(date_in_name(path));
        Ok(issue.dated_in(&self.config.newsletter.time_zone))
    }

    /// A time as the people of this newsletter read it.
    pub(crate) fn local_time(&self, at: Timestamp) -> String {
        local_time(at, &self.config.newsletter.time_zone)
    }

    /// How large a mail of this newsletter may be.
    fn limits(&self) -> check::Limits {
        let config::Budget { warn, refuse } = self.config.budget;
        // Our campaigns ask a provider to count no clicks, but an account may insist on it.
        let links = if self.config.delivery.via.kind().is_provider() {
            check::Links::Rewritten
        } else {
            check::Links::Kept
        };
        check::Limits { warn: warn as usize, refuse: refuse as usize, links }
    }

    /// Where an issue file is: as named from here, or else from the newsletter's folder.
    pub(crate) fn issue_path(&self, named: &Path) -> PathBuf {
        issue_path(&self.config.root, named)
    }

    /// What the newsletter adds to an issue, and a finding if the issue lacks a
    /// field of the permalink.
    fn letterhead(&self, issue: &Issue<'_>) -> (Letterhead, Option<Finding>) {
        let newsletter = &self.config.newsletter;
        let language = issue.language.as_ref().map(|language| language.value.clone());
        let direction = match &language {
            Some(language) => language.direction(),
            None => newsletter.direction,
        };
        let number = issue.number.as_ref().map(|number| number.value);
        let date = issue.date.as_ref().map(|date| date.value);
        let permalink =
            newsletter.web_url.as_ref().map(|pattern| pattern.fill(&issue.slug, number, date));
        let (web_url, no_permalink) = match permalink.transpose() {
            Ok(web_url) => (web_url, None),
            Err(error) => (None, Some(no_permalink(&error.to_string()))),
        };
        let letterhead = Letterhead {
            name: newsletter.name.clone(),
            postal_address: newsletter.postal_address.clone(),
            language: language.unwrap_or_else(|| newsletter.language.clone()),
            direction,
            web_url,
            home_url: newsletter.home_url.as_ref().map(ToString::to_string),
        };
        (letterhead, no_permalink)
    }

    fn fixed_headers(&self, letterhead: &Letterhead) -> FixedHeaders {
        let newsletter = &self.config.newsletter;
        FixedHeaders {
            from: newsletter.from.clone(),
            reply_to: newsletter.reply_to.clone(),
            list_id: newsletter.list_id.clone(),
            language: letterhead.language.to_string(),
        }
    }

    /// A file as provenance names it: see [`relative_to`].
    pub(crate) fn relative(&self, path: &Path) -> String {
        relative_to(&self.config.root, path)
    }
}

impl ReadyIssue {
    /// The errors of rules that are not in `allowed`: they keep the issue from being sent.
    pub(crate) fn errors(&self, allowed: &[String]) -> Vec<Finding> {
        let prevents = |finding: &&Finding| {
            finding.severity == Severity::Error
                && !allowed.iter().any(|rule| rule == finding.rule.0)
        };
        self.findings.iter().filter(prevents).cloned().collect()
    }

    /// The subject line.
    pub(crate) fn subject(&self) -> &HeaderText {
        &self.rendered.subject
    }
}

fn read_theme(root: &Root, config: &Config) -> Result<Theme, Failure> {
    let name = config.newsletter.theme.as_str();
    let files =
        theme_files::load(root, &config.newsletter.theme, |name| theme::embedded(name.as_str()))?;
    let theme = Theme::from_files(name, &files).map_err(|fault| {
        Failure::new(Exit::InputUnreadable, format!("cannot use the theme `{name}`"))
            .with_findings(vec![*fault])
    })?;
    customised(theme, config)
}

fn no_permalink(why: &str) -> Finding {
    Finding::new(
        rules::WEB_URL,
        None,
        format!("the mail has no link to its page on the web: {why}"),
        "Add it to the front matter, or take it out of `[newsletter] web_url`.",
    )
}

/// Removes the places at which a target leads nowhere where another finding says
/// what is wrong with the same target. That one is then as grave.
fn without_repetitions(rendered: Vec<Finding>, checked: &mut [Finding]) -> Vec<Finding> {
    let is_of =
        |finding: &Finding, rules: &[Rule]| rules.iter().any(|rule| rule.id == finding.rule);
    let positions =
        |finding: &Finding| finding.listed_places().map(Place::position).collect::<Vec<_>>();
    let leads_nowhere = |finding: &Finding| {
        finding.place.is_some() && is_of(finding, &[rules::RELATIVE_TARGET, rules::MISSING_IMAGE])
    };
    let unresolved: BTreeSet<_> =
        rendered.iter().filter(|finding| leads_nowhere(finding)).flat_map(positions).collect();
    let mut reported = BTreeSet::new();
    for finding in checked {
        if is_of(finding, &[rules::PLACEHOLDER, rules::MALFORMED_LINK, rules::EMPTY_LINK]) {
            let positions = positions(finding);
            if positions.iter().any(|position| unresolved.contains(position)) {
                finding.severity = Severity::Error;
            }
            reported.extend(positions);
        }
    }
    let left = rendered.into_iter().filter_map(|finding| {
        if leads_nowhere(&finding) {
            finding.without(|place| reported.contains(&place.position()))
        } else {
            Some(finding)
        }
    });
    left.collect()
}

/// The theme with the values that `[theme]` in postrider.toml sets.
pub(crate) fn customised(theme: Theme, config: &Config) -> Result<Theme, Failure> {
    let shown = config.root.shown();
    let what = format!("the theme `{}` cannot be set up as {shown} says", theme.name);
    theme
        .with(&config.theme)
        .map_err(|findings| Failure::new(Exit::Usage, what).with_findings(findings))
}
