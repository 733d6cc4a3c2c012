//! A strict little reader of markup: the page must be a tree, or it stops.

use std::collections::{BTreeMap, BTreeSet};

use crate::stage::{drill, hostile_drill, report};

/// An element that was opened, with its attributes.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) tag: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Where it begins.
    pub(crate) at: usize,
}

/// Every element of a page, in order; panics where the page is no tree.
pub(crate) fn elements(page: &str) -> Vec<Element> {
    let mut rest = page.strip_prefix("<!doctype html>\n").unwrap();
    let (mut open, mut found) = (Vec::<String>::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare `>` in {:?}", &rest[..at]);
        let tag_at = page.len() - rest.len() + at;
        rest = &rest[at + 1..];
        let (inside, after) = rest.split_once('>').unwrap();
        rest = after;
        if let Some(tag) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(tag), "closed out of order");
            continue;
        }
        let (inside, is_void) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let (tag, attributes) = tag_of(inside);
        found.push(Element { tag: tag.clone(), attributes, at: tag_at });
        if tag == "style" || tag == "script" {
            rest = &rest[rest.find(&format!("</{tag}>")).unwrap()..];
        }
        if !is_void {
            open.push(tag);
        }
    }
    assert_eq!(open, Vec::<String>::new(), "left open");
    found
}

fn tag_of(inside: &str) -> (String, BTreeMap<String, String>) {
    let (tag, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    assert!(tag.chars().all(|c| c.is_ascii_alphanumeric()), "{inside:?}");
    let mut attributes = BTreeMap::new();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").unwrap();
        let (value, after) = value.split_once('"').unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{inside:?}");
        assert!(attributes.insert(name.to_owned(), value.to_owned()).is_none(), "{inside:?}");
        rest = after.trim_start();
    }
    (tag.to_owned(), attributes)
}

#[test]
fn the_page_is_a_tree_whose_ids_are_unique() {
    let page = report(drill(), &[]);
    let mut ids = BTreeSet::new();
    for element in elements(&page) {
        if let Some(id) = element.attributes.get("id") {
            assert!(ids.insert(id.clone()), "{id} twice");
        }
    }
    for element in elements(&page) {
        let refers =
            ["aria-labelledby", "href"].iter().filter_map(|key| element.attributes.get(*key));
        for id in refers.flat_map(|ids| ids.split(' ')) {
            assert!(ids.contains(id.trim_start_matches('#')), "{id} is nowhere");
        }
    }
}

#[test]
fn hostile_names_add_no_element_and_are_cut() {
    let folder = hostile_drill();
    let page = report(folder.path(), &[]);
    let elements = elements(&page);
    let count = |tag: &str| elements.iter().filter(|element| element.tag == tag).count();
    assert_eq!((count("script"), count("img"), count("iframe")), (1, 0, 0));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the name is not shown at all");
    assert!(page.contains("\\u{1b}[31m"), "the name's control characters are not shown");
    assert!(!page.chars().any(|c| c == '\u{1b}' || c == '\u{202e}'));
    assert!(!page.contains(&"x".repeat(320)), "ten thousand characters are shown");
    assert!(page.len() < 300_000, "{} bytes", page.len());
    for element in &elements {
        let handler = element.attributes.keys().find(|name| name.starts_with("on"));
        assert_eq!(handler, None, "{element:?}");
    }
}
