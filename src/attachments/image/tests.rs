use std::io::Cursor;

use image::{GrayImage, ImageEncoder as _, Luma, Rgba, RgbaImage, codecs::png::PngEncoder};

use super::*;

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn prepared(bytes: &[u8], format: ImageFormat) -> Result<Media, UnseenReason> {
    prepare(Cursor::new(bytes), format)
}

/// The picture that is sent.
#[track_caller]
fn sent(media: &Media) -> DynamicImage {
    let bytes = BASE64.decode(media.base64.as_bytes()).unwrap();
    assert!(bytes.len() <= MAX_SENT, "{}", bytes.len());
    let format = ImageFormat::from_mime_type(&media.media_type).unwrap();
    image::load_from_memory_with_format(&bytes, format).unwrap()
}

/// Red at the left, blue at the right.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| {
        Rgb(if x < width / 2 {
            [255, 0, 0]
        } else {
            [0, 0, 255]
        })
    })
}

#[test]
fn a_picture_is_scaled_to_the_longest_side() {
    #[track_caller]
    fn check(width: u32, height: u32, expected: (u32, u32)) {
        let bytes = encoded(GrayImage::new(width, height), ImageFormat::Png);
        let image = sent(&prepared(&bytes, ImageFormat::Png).unwrap());
        assert_eq!((image.width(), image.height()), expected);
    }
    check(1, 1, (1, 1));
    check(2_000, 10, (2_000, 10));
    check(2_001, 100, (2_000, 100));
    check(3_000, 150, (2_000, 100));
    check(50, 4_000, (25, 2_000));
    check(20_000, 1, (2_000, 1));
}

#[test]
fn every_format_becomes_png_or_jpeg() {
    let image = halves(40, 20);
    for (format, media_type) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Gif, "image/png"),
        (ImageFormat::WebP, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
    ] {
        let media = prepared(&encoded(image.clone(), format), format).unwrap();
        assert_eq!(media.media_type, media_type, "{format:?}");
        let sent = sent(&media).into_rgb8();
        let (left, right) = (sent.get_pixel(3, 10).0, sent.get_pixel(36, 10).0);
        assert!(left[0] > 240 && left[2] < 15, "{format:?}: {left:?}");
        assert!(right[2] > 240 && right[0] < 15, "{format:?}: {right:?}");
    }
}

#[test]
fn an_animation_becomes_its_first_picture() {
    use image::{Delay, Frame, codecs::gif::GifEncoder};
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for color in [[255, 0, 0, 255], [0, 255, 0, 255]] {
        let frame = RgbaImage::from_pixel(8, 8, Rgba(color));
        let delay = Delay::from_numer_denom_ms(100, 1);
        let frame = Frame::from_parts(frame, 0, 0, delay);
        encoder.encode_frame(frame).unwrap();
    }
    drop(encoder);
    let media = prepared(&bytes, ImageFormat::Gif).unwrap();
    assert_eq!(sent(&media).into_rgb8().get_pixel(4, 4).0, [255, 0, 0]);
}

/// EXIF data with nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

#[test]
fn a_photo_is_turned_upright() {
    // Where the left half, which is red, comes to lie.
    for (orientation, size, red) in [
        (1, (40, 20), (2, 10)),
        (3, (40, 20), (37, 10)),
        (6, (20, 40), (10, 2)),
        (8, (20, 40), (10, 37)),
        (99, (40, 20), (2, 10)),
    ] {
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new(&mut jpeg);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.encode_image(&halves(40, 20)).unwrap();
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        let image = halves(40, 20);
        let color = image::ExtendedColorType::Rgb8;
        encoder.write_image(&image, 40, 20, color).unwrap();
        for (bytes, format) in [(jpeg, ImageFormat::Jpeg), (png, ImageFormat::Png)] {
            let image = sent(&prepared(&bytes, format).unwrap()).into_rgb8();
            assert_eq!(image.dimensions(), size, "{orientation}, {format:?}");
            let pixel = image.get_pixel(red.0, red.1).0;
            assert!(pixel[0] > 240, "{orientation}, {format:?}: {pixel:?}");
        }
    }
}

#[test]
fn metadata_is_left_out() {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new(&mut jpeg);
    let exif = [exif(1), b"where it was taken".to_vec()].concat();
    encoder.set_exif_metadata(exif).unwrap();
    encoder.encode_image(&halves(8, 8)).unwrap();
    let media = prepared(&jpeg, ImageFormat::Jpeg).unwrap();
    let bytes = BASE64.decode(media.base64.as_bytes()).unwrap();
    let has_it = |bytes: &[u8]| bytes.windows(18).any(|part| part == b"where it was taken");
    assert!(has_it(&jpeg) && !has_it(&bytes));
}

/// Noise, which no format compresses.
fn noise(width: u32, height: u32) -> RgbaImage {
    let mut state = 1_u32;
    RgbaImage::from_fn(width, height, |_, _| {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        Rgba([next(), next(), next(), 255])
    })
}

#[test]
fn a_picture_with_too_many_bytes_becomes_a_smaller_one() {
    #[track_caller]
    fn check(max: usize, media_type: &str, widths: std::ops::Range<u32>) {
        let image = DynamicImage::from(noise(100, 100));
        let encoded = encode(image, ImageFormat::Png, max).unwrap();
        assert!(encoded.1.len() <= max, "{}", encoded.1.len());
        assert_eq!(encoded.0, media_type);
        let image = image::load_from_memory(&encoded.1).unwrap();
        assert!(widths.contains(&image.width()), "{}", image.width());
    }
    check(50_000, "image/png", 100..101);
    check(20_000, "image/jpeg", 100..101);
    check(10_000, "image/jpeg", 60..100);
    check(3_000, "image/jpeg", 20..60);
    check(700, "image/jpeg", 1..20);
}

#[test]
fn what_shows_through_becomes_white_in_a_jpeg() {
    let image = RgbaImage::from_fn(2, 1, |x, _| Rgba([0, 0, 0, if x == 0 { 0 } else { 255 }]));
    let image = on_white(image.into());
    assert_eq!(image.get_pixel(0, 0).0, [255; 3]);
    assert_eq!(image.get_pixel(1, 0).0, [0; 3]);
}

/// A PNG that declares a size and has a hundred bytes of data.
fn declared(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(GrayImage::from_pixel(10, 10, Luma([7])), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&crc);
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

#[test]
fn a_decompression_bomb_is_refused_before_it_is_decoded() {
    for (width, height) in [
        (50_000, 50_000),
        (u32::MAX >> 1, 1),
        (1, 30_001),
        (6_000, 5_001),
    ] {
        let bomb = declared(width, height);
        let refused = prepared(&bomb, ImageFormat::Png);
        assert_eq!(
            refused,
            Err(UnseenReason::ImageTooLarge),
            "{width}x{height}"
        );
    }
    // Large and true to its bounds, but without its data.
    let cut = prepared(&declared(2_000, 2_000), ImageFormat::Png);
    assert_eq!(cut, Err(UnseenReason::BrokenImage));
    // A GIF of one pixel that declares a large screen.
    let mut gif = encoded(RgbaImage::new(1, 1), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let refused = prepared(&gif, ImageFormat::Gif);
    assert_eq!(refused, Err(UnseenReason::ImageTooLarge));
}

#[test]
fn sixteen_bits_count_as_memory() {
    // 20 megapixels of 8 bytes each.
    let mut png = declared(5_000, 4_000);
    png[24..26].copy_from_slice(&[16, 6]);
    let crc = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&crc);
    let refused = prepared(&png, ImageFormat::Png);
    assert_eq!(refused, Err(UnseenReason::ImageTooLarge));
}

#[test]
fn broken_pictures_are_errors() {
    let formats = [
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::WebP,
        ImageFormat::Jpeg,
    ];
    for format in formats {
        let whole = encoded(halves(40, 20), format);
        for length in [0, 3, 12, 30] {
            let refused = prepared(&whole[..length], format);
            assert_eq!(
                refused,
                Err(UnseenReason::BrokenImage),
                "{format:?}, {length}"
            );
        }
        // Whatever comes of these, nothing panics.
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 0xff;
            drop(prepared(&broken, format));
            drop(prepared(&whole[..at], format));
        }
    }
}
