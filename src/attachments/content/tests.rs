use std::io::Cursor;

use ::image::{DynamicImage, ImageFormat};

use super::*;
use crate::external::FileState;

fn file(name: &str, media_type: &str) -> File {
    File {
        name: name.to_owned(),
        media_type: Some(media_type.to_owned()),
        size: 1,
        origin: FileOrigin::Message,
        is_voice: false,
        state: FileState::Offered(String::new()),
    }
}

fn read(room: &mut Room, file: &File, bytes: &[u8]) -> FileContent {
    let mut saved = Cursor::new(bytes);
    saved.set_position(bytes.len() as u64);
    room.read(file, saved)
}

/// What a message holds of its only file.
fn alone(file: &File, bytes: impl AsRef<[u8]>) -> FileContent {
    read(&mut Room::new(), file, bytes.as_ref())
}

fn png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(2, 2)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn unseen(why: UnseenReason) -> FileContent {
    FileContent::Unseen(why)
}

#[test]
fn the_content_decides_not_the_name() {
    let is_image = |content: FileContent| matches!(content, FileContent::Image(media) if media.media_type == "image/png");
    assert!(is_image(alone(&file("a.txt", "text/plain"), png())));
    assert!(is_image(alone(&file("message.txt", "text/plain"), png())));
    let pdf = alone(&file("a.png", "image/png"), "%PDF-1.4\n");
    let expected = Media {
        media_type: "application/pdf".to_owned(),
        base64: "JVBERi0xLjQK".to_owned(),
    };
    assert_eq!(pdf, FileContent::Document(expected));
    let text = alone(&file("a.bin", "application/octet-stream"), "text");
    assert_eq!(text, FileContent::Text("text".to_owned()));
}

#[test]
fn what_cannot_be_seen_says_why() {
    let heic = alone(&file("a.jpg", "image/jpeg"), "\0\0\0\x18ftypheic");
    assert_eq!(heic, unseen(UnseenReason::ImageFormat("HEIC".to_owned())));
    let broken = alone(&file("a.png", "image/png"), "no picture");
    assert_eq!(broken, unseen(UnseenReason::BrokenImage));
    let cut = alone(&file("a.png", "image/png"), &png()[..20]);
    assert_eq!(cut, unseen(UnseenReason::BrokenImage));
    let no_pdf = alone(&file("a.pdf", "application/pdf"), "no PDF");
    assert_eq!(no_pdf, unseen(UnseenReason::NotPdf));
    let encrypted = alone(&file("a.pdf", "application/pdf"), "%PDF-1.4 /Encrypt");
    assert_eq!(encrypted, unseen(UnseenReason::EncryptedPdf));
    let voice = File {
        is_voice: true,
        ..file("voice-message.ogg", "audio/ogg")
    };
    assert_eq!(alone(&voice, "OggS"), unseen(UnseenReason::Voice));
    let mut large = png();
    large.resize(usize::try_from(image::MAX_BYTES).unwrap() + 1, 0);
    let large = alone(&file("a.png", "image/png"), large);
    assert_eq!(large, unseen(UnseenReason::ImageTooLarge));
}

#[test]
fn other_files_are_read_at_their_path() {
    let binary = file("a.bin", "application/octet-stream");
    for bytes in [&b"\xff\xfe"[..], b"a\0b", b"", b" \n", b"PK\x03\x04\xff"] {
        assert_eq!(alone(&binary, bytes), FileContent::None, "{bytes:?}");
    }
}

#[test]
fn a_message_shows_eight_pictures() {
    let mut room = Room::new();
    let file = file("a.png", "image/png");
    for _ in 0..MAX_IMAGES {
        let content = read(&mut room, &file, &png());
        assert!(matches!(content, FileContent::Image(_)), "{content:?}");
    }
    let ninth = read(&mut room, &file, &png());
    assert_eq!(ninth, unseen(UnseenReason::TooManyImages(8)));
}

#[test]
fn the_pdfs_of_a_message_have_a_bound_together() {
    let mut room = Room::new();
    let file = file("a.pdf", "application/pdf");
    let mut pdf = b"%PDF-1.4\n".to_vec();
    pdf.resize(usize::try_from(MAX_PDF_BYTES).unwrap() - 20, b'\n');
    assert!(matches!(
        read(&mut room, &file, &pdf),
        FileContent::Document(_)
    ));
    let second = read(&mut room, &file, b"%PDF-1.4\n and thirteen");
    assert_eq!(second, unseen(UnseenReason::PdfTooLarge(MAX_PDF_BYTES)));
    let third = read(&mut room, &file, b"%PDF-1.4\n");
    assert!(matches!(third, FileContent::Document(_)), "{third:?}");
}

#[test]
fn texts_have_a_bound_each_and_together() {
    let file = file("a.txt", "text/plain");
    let of = |length: u64| "x".repeat(usize::try_from(length).unwrap());
    let largest = of(MAX_TEXT);
    assert_eq!(alone(&file, &largest), FileContent::Text(largest.clone()));
    assert_eq!(alone(&file, of(MAX_TEXT + 1)), FileContent::None);
    let mut room = Room::new();
    for _ in 0..3 {
        let content = read(&mut room, &file, largest.as_bytes());
        assert_eq!(content, FileContent::Text(largest.clone()));
    }
    assert_eq!(read(&mut room, &file, b"x"), FileContent::None);
}

#[test]
fn pasted_words_are_the_authors_own() {
    let pasted = file("message.txt", "text/plain; charset=utf-8");
    let words = FileContent::Words("pasted".to_owned());
    assert_eq!(alone(&pasted, "pasted"), words);
    for code in ["<svg></svg>", "%PDF-1.4\n"] {
        assert_eq!(alone(&pasted, code), FileContent::Words(code.to_owned()));
    }
    let of = |length: u64| "x".repeat(usize::try_from(length).unwrap());
    let longest = of(MAX_WORDS);
    assert_eq!(
        alone(&pasted, &longest),
        FileContent::Words(longest.clone())
    );
    let too_long = alone(&pasted, of(MAX_WORDS + 1));
    assert_eq!(too_long, unseen(UnseenReason::WordsTooLong(MAX_WORDS)));
    assert_eq!(alone(&pasted, b"\xff"), unseen(UnseenReason::NotUtf8));
    for other in [
        file("Message.txt", "text/plain"),
        file("message.txt", "application/octet-stream"),
        File {
            origin: FileOrigin::Quote,
            ..pasted.clone()
        },
        File {
            origin: FileOrigin::Forward,
            ..pasted
        },
    ] {
        let text = FileContent::Text("pasted".to_owned());
        assert_eq!(alone(&other, "pasted"), text, "{other:?}");
    }
}
