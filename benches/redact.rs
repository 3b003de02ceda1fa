//! The throughput of redaction on 1 MB of text: `cargo bench --bench redact`.

use std::{hint::black_box, time::Instant};

use switchboard::redact::{Redactor, Secret};

const SIZE: usize = 1_000_000;

/// The best of this many runs counts.
const RUNS: usize = 10;

const PROSE: &str = include_str!("../SECURITY.md");
const CODE: &str = include_str!("../src/app.rs");

/// Has the format of a bot token, but is none.
const TOKEN: &str = "MTQyMDA3MDQwMDAwMDAwMDAw.Gx7Qa1.k9Vw-2mZt_Rb4YcN8pLs6HdJf3XeUgT0oKqAiE";

fn main() {
    let secrets = [
        TOKEN,
        &TOKEN[25..],
        &TOKEN[..24],
        &TOKEN[32..],
        "sk-loopback-9f2KxQ7vLw3ZtR8yPb5NcHd1",
        "sk-ant-oat01-Zk3vQ8xR1tLw9YbN5cHd2PfG7Zk3vQ8xR1tLw9YbN5cHd2PfG7Zk3vQ8xR1tLw9YbN5cHd2PfG7AA",
        "correct-Horse7battery",
    ];
    let secrets = secrets.map(|value| Secret::new("secret", value));
    let begun = Instant::now();
    let redactor = Redactor::new(&secrets);
    report("build", begun.elapsed().as_secs_f64());
    for (name, text) in [
        ("prose", PROSE.to_owned()),
        ("code", CODE.to_owned()),
        (
            "hexadecimal",
            data_encoding::HEXLOWER.encode(CODE.as_bytes()),
        ),
        ("base64", data_encoding::BASE64.encode(CODE.as_bytes())),
        ("a secret in each KB", format!("{} {TOKEN} ", &CODE[..1000])),
        ("secrets alone", format!("{TOKEN} ")),
        ("starts of secrets", TOKEN[..30].to_owned()),
    ] {
        let mut text = text.repeat(SIZE / text.len() + 1);
        text.truncate(text.floor_char_boundary(SIZE));
        let run = || {
            let begun = Instant::now();
            black_box(redactor.redact(black_box(&text)));
            begun.elapsed().as_secs_f64()
        };
        let best = (0..RUNS).map(|_| run()).fold(f64::MAX, f64::min);
        report(name, best);
    }
}

fn report(name: &str, seconds: f64) {
    #[expect(
        clippy::print_stdout,
        reason = "this is what a benchmark tells its reader"
    )]
    {
        println!("{name:<20} {:>8.2} ms", seconds * 1e3);
    }
}
