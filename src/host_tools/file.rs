//! Reading a file that Claude wants to send.

use std::path::Path;

use crate::{
    attachments::clean_name,
    chat::PostFile,
    files::{Folder, Refused},
};

/// Reads a file of the workspace for a post. `limit` is the largest that Discord takes. The error is for the model.
pub(crate) fn read(workspace: &Path, path: &str, limit: u64) -> Result<PostFile, String> {
    let canonical = workspace.canonicalize();
    let canonical = canonical.as_deref().unwrap_or(workspace);
    let asked = Path::new(path);
    let beneath = asked
        .strip_prefix(canonical)
        .or_else(|_| asked.strip_prefix(workspace));
    let beneath = beneath.unwrap_or(asked);
    let content = Folder::open(canonical)
        .map_err(Refused::Io)
        .and_then(|folder| folder.read_beneath(beneath, limit))
        .map_err(|refused| why(&refused))?;
    if content.is_empty() {
        return Err("not sent: the file is empty".into());
    }
    let name = asked.file_name().unwrap_or_default().to_string_lossy();
    Ok(PostFile {
        name: clean_name(&name),
        content,
    })
}

fn why(refused: &Refused) -> String {
    let why = match refused {
        Refused::Outside => "the path leads out of the workspace or over a symbolic link",
        Refused::Missing => "there is no such file in the workspace",
        Refused::NotRegular => "it is not a regular file",
        Refused::HardLinked => "the file has another hard link; send a copy of it",
        Refused::TooLarge { limit } => {
            let megabytes = limit / (1024 * 1024);
            return format!(
                "not sent: the file is larger than the {megabytes} MB that Discord takes here"
            );
        }
        Refused::Io(error) => {
            tracing::warn!(%error, "failed to read a file of a workspace");
            "the file cannot be read"
        }
    };
    format!("not sent: {why}")
}
