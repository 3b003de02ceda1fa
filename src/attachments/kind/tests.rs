use super::*;

#[test]
fn files_are_told_apart_by_content() {
    #[track_caller]
    fn check(head: impl AsRef<[u8]>, expected: FileKind) {
        assert_eq!(sniff(head.as_ref()), expected);
    }
    check(b"\x89PNG\r\n\x1a\n\0\0", FileKind::Image(ImageFormat::Png));
    check(b"\x89PNG\n\x1a\n", FileKind::Other);
    check(b"\xff\xd8\xff\xe0", FileKind::Image(ImageFormat::Jpeg));
    check(b"GIF87a", FileKind::Image(ImageFormat::Gif));
    check(b"GIF89a..", FileKind::Image(ImageFormat::Gif));
    check(b"GIF90a", FileKind::Other);
    check(
        b"RIFF\x24\0\0\0WEBPVP8 ",
        FileKind::Image(ImageFormat::WebP),
    );
    check(b"RIFF\x24\0\0\0WAVEfmt ", FileKind::Other);
    check(b"%PDF-1.7\n", FileKind::Pdf);
    check(b" %PDF-1.7", FileKind::Other);
    check(b"II*\0\x08\0", FileKind::OtherImage("TIFF"));
    check(b"MM\0*\0\0", FileKind::OtherImage("TIFF"));
    check(b"\0\0\0\x18ftypheic\0\0", FileKind::OtherImage("HEIC"));
    check(b"\0\0\0\x18ftypmif1\0\0", FileKind::OtherImage("HEIC"));
    check(b"\0\0\0\x20ftypavif\0\0", FileKind::OtherImage("AVIF"));
    check(b"\0\0\0\x18ftypmp42\0\0", FileKind::Other);
    check(b"\0\0\0\x18ftyp", FileKind::Other);
    check(b"BM\x36\x10\0\0\0\0\0\0\x36\0", FileKind::OtherImage("BMP"));
    check("BM is a text", FileKind::Other);
    check("<svg xmlns=\"x\">", FileKind::OtherImage("SVG"));
    check(
        "\u{feff}\n<?xml version=\"1.0\"?>\n<svg>",
        FileKind::OtherImage("SVG"),
    );
    check("<?xml version=\"1.0\"?>\n<html>", FileKind::Other);
    check("about <svg>", FileKind::Other);
    check("", FileKind::Other);
    check("hello", FileKind::Other);
}
