//! What a channel has cost, day by day, as a picture. Pure.

use std::{io::Cursor, sync::LazyLock};

use image::{ImageFormat, RgbImage};
use plotters::{
    backend::BitMapBackend,
    chart::ChartBuilder,
    drawing::{DrawingAreaErrorKind, IntoDrawingArea as _},
    element::Rectangle,
    style::{Color as _, FontStyle, RGBColor, WHITE, register_font},
};

use crate::{chat::PostFile, money::Usd};

const WIDTH: u32 = 800;
const HEIGHT: u32 = 360;

const BAR: RGBColor = RGBColor(0x58, 0x65, 0xf2);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);

/// Registers the font of all texts, whose glyphs are in the binary: machines without fonts have this one.
static FONT: LazyLock<bool> = LazyLock::new(|| {
    let font = include_bytes!("chart/font/DejaVuSans.ttf");
    register_font("sans-serif", FontStyle::Normal, font).is_ok()
});

/// Draws the cost of each day, the first of the month first. `None` if there is nothing to show, or it cannot be drawn.
pub(super) fn chart(days: &[Usd], title: &str) -> Option<PostFile> {
    let days: Vec<f64> = days.iter().map(|usd| usd.dollars()).collect();
    let most = days.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 || !*FONT {
        return None;
    }
    let mut pixels = vec![0; (WIDTH * HEIGHT * 3) as usize];
    draw(&mut pixels, &days, most, title)
        .inspect_err(|error| tracing::error!(%error, "failed to draw a chart"))
        .ok()?;
    let mut content = Cursor::new(Vec::new());
    let picture = RgbImage::from_raw(WIDTH, HEIGHT, pixels)?;
    picture.write_to(&mut content, ImageFormat::Png).ok()?;
    Some(PostFile {
        name: "usage.png".to_owned(),
        content: content.into_inner(),
    })
}

type Failed =
    DrawingAreaErrorKind<<BitMapBackend<'static> as plotters::prelude::DrawingBackend>::ErrorType>;

fn draw(pixels: &mut [u8], days: &[f64], most: f64, title: &str) -> Result<(), Failed> {
    let area = BitMapBackend::with_buffer(pixels, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&WHITE)?;
    let last = u32::try_from(days.len()).unwrap_or(1);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(28)
        .y_label_area_size(72)
        .build_cartesian_2d(0.5..f64::from(last) + 0.5, 0.0..most * 1.05)?;
    let decimals = if most < 0.1 { 4 } else { 2 };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .bold_line_style(GRID)
        .x_labels(days.len())
        .y_labels(5)
        .x_label_formatter(&|day| {
            if (day - day.round()).abs() < 0.01 {
                format!("{day:.0}")
            } else {
                String::new()
            }
        })
        .y_label_formatter(&|usd| format!("${usd:.decimals$}"))
        .label_style(("sans-serif", 14))
        .draw()?;
    let bars = (1..=last).zip(days).filter(|(_, usd)| **usd > 0.0);
    chart.draw_series(bars.map(|(day, usd)| {
        let middle = f64::from(day);
        Rectangle::new([(middle - 0.4, 0.0), (middle + 0.4, *usd)], BAR.filled())
    }))?;
    area.present()
}

#[cfg(test)]
mod tests;
