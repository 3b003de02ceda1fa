//! Converts a picture to what the Messages API takes: upright, within its limits, without metadata.
//!
//! Every picture is decoded and encoded again, so the API gets nothing that it cannot read, and no place where a photo was
//! taken. An animation becomes its first picture.

use std::io::{BufRead, Seek};

use data_encoding::BASE64;
use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, ImageResult, Limits,
    Rgb, RgbImage,
    codecs::jpeg::JpegEncoder,
    error::{LimitError, LimitErrorKind},
    metadata::Orientation,
};

use crate::external::{Media, UnseenReason};

/// The longest side in pixels: the CLI scales what is larger, and the API refuses it in a conversation with more than 20
/// pictures (Anthropic docs, "Vision").
const MAX_SIDE: u32 = 2_000;

/// The most bytes that are sent of one picture. The API takes 5 MB, but 32 MB in a whole conversation.
const MAX_SENT: usize = 1024 * 1024;

/// The most bytes that are decoded.
pub(super) const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// The most pixels of a picture, and of one of its sides: 30 megapixels.
const MAX_PIXELS: u64 = 30_000_000;
const MAX_DECODED_SIDE: u32 = 30_000;

/// The most memory in bytes that a decoded picture may take.
const MAX_MEMORY: u64 = 128 * 1024 * 1024;

/// JPEG qualities to try, and how to shrink, in tenths, if none is small enough.
const QUALITIES: [u8; 2] = [85, 60];
const SHRINK_TENTHS: u32 = 7;

/// Reads a picture from at most [`MAX_BYTES`].
pub(super) fn prepare(
    reader: impl BufRead + Seek,
    format: ImageFormat,
) -> Result<Media, UnseenReason> {
    let image = decode(reader, format).map_err(|error| match error {
        ImageError::Limits(_) => UnseenReason::ImageTooLarge,
        error => {
            tracing::debug!(%error, "failed to decode a picture");
            UnseenReason::BrokenImage
        }
    })?;
    let (media_type, bytes) = encode(image, format, MAX_SENT).map_err(|error| {
        tracing::error!(%error, "failed to encode a picture");
        UnseenReason::BrokenImage
    })?;
    Ok(Media {
        media_type: media_type.to_owned(),
        base64: BASE64.encode(&bytes),
    })
}

/// The picture, scaled to [`MAX_SIDE`] and turned upright.
fn decode(reader: impl BufRead + Seek, format: ImageFormat) -> ImageResult<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_DECODED_SIDE);
    limits.max_image_height = Some(MAX_DECODED_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(reader, format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let kind = LimitErrorKind::DimensionError;
        return Err(ImageError::Limits(LimitError::from_kind(kind)));
    }
    limits.reserve(decoder.total_bytes())?;
    // A picture whose metadata are broken is shown as it is stored.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    if width.max(height) > MAX_SIDE {
        image = image.thumbnail(MAX_SIDE, MAX_SIDE);
    }
    image.apply_orientation(orientation);
    Ok(image)
}

/// The media type and at most `max` bytes: a photo as JPEG, anything else as PNG if that is small enough. `max` must
/// have room for a JPEG of one pixel.
fn encode(
    image: DynamicImage,
    format: ImageFormat,
    max: usize,
) -> ImageResult<(&'static str, Vec<u8>)> {
    if format != ImageFormat::Jpeg {
        let image = if image.color().has_alpha() {
            DynamicImage::from(image.to_rgba8())
        } else {
            DynamicImage::from(image.to_rgb8())
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png)?;
        let bytes = bytes.into_inner();
        if bytes.len() <= max {
            return Ok(("image/png", bytes));
        }
    }
    let mut image = DynamicImage::from(on_white(image));
    loop {
        for quality in QUALITIES {
            let mut bytes = Vec::new();
            image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
            if bytes.len() <= max {
                return Ok(("image/jpeg", bytes));
            }
        }
        let shrink = |side: u32| (side * SHRINK_TENTHS / 10).max(1);
        image = image.thumbnail(shrink(image.width()), shrink(image.height()));
    }
}

/// JPEG has no transparency.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0;
        let over_white = |value: u8| {
            let alpha = u32::from(alpha);
            let mixed = (u32::from(value) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb([red, green, blue].map(over_white))
    })
}

#[cfg(test)]
mod tests;
