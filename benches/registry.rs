//! Reading and writing `active.json` in memory, with 1,000 channels on record.

use std::hint::black_box;

use chrono::DateTime;
use criterion::{Criterion, Throughput};
use switchboard::{
    registry::{Document, Record},
    snowflake::ChannelId,
};

const CHANNELS: u64 = 1_000;

pub(crate) fn registry(criterion: &mut Criterion) {
    let record = |number: u64| {
        Record::new(
            number.to_string(),
            "sonnet".to_owned(),
            DateTime::UNIX_EPOCH,
        )
    };
    let mut document = Document::default();
    for number in 0..CHANNELS {
        drop(document.put(ChannelId(number + 1), &record(number)));
    }
    let text = document.to_text().unwrap_or_default();
    let mut group = criterion.benchmark_group("registry");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| Document::parse(black_box(text.as_bytes())));
    });
    group.bench_function("write", |bencher| {
        bencher.iter(|| black_box(&document).to_text());
    });
    group.finish();
}
