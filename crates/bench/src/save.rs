//! The alternative to the bot's save: that of a program that does nothing else.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::Instant,
};

use crate::{Result, samples::Samples};

/// Saves what is on record in this bot's folder, so many times.
pub(crate) fn bare_save(home: &Path, count: usize) -> Result<Samples> {
    let content = fs::read(home.join("sessions/active.json"))?;
    let folder = home.join("bare");
    fs::create_dir(&folder)?;
    let (temporary, target) = (folder.join("new"), folder.join("active.json"));
    let mut samples = Samples::default();
    for _ in 0..count {
        let begun = Instant::now();
        #[expect(
            clippy::disallowed_methods,
            reason = "the save that the bot's is compared with"
        )]
        let mut file = File::create(&temporary)?;
        file.write_all(&content)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        File::open(&folder)?.sync_all()?;
        samples.add(begun.elapsed());
    }
    Ok(samples)
}
