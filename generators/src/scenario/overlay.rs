//! A scenario file that builds on another: tables are merged key by key, everything else (arrays
//! too) is replaced.
//!
//! Both texts are read as one: the base's stands behind the overlay's, so that a position says
//! which of the two it is in. Bases are one level deep.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ScenarioError, read, with_suggestion};

/// The text of a file, and of the one it builds on.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    file: &'a str,
    text: &'a str,
    /// Name and text.
    base: Option<(String, String)>,
}

/// Only the name of the base.
#[derive(Deserialize)]
struct Head {
    extends: Option<Spanned<String>>,
}

impl<'a> Sources<'a> {
    /// Finds the base, if the file names one; `load` turns its name into its text.
    pub(super) fn find(
        file: &'a str,
        text: &'a str,
        load: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Self, ScenarioError> {
        let alone = Self { file, text, base: None };
        let head: Head = read(file, text)?;
        let Some(extends) = head.extends else { return Ok(alone) };
        let at = extends.span().start;
        let name = extends.into_inner();
        let base = load(&name).map_err(|message| alone.error(at, message))?;
        let nested = read::<Head>(&name, &base)?.extends.is_some();
        if nested {
            let message = format!("`{name}` builds on another file itself, expected a whole one");
            return Err(alone.error(at, message));
        }
        Ok(Self { base: Some((name, base)), ..alone })
    }

    /// Reads the wire struct of both.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ScenarioError> {
        let Some((_, base)) = &self.base else { return read(self.file, self.text) };
        let refuse = |error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(at, with_suggestion(error.message().trim_end().replace('\n', "; ")))
        };
        // White space moves the base's positions behind those of the overlay.
        let behind = format!("{}{base}", " ".repeat(self.text.len() + 1));
        let mut merged = DeTable::parse(&behind).map_err(refuse)?;
        let overlay = DeTable::parse(self.text).map_err(refuse)?;
        merge(merged.get_mut(), overlay.into_inner());
        T::deserialize(toml::Deserializer::from(merged)).map_err(refuse)
    }

    /// An error about a position that [`Self::read`] gave.
    pub(super) fn error(&self, at: usize, message: impl Into<String>) -> ScenarioError {
        match &self.base {
            Some((name, base)) if at > self.text.len() => {
                ScenarioError::new(name, base, at - self.text.len() - 1, message)
            }
            _ => ScenarioError::new(self.file, self.text, at, message),
        }
    }
}

fn merge<'a>(base: &mut DeTable<'a>, overlay: DeTable<'a>) {
    for (key, value) in overlay {
        let span = value.span();
        let known = base.remove(key.get_ref().as_ref()).map(Spanned::into_inner);
        let value = match (known, value.into_inner()) {
            (Some(DeValue::Table(mut known)), DeValue::Table(said)) => {
                merge(&mut known, said);
                DeValue::Table(known)
            }
            (_, said) => said,
        };
        // Key and value stand where the overlay has them from now on.
        base.insert(key, Spanned::new(span, value));
    }
}
