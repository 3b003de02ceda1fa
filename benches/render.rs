//! Making pages of an answer, whole and token by token.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use switchboard::discord::render::{AnswerLimits, AnswerRenderer, render_answer};

const ANSWER: &str = include_str!("../ARCHITECTURE.md");

/// About as long as a token.
const TOKEN: usize = 4;

pub(crate) fn render(criterion: &mut Criterion) {
    let limits = AnswerLimits::default();
    let mut group = criterion.benchmark_group("render");
    group.throughput(Throughput::Bytes(ANSWER.len() as u64));
    group.bench_function("a whole answer", |bencher| {
        bencher.iter(|| render_answer(black_box(ANSWER), &limits));
    });
    let characters: Vec<char> = ANSWER.chars().collect();
    let tokens = characters.chunks(TOKEN).map(|token| token.iter().collect());
    let tokens: Vec<String> = tokens.collect();
    group.bench_function("token by token", |bencher| {
        bencher.iter(|| {
            let mut answer = AnswerRenderer::new(&limits);
            for token in &tokens {
                answer.push(black_box(token));
            }
            answer.finish(ANSWER)
        });
    });
    group.finish();
}
