use std::path::Path;

use super::*;
use crate::config::{BUILTIN_RULES, Environment, Machine, check_rule};

#[track_caller]
fn check(rule: &str, expected: Option<Capability>) {
    assert_eq!(check_rule(rule), Ok(()), "{rule}");
    let found = lint_rule(rule).map(|risk| {
        assert!(!risk.reason.is_empty());
        risk.capability
    });
    assert_eq!(found, expected, "{rule}");
}

#[test]
fn rules_that_run_any_program_are_reported() {
    for rule in [
        "EnterWorktree",
        "Bash",
        "Bash(*)",
        "Bash(:*)",
        "Bash(* --version)",
        "Bash(py* x)",
        "Bash(python3 *)",
        "Bash(python3:*)",
        "Bash(python3.12 *)",
        "Bash(/usr/bin/python3 -c *)",
        "Bash(python3)",
        "Bash(node *)",
        "Bash(perl)",
        "Bash(perl *)",
        "Bash(sed -nf list.sed note.txt)",
        "Bash(sed --file=list.sed note.txt)",
        "Bash(sqlite3)",
        "Bash(psql)",
        "Bash(gdb)",
        "Bash(ed)",
        "Bash(at now)",
        "Bash(crontab -)",
        "Bash(docker compose up -d)",
        "Bash(terraform apply)",
        "Bash(ruby *)",
        "Bash(sh *)",
        "Bash(bash -c *)",
        "Bash(bash)",
        "Bash(git *)",
        "Bash(git:*)",
        "Bash(git log *)",
        "Bash(git diff *)",
        "Bash(git status)",
        "Bash(git -C sub status)",
        "Bash(sed *)",
        "Bash(tar *)",
        "Bash(zip *)",
        "Bash(xargs *)",
        "Bash(xargs)",
        "Bash(npx *)",
        "Bash(npm *)",
        "Bash(npm test)",
        "Bash(npm run build)",
        "Bash(cargo *)",
        "Bash(cargo test)",
        "Bash(make *)",
        "Bash(make)",
        "Bash(pytest)",
        "Bash(docker *)",
        "Bash(ssh *)",
        "Bash(ssh 192.168.1.*)",
        "Bash(scp * 192.168.1.*)",
        "Bash(systemctl --user *)",
        "Bash(sudo ls)",
        "Bash(vim *)",
        "Bash(sqlite3 *)",
        "Bash(split *)",
        "Bash(env *)",
        "Bash(timeout *)",
        "Bash(timeout 5 *)",
        "Bash(nice -n 5 python3 *)",
        "Bash(FOO=1 python3 *)",
        "Bash(ls | xargs *)",
        "Bash(cd x && make)",
        "Bash(./build.sh)",
        "Bash(./build.sh --help)",
        "Bash(sub/tool --version)",
        "Bash(sh x.sh --help)",
        "Bash(python3 tool.py --version)",
        "Bash(PATH=. python3 --version)",
        "Bash(env PATH=. python3 --version)",
        "SendMessage",
        "Bash(rg *)",
        "Bash(fd *)",
        "Bash(eslint src)",
        "Bash(python3 build.py)",
        "Bash(scripts/test *)",
        "mcp__github",
        "mcp__github__*",
        "mcp__*",
    ] {
        check(rule, Some(Capability::Execute));
    }
}

#[test]
fn wrappers_options_and_quotes_do_not_hide_a_program() {
    for rule in [
        "Bash(timeout -s KILL *)",
        "Bash(timeout -s KILL 60 make *)",
        "Bash(timeout --sig KILL *)",
        "Bash(env -u FOO *)",
        "Bash(env -iu FOO *)",
        "Bash(env -C sub make)",
        "Bash(env -S sh x.sh)",
        "Bash(env - sh x.sh)",
        "Bash(env -a x sh x.sh)",
        "Bash(timeout .5 sh x.sh)",
        "Bash(stdbuf -o L *)",
        "Bash(ionice -c idle *)",
        "Bash(sh -V)",
        "Bash(tclsh --version)",
        "Bash(\"perl\" *)",
        "Bash(\\python3 *)",
        "Bash('env' \"sh\" *)",
        "Bash($SHELL *)",
        "Bash(ts-node *)",
        "Bash(bunx *)",
        "Bash(ipython *)",
        "Bash(R *)",
        "Bash(docker ps *)",
        "Bash(docker run x)",
        "Bash(docker)",
        "Bash(./docker ps)",
        "Bash(DOCKER_CONFIG=x docker ps)",
        "Bash(kubectl get pods --kubeconfig x)",
        "Bash(vagrant status)",
        "Bash(crontab)",
    ] {
        check(rule, Some(Capability::Execute));
    }
}

#[test]
fn rules_that_write_read_or_send_are_reported() {
    for rule in [
        "Edit",
        "Write",
        "Write(*)",
        "Edit(//etc/**)",
        "Edit(~/**)",
        "Edit(../**)",
        "Edit(./../x)",
        "NotebookEdit",
        "Bash(awk *)",
        "Bash(dd *)",
        "Bash(ln *)",
        "Bash(chmod *)",
        "Bash(tee *)",
        "Bash(sort *)",
        "Bash(curl *)",
        "Bash(wget *)",
        "Bash(curl -o out *)",
        "Bash(awk -f list.awk note.txt)",
        "Bash(gawk -E list.awk note.txt)",
        "Bash(gawk -i list 1 note.txt)",
    ] {
        check(rule, Some(Capability::Write));
    }
    for rule in [
        "Read",
        "Read(*)",
        "Read(//**)",
        "Read(//etc/hosts)",
        "Read(~/.config/**)",
        "Read($HOME/x)",
        "Grep",
        "Glob",
        "Glob(./**)",
        "ListAgents",
        "Bash(date *)",
        "Bash(wc *)",
        "Bash(openssl *)",
        "Bash(diff *)",
        "Bash(tac *)",
        "Bash(fold *)",
        "Bash(pr *)",
    ] {
        check(rule, Some(Capability::Read));
    }
    check("Bash(ping *)", Some(Capability::Exfiltrate));
    check("Bash(dig *)", Some(Capability::Exfiltrate));
}

#[test]
fn confined_rules_are_not_reported() {
    for rule in BUILTIN_RULES {
        check(rule, None);
    }
    for rule in [
        "Read(**)",
        "Read(/docs/**)",
        "Read(docs/a..b.md)",
        "Edit(./notes/**)",
        "Grep(./**)",
        "WebFetch(domain:example.org)",
        "Bash(ls *)",
        "Bash(cat *)",
        "Bash(head *)",
        "Bash(grep *)",
        "Bash(find *)",
        "Bash(cp *)",
        "Bash(mv *)",
        "Bash(mkdir *)",
        "Bash(rm *)",
        "Bash(touch *)",
        "Bash(echo *)",
        "Bash(python3 --version)",
        "Bash(sed -n 1,5p note.txt)",
        "Bash(awk 1 note.txt)",
        "Bash(git --version)",
        "Bash(npm --help)",
        "Bash(docker ps)",
        "Bash(docker ps -a)",
        "Bash(podman ps)",
        "Bash(kubectl get pods -n shop -o wide)",
        "Bash(systemctl status nginx)",
        "Bash(crontab -l)",
        "Bash(command -v *)",
        "Bash(nice -n 5 ls *)",
        "Bash(timeout 5 cat *)",
        "Bash(timeout -k 1 -s KILL 5 cat *)",
        "Bash(env -uFOO ls *)",
        "Bash(awk -vfile=x 1 note.txt)",
        "Bash(diff note.txt draft.txt)",
        "Bash(date)",
        "Bash(wc -l note.txt)",
        "Bash(uniq *)",
        "Bash(cd *)",
        "Bash(flock lock *)",
        "Bash(script -c *)",
        "Bash(taskset 1 *)",
        "mcp__github__get_issue",
        "TodoWrite",
        "SomethingNew",
    ] {
        check(rule, None);
    }
}

/// The findings for a configuration, one a line.
fn findings(text: &str) -> String {
    let machine = Machine { memory_bytes: 1 };
    let config =
        Config::from_json(text, Path::new("/"), &Environment::default(), &machine).unwrap();
    let findings: Vec<String> = lint(&config, None)
        .iter()
        .map(ToString::to_string)
        .collect();
    findings.join("\n")
}

#[test]
fn every_key_is_checked() {
    let text = r#"{
        "allowed_tools": ["Read(./**)", "Bash(git log *)"],
        "claude": { "extra_args": ["--settings=/etc/x.json", "--effort", "high", "--add-dir", "/srv"] },
        "channels": { "290926798999357250": { "allowed_tools": ["Read"] } }
    }"#;
    insta::assert_snapshot!(findings(text));
}

#[test]
fn inline_json_is_reported_and_not_shown() {
    let text = r#"{ "claude": { "extra_args": [
        "--mcp-config={\"mcpServers\": {\"a\": {\"headers\": {\"X\": \"canary\"}}}}",
        "--agents", "{\"canary\": 1}"
    ] } }"#;
    let found = findings(text);
    assert!(!found.contains("canary"), "{found}");
    for flag in ["--mcp-config", "--agents"] {
        let expected = format!("claude.extra_args: {flag:?} can be read by every account");
        assert!(found.contains(&expected), "{found}");
    }
}

#[test]
fn rejected_inline_json_is_not_shown() {
    let text = r#"{ "claude": { "extra_args": ["{\"X\": \"canary\"}"] } }"#;
    let machine = Machine { memory_bytes: 1 };
    let refused = Config::from_json(text, Path::new("/"), &Environment::default(), &machine);
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("claude.extra_args") && !message.contains("canary"),
        "{message}"
    );
}

#[test]
fn the_default_configuration_has_no_findings() {
    let machine = Machine { memory_bytes: 1 };
    let config =
        Config::from_json("{}", Path::new("/"), &Environment::default(), &machine).unwrap();
    for sandbox in [
        None,
        Some(SandboxLevel::Off),
        Some(SandboxLevel::Cli),
        Some(SandboxLevel::Bwrap),
    ] {
        assert_eq!(lint(&config, sandbox), []);
    }
}

#[test]
fn every_bash_rule_is_reported_without_a_sandbox() {
    let text = r#"{ "allowed_tools": ["Read(./**)", "Bash(ls *)", "Bash(ping *)", "Bash(make)"] }"#;
    let machine = Machine { memory_bytes: 1 };
    let config =
        Config::from_json(text, Path::new("/"), &Environment::default(), &machine).unwrap();
    let found = |sandbox| -> Vec<(String, Capability)> {
        lint(&config, sandbox)
            .into_iter()
            .map(|finding| (finding.subject, finding.risk.capability))
            .collect()
    };
    let ping = |capability| ("Bash(ping *)".to_owned(), capability);
    let make = || ("Bash(make)".to_owned(), Capability::Execute);
    assert_eq!(found(None), [ping(Capability::Exfiltrate), make()]);
    assert_eq!(
        found(Some(SandboxLevel::Cli)),
        [ping(Capability::Exfiltrate), make()]
    );
    let ls = ("Bash(ls *)".to_owned(), Capability::Read);
    assert_eq!(
        found(Some(SandboxLevel::Off)),
        [ls, ping(Capability::Read), make()]
    );
}
