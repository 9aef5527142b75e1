use super::*;
use crate::campaign::FixedHeaders;
use crate::domain::{CampaignKey, HeaderText, Mailbox, Slug};
use crate::render::{Attachment, Image, ImageContent, ImageFormat, Rendered};

fn campaign(subject: &str, text: &str) -> Campaign {
    campaign_with(subject, text, Vec::new())
}

fn campaign_with(subject: &str, text: &str, images: Vec<Image>) -> Campaign {
    let slug = |text| Slug::parse(text).unwrap();
    let key = CampaignKey { newsletter: slug("weekly"), issue: slug("1") };
    let hole = |context| Piece::Hole { slot: Slot::UnsubscribeUrl, context };
    let rendered = Rendered {
        subject: HeaderText::parse(subject).unwrap(),
        sections: Vec::new(),
        web_url: None,
        preheader: String::new(),
        html: Template {
            pieces: vec![
                Piece::Literal("<p>Grüße 🦀</p>\n<a href=\"".into()),
                hole(EscapeContext::HtmlAttribute),
                Piece::Literal("\">leave</a>\n".into()),
            ],
        },
        text: Template {
            pieces: vec![
                Piece::Literal(text.into()),
                hole(EscapeContext::PlainText),
                Piece::Literal("\n".into()),
            ],
        },
        images,
    };
    let headers = FixedHeaders {
        from: Mailbox::parse("Die Wöchentliche, \"echt\" <news@example.org>").unwrap(),
        reply_to: Some(Mailbox::parse("editors@example.org").unwrap()),
        list_id: HeaderText::parse("weekly.example.org").unwrap(),
        language: "de".into(),
    };
    Campaign::freeze(key, &rendered, &headers)
}

fn message(campaign: &Campaign, purpose: MessagePurpose, at: i64, id: i64) -> String {
    let date = Timestamp::from_second(at).unwrap();
    let form = MessageForm::compile(campaign, purpose, date).unwrap();
    let to = EmailAddress::parse("reader@example.org").unwrap();
    let url = format!("https://example.org/unsubscribe/{}", "x".repeat(100));
    let mut out = b"left over".to_vec();
    let subscriber = SubscriberId(id);
    let to = CopyRecipient { subscriber, address: &to, first_name: "", last_name: "" };
    assert_eq!(form.splice(&to, &url, &mut out), form.message_id(subscriber));
    assert!(out.is_ascii());
    String::from_utf8(out).unwrap()
}

#[test]
fn a_parser_reads_back_what_was_written() {
    let subject = "Ausgabe 664: äöü 🦀 und ein langer Betreff, der umgebrochen werden muss, weil er so lang ist";
    let campaign = campaign(subject, "Hallo\n.\nFrom hier an = alles\n\n");
    let raw = message(&campaign, MessagePurpose::Campaign, 0, 7);
    let parsed = mail_parser::MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some(subject));
    let from = parsed.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Die Wöchentliche, \"echt\""));
    assert_eq!(from.address(), Some("news@example.org"));
    assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("reader@example.org"));
    let url = format!("https://example.org/unsubscribe/{}", "x".repeat(100));
    assert_eq!(
        parsed.body_text(0).unwrap(),
        format!("Hallo\r\n.\r\nFrom hier an = alles\r\n\r\n{url}\r\n\r\n")
            .trim_end_matches("\r\n")
            .to_owned()
            + "\r\n"
    );
    assert!(parsed.body_html(0).unwrap().contains(&format!("<a href=\"{url}\">leave</a>")));
    assert!(raw.contains(&format!("List-Unsubscribe: <{url}>\r\n")));
    assert!(raw.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(raw.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
    assert!(raw.lines().all(|line| line.len() <= 998));
    assert!(!raw.replace("\r\n", "").contains(['\r', '\n']));
}

fn image(name: &str, bytes: &[u8]) -> Image {
    let content_id = format!("{}@image", &Digest::new(bytes).to_string()[..32]);
    let source = format!("cid:{content_id}");
    let name = name.to_owned();
    let file = Attachment { content_id, format: ImageFormat::Png, name, bytes: bytes.into() };
    Image { source, content: ImageContent::Attached(file) }
}

#[test]
fn images_stand_beside_the_html_that_shows_them() {
    use mail_parser::MimeHeaders;
    let all: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    let images = vec![image("größe.png", &all), image("b.png", b"")];
    let campaign = campaign_with("Subject", "text\n", images.clone());
    let raw = message(&campaign, MessagePurpose::Campaign, 0, 7);
    let parsed = mail_parser::MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(parsed.text_body_count(), 1);
    assert_eq!(parsed.html_body_count(), 1);
    assert!(parsed.body_html(0).unwrap().contains("leave</a>"));
    let files: Vec<_> = parsed.attachments().collect();
    assert_eq!(files.len(), 2);
    assert_eq!(files[0].contents(), all);
    assert_eq!(files[0].attachment_name(), Some("größe.png"));
    let id = images[0].source.strip_prefix("cid:");
    assert_eq!(files[0].content_id(), id);
    assert_eq!((files[1].contents(), files[1].attachment_name()), (&b""[..], Some("b.png")));
    let structure: Vec<_> = raw.lines().filter(|line| line.starts_with("Content-Type: ")).collect();
    assert!(structure[0].starts_with("Content-Type: multipart/alternative;"));
    assert!(structure[1].starts_with("Content-Type: text/plain;"));
    assert!(structure[2].starts_with("Content-Type: multipart/related; type=\"text/html\";"));
    assert!(structure[3].starts_with("Content-Type: text/html;"));
    assert_eq!(structure[4..], ["Content-Type: image/png"; 2]);
    assert!(raw.lines().all(|line| line.len() <= 998 && !line.starts_with('.')));
    assert!(!raw.replace("\r\n", "").contains(['\r', '\n']));
    let proof = message(&campaign, MessagePurpose::Proof { attempt: 1 }, 60, 7);
    let body = |raw: &str| raw.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&raw), body(&proof));
}

#[test]
fn a_thawed_campaign_has_a_message_once_its_images_are_back() {
    let (one, two) = (vec![1; 100], vec![2; 100]);
    let images = vec![image("1.png", &one), image("2.png", &two)];
    let frozen = campaign_with("Subject", "text\n", images);
    assert_ne!(frozen.digest(), campaign("Subject", "text\n").digest());
    let thaw = || {
        let stored = frozen.canonical().to_owned();
        Campaign::thaw(frozen.key().clone(), stored, frozen.digest()).unwrap()
    };
    let compiled = MessageForm::compile(&thaw(), MessagePurpose::Campaign, Timestamp::UNIX_EPOCH);
    assert_eq!(compiled.unwrap_err(), MessageError::NoContents);
    let whole = thaw().with_contents(vec![two.clone(), one.clone()]).unwrap();
    assert_eq!(whole, frozen);
    for stored in [vec![], vec![one.clone()], vec![one, vec![3; 100]]] {
        let error = thaw().with_contents(stored).unwrap_err().to_string();
        assert!(
            error.contains("2.png is missing") || error.contains("1.png is missing"),
            "{error}"
        );
    }
}

/// What stores hold that are older than images in the mail.
#[test]
fn a_campaign_without_images_has_the_canonical_form_that_it_always_had() {
    let campaign = campaign("Subject", "text\n");
    assert!(campaign.canonical().starts_with("{\"form\":1,\"from\":"));
    assert!(!campaign.canonical().contains("attachments"));
    let digest = "a956b2a971dd20d9ad10232d9fa5211936144f6efd0296c2d3ee14753b5e5f51";
    assert_eq!(campaign.digest().to_string(), digest);
    let stored = campaign.canonical().to_owned();
    let thawed = Campaign::thaw(campaign.key().clone(), stored, campaign.digest()).unwrap();
    assert_eq!(thawed, campaign);
    assert!(MessageForm::compile(&thawed, MessagePurpose::Campaign, Timestamp::UNIX_EPOCH).is_ok());
}

#[test]
fn no_header_has_a_line_that_servers_cut() {
    let long = "x".repeat(1500);
    let raw = message(&campaign(&long, "text\n"), MessagePurpose::Campaign, 0, 7);
    assert!(raw.lines().all(|line| line.len() <= 998), "{raw}");
    let mut campaign = campaign("Subject", "text\n");
    campaign.manifest_mut().language = long;
    let refused = MessageForm::compile(&campaign, MessagePurpose::Campaign, Timestamp::UNIX_EPOCH);
    let expected = MessageError::LongHeader { header: "Content-Language".into(), bytes: 1518 };
    assert_eq!(refused.unwrap_err(), expected);
}

#[test]
fn a_proof_differs_in_its_headers_alone() {
    let campaign = campaign("Subject", "text\n");
    let sent = message(&campaign, MessagePurpose::Campaign, 0, 7);
    let proof = message(&campaign, MessagePurpose::Proof { attempt: 1 }, 60, 7);
    let body = |raw: &str| raw.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&sent), body(&proof));
    assert!(proof.contains(&format!("X-Postrider-Proof: {}\r\n", campaign.digest())));
    assert!(!sent.contains("X-Postrider-Proof"));
    let id = |raw: &str| raw.lines().find(|l| l.starts_with("Message-ID")).unwrap().to_owned();
    assert_ne!(id(&sent), id(&proof));
    assert_eq!(id(&sent), id(&message(&campaign, MessagePurpose::Campaign, 99, 7)));
    assert_ne!(id(&sent), id(&message(&campaign, MessagePurpose::Campaign, 0, 8)));
}
