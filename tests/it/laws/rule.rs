//! The rule language.

use tubebell::model::{Counts, Signal};
use tubebell::route::language::{RULES_PER_SET_MAX, RuleError, TEXT_MAX_CHARS, parse, parse_set};
use tubebell::route::trigger;

/// A text is a set of rules that print as themselves, or is refused at a place within it.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = parse(text) {
        refused(text, &error);
    }
    let rules = match parse_set(text) {
        Ok(rules) => rules,
        Err(error) => return refused(text, &error),
    };
    assert!((1..=RULES_PER_SET_MAX).contains(&rules.len()), "{}", rules.len());
    let printed: Vec<String> = rules.iter().map(ToString::to_string).collect();
    for (rule, text) in rules.iter().zip(&printed) {
        let condition = &rule.condition;
        let twins = rules.iter().filter(|other| other.condition == *condition).count();
        assert_eq!(twins, 1, "{text}");
        assert_eq!(parse(text).as_ref(), Ok(rule), "{text}");
        assert!(text.chars().count() <= TEXT_MAX_CHARS, "{text}");
        // `apply` relies on it: as long as nothing is known of a video, no rule can be spent.
        assert!(trigger::initial(condition, None).next.is_some(), "{text}");
        for count in [0, 1, 999, 1_000_000, i64::MAX] {
            let counts = Counts { views: Some(count), likes: Some(count), comments: Some(count) };
            let next = trigger::initial(condition, Some(&counts)).next;
            // What waits at a value has to wait beyond the one that stands, or every look would find it.
            if let (Some(next), Signal::Count(_)) = (next, trigger::series(condition).signal) {
                let beyond = next.value > next.series.scale(count);
                assert!(beyond || next.value == trigger::LOWEST, "{text} at {count}: {next:?}");
            }
        }
    }
    let set = printed.join("; ");
    if set.chars().count() <= TEXT_MAX_CHARS {
        assert_eq!(parse_set(&set), Ok(rules), "{set}");
    }
}

fn refused(text: &str, error: &RuleError) {
    super::assert_one_line(&error.to_string());
    assert!(!error.expected.is_empty(), "{text:?}: {error}");
    assert!((1..=text.chars().count() + 1).contains(&error.column), "{text:?}: {error}");
    let rest: String = text.chars().skip(error.column - 1).collect();
    assert!(rest.starts_with(&error.found), "{text:?}: {error}");
    assert_eq!(error.found.is_empty(), rest.is_empty(), "{text:?}: {error}");
    // The picture is the text above its carets.
    let picture = error.explain(text);
    let (shown, carets) = picture.split_once('\n').expect("two lines");
    super::assert_one_line(&format!(">{shown}{carets}"));
    let pointed = carets.chars().take_while(|c| *c == ' ').count();
    assert!(pointed <= shown.chars().count(), "{picture}");
    assert!(carets.trim_start().chars().all(|c| c == '^'), "{picture}");
}
