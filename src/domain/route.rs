//! The routes to the readers, by name.

/// A route to the readers: what `[delivery] via` and `--via` name.
///
/// A route of one message per recipient is a *transport*; a route that takes a
/// whole campaign is a *provider*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteKind {
    /// A Maildir on this machine. No mail leaves it.
    Outbox,
    /// An SMTP server.
    Smtp,
    /// Mailchimp.
    Mailchimp,
}

impl RouteKind {
    /// Every route.
    pub const ALL: [Self; 3] = [Self::Outbox, Self::Smtp, Self::Mailchimp];

    /// The word for it in the configuration, the store and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Smtp => "smtp",
            Self::Mailchimp => "mailchimp",
        }
    }

    /// The route of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.as_str() == word)
    }

    /// Whether messages on this route reach people.
    pub const fn reaches_people(self) -> bool {
        match self {
            Self::Outbox => false,
            Self::Smtp | Self::Mailchimp => true,
        }
    }

    /// Whether a campaign on this route does not count as sent where `configured`
    /// is the route of the newsletter: it reached nobody, and that one reaches people.
    pub const fn is_trial_for(self, configured: Self) -> bool {
        !self.reaches_people() && configured.reaches_people()
    }

    /// Whether it takes a whole campaign, and keeps the list of subscribers.
    pub const fn is_provider(self) -> bool {
        match self {
            Self::Outbox | Self::Smtp => false,
            Self::Mailchimp => true,
        }
    }
}

impl std::fmt::Display for RouteKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
