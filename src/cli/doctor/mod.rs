//! `switchboard doctor`: finds out by trying whether everything works, and says how to mend what does not.

mod call;
mod discord;
mod files;
mod machine;
mod records;
mod release;

use std::{io, path::Path};

pub(super) use self::discord::{missing_intent, refused_token, unreachable};
use super::{
    args::Doctor,
    check::{self, Asked, Setup},
    exit::{Code, ExitError},
    finding::{Finding, Fix, Severity, for_people, for_programs},
    invocation::{Invocation, say},
    logs, run,
};
use crate::{
    config::Config,
    files::{create_folder, remove_temporaries, set_mode},
    redact::{Redactor, secrets},
    registry::Lock,
};

/// The most of each text of a finding, in bytes.
const LONGEST: usize = 8_000;

pub(super) fn doctor(invocation: &Invocation, options: &Doctor) -> Result<(), ExitError> {
    let offline = check::offline(
        invocation,
        Asked {
            is_strict: false,
            login: options.no_call,
            may_run: true,
        },
    )?;
    let environment = &invocation.environment;
    let secrets = match &offline.setup {
        Some(setup) => logs::held(setup.token.as_ref(), &setup.config, environment),
        None => secrets::of_environment(environment, &[]),
    };
    let mut report = Report {
        options,
        redactor: Redactor::new(&secrets),
        errors: 0,
        warnings: 0,
    };
    report.add(offline.findings)?;
    if let Some(setup) = &offline.setup {
        report.add(files::findings(&setup.config))?;
        report.add(machine::findings(setup))?;
        report.add(records::findings(setup))?;
        online(invocation, setup, &mut report)?;
    }
    report.end()
}

/// What takes Discord, the API or another server.
fn online(
    invocation: &Invocation,
    setup: &Setup,
    report: &mut Report<'_>,
) -> Result<(), ExitError> {
    let runtime = run::runtime()?;
    if let Some(token) = &setup.token {
        let found = discord::findings(&setup.config, token, &invocation.environment);
        report.add(runtime.block_on(found))?;
    }
    let release = release::finding(&setup.config.updates.url);
    report.add(runtime.block_on(release))?;
    if setup.has_cli && !report.options.no_call {
        report.add([runtime.block_on(call::finding(setup))])?;
    }
    Ok(())
}

/// Has Claude answer with one word, with this configuration.
pub(super) fn call(invocation: &Invocation, config: Config) -> Result<Finding, ExitError> {
    let (_, confinement, _) = check::confinement(invocation, &config)?;
    let setup = Setup {
        config,
        token: None,
        confinement,
        has_cli: true,
    };
    Ok(run::runtime()?.block_on(call::finding(&setup)))
}

/// Shows findings as they come, and counts them.
struct Report<'a> {
    options: &'a Doctor,
    redactor: Redactor,
    errors: usize,
    warnings: usize,
}

impl Report<'_> {
    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) -> Result<(), ExitError> {
        let findings = findings.into_iter().map(|finding| match &finding.fix {
            Some(fix) if self.options.fix => mended(fix, finding.clone()),
            _ => finding,
        });
        let findings: Vec<_> = findings.map(|it| self.presentable(it)).collect();
        let count = |severity| findings.iter().filter(|it| it.is(severity)).count();
        self.errors += count(Severity::Error);
        self.warnings += count(Severity::Warning);
        say(&if self.options.json {
            for_programs(&findings)
        } else {
            for_people(&findings)
        })
    }

    /// What other programs and servers say may be long, and hold secrets.
    fn presentable(&self, finding: Finding) -> Finding {
        let text = |text: String| {
            let mut text = self.redactor.redact(&text).text.into_owned();
            text.truncate(text.floor_char_boundary(LONGEST));
            text
        };
        Finding {
            what: text(finding.what),
            why: text(finding.why),
            mend: text(finding.mend),
            ..finding
        }
    }

    fn end(self) -> Result<(), ExitError> {
        if !self.options.json {
            let plural = |number: usize| if number == 1 { "" } else { "s" };
            let (errors, warnings) = (self.errors, self.warnings);
            say(&match (errors, warnings) {
                (0, 0) => "\nNothing is wrong.\n".to_owned(),
                _ => format!(
                    "\n{errors} error{}, {warnings} warning{}\n",
                    plural(errors),
                    plural(warnings)
                ),
            })?;
        }
        if self.errors > 0 || self.options.strict && self.warnings > 0 {
            return Err(Code::Failed.exit(""));
        }
        Ok(())
    }
}

/// Changes what lies beside a file in the `sessions` folder while no bot can start.
fn without_bot(file: &Path, change: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let _lock = Lock::take(folder).map_err(io::Error::other)?;
    change()
}

fn mended(fix: &Fix, finding: Finding) -> Finding {
    let done = match fix {
        Fix::Mode(path, mode) => set_mode(path, *mode),
        Fix::Folder(path) => create_folder(path).map(drop),
        Fix::Temporaries(path) => without_bot(path, || remove_temporaries(path).map(drop)),
    };
    match done {
        Ok(()) => Finding {
            mended: true,
            ..finding
        },
        Err(error) => {
            let mend = format!("{} (`--fix` failed: {error})", finding.mend);
            Finding { mend, ..finding }
        }
    }
}
