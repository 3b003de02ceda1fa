//! Draws a plot as SVG.

use std::path::Path;

use plotters::prelude::*;

use crate::{Result, report::Plot};

const SIZE: (u32, u32) = (720, 400);
const COLORS: [RGBColor; 4] = [
    RGBColor(0x1f, 0x77, 0xb4),
    RGBColor(0xd6, 0x27, 0x28),
    RGBColor(0x2c, 0xa0, 0x2c),
    RGBColor(0x94, 0x67, 0xbd),
];

/// Both axes are logarithmic: scales go over many powers of ten. What is 0 is drawn at the lower edge.
pub(crate) fn draw(plot: &Plot, path: &Path) -> Result<()> {
    let points = || plot.series.iter().flat_map(|line| &line.points);
    let range = |values: Vec<f64>| {
        let positive = values.iter().copied().filter(|value| *value > 0.0);
        let low = positive.clone().fold(f64::INFINITY, f64::min);
        let high = positive.fold(f64::MIN_POSITIVE, f64::max);
        if low.is_finite() {
            (low / 1.5)..(high * 1.5)
        } else {
            0.1..1.0
        }
    };
    let x = range(points().map(|(x, _)| *x).collect());
    let y = range(points().map(|(_, y)| *y).collect());
    // From a power of ten on, so that there is a mark even if all values are alike.
    let y = 10_f64.powf(y.start.log10().floor())..y.end;
    let floor = y.start;
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(&plot.title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(x.log_scale(), y.log_scale())?;
    chart
        .configure_mesh()
        .x_desc(&plot.x)
        .y_desc(&plot.y)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .light_line_style(WHITE)
        .draw()?;
    for (line, color) in plot.series.iter().zip(COLORS.iter().cycle()) {
        // A broken line for what is expected cannot be told from gaps, so it is a thin one.
        let width = if line.label.starts_with("expected") {
            1
        } else {
            3
        };
        let style = color.stroke_width(width);
        let points = line.points.iter().map(|(x, y)| (*x, y.max(floor)));
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    root.present()?;
    Ok(())
}

fn number(value: f64) -> String {
    if value >= 1e6 {
        format!("{}M", value / 1e6)
    } else if value >= 1e3 {
        format!("{}k", value / 1e3)
    } else {
        format!("{}", (value * 1e4).round() / 1e4)
    }
}
