//! Children never run wild: nothing of a process outlives it, and none costs the bot more than it may.

mod cycles;
mod output;
mod trees;

use std::fs;

use super::{figure, scaled};

/// A field of `/proc/<process>/status`, in kB.
fn status_kb(process: &str, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kb = line.unwrap().trim_start_matches(':').trim();
    kb.split(' ').next().unwrap().parse().unwrap()
}
