//! An image as a part of a message. The html shows it through its `Content-ID`
//! (RFC 2392), and its file name is safe.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::ManifestAttachment;

/// The bytes that make one line of 76 characters (RFC 2045 section 6.8).
const BYTES_OF_A_LINE: usize = 57;

/// The longest file name, in characters. Encoded, it is far shorter than a
/// header line may be.
const MAX_NAME: usize = 40;

/// Appends the whole part, with the boundary before it. ASCII only.
pub(super) fn write(
    boundary: &str,
    attachment: &ManifestAttachment,
    bytes: &[u8],
    out: &mut Vec<u8>,
) {
    out.reserve(bytes.len() / 3 * 4 + bytes.len() / 28 + 512);
    let ManifestAttachment { content_id, media_type, name, .. } = attachment;
    let head = format!(
        "--{boundary}\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n\
         Content-ID: <{content_id}>\r\nContent-Disposition: inline; {}\r\n\r\n",
        file_name(name)
    );
    out.extend_from_slice(head.as_bytes());
    let mut line = String::with_capacity(76);
    for part in bytes.chunks(BYTES_OF_A_LINE) {
        line.clear();
        STANDARD.encode_string(part, &mut line);
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// The parameter `filename` (RFC 2183 section 2.3), and for other names than
/// plain ASCII `filename*` (RFC 2231 section 4).
fn file_name(name: &str) -> String {
    let name = shortened(name);
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+' | ' ');
    if name.chars().all(is_plain) {
        return format!("filename=\"{name}\"");
    }
    let mut out = "filename*=utf-8''".to_owned();
    for byte in name.bytes() {
        // A part of what RFC 2231 calls attribute-char.
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A name without control characters. Of a name that is too long, the end is
/// kept, because it has the extension.
fn shortened(name: &str) -> String {
    let name: Vec<char> = name.chars().filter(|c| !c.is_control()).collect();
    name[name.len().saturating_sub(MAX_NAME)..].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_a_header() {
        let cases = [
            ("chart@2x.png", "filename=\"chart@2x.png\""),
            ("a\"; x=\"b.png", "filename*=utf-8''a%22%3B%20x%3D%22b.png"),
            ("a\r\nBcc: b.png", "filename*=utf-8''aBcc%3A%20b.png"),
            ("größe.png", "filename*=utf-8''gr%C3%B6%C3%9Fe.png"),
            ("", "filename=\"\""),
        ];
        for (name, expected) in cases {
            assert_eq!(file_name(name), expected);
        }
        let long = file_name(&format!("{}.png", "漢".repeat(500)));
        assert!(long.len() < 400 && long.ends_with(".png"), "{long}");
    }

    #[test]
    fn lines_have_76_characters_and_decode_to_the_same_bytes() {
        let attachment = ManifestAttachment {
            content_id: "0@image".into(),
            media_type: "image/png".into(),
            name: "a.png".into(),
            size: 0,
            sha256: String::new(),
        };
        for length in [0, 1, 56, 57, 58, 114, 1000] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let mut out = Vec::new();
            write("=_b", &attachment, &bytes, &mut out);
            let text = String::from_utf8(out).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(
                head.starts_with("--=_b\r\n") && head.contains("\r\nContent-ID: <0@image>\r\n")
            );
            assert!(body.lines().all(|line| line.len() <= 76));
            assert_eq!(body.len(), crate::render::base64_length(length));
            assert_eq!(STANDARD.decode(body.replace("\r\n", "")).unwrap(), bytes);
        }
    }
}
