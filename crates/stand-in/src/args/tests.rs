use super::*;

const ID: &str = "99c4b412-1509-4fe6-a0af-3a2a0f463d16";
const BASE: [&str; 6] = [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
];

fn parse_with(more: &[&str]) -> Result<Command, String> {
    let args: Vec<String> = BASE.iter().chain(more).map(ToString::to_string).collect();
    parse(&args)
}

#[track_caller]
fn check(more: &[&str], change: impl FnOnce(&mut Options)) {
    let mut expected = Options::default();
    change(&mut expected);
    assert_eq!(parse_with(more), Ok(Command::Run(Box::new(expected))));
}

#[track_caller]
fn check_error(more: &[&str], part: &str) {
    let error = parse_with(more).unwrap_err();
    assert!(error.contains(part), "{error:?} lacks {part:?}");
}

#[test]
fn options_are_parsed_in_both_forms() {
    check(&[], |_| {});
    let id = Uuid::try_parse(ID).unwrap();
    check(&["--session-id", ID], |o| o.session_id = Some(id));
    check(&[&format!("--resume={ID}")], |o| o.resume = Some(id));
    check(&["--setting-sources=", "--strict-mcp-config"], |_| {});
    check(&["--model", "haiku"], |o| o.model = Some("haiku".into()));
    check(&["--max-turns", "3"], |o| o.max_turns = Some(3));
    check(&["--append-system-prompt-file", "p"], |o| {
        o.append_system_prompt = Some(Prompt::File("p".into()));
    });
    check(&["--permission-prompt-tool", "stdio"], |o| {
        o.asks_permission = true;
    });
}

#[test]
fn lists_extend_to_the_next_option() {
    check(
        &["--allowedTools", "Read", "Bash(ls *)", "--model=opus"],
        |o| {
            o.allowed_tools = vec!["Read".into(), "Bash(ls *)".into()];
            o.model = Some("opus".into());
        },
    );
    check(
        &["--disallowedTools=Bash", "--disallowed-tools", "Glob,Read"],
        |o| {
            o.disallowed_tools = vec!["Bash".into(), "Glob,Read".into()];
        },
    );
}

#[test]
fn errors_are_those_of_the_cli() {
    check_error(&["--nonsense-x"], "error: unknown option '--nonsense-x'");
    check_error(
        &["--session-id=zork"],
        "Error: Invalid session ID. Must be a valid UUID.",
    );
    check_error(&["--resume=zork"], "Provided value \"zork\" is not a UUID");
    check_error(&["--model"], "argument missing");
    check_error(&["--max-turns=few"], "It must be a number");
    check_error(&["hello"], "stdin only");
    check_error(
        &["--session-id", ID, "--resume", ID],
        "--session-id can only be used",
    );
    let quiet: Vec<String> = BASE[..5].iter().map(ToString::to_string).collect();
    assert!(parse(&quiet).unwrap_err().contains("requires --verbose"));
}

#[test]
fn version_needs_no_other_option() {
    assert_eq!(parse(&["--version".to_owned()]), Ok(Command::Version));
}
