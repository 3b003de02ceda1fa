//! Reading what the CLI writes: all lines of a session that the real one wrote.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use switchboard::claude::protocol::parse;

const CAPTURE: &str =
    include_str!("../crates/claude-session/tests/captures/i-permission-332.jsonl");

pub(crate) fn protocol(criterion: &mut Criterion) {
    let lines = CAPTURE.lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let text = (line["dir"] == "out")
            .then(|| line["line"].as_str())
            .flatten()?;
        Some(text.to_owned().into())
    });
    let lines: Vec<_> = lines.collect();
    let mut group = criterion.benchmark_group("protocol");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("parse the lines of a session", |bencher| {
        bencher.iter(|| {
            for line in &lines {
                drop(black_box(parse(line)));
            }
        });
    });
    group.finish();
}
