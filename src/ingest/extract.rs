//! The fields that the loaded rules name beyond the canonical ones, and no others.
//!
//! Contract: what is extracted is a function of the record and the field alone; without such fields
//! nothing is done, and with them nothing is allocated once buffers have grown. Arrays are transparent;
//! JSON held in a string is entered where a path goes on; of a repeated key the last value counts.
//! Names with wildcards see every leaf of the record, so that a rule pays for them with a walk over all
//! of it, and see every value of a repeated key.

use std::mem;
use std::ops::Range;

use super::activity;
use super::reading::{write_reading, write_scalar};
use super::sight::{Sight, looks_like_json};
use super::tape::Document;
use super::value::Value;
use crate::event::{
    Batch, Event, Extra, Pattern, Plane, Recipe, Source, document_prefix, is_moved,
};

/// How many times a string that holds JSON is entered on the way to a value: Azure nests a request body
/// in properties that are themselves a string in some exports.
const MAX_EMBEDDED: usize = 2;

/// In a record read along a skeleton: the place of what stands at the first source. The others follow.
pub(super) const FIRST_EXTRA: usize = activity::Properties::END;

/// What to extract, and memory for it.
#[derive(Debug)]
pub(super) struct Extractor {
    fields: Vec<Wanted>,
    /// Whether some field has a value in records that lack it.
    has_fallbacks: bool,
    sources: Vec<Source>,
    sight: Sight,
    patterns: Vec<(Extra, Pattern)>,
    documents: Vec<Document>,
    /// Where a walk is: the prefix of Elastic's documents, and the path in the record.
    place: String,
}

/// A field, and one way to come by values of it.
#[derive(Debug)]
struct Wanted {
    field: Extra,
    /// Which of the extractor's sources are its own; the first that gives a value is the only one.
    sources: Range<usize>,
    /// By plane: the value where no source gives one.
    fallbacks: [&'static str; 2],
}

impl Extractor {
    pub(super) fn new(extras: &[Extra]) -> Self {
        let (mut fields, mut sources, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        for &field in extras {
            let recipes = match Pattern::parse(field.name()) {
                None => Recipe::of(field.name()).into_iter().collect(),
                Some(pattern) => {
                    let recipes = Recipe::matching(&pattern);
                    patterns.push((field, pattern));
                    recipes
                }
            };
            for recipe in recipes {
                let its = sources.len()..sources.len() + recipe.sources.len();
                sources.extend(recipe.sources);
                fields.push(Wanted { field, sources: its, fallbacks: recipe.fallbacks });
            }
        }
        let embedded = if extras.is_empty() { 0 } else { MAX_EMBEDDED };
        let documents = (0..embedded).map(|_| Document::new()).collect();
        let sight = Sight::new(&sources);
        let has_fallbacks = fields.iter().any(|wanted: &Wanted| wanted.fallbacks != [""; 2]);
        Self { fields, has_fallbacks, sources, sight, patterns, documents, place: String::new() }
    }

    /// Where the wanted fields may stand in a record; nothing if some may stand anywhere.
    pub(super) fn sources(&self) -> Option<&[Source]> {
        self.patterns.is_empty().then_some(&self.sources)
    }

    /// Adds to `event` its values of the wanted fields.
    pub(super) fn extract(&mut self, root: Value<'_, '_>, event: &mut Event, batch: &mut Batch) {
        let Self { fields, has_fallbacks, sources, sight, documents, .. } = self;
        let seen = match root {
            Value::Tape(nodes) => sight.look(nodes, sources),
            Value::Learned(_) => true,
        };
        let nothing = !*has_fallbacks
            && match root {
                Value::Learned(learned) => learned.has_nothing_from(FIRST_EXTRA),
                Value::Tape(_) => seen && sight.is_empty(),
            };
        let fields = if nothing { &[] } else { fields.as_slice() };
        for wanted in fields {
            wanted.extract(sources, event, batch, |place, source, found| match root {
                Value::Learned(learned) => found(learned.at(FIRST_EXTRA + place)),
                Value::Tape(nodes) if seen => found(sight.at(nodes, place)),
                Value::Tape(_) => find(root, &source.path, documents, found),
            });
        }
        if !self.patterns.is_empty() {
            self.search(root, event.plane, event, batch);
        }
    }

    /// Every leaf whose path, or name in Elastic's document, is of a wanted form.
    fn search(&mut self, root: Value<'_, '_>, plane: Plane, event: &mut Event, batch: &mut Batch) {
        let mut place = mem::take(&mut self.place);
        let prefix = document_prefix(plane);
        place.clear();
        place.push_str(prefix);
        let patterns = &self.patterns;
        walk(root, &mut place, prefix.len(), &mut self.documents, &mut |name, leaf| {
            let path = &name[prefix.len()..];
            for (field, pattern) in patterns {
                if pattern.matches(path) || (pattern.matches(name) && !is_moved(plane, path)) {
                    batch.add_extra(event, *field, |text| write_scalar(leaf, text));
                }
            }
        });
        self.place = place;
    }
}

impl Wanted {
    /// Adds its values to `event`; `values_of` hands over what stands at one of the sources.
    fn extract(
        &self,
        sources: &[Source],
        event: &mut Event,
        batch: &mut Batch,
        mut values_of: impl FnMut(usize, &Source, &mut dyn FnMut(Value<'_, '_>)),
    ) {
        let plane = event.plane;
        for place in self.sources.clone() {
            let source = &sources[place];
            if source.plane.is_some_and(|only| only != plane) {
                continue;
            }
            let mut is_found = false;
            values_of(place, source, &mut |value| {
                write_reading(value, &source.reading, &mut |write| {
                    is_found = true;
                    batch.add_extra(event, self.field, write);
                });
            });
            if is_found {
                return;
            }
        }
        let fallback = self.fallbacks[plane as usize];
        batch.add_extra(event, self.field, |text| text.push_str(fallback));
    }
}

/// Hands to `found` what stands at `path` under `value`. A key may hold dots: each way to read the path
/// is gone.
fn find(
    value: Value<'_, '_>,
    path: &str,
    documents: &mut [Document],
    found: &mut dyn FnMut(Value<'_, '_>),
) {
    if path.is_empty() {
        found(value);
    } else if value.is_object() {
        let ends = memchr::memchr_iter(b'.', path.as_bytes()).chain([path.len()]);
        for end in ends {
            let member = value.member(&path[..end]);
            if member.is_present() {
                let rest = path.get(end + 1..).unwrap_or_default();
                find(member, rest, documents, found);
            }
        }
    } else if value.is_array() {
        value.elements().for_each(|element| find(element, path, documents, found));
    } else if let (Some(text), Some((document, others))) =
        (json(value), documents.split_first_mut())
    {
        // A string that only looks like JSON has nothing at the path.
        let _ = document.parse(text.as_bytes(), |root| find(root, path, others, found));
    }
}

/// Hands to `found` every leaf under `value` with its place.
fn walk(
    value: Value<'_, '_>,
    place: &mut String,
    root: usize,
    documents: &mut [Document],
    found: &mut dyn FnMut(&str, Value<'_, '_>),
) {
    if value.is_object() {
        for (key, member) in value.members() {
            let length = place.len();
            if length > root {
                place.push('.');
            }
            place.push_str(key);
            walk(member, place, root, documents, found);
            place.truncate(length);
        }
    } else if value.is_array() {
        value.elements().for_each(|element| walk(element, place, root, documents, found));
    } else {
        found(place, value);
        enter(value, place, root, documents, found);
    }
}

/// Walks the objects that a string holds: only there does a path go on.
fn enter(
    value: Value<'_, '_>,
    place: &mut String,
    root: usize,
    documents: &mut [Document],
    found: &mut dyn FnMut(&str, Value<'_, '_>),
) {
    if value.is_object() {
        walk(value, place, root, documents, found);
    } else if value.is_array() {
        value.elements().for_each(|element| enter(element, place, root, documents, found));
    } else if let (Some(text), Some((document, others))) =
        (json(value), documents.split_first_mut())
    {
        // As above.
        let _ = document.parse(text.as_bytes(), |inner| enter(inner, place, root, others, found));
    }
}

/// The text of a string that may hold an object or an array.
fn json<'i>(value: Value<'_, 'i>) -> Option<&'i str> {
    Some(value.text()).filter(|text| looks_like_json(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Reading;
    use proptest::prelude::*;

    const PATHS: [&str; 9] = ["a", "b", "a.b", "a.b.a", "b.a", "a.", "a..b", ".a", "ab"];

    /// JSON text with keys that repeat, hold dots or are empty, arrays, and strings that hold JSON.
    fn any_json() -> impl Strategy<Value = String> {
        let scalars = ["1", "null", "\"x\"", "\"{\\\"b\\\":7}\"", "\" [\"", "[]", "{}"];
        let leaf = prop::sample::select(scalars.to_vec()).prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = prop::sample::select(vec!["a", "b", "a.b", "", "ab", "."]);
            let members = prop::collection::vec((key, inner.clone()), 1..4);
            let object = members.prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            });
            let elements = prop::collection::vec(inner, 1..3);
            prop_oneof![4 => object, 1 => elements.prop_map(|all| format!("[{}]", all.join(",")))]
        })
    }

    /// What following each path alone finds, and what one walk does, where it can tell.
    fn both(text: &str) -> Vec<(Vec<String>, Option<Vec<String>>)> {
        let source =
            |path: &&str| Source { plane: None, path: (*path).into(), reading: Reading::Plain };
        let sources: Vec<_> = PATHS.iter().map(source).collect();
        let mut sight = Sight::new(&sources);
        let mut documents: Vec<_> = (0..MAX_EMBEDDED).map(|_| Document::new()).collect();
        let compare = |root: Value<'_, '_>| {
            let Value::Tape(nodes) = root else { return Vec::new() };
            let is_clear = sight.look(nodes, &sources);
            let each = sources.iter().enumerate().map(|(place, source)| {
                let mut found = Vec::new();
                find(root, &source.path, &mut documents, &mut |it| found.push(format!("{it:?}")));
                let seen = Some(sight.at(nodes, place)).filter(|it| it.is_present());
                let seen = seen.iter().map(|it| format!("{it:?}")).collect();
                (found, is_clear.then_some(seen))
            });
            each.collect()
        };
        Document::new().parse(text.as_bytes(), compare).expect("valid JSON")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// One walk for all paths finds what following each alone finds, or says that it cannot tell.
        #[test]
        fn one_walk_finds_what_each_path_leads_to(text in any_json()) {
            for (found, seen) in both(&text) {
                prop_assert!(seen.is_none_or(|seen| seen == found), "{}: {:?}", text, found);
            }
        }
    }

    #[test]
    fn a_walk_cannot_tell_where_a_path_has_two_values_or_goes_on_in_a_string() {
        for (text, is_clear) in [
            (r#"{"a":{"b":1},"c":"{"}"#, true),
            (r#"{"a":[{"b":1}]}"#, true),
            (r#"{"a":[{"b":1},{"b":2}]}"#, false),
            (r#"{"a":{"b":1},"a":{}}"#, false),
            (r#"{"a":{"b":1},"a.b":2}"#, false),
            (r#"{"a":"{}"}"#, false),
            (r#"{"a":"text"}"#, true),
        ] {
            assert_eq!(both(text).iter().all(|(_, seen)| seen.is_some()), is_clear, "{text}");
        }
    }
}
