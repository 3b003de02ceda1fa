use super::*;

#[test]
fn files_are_told_apart_by_content() {
    #[track_caller]
    fn check(head: impl AsRef<[u8]>, expected: Kind) {
        assert_eq!(sniff(head.as_ref()), expected);
    }
    check(b"\x89PNG\r\n\x1a\n\0\0", Kind::Image(ImageFormat::Png));
    check(b"\x89PNG\n\x1a\n", Kind::Other);
    check(b"\xff\xd8\xff\xe0", Kind::Image(ImageFormat::Jpeg));
    check(b"GIF87a", Kind::Image(ImageFormat::Gif));
    check(b"GIF89a..", Kind::Image(ImageFormat::Gif));
    check(b"GIF90a", Kind::Other);
    check(b"RIFF\x24\0\0\0WEBPVP8 ", Kind::Image(ImageFormat::WebP));
    check(b"RIFF\x24\0\0\0WAVEfmt ", Kind::Other);
    check(b"%PDF-1.7\n", Kind::Pdf);
    check(b" %PDF-1.7", Kind::Other);
    check(b"II*\0\x08\0", Kind::OtherImage("TIFF"));
    check(b"MM\0*\0\0", Kind::OtherImage("TIFF"));
    check(b"\0\0\0\x18ftypheic\0\0", Kind::OtherImage("HEIC"));
    check(b"\0\0\0\x18ftypmif1\0\0", Kind::OtherImage("HEIC"));
    check(b"\0\0\0\x20ftypavif\0\0", Kind::OtherImage("AVIF"));
    check(b"\0\0\0\x18ftypmp42\0\0", Kind::Other);
    check(b"\0\0\0\x18ftyp", Kind::Other);
    check(b"BM\x36\x10\0\0\0\0\0\0\x36\0", Kind::OtherImage("BMP"));
    check("BM is a text", Kind::Other);
    check("<svg xmlns=\"x\">", Kind::OtherImage("SVG"));
    check(
        "\u{feff}\n<?xml version=\"1.0\"?>\n<svg>",
        Kind::OtherImage("SVG"),
    );
    check("<?xml version=\"1.0\"?>\n<html>", Kind::Other);
    check("about <svg>", Kind::Other);
    check("", Kind::Other);
    check("hello", Kind::Other);
}
