//! The report: one offline HTML file that says what a drill found, for whoever has to decide.
//!
//! A pure function of the files of a drill. Everything from a log or a file is text and escaped by the
//! writer (`html`); charts are inline SVG with a table behind each; scripts add tooltips, sorting and
//! walking along a chart, and nothing that cannot be read without them. The security policy lets the
//! page load nothing and run only the one script whose hash it states. `tests/report_suite` holds the
//! contract, `tests/report_browser` holds it in a real browser.

mod alerts;
mod budget;
mod curves;
mod figures;
mod forest;
mod html;
mod inputs;
mod matrix;
mod missed;
mod page;
mod performance;
mod provenance;
mod recall;
mod svg;
mod sweep;
mod table;
mod timeline;
mod times;
mod verdict;

pub use budget::{Step, greedy};
pub use inputs::{Caller, Inputs, ReportError, callers, parse};
pub use page::html;
