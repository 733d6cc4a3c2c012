//! One rule file with other numbers: comments, order and layout stay.
//!
//! Contract: a number is found by the key path that [`Rule::parameters`](crate::rules::Rule::parameters)
//! gives it, and added to the table it belongs to where the file leaves it at its default.

use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::event::TickSpan;
use crate::rules::{Parameter, duration};

/// Ticks of a second, for parameters in seconds.
const TICKS_PER_SECOND: f64 = 1e7;

/// The rule file `text` with each parameter at its new value (seconds where it is a duration); none where a path
/// leads nowhere, or the text is no TOML.
pub fn edited(text: &str, changes: &[(&Parameter, f64)]) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    for &(parameter, value) in changes {
        let path: Vec<&str> = parameter.name.split('.').collect();
        set(document.as_table_mut(), &path, toml_value(parameter, value))?;
    }
    Some(document.to_string())
}

/// A parameter at that value as a rule file has it, such as `threshold.window = "10m"`.
pub(super) fn assignment(parameter: &Parameter, value: f64) -> String {
    format!("{} = {}", parameter.name, toml_value(parameter, value))
}

fn toml_value(parameter: &Parameter, value: f64) -> Value {
    if parameter.is_duration {
        duration(TickSpan((value * TICKS_PER_SECOND).round() as i64)).into()
    } else if parameter.is_whole {
        (value.round() as i64).into()
    } else {
        value.into()
    }
}

fn set(table: &mut dyn TableLike, path: &[&str], value: Value) -> Option<()> {
    let (&first, rest) = path.split_first()?;
    let Some(next) = rest.first() else {
        replace(table, first, value);
        return Some(());
    };
    let item = table.get_mut(first)?;
    let Ok(number) = next.parse::<usize>() else {
        return set(item.as_table_like_mut()?, rest, value);
    };
    // The steps of a sequence are numbered from 1.
    let place = number.checked_sub(1)?;
    let step: &mut dyn TableLike = match item {
        Item::ArrayOfTables(steps) => steps.get_mut(place)?,
        Item::Value(Value::Array(steps)) => steps.get_mut(place)?.as_inline_table_mut()?,
        _ => return None,
    };
    set(step, &rest[1..], value)
}

fn replace(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(item) => {
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{EMBEDDED, parse_rule};

    /// Every number of every rule of ours can be changed, and nothing else then differs.
    #[test]
    fn an_edited_file_has_the_new_number_and_no_other() {
        for (id, text) in EMBEDDED {
            let rule = parse_rule(id, text).unwrap();
            for parameter in rule.parameters() {
                let value = match rule.tunables.iter().find(|it| it.name == parameter.name) {
                    Some(tunable) => tunable.high,
                    None => continue,
                };
                let file = edited(text, &[(&parameter, value)]).unwrap();
                let found = parse_rule(id, &file).unwrap();
                let differing: Vec<_> = found
                    .parameters()
                    .into_iter()
                    .zip(rule.parameters())
                    .filter(|(found, had)| found != had)
                    .map(|(found, _)| (found.name, found.value))
                    .filter(|(name, _)| name != "suppress" || parameter.name == "suppress")
                    .collect();
                let expected = (parameter.name.clone(), value);
                assert!(differing.iter().all(|one| *one == expected), "{id}: {differing:?}");
                assert!(parameter.value.total_cmp(&value).is_eq() || !differing.is_empty(), "{id}");
                let comments = |text: &str| text.matches('#').count();
                assert_eq!(comments(&file), comments(text), "{id}");
            }
        }
    }

    #[test]
    fn a_number_at_its_default_is_added_where_it_belongs() {
        let text = "a = 1 # first\n\n[threshold]\nwindow = \"1h\"\nadaptive = { multiple = 2.0 }\n";
        let parameter = |name: &str, is_duration| Parameter {
            name: name.to_owned(),
            value: 0.0,
            is_duration,
            is_whole: false,
        };
        let suppress = parameter("suppress", true);
        let quantile = parameter("threshold.adaptive.quantile", false);
        let file = edited(text, &[(&suppress, 5400.0), (&quantile, 0.5)]).unwrap();
        let expected = "a = 1 # first\nsuppress = \"90m\"\n\n[threshold]\nwindow = \"1h\"\n\
                        adaptive = { multiple = 2.0 , quantile = 0.5 }\n";
        let plain = |text: &str| text.replace(' ', "");
        assert_eq!(plain(&file), plain(expected));
        assert_eq!(edited(text, &[(&parameter("sequence.max_span", true), 1.0)]), None);
    }
}
