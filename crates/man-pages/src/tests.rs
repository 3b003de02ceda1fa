use std::fs;

#[test]
fn every_subcommand_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    let command = switchboard::cli::command();
    clap_mangen::generate_to(command.clone(), folder.path()).unwrap();
    let page = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(page("switchboard.1").contains("Exit codes:"));
    for job in command.get_subcommands() {
        let text = page(&format!("switchboard-{}.1", job.get_name()));
        let about = job.get_about().unwrap().to_string();
        assert!(text.contains(&about.replace('-', "\\-")), "{text}");
        for inner in job.get_subcommands() {
            page(&format!(
                "switchboard-{}-{}.1",
                job.get_name(),
                inner.get_name()
            ));
        }
    }
}
