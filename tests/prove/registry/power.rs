//! Simulated power cuts: ext4 on a loop device is shut down under a writer.
//!
//! `FS_IOC_SHUTDOWN` (Linux, `fs/ext4/ioctl.c`) drops what is not on disk; flag 1 writes the journal first, flag 2 does
//! not. Needs root and loop devices.

use std::{fs, path::Path, time::Duration};

use super::{
    full::{Mount, is_alone, run},
    state::{booked, counted, strays},
    writer::Writer,
};
use crate::prove::{figure, scaled};

/// Cuts the power once. Returns how many bookings were made; for the control, how many were acknowledged and how many
/// of them were found.
fn cut(
    image: &Path,
    at: &Path,
    options: &str,
    flag: u32,
    round: usize,
    control: bool,
) -> (u64, u64) {
    let image_text = image.to_str().unwrap();
    let options = format!("loop,commit=300{options}");
    let mount = Mount::new(&["-o", &options, image_text], at);
    let folder = at.join("sessions");
    let before = if control {
        0
    } else {
        counted(&folder).values().sum()
    };
    let mut writer = if control {
        fs::create_dir_all(&folder).unwrap();
        Writer::control(&folder)
    } else {
        Writer::start(&folder, round / 20)
    };
    writer.send(if control { "start" } else { "load" });
    writer.receive_one();
    std::thread::sleep(Duration::from_millis(2 + round as u64 * 7 % 40));
    // The number of FS_IOC_SHUTDOWN is _IOR('X', 125, __u32).
    let shutdown = format!(
        "open(F, '<', $ARGV[0]) or die $!; my $flag = pack('L', {flag}); ioctl(F, 0x8004587d, $flag) or die $!"
    );
    run("perl", &["-e", &shutdown], at).unwrap();
    let acknowledged = writer.kill();
    mount.end();
    let mount = Mount::new(&["-o", &options, image_text], at);
    let found = if control {
        let text = fs::read(folder.join("active.json")).unwrap_or_default();
        let value = serde_json::from_slice::<serde_json::Value>(&text).unwrap_or_default();
        let found = value["1"]["message_count"].as_u64().unwrap_or(0);
        fs::remove_dir_all(&folder).unwrap_or_default();
        (acknowledged[&1], found)
    } else {
        let now = counted(&folder);
        for (channel, promised) in &acknowledged {
            assert!(
                now[channel] >= *promised,
                "flag {flag}, {options}: {promised} lost"
            );
        }
        assert_eq!(now, booked(&folder), "the ledger and the registry agree");
        let next = Writer::start(&folder, round / 20);
        assert_eq!(strays(&folder), [""; 0]);
        next.stop();
        (now.values().sum::<u64>() - before, 0)
    };
    mount.end();
    found
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    if !is_alone("prove::registry::power::a_power_cut_loses_nothing_that_was_acknowledged") {
        return;
    }
    let cuts = scaled(8, 1_000);
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("disk");
    let at = folder.path().join("at");
    fs::create_dir(&at).unwrap();
    let fresh = || {
        run("truncate", &["-s", "64M"], &image).unwrap();
        run("mkfs.ext4", &["-q", "-F"], &image).unwrap();
    };
    fresh();
    // A registry to start with.
    let mount = Mount::new(&["-o", "loop", image.to_str().unwrap()], &at);
    let mut first = Writer::start(&at.join("sessions"), 0);
    first.save(4);
    first.stop();
    mount.end();
    let mut booked = 0;
    for round in 0..cuts {
        let flag = 1 + u32::try_from(round % 2).unwrap();
        let options = ["", ",noauto_da_alloc"][round / 2 % 2];
        booked += cut(&image, &at, options, flag, round, false).0;
    }
    // Without fsync the same cut must lose something, or the test proves nothing.
    fresh();
    let controls = scaled(2, 20);
    let (mut lost, mut acknowledged) = (0, 0);
    for round in 0..controls {
        let (promised, found) = cut(&image, &at, "", 2, round, true);
        acknowledged += promised;
        lost += promised.saturating_sub(found);
    }
    assert!(lost > 0, "the control lost nothing of {acknowledged}");
    figure(
        "A power cut loses nothing that was acknowledged",
        &format!(
            "{cuts} cuts of ext4 (with and without a final journal write, commit=300, with and without noauto_da_alloc)"
        ),
        &format!(
            "0 of {booked} bookings lost; the control without fsync lost {lost} of {acknowledged} in {controls} cuts"
        ),
    );
}
