//! The grammar, with winnow.
//!
//! ```text
//! set       := item (";" item)* [";"]
//! item      := preset | rule
//! rule      := condition ["!"]
//! condition := event | metric clause
//! clause    := "any" | "every" count | "milestones" | "at" count ("," count)* | "rate" ">" count "/" ("h" | "d")
//!            | ("+" | "-") (count | percent "%") ["in" window]
//! ```
//!
//! Every choice is made by the next word, so nothing is tried twice and the first mistake is the one reported.

use winnow::combinator::{alt, dispatch, empty, fail, preceded};
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::error::{Expected, Failure};
use super::{
    AT_VALUES_MAX, COUNT_MAX, PERCENT_DOWN_MAX, PERCENT_UP_MAX, PRESETS, RULES_PER_SET_MAX,
    WINDOW_MAX_S, WINDOW_MIN_S, preset,
};
use crate::model::{Amount, Condition, Direction, Event, Metric, RateUnit, Rule};

type Parsed<T> = Result<T, ErrMode<Failure>>;

const COUNT: Expected =
    Expected::Thing("a whole number from 1 to 10^15, such as 1000, 10k or 1.5M");
const UNGROUPED: Expected = Expected::Thing(
    "a number without separators, such as 1000 (in a list, write a space after the comma)",
);
const AMOUNT: Expected = Expected::Thing("a number or a percentage, such as 500, 10k or 5%");
const PERCENT_UP: Expected =
    Expected::Thing("a percentage from 0.01 to 1000000, with at most two decimals");
const PERCENT_DOWN: Expected =
    Expected::Thing("a percentage from 0.01 to 100, with at most two decimals");
const WINDOW: Expected =
    Expected::Thing("a window from 1m to 30d, such as 30m, 1h or 1d (history is kept for 30 days)");
const PER: Expected = Expected::Thing("/h or /d, as in 200/h");
const URGENT: Expected = Expected::Word("!");
const NEXT: Expected = Expected::Word(";");
const END: Expected = Expected::Thing("the end of the rule");
const END_OF_PRESET: Expected = Expected::Thing(
    "the end of the preset, which is never urgent (\"!\" stands behind a rule, such as status!)",
);

/// As on a keyboard, and as an Asian one writes it.
const URGENT_SIGNS: [char; 2] = ['!', '\u{ff01}'];

/// A rule and nothing else.
pub(super) fn one(text: &str) -> Result<Rule, Failure> {
    let mut input = text;
    let rule = rule(&mut input).map_err(inner)?;
    space(&mut input);
    match (input.is_empty(), rule.is_urgent) {
        (true, _) => Ok(rule),
        (false, true) => Err(Failure::new(input.len(), [END])),
        (false, false) => Err(Failure::new(input.len(), [URGENT, END])),
    }
}

/// Rules and presets between semicolons.
pub(super) fn set(text: &str) -> Result<Vec<Rule>, Failure> {
    let mut input = text;
    let mut rules = Vec::new();
    loop {
        space(&mut input);
        let start = input.len();
        let item = item(&mut input).map_err(inner)?;
        let behind = behind(&item, &mut input);
        match item {
            Item::Rule(rule) => rule.join(&mut rules),
            Item::Preset(preset) => preset.into_iter().for_each(|rule| rule.join(&mut rules)),
        }
        if rules.len() > RULES_PER_SET_MAX {
            return Err(Failure::new(start, [Expected::Thing("at most 20 rules in one set")]));
        }
        if input.is_empty() {
            return Ok(rules);
        }
        sign(';').parse_next(&mut input).map_err(|_| Failure::new(input.len(), behind))?;
        space(&mut input);
        if input.is_empty() {
            return Ok(rules);
        }
    }
}

/// What stands between two semicolons.
enum Item {
    Rule(Rule),
    Preset(Vec<Rule>),
}

/// Skips white space behind an item, and tells what could stand there.
fn behind(item: &Item, input: &mut &str) -> Vec<Expected> {
    space(input);
    match item {
        Item::Rule(Rule { is_urgent: false, .. }) => vec![URGENT, NEXT, END],
        Item::Preset(_) if input.starts_with(URGENT_SIGNS) => vec![NEXT, END_OF_PRESET],
        Item::Rule(Rule { is_urgent: true, .. }) | Item::Preset(_) => vec![NEXT, END],
    }
}

fn inner(mode: ErrMode<Failure>) -> Failure {
    mode.into_inner().unwrap_or_else(|_| Failure::new(0, [END]))
}

fn item(input: &mut &str) -> Parsed<Item> {
    let preset = word(&PRESETS).verify_map(preset).map(Item::Preset);
    alt((rule.map(Item::Rule), preset)).parse_next(input)
}

fn rule(input: &mut &str) -> Parsed<Rule> {
    let condition = condition(input)?;
    space(input);
    let behind = input.strip_prefix(URGENT_SIGNS);
    *input = behind.unwrap_or(*input);
    Ok(Rule { condition, is_urgent: behind.is_some() })
}

fn condition(input: &mut &str) -> Parsed<Condition> {
    dispatch! {word(&["views", "likes", "comments", "title", "status", "live", "upload"]);
        "views" => clause(Metric::Views),
        "likes" => clause(Metric::Likes),
        "comments" => clause(Metric::Comments),
        "title" => empty.value(Condition::Event(Event::Title)),
        "status" => empty.value(Condition::Event(Event::Status)),
        "live" => empty.value(Condition::Event(Event::Live)),
        "upload" => empty.value(Condition::Event(Event::Upload)),
        _ => fail,
    }
    .parse_next(input)
}

/// What follows the name of a count. From here on no other reading is possible: mistakes are final.
fn clause<'a>(metric: Metric) -> impl Parser<&'a str, Condition, ErrMode<Failure>> {
    move |input: &mut &'a str| {
        let keyword = dispatch! {word(&["any", "every", "milestones", "at", "rate"]);
            "any" => empty.value(Condition::Any(metric)),
            "milestones" => empty.value(Condition::Milestones(metric)),
            "every" => count.map(|step| Condition::Every(metric, step)),
            "at" => values.map(|values| Condition::At(metric, values)),
            "rate" => rate(metric),
            _ => fail,
        };
        alt((keyword, moved(metric))).parse_next(input).map_err(ErrMode::cut)
    }
}

fn values(input: &mut &str) -> Parsed<Vec<i64>> {
    let mut values = Vec::new();
    loop {
        space(input);
        let start = input.len();
        values.push(count(input)?);
        if values.len() > AT_VALUES_MAX {
            return final_failure(start, [Expected::Thing("at most 20 values in one rule")]);
        }
        if is_end(input) {
            values.sort_unstable();
            values.dedup();
            return Ok(values);
        }
        let rest = input.len();
        if sign(',').parse_next(input).is_err() {
            return final_failure(rest, [Expected::Word(","), URGENT, END]);
        }
    }
}

fn rate<'a>(metric: Metric) -> impl Parser<&'a str, Condition, ErrMode<Failure>> {
    let unit = |input: &mut &'a str| -> Parsed<RateUnit> {
        space(input);
        let rest = input.len();
        if sign('/').parse_next(input).is_err() {
            return final_failure(rest, [PER]);
        }
        dispatch! {word(&["h", "d"]);
            "h" => empty.value(RateUnit::Hour),
            "d" => empty.value(RateUnit::Day),
            _ => fail,
        }
        .parse_next(input)
    };
    (preceded(sign('>'), count), unit)
        .map(move |(count, unit)| Condition::Rate(metric, count, unit))
}

fn moved<'a>(metric: Metric) -> impl Parser<&'a str, Condition, ErrMode<Failure>> {
    move |input: &mut &'a str| {
        let direction = direction(input)?;
        let amount = amount(direction, input).map_err(ErrMode::cut)?;
        if is_end(input) {
            return Ok(Condition::Moved(metric, direction, amount));
        }
        let rest = input.len();
        if word(&["in"]).parse_next(input).is_err() {
            return final_failure(
                rest,
                match amount {
                    Amount::Absolute(_) => {
                        vec![Expected::Word("%"), Expected::Word("in"), URGENT, END]
                    }
                    Amount::Percent(_) => vec![Expected::Word("in"), URGENT, END],
                },
            );
        }
        let window_s = window(input).map_err(ErrMode::cut)?;
        Ok(Condition::MovedIn(metric, direction, amount, window_s))
    }
}

fn direction(input: &mut &str) -> Parsed<Direction> {
    space(input);
    let rest = input.len();
    // Phones and word processors turn signs into their typographic forms.
    alt((
        one_of(['+', '\u{ff0b}']).value(Direction::Up),
        one_of(['-', '\u{2212}', '\u{2013}', '\u{ff0d}']).value(Direction::Down),
    ))
    .parse_next(input)
    .map_err(|_: ErrMode<Failure>| {
        ErrMode::Backtrack(Failure::new(rest, [Expected::Word("+"), Expected::Word("-")]))
    })
}

fn amount(direction: Direction, input: &mut &str) -> Parsed<Amount> {
    let (rest, token) = number_token(AMOUNT, input)?;
    let start = *input;
    if sign('%').parse_next(input).is_err() {
        *input = start;
        return Ok(Amount::Absolute(whole(rest, token, input)?));
    }
    let (max, expected) = match direction {
        Direction::Up => (PERCENT_UP_MAX, PERCENT_UP),
        Direction::Down => (PERCENT_DOWN_MAX, PERCENT_DOWN),
    };
    scaled(token, 2)
        .and_then(|hundredths| u32::try_from(hundredths).ok())
        .filter(|hundredths| (1..=max).contains(hundredths))
        .map(Amount::Percent)
        .ok_or_else(|| wrong(rest, token.len(), expected))
}

fn count(input: &mut &str) -> Parsed<i64> {
    let (rest, token) = number_token(COUNT, input)?;
    whole(rest, token, input)
}

/// Reads the token of a count: digits, perhaps with a decimal part, and k, M or B.
fn whole(rest: usize, token: &str, after: &str) -> Parsed<i64> {
    // `at 10,500` would silently mean 10 and 500, and `every 1,000` nothing at all.
    let group: &str = after.strip_prefix(',').unwrap_or_default();
    let digits = group.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !group.chars().nth(digits).is_some_and(char::is_alphanumeric);
    if token.len() <= 3 && token.bytes().all(|b| b.is_ascii_digit()) && digits == 3 && ends {
        return Err(wrong(rest, token.len() + 4, UNGROUPED));
    }
    let (number, zeros) = match token.as_bytes().last() {
        Some(b'k' | b'K') => (token.strip_suffix(['k', 'K']), 3),
        Some(b'm' | b'M') => (token.strip_suffix(['m', 'M']), 6),
        Some(b'b' | b'B') => (token.strip_suffix(['b', 'B']), 9),
        _ => (Some(token), 0),
    };
    number
        .and_then(|number| scaled(number, zeros))
        .filter(|count| (1..=COUNT_MAX).contains(count))
        .ok_or_else(|| wrong(rest, token.len(), COUNT))
}

/// `digits` or `digits.digits` times ten to the `zeros`; `None` where that is no whole number, or too large.
fn scaled(token: &str, zeros: usize) -> Option<i64> {
    let (whole, part) = match token.split_once('.') {
        Some((whole, part)) if !part.is_empty() => (whole, part.trim_end_matches('0')),
        Some(_) => return None,
        None => (token, ""),
    };
    if whole.is_empty() || part.len() > zeros {
        return None;
    }
    let missing = std::iter::repeat_n(b'0', zeros - part.len());
    whole.bytes().chain(part.bytes()).chain(missing).try_fold(0i64, |sum, byte| {
        let digit = char::from(byte).to_digit(10)?;
        sum.checked_mul(10)?.checked_add(i64::from(digit))
    })
}

fn window(input: &mut &str) -> Parsed<u32> {
    let (rest, token) = number_token(WINDOW, input)?;
    let wrong = || wrong(rest, token.len(), WINDOW);
    let mut total = 0u32;
    let mut parts = token;
    while !parts.is_empty() {
        let digits = parts.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = parts.split_at(digits);
        let seconds = match unit.as_bytes().first() {
            Some(b'm' | b'M') => 60,
            Some(b'h' | b'H') => 3600,
            Some(b'd' | b'D') => 86_400,
            _ => return Err(wrong()),
        };
        let number: u32 = number.parse().map_err(|_| wrong())?;
        total = number
            .checked_mul(seconds)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(wrong)?;
        parts = unit.get(1..).unwrap_or_default();
    }
    if (WINDOW_MIN_S..=WINDOW_MAX_S).contains(&total) { Ok(total) } else { Err(wrong()) }
}

/// What looks like a number: a digit, then digits, letters and points. With the bytes from its start to the end.
fn number_token<'a>(expected: Expected, input: &mut &'a str) -> Parsed<(usize, &'a str)> {
    space(input);
    let rest = input.len();
    if !input.starts_with(|c: char| c.is_ascii_digit()) {
        return final_failure(rest, [expected]);
    }
    let token =
        take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '.').parse_next(input)?;
    Ok((rest, token))
}

/// One of `words`, in any case.
fn word<'a>(
    words: &'static [&'static str],
) -> impl Parser<&'a str, &'static str, ErrMode<Failure>> {
    move |input: &mut &'a str| {
        space(input);
        let rest = input.len();
        let found: &str = take_while(0.., char::is_alphabetic).parse_next(input)?;
        words.iter().copied().find(|word| word.eq_ignore_ascii_case(found)).ok_or_else(|| {
            let expected: Vec<_> = words.iter().copied().map(Expected::Word).collect();
            ErrMode::Backtrack(Failure::new(rest, expected))
        })
    }
}

fn sign<'a>(sign: char) -> impl Parser<&'a str, (), ErrMode<Failure>> {
    move |input: &mut &'a str| {
        space(input);
        let rest = input.len();
        one_of(sign).void().parse_next(input).map_err(|_: ErrMode<Failure>| {
            let word = match sign {
                '>' => ">",
                '/' => "/",
                '%' => "%",
                ',' => ",",
                _ => ";",
            };
            ErrMode::Backtrack(Failure::new(rest, [Expected::Word(word)]))
        })
    }
}

fn space(input: &mut &str) {
    *input = input.trim_start();
}

/// Skips white space, and tells whether a condition may end there.
fn is_end(input: &mut &str) -> bool {
    space(input);
    input.is_empty() || input.starts_with(';') || input.starts_with(URGENT_SIGNS)
}

fn final_failure<T>(rest: usize, expected: impl Into<Vec<Expected>>) -> Parsed<T> {
    Err(ErrMode::Cut(Failure::new(rest, expected)))
}

fn wrong(rest: usize, len: usize, expected: Expected) -> ErrMode<Failure> {
    ErrMode::Cut(Failure::new(rest, [expected]).spanning(len))
}
