//! The page: head, security policy, sections in the order in which one decides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::figures::percent;
use super::html::{Html, name};
use super::inputs::Inputs;
use super::{
    alerts, budget, matrix, missed, performance, provenance, recall, timeline, times, verdict,
};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Sections by id, and what the list of contents calls them.
const CONTENTS: [(&str, &str); 9] = [
    ("recall", "Attacks"),
    ("matrix", "Rules"),
    ("budget", "Budget"),
    ("times", "Time"),
    ("missed", "Missed"),
    ("alerts", "Alerts"),
    ("timelines", "Incidents"),
    ("performance", "Cost"),
    ("provenance", "Do it again"),
];

/// The report of a drill as one HTML file that needs nothing else.
pub fn html(inputs: &Inputs) -> String {
    let mut html = Html::default();
    html.doctype();
    html.element("html", &[("lang", &"en")], |html| {
        html.element("head", &[], |html| head(html, inputs));
        html.element("body", &[], |html| {
            html.leaf("a", &[("class", &"skip"), ("href", &"#main")], "Skip to the figures");
            html.element("main", &[("id", &"main")], |html| {
                verdict::write(html, inputs);
                contents(html);
                recall::write(html, inputs);
                matrix::write(html, inputs);
                budget::write(html, inputs);
                times::write(html, inputs);
                missed::write(html, inputs);
                alerts::write(html, inputs);
                timeline::write(html, inputs);
                performance::write(html, inputs);
                provenance::write(html, inputs);
            });
            // What the script says when one walks along a chart.
            html.leaf("p", &[("id", &"said"), ("class", &"unseen"), ("aria-live", &"polite")], "");
            html.asset("script", SCRIPT);
        });
    });
    html.finish()
}

/// A section with its heading and the sentence that says what it shows.
pub(super) fn section(
    html: &mut Html,
    id: &'static str,
    title: &str,
    lead: &str,
    content: impl FnOnce(&mut Html),
) {
    let heading = format!("{id}-heading");
    html.element("section", &[("id", &id), ("aria-labelledby", &heading)], |html| {
        html.leaf("h2", &[("id", &heading)], title);
        html.leaf("p", &[("class", &"lead")], lead);
        content(html);
    });
}

fn head(html: &mut Html, inputs: &Inputs) {
    html.void("meta", &[("charset", &"utf-8")]);
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    html.void("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &policy)]);
    let fits = "width=device-width, initial-scale=1";
    html.void("meta", &[("name", &"viewport"), ("content", &fits)]);
    html.void("meta", &[("name", &"color-scheme"), ("content", &"light dark")]);
    html.void("meta", &[("name", &"referrer"), ("content", &"no-referrer")]);
    let recall = inputs.score.recall.get("campaign").and_then(|recall| recall.value);
    let title = format!("{} found · drill {}", percent(recall), name(&inputs.drill.name));
    html.leaf("title", &[], title);
    html.asset("style", STYLE);
}

fn contents(html: &mut Html) {
    html.element("nav", &[("aria-label", &"Sections")], |html| {
        for (id, title) in CONTENTS {
            html.leaf("a", &[("href", &format!("#{id}"))], title);
        }
    });
}

/// A source of the policy: this content and no other.
fn hash(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content.as_bytes())))
}
