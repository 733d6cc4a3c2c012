//! Tables: one caption, one header, figures aligned to the right and sortable by their value.

use std::fmt::Display;

use super::html::{Html, name};

/// One cell.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// Text of this program.
    Text(String),
    /// Text of a log or a file, escaped and cut already.
    Name(String),
    /// What is shown, and what sorts it; no value sorts last.
    Figure(String, Option<f64>),
}

impl Cell {
    /// Text of this program.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Text of a log or a file.
    pub(super) fn name(text: &str) -> Self {
        Self::Name(name(text))
    }

    /// A whole number.
    pub(super) fn count(count: u64) -> Self {
        Self::Figure(count.to_string(), Some(count as f64))
    }

    /// A figure that sorts by `value`.
    pub(super) fn figure(shown: impl Display, value: Option<f64>) -> Self {
        Self::Figure(shown.to_string(), value)
    }
}

/// A table under construction.
#[derive(Debug)]
pub(super) struct Table {
    caption: String,
    header: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(caption: impl Into<String>, header: &[&'static str]) -> Self {
        Self { caption: caption.into(), header: header.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, which has as many cells as the header.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Writes it; a reader who has scripts can sort it by any column.
    pub(super) fn write(&self, html: &mut Html) {
        let scrolls: &[(&'static str, &dyn Display)] = &[
            ("class", &"scroll"),
            ("tabindex", &0),
            ("role", &"region"),
            ("aria-label", &self.caption),
        ];
        html.element("div", scrolls, |html| {
            html.element("table", &[("class", &"sortable")], |html| {
                html.leaf("caption", &[], &self.caption);
                html.element("thead", &[], |html| {
                    html.element("tr", &[], |html| self.header_cells(html));
                });
                html.element("tbody", &[], |html| {
                    for row in &self.rows {
                        html.element("tr", &[], |html| row_cells(html, row));
                    }
                });
            });
        });
    }

    fn header_cells(&self, html: &mut Html) {
        for (at, title) in self.header.iter().enumerate() {
            let is_figure =
                self.rows.first().is_some_and(|row| matches!(row.get(at), Some(Cell::Figure(..))));
            let class = if is_figure { "n" } else { "t" };
            html.leaf("th", &[("scope", &"col"), ("class", &class)], title);
        }
    }

    /// The same, folded away behind a chart that shows it.
    pub(super) fn write_behind_chart(&self, html: &mut Html) {
        html.element("details", &[("class", &"data")], |html| {
            html.leaf("summary", &[], "Figures of this chart as a table");
            self.write(html);
        });
    }
}

fn row_cells(html: &mut Html, row: &[Cell]) {
    for (at, cell) in row.iter().enumerate() {
        match cell {
            Cell::Text(text) | Cell::Name(text) if at == 0 => {
                html.leaf("th", &[("scope", &"row")], text);
            }
            Cell::Text(text) => html.leaf("td", &[], text),
            Cell::Name(text) => html.leaf("td", &[("class", &"name")], text),
            Cell::Figure(shown, Some(value)) if *shown == value.to_string() => {
                html.leaf("td", &[("class", &"n")], shown);
            }
            Cell::Figure(shown, Some(value)) => {
                html.leaf("td", &[("class", &"n"), ("data-v", value)], shown);
            }
            Cell::Figure(shown, None) => {
                html.leaf("td", &[("class", &"n"), ("data-v", &"")], shown)
            }
        }
    }
}
