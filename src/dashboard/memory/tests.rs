use super::*;

const fn process(parent: i32, resident: u64) -> Process {
    Process { parent, resident }
}

#[test]
fn a_process_counts_with_all_below_it() {
    let processes = HashMap::from([
        (1, process(0, 100)),
        (10, process(1, 1)),
        (11, process(10, 2)),
        (12, process(11, 4)),
        (20, process(1, 8)),
    ]);
    let sums = sums(&[10, 20, 99], &processes);
    assert_eq!(sums, HashMap::from([(10, 7 * 1024), (20, 8 * 1024)]));
}

#[test]
fn a_circle_of_parents_comes_to_an_end() {
    let processes = HashMap::from([(2, process(3, 1)), (3, process(2, 1))]);
    assert_eq!(sums(&[9], &processes), HashMap::new());
}

#[test]
fn this_process_is_read() {
    let own = i32::try_from(std::process::id()).unwrap();
    assert!(of_trees(&[own])[&own] > 0 && super::own() > 0);
}
