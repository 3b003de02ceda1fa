use super::*;

#[test]
fn mem_total_is_read_in_bytes() {
    assert_eq!(
        mem_total("MemTotal:        4015772 kB\nMemFree: 1 kB\n"),
        Some(4_112_150_528)
    );
    assert_eq!(mem_total("MemFree: 1 kB\n"), None);
    assert_eq!(mem_total("MemTotal: lots\n"), None);
}

#[test]
fn live_processes_follow_the_memory() {
    #[track_caller]
    fn check(memory_bytes: u64, expected: usize) {
        assert_eq!(Machine { memory_bytes }.live_processes(), expected);
    }
    check(0, 1);
    check(512_000_000, 1);
    check(4_000_000_000, 13);
    check(u64::MAX, 64);
}

#[test]
fn capture_finds_some_memory() {
    assert!(Machine::capture().memory_bytes > 16_000_000);
}
