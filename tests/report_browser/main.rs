//! The report in a real headless Chromium: what text cannot tell.
//!
//! Needs `chromedriver` and Chromium on the path. Without them the tests say loudly that they were
//! skipped; where `CI` is `true` that is a failure.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod driver;
#[path = "../report_suite/stage.rs"]
mod stage;

use std::io::Write;

use serde_json::{Value, json};
use tempfile::TempDir;

use driver::{Browser, Scripts};
use stage::{drill, hostile_drill, report};

/// A browser on `page`, which lies in the folder; `None`, said loudly, where there is no browser.
fn in_browser(page: &str, scripts: Scripts) -> Option<(Browser, TempDir)> {
    let browser = match Browser::start(scripts) {
        Ok(browser) => browser,
        Err(reason) => {
            let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!is_ci, "CI must look at the report in a browser: {reason}");
            // Not by `eprintln`, which a test that passes keeps to itself.
            let skipped = "SKIPPED: the report was NOT looked at in a browser";
            let _ = writeln!(std::io::stderr(), "\n*** {skipped}: {reason} ***\n");
            return None;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    std::fs::write(&path, page).unwrap();
    browser.open(&format!("file://{}", path.display()));
    Some((browser, folder))
}

#[test]
fn charts_are_there_hover_and_keys_speak_tables_sort_and_the_console_is_silent() {
    let page = report(drill(), &[]);
    let Some((browser, _folder)) = in_browser(&page, Scripts::On) else { return };
    charts_are_drawn(&browser);
    hovering_shows_what_a_mark_says(&browser);
    keys_walk_along_a_chart(&browser);
    tables_sort(&browser);
    a_telephone_shows_it_without_scrolling_sideways(&browser);
    printing_opens_what_is_folded(&browser);
    assert_eq!(browser.console(), Vec::<String>::new());
}

fn charts_are_drawn(browser: &Browser) {
    let flat = browser.run(
        "return [...document.querySelectorAll('svg.chart')].filter(chart => {
            for (let at = chart; at; at = at.parentElement)
                if (at.tagName === 'DETAILS' && !at.open) return false;
            const box = chart.getBoundingClientRect();
            return box.width < 200 || box.height < 50 || !chart.querySelector('.mark, .event');
        }).map(chart => chart.id)",
    );
    assert_eq!(flat, json!([]), "charts without a size or without marks");
    let ids = ["forest", "budget-curve", "trade-curve", "time-curve", "lost-bars", "latency-curve"];
    for id in ids {
        let marks = browser.run(&format!("return document.querySelectorAll('#{id} .mark').length"));
        assert!(marks.as_u64().unwrap() > 1, "{id}: {marks}");
    }
}

fn hovering_shows_what_a_mark_says(browser: &Browser) {
    let place = browser.run(
        "const mark = document.querySelector('#budget-curve .mark:last-of-type');
         mark.scrollIntoView({block: 'center', behavior: 'instant'});
         const box = mark.getBoundingClientRect();
         return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]",
    );
    browser.point_at(&place[0], &place[1]);
    let tip = browser
        .run("const tip = document.getElementById('tip'); return [tip.hidden, tip.textContent]");
    assert_eq!(tip[0], json!(false));
    assert!(tip[1].as_str().unwrap().contains("found"), "{tip}");
    let crosses = browser.run("return document.querySelectorAll('#budget-curve .cross').length");
    assert_eq!(crosses, json!(1));
}

fn keys_walk_along_a_chart(browser: &Browser) {
    // From the link before it, so that it is the tab key that gets there.
    browser.run("document.querySelector('nav a:last-of-type').focus()");
    let mut at = Value::Null;
    for _ in 0..5 {
        browser.press("\u{e004}");
        at = browser.run("return document.activeElement.id");
        if at == "forest" {
            break;
        }
    }
    assert_eq!(at, json!("forest"), "the tab key does not reach the first chart");
    let outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, json!("solid"), "the focus cannot be seen");
    let said = |browser: &Browser| {
        browser
            .run("return document.getElementById('said').textContent")
            .as_str()
            .unwrap()
            .to_owned()
    };
    browser.press("\u{e014}");
    let first = said(browser);
    assert!(first.starts_with("all attacks") && first.contains("(1 of "), "{first}");
    browser.press("\u{e014}");
    let second = said(browser);
    assert!(second.contains("(2 of "), "{second}");
    browser.press("\u{e012}");
    assert_eq!(said(browser), first);
    assert_eq!(browser.run("return document.getElementById('tip').hidden"), json!(false));
    browser.press("\u{e00c}");
    assert_eq!(browser.run("return document.getElementById('tip').hidden"), json!(true));
}

fn tables_sort(browser: &Browser) {
    let column = "const table = document.querySelector('#missed table');
        const head = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent === 'events');
        const values = () => [...table.tBodies[0].rows].map(row => +row.cells[head].textContent);
        const button = table.tHead.rows[0].cells[head].querySelector('button');";
    let sorted = browser.run(&format!(
        "{column} button.click(); const down = values(); button.click();
         return [down, values(), table.tHead.rows[0].cells[head].getAttribute('aria-sort')]"
    ));
    let numbers = |at: usize| -> Vec<u64> {
        sorted[at].as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect()
    };
    let (down, up) = (numbers(0), numbers(1));
    assert!(down.len() > 2 && down.is_sorted_by(|a, b| a >= b), "{down:?}");
    assert!(up.is_sorted(), "{up:?}");
    assert_eq!(sorted[2], json!("ascending"));
}

fn a_telephone_shows_it_without_scrolling_sideways(browser: &Browser) {
    let size = json!({"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &size);
    let widths = browser.run("return [document.documentElement.scrollWidth, innerWidth]");
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "{widths}");
    browser.devtools("Emulation.clearDeviceMetricsOverride", &json!({}));
}

fn printing_opens_what_is_folded(browser: &Browser) {
    let folded = browser.run(
        "dispatchEvent(new Event('beforeprint'));
         return document.querySelectorAll('details:not([open])').length",
    );
    assert_eq!(folded, json!(0));
}

#[test]
fn with_scripts_off_the_figures_and_charts_are_all_there() {
    let page = report(drill(), &[]);
    let Some((browser, _folder)) = in_browser(&page, Scripts::Off) else { return };
    // Scripts of the page would have turned the heads of tables into buttons.
    assert_eq!(browser.run("return document.querySelectorAll('th button').length"), json!(0));
    for part in ["#missed table", "#matrix table", "#forest", "#time-curve", ".card .big"] {
        assert!(browser.is_shown(part), "{part}");
    }
    let hidden = browser.run("return document.querySelectorAll('main [hidden]').length");
    assert_eq!(hidden, json!(0));
    let words = browser.run("return document.querySelectorAll('#time-curve .mark title').length");
    assert!(words.as_u64().unwrap() > 1, "marks say nothing");
}

#[test]
fn hostile_names_stay_text() {
    let page = report(hostile_drill().path(), &[]);
    let Some((browser, _folder)) = in_browser(&page, Scripts::On) else { return };
    let injected = browser.run(
        "return [document.scripts.length, document.images.length,
            [...document.querySelectorAll('*')].filter(element =>
                [...element.attributes].some(one => one.name.startsWith('on'))).length]",
    );
    assert_eq!(injected, json!([1, 0, 0]));
    // The client of an alert is shown, as text.
    let client = browser.run(
        "const cells = [...document.querySelectorAll('#timelines td.name')];
         return cells.filter(cell => cell.textContent.startsWith('<script>alert(1)</script>')).length",
    );
    assert!(client.as_u64().unwrap() > 0, "no hostile client was shown: nothing tested");
    // Nor does a tooltip make markup of it.
    let tip = browser.run(
        "const chart = document.getElementById('forest');
         chart.focus();
         for (let k = 0; k < 9; k++)
             chart.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
         const tip = document.getElementById('tip');
         return [tip.children.length, tip.textContent.length > 0]",
    );
    assert_eq!(tip, json!([0, true]));
    assert_eq!(browser.console(), Vec::<String>::new());
}
