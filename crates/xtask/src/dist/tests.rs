use serde_json::Value;

use super::*;

/// What `Cargo.toml` says about the package.
fn package() -> Value {
    let metadata = [
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ];
    let metadata: Value = serde_json::from_str(&output(cargo().args(metadata)).unwrap()).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let bot = packages
        .iter()
        .find(|package| package["name"] == "switchboard");
    bot.unwrap()["metadata"]["deb"].clone()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

/// The files of the checkout that an asset names, which may have one `*` in its last part.
fn files(asset: &str) -> Vec<String> {
    let (folder, name) = asset.rsplit_once('/').unwrap_or((".", asset));
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    let folder = folder.trim_end_matches("/**");
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|_| panic!("{asset}"));
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.starts_with(start) && name.ends_with(end))
        .collect()
}

#[test]
fn everything_that_is_packaged_exists() {
    for asset in package()["assets"].as_array().unwrap() {
        let asset = texts(asset)[0];
        if !asset.starts_with("target/") {
            assert_ne!(files(asset), [""; 0], "{asset}");
        }
    }
    for file in FILES {
        assert!(root().join(file).exists(), "{file}");
    }
}

#[test]
fn settings_survive_an_upgrade_of_the_package() {
    let package = package();
    let mut kept = texts(&package["conf-files"]);
    let mut installed = Vec::new();
    for asset in package["assets"].as_array().unwrap() {
        let [from, to, _] = texts(asset)[..] else {
            panic!("{asset}");
        };
        if to.starts_with("etc/") {
            installed.extend(files(from).iter().map(|name| format!("/{to}{name}")));
        }
    }
    installed.sort();
    kept.sort_unstable();
    assert_eq!(installed, kept);
}

#[test]
fn completions_of_all_shells_are_packaged() {
    let package = package();
    let assets = package["assets"].as_array().unwrap();
    for (shell, file) in COMPLETIONS {
        let path = format!("target/dist/completions/{file}");
        assert!(assets.iter().any(|asset| asset[0] == *path), "{shell}");
    }
}
