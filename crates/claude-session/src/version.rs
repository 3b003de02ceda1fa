//! The CLI's version.

/// The oldest version that works. Earlier ones exit silently in a home where they have never run.
pub const OLDEST: [u32; 3] = [2, 1, 175];

/// The version in the output of `--version`, such as `2.1.332 (Claude Code)`.
pub fn parse(output: &str) -> Option<[u32; 3]> {
    let version = output.split_whitespace().next()?;
    let mut parts = version.splitn(3, '.').map(|part| {
        let digits = part.split(|c: char| !c.is_ascii_digit()).next();
        digits?.parse().ok()
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// Says that a version is too old; `None` if it is not, or cannot be read.
pub fn too_old(output: &str) -> Option<String> {
    let [major, minor, patch] = parse(output).filter(|version| *version < OLDEST)?;
    let [least_major, least_minor, least_patch] = OLDEST;
    Some(format!(
        "the Claude CLI is too old: version {major}.{minor}.{patch} is installed, and {least_major}.{least_minor}.{least_patch} or later is \
         needed; update it with `claude update` or `npm install -g @anthropic-ai/claude-code`"
    ))
}

/// How to update the CLI.
pub const UPDATE: &str =
    "update the CLI with `claude update` or `npm install -g @anthropic-ai/claude-code`";

/// Defects that a host cannot work around: the version that mends each, and what happens before it (the CLI's changelog).
const DEFECTS: &[([u32; 3], &str)] = &[(
    [2, 1, 208],
    "this version takes ever more memory in long sessions, and may cut off long lines of output",
)];

/// What is known to go wrong with a version that works otherwise.
pub fn known_bad(output: &str) -> Option<&'static str> {
    let version = parse(output)?;
    let mut known = DEFECTS.iter();
    let (_, defect) = known.find(|(mended, _)| version < *mended)?;
    Some(defect)
}

#[cfg(test)]
mod tests;
