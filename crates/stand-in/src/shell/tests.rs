use super::*;

fn run(command: &str) -> Finished {
    let path = ("PATH".into(), "/usr/bin:/bin".into());
    let env = Environment::from([path, ("GIVEN".into(), "yes".into())]);
    let mut shell = Shell::start(command, Path::new("/"), &env).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(finished) = shell.poll().unwrap() {
            return finished;
        }
        assert!(Instant::now() < deadline, "{command} did not end");
        thread::yield_now();
    }
}

#[test]
fn output_and_exit_code_are_kept() {
    let finished = run("echo out $GIVEN; echo err >&2; exit 3");
    assert_eq!(finished.code, Some(3));
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("out yes", "err")
    );
}

#[test]
fn a_command_leads_its_own_session() {
    let finished = run("echo $$; cut -d' ' -f5,6 /proc/self/stat; true");
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(
        lines[1],
        format!("{0} {0}", lines[0]),
        "group and session are its pid"
    );
}

#[test]
fn output_is_limited() {
    assert_eq!(run("yes | head -c 200000").stdout.len(), MAX_OUTPUT - 1);
}

#[test]
fn a_grandchild_with_open_pipes_does_not_delay_the_result() {
    let finished = run("sleep 5 & echo done");
    assert_eq!(finished.stdout, "done");
}
