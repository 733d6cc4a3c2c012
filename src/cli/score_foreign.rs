//! Arguments of `score` about alerts of other products: syntax only.

use clap::{Args, ValueEnum};

use crate::score::{Columns, ForeignFormat};

/// How the alerts are written down.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ForeignArgs {
    /// What wrote the alerts, those of the clean twin included: `vaultdrill`, `elastic` (alert
    /// documents, one a line), `sentinel` (a JSON array of alerts or incidents, the newest row of each
    /// id) or `csv`. Alerts of other products are matched by the correlation ids they name, else by
    /// identity and time.
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    alert_format: AlertFormat,
    /// Columns of a CSV: `key=column`, separated by commas. Keys: time (of what the alert is about),
    /// fired_at (when it was written), rule, id, identity, vault, correlation_id. The last three may
    /// hold several values, separated by spaces or semicolons.
    #[arg(long, value_parser = Columns::parse)]
    columns: Option<Columns>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum AlertFormat {
    #[default]
    Vaultdrill,
    Elastic,
    Sentinel,
    Csv,
}

impl ForeignArgs {
    /// The format of another product; `None` for our own.
    ///
    /// # Errors
    /// Columns of a format that has none.
    pub(crate) fn format(&self) -> Result<Option<ForeignFormat>, String> {
        if self.columns.is_some() && self.alert_format != AlertFormat::Csv {
            return Err(
                "--columns: expected --alert-format csv beside it, found another".to_owned()
            );
        }
        Ok(match self.alert_format {
            AlertFormat::Vaultdrill => None,
            AlertFormat::Elastic => Some(ForeignFormat::Elastic),
            AlertFormat::Sentinel => Some(ForeignFormat::Sentinel),
            AlertFormat::Csv => Some(ForeignFormat::Csv(self.columns.clone().unwrap_or_default())),
        })
    }
}
