//! Every limit of a rule file: what lies at it is taken, what lies beyond is refused in its place.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test, as it should")]

use vaultdrill::event::{Field, TickSpan};
use vaultdrill::rules::{EMBEDDED, RuleKind, parse_elastic_rule, parse_rule};

/// An embedded rule file to take to its limits.
fn embedded(id: &str) -> String {
    EMBEDDED.iter().find(|(known, _)| *known == id).unwrap().1.to_owned()
}

fn changed(id: &str, from: &str, to: &str) -> String {
    let text = embedded(id);
    assert!(text.contains(from), "{id} says {from}");
    text.replacen(from, to, 1)
}

#[test]
fn what_lies_at_a_limit_is_taken() {
    let id = format!("id = \"{}\"", "a".repeat(64));
    for (rule, from, to) in [
        ("bulk-extraction", "id = \"bulk-extraction\"", id.as_str()),
        ("bulk-extraction", "risk_score = 73", "risk_score = 0"),
        ("bulk-extraction", "risk_score = 73", "risk_score = 100"),
        ("bulk-extraction", "group_by = [\"identity\"]", "group_by = []"),
        (
            "bulk-extraction",
            "group_by = [\"identity\"]",
            "group_by = [\"identity\", \"vault\", \"object\", \"client\", \"app\"]",
        ),
        ("bulk-extraction", "window = \"10m\"", "window = \"1m\""),
        ("bulk-extraction", "fields = [\"object\"]", "fields = [\"object\", \"vault\", \"app\"]"),
        ("bulk-extraction", "multiple = 3.0", "multiple = 1.0"),
        ("bulk-extraction", "low = 5", "low = 20"),
        ("bulk-extraction", "high = 100", "high = 20"),
        ("novel-vault", "known = 1", "known = 0"),
        ("novel-vault", "learn = \"14d\"", "learn = \"0s\""),
        ("novel-vault", "learn = \"14d\"", "learn = \"366d\""),
    ] {
        if let Err(fault) = parse_rule("limit.toml", &changed(rule, from, to)) {
            panic!("{to}: {fault}");
        }
    }
}

#[test]
fn what_lies_beyond_a_limit_is_refused_in_its_place() {
    let id = format!("id = \"{}\"", "a".repeat(65));
    for (rule, from, to, place) in [
        ("bulk-extraction", "id = \"bulk-extraction\"", id.as_str(), &id[5..]),
        ("bulk-extraction", "id = \"bulk-extraction\"", "id = \"\"", "\"\""),
        ("bulk-extraction", "risk_score = 73", "risk_score = 101", "101"),
        (
            "bulk-extraction",
            "group_by = [\"identity\"]",
            "group_by = [\"identity\", \"vault\", \"object\", \"client\", \"app\", \"user\"]",
            "[\"identity\", \"vault\", \"object\", \"client\", \"app\", \"user\"]",
        ),
        ("bulk-extraction", "window = \"10m\"", "window = \"0s\"", "\"0s\""),
        ("bulk-extraction", "multiple = 3.0", "multiple = 0.9", "0.9"),
        ("bulk-extraction", "multiple = 3.0", "multiple = inf", "inf"),
        ("novel-vault", "known = 1", "known = 2", "2"),
        ("novel-vault", "history = \"14d\"", "history = \"0d\"", "\"0d\""),
        ("novel-vault", "[new_terms]", "group_by = [\"vault\"]\n[new_terms]", "[\"vault\"]"),
        ("bulk-extraction", "low = 5", "low = \"5m\"", "\"5m\""),
        ("bulk-extraction", "high = 100", "high = \"1d\"", "\"1d\""),
        ("bulk-extraction", "high = 10.0", "high = \"10m\"", "\"10m\""),
        ("bulk-extraction", "low = \"1m\"", "low = 60.0", "60.0"),
        ("bulk-extraction", "low = \"1m\"", "low = 60", "60"),
        ("bulk-extraction", "low = 5", "low = 21", "21"),
        ("bulk-extraction", "high = 100", "high = 19", "19"),
        ("novel-vault", "learn = \"14d\"", "learn = \"367d\"", "\"367d\""),
        (
            "novel-vault",
            "terms = [\"identity\", \"vault\"]",
            "terms = [\"identity\", \"vault\", \"object\", \"app\"]",
            "[\"identity\", \"vault\", \"object\", \"app\"]",
        ),
    ] {
        let text = changed(rule, from, to);
        let fault = parse_rule("limit.toml", &text).expect_err(to);
        assert_eq!(&text[fault.span.offset()..][..fault.span.len()], place, "{to}: {fault}");
    }
}

/// A query in as many parentheses as one may have, or one more.
#[test]
fn queries_nest_as_deep_in_a_sequence_and_below_an_index_as_alone() {
    let nested = |depth| format!("{}access: reveal{}", "(".repeat(depth), ")".repeat(depth));
    let bulk = embedded("bulk-extraction");
    let tail = &bulk[bulk.find("[guidance]").unwrap()..bulk.find("[[tunables]]").unwrap()];
    let sequence = |query: &str| {
        format!(
            "schema_version = 1\nid = \"a\"\nname = \"n\"\nseverity = \"low\"\nrisk_score = 1\n\
             kind = \"sequence\"\n[sequence]\nby = [\"identity\"]\nmax_span = \"1h\"\n\
             steps = [{{ query = \"change: grant\" }}, {{ query = \"{query}\" }}]\n{tail}"
        )
    };
    let below_an_index = |query: &str| {
        let lines = format!("query = \"{query}\"\nindex = [\"logs-azure.platformlogs-*\"]");
        elastic(&lines, "[]")
    };
    let rule = parse_rule("limit.toml", &sequence(&nested(32))).unwrap();
    assert_eq!(rule.query.source(), format!("(change: grant) or ({})", nested(32)));
    let rule = parse_elastic_rule("limit.toml", &below_an_index(&nested(32))).unwrap().rule;
    assert_eq!(rule.query.source(), format!("plane: data and ({})", nested(32)));

    for (text, fault) in [
        (sequence(&nested(33)), parse_rule("limit.toml", &sequence(&nested(33))).err()),
        (
            below_an_index(&nested(33)),
            parse_elastic_rule("limit.toml", &below_an_index(&nested(33))).err(),
        ),
    ] {
        let fault = fault.unwrap();
        assert_eq!(fault.span.offset(), text.find("((").unwrap() + 32, "{fault}");
        assert!(fault.message.contains("32 nested parentheses"), "{fault}");
    }
}

#[test]
fn an_exception_needs_a_query_or_a_frame() {
    let with = |exception: &str| {
        embedded("novel-vault") + "\n[[exceptions]]\nreason = \"r\"\n" + exception
    };
    let frame =
        "frames = [{ weekdays = [\"sunday\"], from = \"02:00\", to = \"04:00\", zone = \"UTC\" }]";
    for exception in ["query = \"vault: a\"", frame, &format!("query = \"vault: a\"\n{frame}")] {
        parse_rule("limit.toml", &with(exception)).unwrap();
    }
    for exception in ["", "query = \" \"", &format!("query = \"\"\n{frame}"), "frames = []"] {
        let fault = parse_rule("limit.toml", &with(exception)).expect_err(exception);
        assert!(fault.message.contains("query"), "{exception}: {fault}");
    }
}

/// A threshold rule of Elastic's with these lines of its own.
fn elastic(lines: &str, field: &str) -> String {
    format!(
        "[rule]\nrule_id = \"a\"\nname = \"n\"\ndescription = \"d\"\nseverity = \"low\"\nrisk_score = 1\n\
         type = \"threshold\"\nlanguage = \"kuery\"\n{lines}\n\
         [rule.threshold]\nfield = {field}\nvalue = 2\n"
    )
}

#[test]
fn lookbacks_of_elastic_come_in_every_unit_up_to_a_year() {
    let window = |from: &str| {
        let lines = format!("query = \"event.action: a\"\nfrom = \"now-{from}\"");
        let rule = parse_elastic_rule("elastic.toml", &elastic(&lines, "[]")).ok()?.rule;
        let RuleKind::Threshold(threshold) = rule.kind else { panic!("a threshold") };
        Some(threshold.window)
    };
    for (from, seconds) in [
        ("1s", 1),
        ("9m", 540),
        ("2h", 7200),
        ("3d", 3 * 86_400),
        ("2w", 14 * 86_400),
        ("366d", 366 * 86_400),
    ] {
        assert_eq!(window(from), Some(TickSpan::seconds(seconds)), "{from}");
    }
    for from in ["0s", "367d", "53w", "1", "d", "-1d", "1.5h", "1M", "99999999999999999999s"] {
        assert_eq!(window(from), None, "{from}");
    }
}

#[test]
fn alert_suppression_of_elastic_lasts_a_second_to_a_year() {
    let suppress = |value: i64, unit: &str| {
        let text = elastic("query = \"event.action: a\"", "[]")
            + &format!("[rule.alert_suppression.duration]\nvalue = {value}\nunit = \"{unit}\"\n");
        parse_elastic_rule("elastic.toml", &text).ok().map(|read| read.rule.suppress)
    };
    for (value, unit, seconds) in [
        (1, "s", 1),
        (366 * 86_400, "s", 366 * 86_400),
        (8784, "h", 366 * 86_400),
        (2, "d", 172_800),
    ] {
        assert_eq!(suppress(value, unit), Some(TickSpan::seconds(seconds)), "{value}{unit}");
    }
    for (value, unit) in [(0, "s"), (366 * 86_400 + 1, "s"), (8785, "h"), (367, "d"), (1, "w")] {
        assert_eq!(suppress(value, unit), None, "{value}{unit}");
    }
}

#[test]
fn exceptions_that_are_kept_in_elastic_are_noted_where_there_are_some() {
    for (lists, is_noted) in [("[]", false), ("[{ id = \"x\" }]", true)] {
        let lines = format!("query = \"event.action: a\"\nexceptions_list = {lists}");
        let notes = parse_elastic_rule("elastic.toml", &elastic(&lines, "[]")).unwrap().notes;
        assert_eq!(notes.iter().any(|note| note.contains("exceptions")), is_noted, "{notes:?}");
    }
}

#[test]
fn threshold_fields_of_elastic_are_one_several_or_none() {
    let groups = |field: &str| {
        let text = elastic("query = \"event.action: a\"", field);
        let rule =
            parse_elastic_rule("elastic.toml", &text).map_err(|fault| fault.message.clone())?;
        let RuleKind::Threshold(threshold) = rule.rule.kind else { panic!("a threshold") };
        Ok::<_, String>(threshold.group_by)
    };
    assert_eq!(groups("\"vault\""), Ok(vec![Field::Vault]));
    assert_eq!(groups("\"\""), Ok(vec![]));
    assert_eq!(groups("[]"), Ok(vec![]));
    assert_eq!(groups("[\"vault\", \"app\"]"), Ok(vec![Field::Vault, Field::App]));
    let most = "[\"vault\", \"app\", \"user\", \"client\", \"object\"]";
    assert_eq!(groups(most).map(|fields| fields.len()), Ok(5));
    for field in
        ["[\"vault\", \"app\", \"user\", \"client\", \"object\", \"identity\"]", "[1]", "1"]
    {
        assert!(groups(field).unwrap_err().contains("at most 5 names"), "{field}");
    }
}

#[test]
fn an_empty_query_of_elastic_takes_all_of_the_log_that_its_index_holds() {
    for (lines, expected) in [
        ("query = \"\"\nindex = [\"logs-azure.platformlogs-*\"]", "plane: data"),
        ("query = \" \"\nindex = [\"logs-azure.activitylogs-*\"]", "plane: control"),
        ("query = \"\"\nindex = [\"filebeat-*\"]", ""),
        ("query = \"a or b\"\nindex = [\"logs-azure.platformlogs-*\"]", "plane: data and (a or b)"),
        ("query = \"a\"\nindex = [\"filebeat-*\", \"-*platform*\"]", "a"),
        ("query = \"a\"\nindex = [\"logs-azure.platformlogs-default\"]", "plane: data and (a)"),
        (
            "query = \"a\"\nindex = [\"logs-azure.*\", \"-logs-azure.platform*\"]",
            "plane: control and (a)",
        ),
    ] {
        let rule = parse_elastic_rule("elastic.toml", &elastic(lines, "[]")).unwrap().rule;
        assert_eq!(rule.query.source(), expected, "{lines}");
    }
}
