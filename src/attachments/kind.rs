//! What a file is, by its first bytes. Its name and its media type are its sender's.

use image::ImageFormat;

/// How many bytes are looked at.
pub(super) const HEAD: usize = 1024;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A picture that is decoded.
    Image(ImageFormat),
    /// A picture in another format.
    OtherImage(&'static str),
    Pdf,
    /// A text, or anything else.
    Other,
}

/// `head` are the file's first bytes, up to [`HEAD`].
pub(super) fn sniff(head: &[u8]) -> FileKind {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => {
            FileKind::Image(ImageFormat::Png)
        }
        [0xff, 0xd8, 0xff, ..] => FileKind::Image(ImageFormat::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => FileKind::Image(ImageFormat::Gif),
        _ if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") => {
            FileKind::Image(ImageFormat::WebP)
        }
        [b'%', b'P', b'D', b'F', b'-', ..] => FileKind::Pdf,
        [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => {
            FileKind::OtherImage("TIFF")
        }
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.first_chunk() {
            Some(b"avif" | b"avis") => FileKind::OtherImage("AVIF"),
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
                FileKind::OtherImage("HEIC")
            }
            _ => FileKind::Other,
        },
        // The size of the file, then four bytes that are always 0.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => FileKind::OtherImage("BMP"),
        _ if is_svg(head) => FileKind::OtherImage("SVG"),
        _ => FileKind::Other,
    }
}

/// Whether it starts with the tag of an SVG, optionally after an XML declaration, a comment or a doctype.
fn is_svg(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let text = head.trim_start_matches('\u{feff}').trim_start();
    let may_precede = ["<?xml", "<!--", "<!DOCTYPE svg"];
    text.starts_with("<svg")
        || (may_precede.iter().any(|start| text.starts_with(start)) && text.contains("<svg"))
}

#[cfg(test)]
mod tests;
