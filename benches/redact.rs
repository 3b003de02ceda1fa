//! The throughput of redaction on 1 MB of text.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use switchboard::redact::{Redactor, Secret};

const SIZE: usize = 1_000_000;

const PROSE: &str = include_str!("../SECURITY.md");
const CODE: &str = include_str!("../src/app.rs");

/// Has the format of a bot token, but is none.
const TOKEN: &str = "MTQyMDA3MDQwMDAwMDAwMDAw.Gx7Qa1.k9Vw-2mZt_Rb4YcN8pLs6HdJf3XeUgT0oKqAiE";

pub(crate) fn redact(criterion: &mut Criterion) {
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
    let mut group = criterion.benchmark_group("redact");
    group.bench_function("build", |bencher| {
        bencher.iter(|| Redactor::new(black_box(&secrets)));
    });
    let redactor = Redactor::new(&secrets);
    group
        .throughput(Throughput::Bytes(SIZE as u64))
        .sample_size(10);
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
        group.bench_function(name, |bencher| {
            bencher.iter(|| redactor.redact(black_box(&text)));
        });
    }
    group.finish();
}
