//! `assets_url`, `[images]` and the logo of `[theme]`: how images reach the reader.

use std::path::{Path, PathBuf};

use url::Url;

use super::Root;
use super::keys;
use super::settings::Settings;
use super::values::{self, Wrong};
use super::web_url::assets_url;
use crate::render::{ImageMode, Logo};

#[derive(Debug, Clone)]
pub(crate) struct ImageSettings {
    pub(crate) mode: ImageMode,
    /// The folder that [`assets_url`](Self::assets_url) publishes, absolute.
    pub(crate) path: PathBuf,
    pub(crate) assets_url: Option<Url>,
    pub(crate) logo: Option<Logo>,
}

/// Every value is read before the first `?`, so that all problems are found.
pub(super) fn read(
    settings: &mut Settings,
    root: &Root,
    issues: Option<&Path>,
    newsletter: Option<&str>,
) -> Option<ImageSettings> {
    let assets_url = settings.optional(&keys::NEWSLETTER_ASSETS_URL, assets_url);
    let modes = [("link", ImageMode::Link), ("embed", ImageMode::Embed)];
    let mode = settings.value(&keys::IMAGES_MODE, |text| values::one_of(text, &modes));
    let path = settings.optional(&keys::IMAGES_PATH, values::path).map(|path| root.join(path));
    let logo = logo(settings, newsletter.unwrap_or_default());
    let path = path.or(issues.map(Path::to_owned));
    Some(ImageSettings { mode: mode?, path: path?, assets_url, logo })
}

/// The logo alone: what else `[theme]` holds is read elsewhere.
fn logo(settings: &mut Settings, newsletter: &str) -> Option<Logo> {
    let source = settings.optional(&keys::THEME_LOGO, image);
    let alternative =
        settings.computed(&keys::THEME_LOGO_ALT, newsletter, |text| Ok(text.to_owned()));
    let width = settings.optional_integer(&keys::THEME_LOGO_WIDTH);
    let source = source?;
    if source.starts_with("https:") && width.is_none() {
        let problem = "is a remote image, so its width is unknown";
        settings
            .refuse(&keys::THEME_LOGO, &Wrong::new(problem, "Add `logo_width = …`, in pixels."));
    }
    Some(Logo { source, alternative: alternative?, width })
}

/// A path, or an https URL.
fn image(text: &str) -> Result<String, Wrong> {
    if !text.contains("://") {
        return values::path(text).map(|_| text.to_owned());
    }
    match super::web_url::web_url(text)?.scheme() {
        "https" => Ok(text.to_owned()),
        _ => Err(Wrong::new("is not https", "Mail programs fetch images over https alone.")),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Environment, FILE_NAME, Root};
    use crate::render::ImageMode;
    use crate::source::SourceText;

    const MINIMAL: &str = "[newsletter]\nname = \"News\"\nslug = \"news\"\n\
        from = \"news@example.org\"\npostal_address = \"1 Example Road\"\n";

    fn resolved(text: &str) -> Result<super::ImageSettings, String> {
        let environment = Environment::for_test("/news", []);
        let root = Root::at("/news".as_ref(), &environment);
        let text = format!("{MINIMAL}{text}");
        let source = SourceText::new(FILE_NAME, text.as_bytes()).unwrap();
        match Config::resolve(&root, &source, &environment, None) {
            Ok(config) => Ok(config.images),
            Err(super::super::ConfigError::Wrong { findings, .. }) => {
                Err(findings.into_iter().map(|f| f.message).collect::<Vec<_>>().join("; "))
            }
            Err(other) => Err(other.to_string()),
        }
    }

    #[test]
    fn images_are_linked_and_lie_with_the_issues_unless_somebody_says_otherwise() {
        let usual = resolved("").unwrap();
        assert_eq!((usual.mode, usual.path.to_str().unwrap()), (ImageMode::Link, "/news/issues"));
        assert!(usual.assets_url.is_none() && usual.logo.is_none());
        let set = "assets_url = \"https://example.org/a/\"\n[images]\nmode = \"embed\"\n\
                   path = \"static\"\n[theme]\nlogo = \"art/logo@2x.png\"\nlogo_width = 120\n";
        let set = resolved(set).unwrap();
        assert_eq!((set.mode, set.path.to_str().unwrap()), (ImageMode::Embed, "/news/static"));
        let logo = set.logo.unwrap();
        assert_eq!((&*logo.alternative, logo.width), ("News", Some(120)));
    }

    #[test]
    fn what_makes_no_image_is_refused() {
        for (text, problem) in [
            ("[images]\nmode = \"inline\"\n", "`images.mode` is none of the choices"),
            (
                "assets_url = \"https://example.org/a\"\n",
                "`newsletter.assets_url` does not end in `/`",
            ),
            ("[theme]\nlogo = \"http://example.org/a.png\"\n", "`theme.logo` is not https"),
            (
                "[theme]\nlogo = \"https://example.org/a.png\"\n",
                "`theme.logo` is a remote image, so its width is unknown",
            ),
            ("[theme]\nlogo_width = 601\n", "`theme.logo_width` is out of range"),
        ] {
            assert_eq!(resolved(text).unwrap_err(), problem, "{text}");
        }
    }
}
