//! The one place where a recipient's copy is made and handed to a connection.

use super::{Attempt, Connection, DoubtMark, Envelope};
use crate::campaign::{CopyRecipient, MessageForm, UnsubscribePages};
use crate::domain::EmailAddress;

/// Everything that goes into each recipient's message and envelope.
pub struct Mailer {
    /// The compiled message.
    pub form: MessageForm,
    /// The pages to which the unsubscribe links lead.
    pub pages: UnsubscribePages,
    /// The envelope sender, to which bounces go.
    pub sender: EmailAddress,
}

impl Mailer {
    /// Signs the recipient's unsubscribe link, writes their copy over what
    /// `message` held, and hands it to the connection.
    pub async fn deliver<C: Connection>(
        &self,
        connection: &mut C,
        to: &CopyRecipient<'_>,
        message: &mut Vec<u8>,
        doubt: &DoubtMark,
    ) -> Attempt {
        let link = self.pages.link(&self.form.unsubscribe_token(to.subscriber));
        let message_id = self.form.splice(to, &link, message);
        let envelope =
            Envelope { sender: &self.sender, recipient: to.address, message_id: &message_id };
        connection.deliver(&envelope, message, doubt).await
    }
}
