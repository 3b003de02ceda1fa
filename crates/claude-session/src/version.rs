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

#[cfg(test)]
mod tests;
