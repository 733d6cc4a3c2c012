//! Rows of Log Analytics tables: which table a row is of, and its columns by name.
//!
//! Columns are named in whatever case, since exports differ in it; all of their values may be texts, as
//! they are in files of comma-separated values. An empty text is no value.

use super::Shape;
use crate::ingest::value::Value;

/// A table that has records of vaults or of the Activity Log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum Table {
    /// `AzureActivity`.
    Activity,
    /// `AZKVAuditLogs`.
    AuditLogs,
    /// `AzureDiagnostics`.
    Diagnostics,
}

/// Whether this is the column that every row has; the portal adds the time zone to its name.
pub(super) fn is_time(column: &str) -> bool {
    let column = column.strip_suffix(" [UTC]").unwrap_or(column);
    column.eq_ignore_ascii_case("TimeGenerated")
}

/// The table of a row: the one it names, else the one whose columns it has.
pub(super) fn table(row: Value<'_, '_>) -> Shape {
    const TABLES: [(&str, Table); 3] = [
        ("AzureActivity", Table::Activity),
        ("AZKVAuditLogs", Table::AuditLogs),
        ("AzureDiagnostics", Table::Diagnostics),
    ];
    let named = column(row, &["Type", "$table"]).text();
    let has = |names: &[&str]| column(row, names).is_present();
    if let Some((_, table)) = TABLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(named)) {
        Shape::Row(*table)
    } else if !named.is_empty() {
        Shape::Foreign
    } else if has(&["OperationNameValue", "ActivityStatusValue"]) {
        Shape::Row(Table::Activity)
    } else if has(&["requestUri_s", "httpStatusCode_d"]) || has(&["ResourceProvider"]) {
        Shape::Row(Table::Diagnostics)
    } else if has(&["RequestUri", "HttpStatusCode"]) && has(&["OperationName"]) {
        Shape::Row(Table::AuditLogs)
    } else if is_elsewhere(column(row, &["_ResourceId", "ResourceId"]).text()) {
        Shape::Foreign
    } else {
        // A query may have left out what tells a vault's row.
        Shape::Unknown
    }
}

/// Whether an id is that of a resource which is no vault.
fn is_elsewhere(resource_id: &str) -> bool {
    const VAULTS: &str = "microsoft.keyvault";
    let mut parts = resource_id.split('/');
    !resource_id.is_empty() && !parts.any(|part| part.eq_ignore_ascii_case(VAULTS))
}

/// The value in the first of these columns that has one; of a repeated column the last.
pub(super) fn column<'t, 'i>(row: Value<'t, 'i>, names: &[&str]) -> Value<'t, 'i> {
    let of = |name: &&str| {
        let its = row.members().filter(|(column, _)| column.eq_ignore_ascii_case(name));
        its.map(|(_, value)| value).filter(|value| has_value(*value)).last()
    };
    names.iter().find_map(of).unwrap_or_default()
}

/// Whether a column holds anything.
pub(super) fn has_value(value: Value<'_, '_>) -> bool {
    value.is_stated() && value.text_is_not_empty()
}

/// When the row's event happened.
pub(super) fn time<'i>(row: Value<'_, 'i>) -> &'i str {
    let its = row.members().filter(|(column, value)| is_time(column) && has_value(*value));
    its.last().map_or("", |(_, value)| value.text())
}
