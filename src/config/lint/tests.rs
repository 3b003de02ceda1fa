//! Rules and what they open.

use std::path::Path;

use super::*;
use crate::config::{BUILTIN_RULES, Environment, Machine, check_rule};

#[track_caller]
fn check(rule: &str, expected: Option<Way>) {
    assert_eq!(check_rule(rule), Ok(()), "{rule}");
    let found = judge_rule(rule).map(|(way, why)| {
        assert!(!why.is_empty());
        way
    });
    assert_eq!(found, expected, "{rule}");
}

#[test]
fn what_runs_any_program_is_named() {
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
        check(rule, Some(Way::Runs));
    }
}

#[test]
fn what_stands_around_a_program_hides_it_not() {
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
        check(rule, Some(Way::Runs));
    }
}

#[test]
fn what_writes_reads_or_sends_outside_is_named() {
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
        check(rule, Some(Way::Writes));
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
        check(rule, Some(Way::Reads));
    }
    check("Bash(ping *)", Some(Way::Sends));
    check("Bash(dig *)", Some(Way::Sends));
}

#[test]
fn what_stays_inside_is_not_named() {
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

/// What is said of a configuration, a line each.
fn told(text: &str) -> String {
    let machine = Machine { memory_bytes: 1 };
    let config =
        Config::from_json(text, Path::new("/"), &Environment::default(), &machine).unwrap();
    let told: Vec<String> = lint(&config, None)
        .iter()
        .map(ToString::to_string)
        .collect();
    told.join("\n")
}

#[test]
fn every_key_is_looked_at_and_told() {
    let text = r#"{
        "allowed_tools": ["Read(./**)", "Bash(git log *)"],
        "claude": { "extra_args": ["--settings=/etc/x.json", "--effort", "high", "--add-dir", "/srv"] },
        "channels": { "290926798999357250": { "allowed_tools": ["Read"] } }
    }"#;
    insta::assert_snapshot!(told(text));
}

#[test]
fn json_among_the_arguments_is_named_and_not_shown() {
    let text = r#"{ "claude": { "extra_args": [
        "--mcp-config={\"mcpServers\": {\"a\": {\"headers\": {\"X\": \"canary\"}}}}",
        "--agents", "{\"canary\": 1}"
    ] } }"#;
    let told = told(text);
    assert!(!told.contains("canary"), "{told}");
    for flag in ["--mcp-config", "--agents"] {
        let words = format!("claude.extra_args: {flag:?} can be read by every account");
        assert!(told.contains(&words), "{told}");
    }
}

#[test]
fn json_that_is_refused_is_not_shown() {
    let text = r#"{ "claude": { "extra_args": ["{\"X\": \"canary\"}"] } }"#;
    let machine = Machine { memory_bytes: 1 };
    let refused = Config::from_json(text, Path::new("/"), &Environment::default(), &machine);
    let words = refused.unwrap_err().to_string();
    assert!(
        words.contains("claude.extra_args") && !words.contains("canary"),
        "{words}"
    );
}

#[test]
fn the_default_configuration_opens_nothing() {
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
fn without_a_sandbox_every_bash_rule_is_a_way_out() {
    let text = r#"{ "allowed_tools": ["Read(./**)", "Bash(ls *)", "Bash(ping *)", "Bash(make)"] }"#;
    let machine = Machine { memory_bytes: 1 };
    let config =
        Config::from_json(text, Path::new("/"), &Environment::default(), &machine).unwrap();
    let found = |sandbox| -> Vec<(String, Way)> {
        lint(&config, sandbox)
            .into_iter()
            .map(|finding| (finding.opened_by, finding.way))
            .collect()
    };
    let ping = |way| ("Bash(ping *)".to_owned(), way);
    let make = || ("Bash(make)".to_owned(), Way::Runs);
    assert_eq!(found(None), [ping(Way::Sends), make()]);
    assert_eq!(found(Some(SandboxLevel::Cli)), [ping(Way::Sends), make()]);
    let ls = ("Bash(ls *)".to_owned(), Way::Reads);
    assert_eq!(
        found(Some(SandboxLevel::Off)),
        [ls, ping(Way::Reads), make()]
    );
}
