//! `cargo xtask dist` makes what a release consists of: a Debian package, a tarball, and their checksums.

use std::{
    env::consts::ARCH,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    prove::{cargo, root},
    tools::{output, program, run, write},
};

/// What the tarball holds of the checkout.
const FILES: [&str; 10] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "config.schema.json",
    "contrib",
    "docs",
    "examples",
];

/// The shells, each with the name of the file that it looks for.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "switchboard"),
    ("zsh", "_switchboard"),
    ("fish", "switchboard.fish"),
];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the package, the tarball and SHA256SUMS are written
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// Profile to build with; others than `release` are for trying how the packages install
    #[arg(long, value_name = "NAME", default_value = "release")]
    profile: String,
}

pub(crate) fn dist(args: &Args) -> Result<(), Box<dyn Error>> {
    let root = root();
    let generated = root.join("target/dist");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }
    // Apart, so that no other crate adds features to the bot's dependencies.
    let built = ["build", "--locked", "--package", "switchboard"];
    run(cargo()
        .args(built)
        .args(["--profile", &args.profile, "--target-dir"])
        .arg(root.join("target")))?;
    let folder = match args.profile.as_str() {
        "dev" => "debug",
        name => name,
    };
    let binary = root.join("target").join(folder).join("switchboard");
    man_pages(&generated.join("man"))?;
    completions(&binary, &generated.join("completions"))?;

    fs::create_dir_all(&args.out)?;
    let out = fs::canonicalize(&args.out)?;
    remove_earlier(&out)?;
    let deb = deb(&args.profile, &out)?;
    let tarball = tarball(&binary, &generated, &out)?;
    let sums = output(
        program("sha256sum")
            .args([&deb, &tarball])
            .current_dir(&out),
    )?;
    write(&out.join("SHA256SUMS"), &sums)?;
    say(&format!("in {}:\n{sums}", out.display()));
    Ok(())
}

/// Removes the packages of an earlier release, so that the folder holds one of each.
fn remove_earlier(out: &Path) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(out)? {
        let entry = entry?;
        let name = entry.file_name();
        if ["switchboard_", "switchboard-"]
            .iter()
            .any(|beginning| name.to_string_lossy().starts_with(beginning))
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn man_pages(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let writer = ["run", "--quiet", "--locked", "--package", "man-pages", "--"];
    run(cargo().args(writer).arg(folder))
}

fn completions(binary: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (shell, name) in COMPLETIONS {
        let text = output(program(binary).args(["completions", shell]))?;
        write(&folder.join(name), &text)?;
    }
    Ok(())
}

/// Makes the package of what is built and returns its name.
fn deb(profile: &str, out: &Path) -> Result<String, Box<dyn Error>> {
    let made = ["deb", "--no-build", "--locked", "--profile", profile];
    let path = output(cargo().args(made).arg("--output").arg(out)).map_err(|error| {
        format!("{error}; is cargo-deb there? `cargo install cargo-deb --version 3.8.0 --locked`")
    })?;
    let name = Path::new(path.trim_end()).file_name();
    Ok(name.unwrap_or_default().to_string_lossy().into_owned())
}

/// Packs a folder with everything and returns the name of the tarball.
fn tarball(binary: &Path, generated: &Path, out: &Path) -> Result<String, Box<dyn Error>> {
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("switchboard-{version}-{ARCH}-unknown-linux-gnu");
    let folder = generated.join(&name);
    fs::create_dir(&folder)?;
    run(program("cp")
        .arg("--recursive")
        .args(FILES.map(|file| root().join(file)))
        .args([
            binary,
            &generated.join("man"),
            &generated.join("completions"),
            &folder,
        ]))?;
    let tarball = format!("{name}.tar.gz");
    run(program("tar")
        .args([
            "--create",
            "--gzip",
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
        ])
        .arg("--directory")
        .arg(generated)
        .arg("--file")
        .arg(out.join(&tarball))
        .arg(&name))?;
    Ok(tarball)
}

#[expect(clippy::print_stdout, reason = "the output of a chore")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests;
