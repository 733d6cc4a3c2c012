//! Every scenario file in the repository is embedded in the program, and every one is sound.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::Path;

use vaultdrill::drill::Drill;
use vaultdrill::rules::{ALL_PACKS, INEXPRESSIBLE_FILE, PACKS, load};
use vaultdrill::scenarios::Kind;
use vaultdrill_generators::{Attack, Estate, LookAlike};

/// Names of the `.toml` files in a folder under `scenarios/`, in order.
fn files(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut stems: Vec<String> =
        paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    stems.sort();
    stems
}

#[test]
fn every_file_is_embedded() {
    for kind in Kind::ALL {
        let mut embedded: Vec<_> = kind.names().collect();
        embedded.sort_unstable();
        assert_eq!(embedded, files(kind.folder()));
    }
    for pack in PACKS {
        let mut rules: Vec<_> = pack.rules.iter().map(|(id, _)| *id).collect();
        if !pack.inexpressible().unwrap().is_empty() {
            rules.push(INEXPRESSIBLE_FILE.strip_suffix(".toml").unwrap());
        }
        rules.sort_unstable();
        assert_eq!(rules, files(&format!("rules/{}", pack.folder)));
    }
    let mut peers: Vec<_> =
        PACKS.iter().filter_map(|it| it.folder.strip_prefix("peers/")).collect();
    peers.sort_unstable();
    assert_eq!(peers, files("rules/peers"));
}

#[test]
fn every_file_is_sound_and_says_what_it_is() {
    for kind in Kind::ALL {
        for file in kind.load_all() {
            let sound = match kind {
                Kind::Estate => Estate::parse_with(&file.name, &file.text, |base| {
                    Ok(kind.load(base).unwrap().text)
                })
                .map(drop),
                Kind::Attack => Attack::parse(&file.name, &file.text).map(drop),
                Kind::LookAlike => LookAlike::parse(&file.name, &file.text).map(drop),
                Kind::Drill => {
                    Drill::parse(&file.name, &file.text).unwrap();
                    Ok(())
                }
            };
            sound.unwrap();
            assert!(file.summary().ends_with('.'), "{}: {}", file.name, file.summary());
        }
    }
    load(&[ALL_PACKS]).unwrap();
}
