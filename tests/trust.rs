//! What somebody who runs this program on his own logs wants to know: what it is made of, under which
//! licences, why each part is there, and that none of it talks to anybody.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than to be named.
const LICENCES: [&str; 10] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "0BSD",
    "BSL-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "LGPL-2.1-or-later",
];

/// What opens sockets, in the source of a package that is linked into the program.
const SOCKETS: [&str; 4] = ["TcpStream", "TcpListener", "UdpSocket", "std::net::ToSocketAddrs"];

/// Packages whose purpose is a network.
const NETWORK: [&str; 14] = [
    "async-std",
    "curl",
    "h2",
    "hickory-resolver",
    "hyper",
    "isahc",
    "mio",
    "native-tls",
    "openssl",
    "reqwest",
    "rustls",
    "socket2",
    "tokio",
    "ureq",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--format-version", "1", "--offline", "--locked"];
    let out = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The packages that are linked into the program on some platform.
fn linked(metadata: &Value) -> Vec<&Value> {
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let own = packages.values().find(|package| package["name"] == "vaultdrill").unwrap();
    let (mut open, mut seen) = (vec![text(&own["id"])], BTreeSet::new());
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let is_normal =
                |edge: &&Value| list(&edge["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let edges = list(&nodes[id]["deps"]).iter().filter(is_normal);
            open.extend(edges.map(|edge| text(&edge["pkg"])));
        }
    }
    assert!(seen.len() > 50);
    seen.into_iter().map(|id| packages[id]).collect()
}

/// Whether an expression can be met by the licences above: one of each `OR`, all of each `AND`.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    let mut parts = expression.split(" AND ");
    parts.all(|part| part.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

#[test]
fn every_part_has_a_licence_that_asks_for_no_more_than_to_be_named() {
    let metadata = metadata();
    for package in linked(&metadata) {
        let licence = text(&package["license"]);
        assert!(is_allowed(licence), "{}: {licence:?}", package["name"]);
    }
    assert!(!is_allowed("GPL-3.0-only") && !is_allowed("MIT AND GPL-3.0-only"));
}

/// The table in ARCHITECTURE.md: crates, separated by commas, licence, reason.
#[test]
fn every_dependency_is_listed_with_its_licence_and_a_reason() {
    let metadata = metadata();
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, table) = architecture.split_once("| crate | licence | why |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut listed = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [names, licence, why] = cells[..] else { panic!("{row}") };
        assert!(why.len() > 10, "{row}");
        listed.extend(names.split(", ").map(|name| (name.to_owned(), licence.to_owned())));
    }
    let mut wanted = BTreeMap::new();
    for package in list(&metadata["packages"]) {
        if !text(&package["name"]).starts_with("vaultdrill") {
            continue;
        }
        for dependency in list(&package["dependencies"]) {
            let name = text(&dependency["name"]);
            let packages = list(&metadata["packages"]).iter();
            let its = packages.filter(|package| package["name"] == name);
            let licence = its.map(|package| text(&package["license"])).next().unwrap_or_default();
            if !name.starts_with("vaultdrill") {
                wanted.insert(name.to_owned(), licence.replace('/', " OR "));
            }
        }
    }
    assert_eq!(listed, wanted);
}

#[test]
fn no_part_opens_a_socket() {
    let metadata = metadata();
    for package in linked(&metadata) {
        let name = text(&package["name"]);
        assert!(!NETWORK.contains(&name), "{name}");
        if name.starts_with("vaultdrill") {
            let folder = Path::new(text(&package["manifest_path"])).parent().unwrap().join("src");
            assert_names_none(&folder);
        }
    }
}

fn assert_names_none(folder: &Path) {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_names_none(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(SOCKETS.iter().all(|word| !text.contains(word)), "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 0 || folder.components().count() > 3);
}
