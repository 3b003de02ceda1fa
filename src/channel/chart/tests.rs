use super::*;

fn usd(dollars: &[f64]) -> Vec<Usd> {
    dollars.iter().map(|usd| Usd::from_dollars(*usd)).collect()
}

/// The picture's pixels.
fn picture(days: &[f64]) -> RgbImage {
    let file = chart(&usd(days), "Cost by day, November 2026 (UTC)").unwrap();
    assert_eq!(file.name, "usage.png");
    let picture = image::load_from_memory_with_format(&file.content, ImageFormat::Png);
    picture.unwrap().to_rgb8()
}

/// How many pixels of a column have the color of bars.
fn height(picture: &RgbImage, x: u32) -> usize {
    let bar = image::Rgb([BAR.0, BAR.1, BAR.2]);
    (0..HEIGHT)
        .filter(|y| *picture.get_pixel(x, *y) == bar)
        .count()
}

#[test]
fn bars_are_as_high_as_the_days_were_dear() {
    let mut days = vec![0.0; 30];
    (days[0], days[9], days[29]) = (0.5, 1.0, 0.25);
    let picture = picture(&days);
    let heights: Vec<_> = (0..WIDTH).map(|x| height(&picture, x)).collect();
    let bars: Vec<_> = heights
        .chunk_by(|a, b| (*a > 0) == (*b > 0))
        .map(|run| run[0])
        .filter(|it| *it > 0)
        .collect();
    let [half, whole, quarter] = bars[..] else {
        panic!("{bars:?}")
    };
    assert!(
        half.abs_diff(whole / 2) <= 2 && quarter.abs_diff(whole / 4) <= 2 && whole > 200,
        "{bars:?}"
    );
}

#[test]
fn the_texts_need_no_font_of_the_machine() {
    let picture = picture(&[0.01, 0.02]);
    // The title is in the first rows.
    let is_dark = |x: u32, y: u32| picture.get_pixel(x, y).0[0] < 0x60;
    let dark = (0..WIDTH)
        .flat_map(|x| (0..36).map(move |y| (x, y)))
        .filter(|(x, y)| is_dark(*x, *y));
    assert!(dark.count() > 300);
}

#[test]
fn nothing_is_drawn_of_nothing() {
    assert_eq!(chart(&[], "x"), None);
    assert_eq!(chart(&usd(&[0.0, 0.0]), "x"), None);
    let odd = chart(&usd(&[1e-9, 1e9]), "\u{202e}\u{1f600} \n");
    assert!(odd.is_some());
}
