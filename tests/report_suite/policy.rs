//! The page asks nobody for anything, and runs nothing but its own script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::markup::elements;
use crate::stage::{drill, report};

#[test]
fn the_policy_allows_only_the_hashes_of_the_script_and_the_style_that_are_there() {
    let page = report(drill(), &[]);
    let between = |tag: &str| {
        let (_, rest) = page.split_once(&format!("<{tag}>")).unwrap();
        rest.split_once(&format!("</{tag}>")).unwrap().0
    };
    let hash = |tag| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(between(tag))));
    let elements = elements(&page);
    let policy = elements
        .iter()
        .filter(|element| element.attributes.contains_key("http-equiv"))
        .map(|element| element.attributes["content"].replace("&#39;", "'"))
        .collect::<Vec<_>>();
    let expected = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash("script"),
        hash("style")
    );
    assert_eq!(policy, [expected]);
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
}

#[test]
fn nothing_refers_to_anything_outside_the_page() {
    let page = report(drill(), &[]);
    for element in elements(&page) {
        for (name, value) in &element.attributes {
            let refers = ["src", "href", "action", "data", "poster", "srcset", "xlink:href"];
            assert!(!refers.contains(&name.as_str()) || value.starts_with('#'), "{element:?}");
            assert!(name != "style" && !name.starts_with("on"), "{element:?}");
        }
        let loads = ["link", "img", "iframe", "object", "embed", "form", "base"];
        assert!(!loads.contains(&element.tag.as_str()), "{element:?}");
    }
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    assert!(!style.contains("url(") && !style.contains("@import"));
    let script = page.split_once("<script>").unwrap().1;
    for word in ["fetch(", "XMLHttpRequest", "innerHTML", "eval(", "import(", "outerHTML"] {
        assert!(!script.contains(word), "{word}");
    }
}
