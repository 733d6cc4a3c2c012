//! The exceptions of a rule file, checked.

use jiff::tz::TimeZone;
use toml::Spanned;

use super::fault::{Fault, File};
use super::units::{WEEKDAYS, parse_clock};
use super::wire::{WireException, WireFrame, Word};
use super::{Exception, Query, TimeFrame};
use crate::event::Ticks;
use crate::nearest::nearest;

/// Every exception of the file; one without a query needs a frame, lest it hide everything.
pub(super) fn exceptions(
    file: &File<'_>,
    wires: &[Spanned<WireException>],
) -> Result<Vec<Exception>, Fault> {
    wires.iter().map(|wire| exception(file, wire)).collect()
}

fn exception(file: &File<'_>, table: &Spanned<WireException>) -> Result<Exception, Fault> {
    let wire = table.get_ref();
    let query = match &wire.query {
        Some(query) if query.get_ref().trim().is_empty() => {
            return Err(file.unexpected(query, "a query, or no such key beside frames"));
        }
        Some(query) => file.query(query)?,
        None if wire.frames.is_empty() => {
            return Err(file.unexpected(table, "`query`, `frames` or both"));
        }
        None => Query::parse("").expect("an empty text is a query"),
    };
    let expires = wire.expires.as_ref().map(|expires| {
        let expected = "a time with its offset such as 2027-01-31T00:00:00Z";
        Ticks::parse(expires.get_ref().to_string().as_bytes())
            .map_err(|_| file.unexpected(expires, expected))
    });
    Ok(Exception {
        query,
        expires: expires.transpose()?,
        frames: wire.frames.iter().map(|wire| frame(file, wire)).collect::<Result<_, _>>()?,
        reason: file.sentence(&wire.reason)?,
    })
}

fn frame(file: &File<'_>, wire: &WireFrame) -> Result<TimeFrame, Fault> {
    let days: Vec<_> = (0..).zip(WEEKDAYS).map(|(place, name)| (name, place)).collect();
    let weekdays = wire.weekdays.get_ref().iter().map(|day| file.one_of(day, &days));
    let weekdays: Vec<u8> = weekdays.collect::<Result<_, _>>()?;
    if weekdays.is_empty() {
        return Err(file.unexpected(&wire.weekdays, "at least one weekday"));
    }
    let clock = |text: &Word| {
        parse_clock(text.get_ref())
            .ok_or_else(|| file.unexpected(text, "a time of day such as \"02:00\""))
    };
    Ok(TimeFrame {
        weekdays,
        from_minute: clock(&wire.from)?,
        to_minute: clock(&wire.to)?,
        zone: zone(file, &wire.zone)?,
    })
}

fn zone(file: &File<'_>, name: &Word) -> Result<TimeZone, Fault> {
    TimeZone::get(name.get_ref()).map_err(|_| {
        let known: Vec<_> =
            jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
        let message = format!(
            "expected a time zone such as UTC or Europe/Berlin, found `{}`",
            name.get_ref()
        );
        file.fault(name.span(), message, nearest(name.get_ref(), known.iter().map(String::as_str)))
    })
}
