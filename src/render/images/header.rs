//! What the first bytes of an image say about it.
//!
//! In: the bytes of a file. Out: its format, and for the formats that every
//! mail program shows, and for WebP, its size in pixels. Absent on purpose: decoding. A
//! decoder is much code that strangers' bytes reach; a header is enough to
//! know how wide an image is shown.

use super::{ImageFormat, Size};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// It may be in a mail.
    Shown(ImageFormat, Size),
    /// It begins like this format, and its size cannot be read.
    Damaged(ImageFormat),
    /// Some mail programs do not show it.
    Unfit(Unfit),
    /// It begins like no image.
    Unknown,
}

/// Formats that do not work in every mail program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    Svg,
    Webp,
    Avif,
    Tiff,
    Bmp,
    Icon,
}

impl Unfit {
    /// The name that people use, and the mail programs that do not show it.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        const MANY: &str = "Outlook on Windows and others do not show";
        match self {
            Self::Svg => ("SVG", "Gmail does not show"),
            Self::Webp => ("WebP", "Outlook on Windows does not show"),
            Self::Avif => ("AVIF or HEIF", MANY),
            Self::Tiff => ("TIFF", MANY),
            Self::Bmp => ("BMP", MANY),
            Self::Icon => ("an icon", MANY),
        }
    }
}

pub(super) fn read(bytes: &[u8]) -> Header {
    let size = |format, size: Option<Size>| match size {
        Some(size) if size.width > 0 && size.height > 0 => Header::Shown(format, size),
        _ => Header::Damaged(format),
    };
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => {
            size(ImageFormat::Png, png(bytes))
        }
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => size(ImageFormat::Gif, gif(bytes)),
        [0xFF, 0xD8, 0xFF, ..] => size(ImageFormat::Jpeg, jpeg(bytes)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            size(ImageFormat::Webp, webp(bytes))
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Header::Unfit(Unfit::Avif),
        [b'I', b'I', 0x2A, 0, ..] | [b'M', b'M', 0, 0x2A, ..] => Header::Unfit(Unfit::Tiff),
        [b'B', b'M', ..] => Header::Unfit(Unfit::Bmp),
        [0, 0, 1 | 2, 0, ..] => Header::Unfit(Unfit::Icon),
        _ if is_svg(bytes) => Header::Unfit(Unfit::Svg),
        _ => Header::Unknown,
    }
}

/// The first chunk is IHDR (PNG, third edition, section 11.2.1).
fn png(bytes: &[u8]) -> Option<Size> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let number = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    Some(Size { width: number(16)?, height: number(20)? })
}

/// The logical screen (GIF89a, section 18).
fn gif(bytes: &[u8]) -> Option<Size> {
    let number = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into());
    Some(Size { width: number(6)?, height: number(8)? })
}

/// The first frame header (ITU T.81, section B.2.2), behind any number of
/// other segments. A camera that was held upright says so in one of them.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut at = 2;
    let mut lies_on_its_side = false;
    loop {
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Any number of these may fill the space before a marker.
            0xFF => at += 1,
            // These have no length: TEM, and the restarts.
            0x01 | 0xD0..=0xD7 => at += 2,
            // The end, or pixels before any frame.
            0x00 | 0xD9 | 0xDA => return None,
            _ => {
                let number = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
                let length = usize::from(number(at + 2)?);
                let is_frame =
                    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
                if is_frame {
                    let (height, width) = (number(at + 5)?.into(), number(at + 7)?.into());
                    return Some(if lies_on_its_side {
                        Size { width: height, height: width }
                    } else {
                        Size { width, height }
                    });
                }
                if length < 2 {
                    return None;
                }
                if marker == 0xE1 {
                    let exif = bytes.get(at + 4..at + 2 + length).unwrap_or_default();
                    lies_on_its_side |= matches!(orientation(exif), Some(5..=8));
                }
                at += 2 + length;
            }
        }
    }
}

/// How an image is turned before it is shown: tag 274 of the first directory
/// (Exif 2.32, section 4.6.4). From 5 on, width and height change places.
fn orientation(segment: &[u8]) -> Option<u16> {
    const TAG: u16 = 274;
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let is_little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = short(directory)?;
    let entry = |index: u16| directory.checked_add(2 + 12 * usize::from(index));
    let found = (0..entries).filter_map(entry).find(|at| short(*at) == Some(TAG))?;
    short(found.checked_add(8)?)
}

/// The first chunk: a lossy frame, a lossless one, or the canvas (RFC 9649
/// sections 2.5 to 2.7; RFC 6386 section 9.1).
fn webp(bytes: &[u8]) -> Option<Size> {
    let chunk = bytes.get(20..30)?;
    let pair = |at: usize| u32::from(chunk[at]) | u32::from(chunk[at + 1]) << 8;
    let (width, height) = match bytes.get(12..16)? {
        b"VP8 " if chunk[3..6] == [0x9D, 0x01, 0x2A] => (pair(6) & 0x3FFF, pair(8) & 0x3FFF),
        b"VP8L" if chunk[0] == 0x2F => {
            let bits = pair(1) | pair(3) << 16;
            ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        }
        b"VP8X" => {
            let triple = |at: usize| pair(at) | u32::from(chunk[at + 2]) << 16;
            (triple(4) + 1, triple(7) + 1)
        }
        _ => return None,
    };
    Some(Size { width, height })
}

/// How far into a text the `<svg` is looked for, behind comments and a doctype.
const SVG_WITHIN: usize = 4096;

fn is_svg(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let head = &bytes[..bytes.len().min(SVG_WITHIN)];
    let text = head.trim_ascii_start();
    // A compressed one is no less an SVG.
    let is_compressed = text.starts_with(&[0x1F, 0x8B]);
    is_compressed
        || text.starts_with(b"<") && text.windows(4).any(|w| w.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The smallest files that say how large they are.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x06\0\0\0");
        bytes
    }

    pub(crate) fn gif(width: u16, height: u16) -> Vec<u8> {
        [&b"GIF89a"[..], &width.to_le_bytes(), &height.to_le_bytes(), b"\0\0\0;"].concat()
    }

    pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
        // An application segment, a fill byte, a table, and a progressive frame.
        let mut bytes = b"\xFF\xD8\xFF\xE0\0\x06JFIF\xFF\xFF\xDB\0\x03\0\xFF\xC4\0\x02".to_vec();
        bytes.extend(b"\xFF\xC2\0\x0B\x08");
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend(b"\x01\x01\x11\0\xFF\xDA");
        bytes
    }

    #[test]
    fn an_image_on_its_side_is_as_wide_as_it_is_shown() {
        let exif = |little: bool, value: u8| -> Vec<u8> {
            let tiff: [u8; 26] = if little {
                *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0"
            } else {
                *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0"
            };
            let mut segment = [&b"\xFF\xE1\0\x22Exif\0\0"[..], &tiff].concat();
            segment[10 + 18 + usize::from(!little)] = value;
            let frame = &jpeg(300, 200)[2..];
            [&b"\xFF\xD8"[..], &segment, frame].concat()
        };
        for little in [true, false] {
            for (value, width, height) in
                [(1, 300, 200), (3, 300, 200), (6, 200, 300), (8, 200, 300)]
            {
                let shown = Header::Shown(ImageFormat::Jpeg, Size { width, height });
                assert_eq!(read(&exif(little, value)), shown, "{little} {value}");
            }
        }
        for end in 0..40 {
            read(&exif(true, 6)[..end]);
        }
        assert_eq!(orientation(b"Exif\0\0II*\0\xFF\xFF\xFF\xFF"), None);
    }

    #[test]
    fn the_size_is_read_from_the_first_bytes() {
        let size = |width, height| Size { width, height };
        let cases: [(Vec<u8>, Header); 19] = [
            (png(70_000, 2), Header::Shown(ImageFormat::Png, size(70_000, 2))),
            (gif(300, 200), Header::Shown(ImageFormat::Gif, size(300, 200))),
            (jpeg(1200, 800), Header::Shown(ImageFormat::Jpeg, size(1200, 800))),
            (png(0, 2), Header::Damaged(ImageFormat::Png)),
            (png(2, 2)[..20].to_vec(), Header::Damaged(ImageFormat::Png)),
            (gif(2, 2)[..9].to_vec(), Header::Damaged(ImageFormat::Gif)),
            (b"\xFF\xD8\xFF\xDA\0\x02".to_vec(), Header::Damaged(ImageFormat::Jpeg)),
            (b"\xFF\xD8\xFF\xE0\0\x01".to_vec(), Header::Damaged(ImageFormat::Jpeg)),
            (
                b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x57\x02\0\x8F\x01\0".to_vec(),
                Header::Shown(ImageFormat::Webp, size(600, 400)),
            ),
            (
                b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2F\x57\xC2\x63\0\0\0\0\0\0".to_vec(),
                Header::Shown(ImageFormat::Webp, size(600, 400)),
            ),
            (
                b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9D\x01\x2A\x58\x02\x90\x01".to_vec(),
                Header::Shown(ImageFormat::Webp, size(600, 400)),
            ),
            (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), Header::Damaged(ImageFormat::Webp)),
            (b"\0\0\0\x20ftypavif".to_vec(), Header::Unfit(Unfit::Avif)),
            (b"II*\0".to_vec(), Header::Unfit(Unfit::Tiff)),
            (b"BM".to_vec(), Header::Unfit(Unfit::Bmp)),
            (b"\xEF\xBB\xBF <!-- a --><SVG>".to_vec(), Header::Unfit(Unfit::Svg)),
            (b"<html><body>404</body>".to_vec(), Header::Unknown),
            (b"version https://git-lfs.example/spec/v1\n".to_vec(), Header::Unknown),
            (Vec::new(), Header::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn every_beginning_of_a_image_is_read_without_a_panic() {
        for whole in [png(600, 400), gif(600, 400), jpeg(600, 400)] {
            for length in 0..whole.len() {
                let cut = read(&whole[..length]);
                assert!(
                    !matches!(cut, Header::Shown(_, size) if size != Size { width: 600, height: 400 })
                );
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_wait(
            start in prop::sample::select(vec![&b"\xFF\xD8\xFF"[..], b"\x89PNG\r\n\x1A\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"<", b""]),
            middle in prop::collection::vec(prop::sample::select(vec![0xFF_u8, 0xD8, 0xC0, 0xC4, 0, 1, 2, 0xE0, 0xDA]), 0..60),
            rest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            read(&[start, &middle, &rest].concat());
        }
    }

    /// One byte a step, and no more steps than bytes.
    #[test]
    fn five_megabytes_of_fill_bytes_are_no_burden() {
        let mut bytes = b"\xFF\xD8".to_vec();
        bytes.resize(5_000_000, 0xFF);
        assert_eq!(read(&bytes), Header::Damaged(ImageFormat::Jpeg));
    }
}
