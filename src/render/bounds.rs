//! What a template may hold, decided before it is parsed: parsing, checking and rendering take time and stack for each tag
//! and each block that stands in another.

use super::check::Problem;

/// Most tags of a template; the longest of ours has 242.
const TAGS_MAX: usize = 1000;

/// Longest tag, in bytes: one names a field.
const TAG_MAX_BYTES: usize = 200;

/// Most blocks inside each other, each `else` counted: handlebars makes a block of an `else if`.
const DEPTH_MAX: usize = 40;

/// Checks a template.
///
/// # Errors
///
/// The first mistake, and the line in which it is, from 1.
pub(super) fn check(template: &str) -> Result<(), (usize, Problem)> {
    let mut tags = 0;
    // How deep each open block makes what stands in it.
    let mut blocks: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut rest = template;
    while let Some((_, after)) = rest.split_once("{{") {
        let wrong = |problem| {
            let (before, _) = template.split_at(template.len() - after.len());
            Err((before.matches('\n').count() + 1, problem))
        };
        tags += 1;
        if tags > TAGS_MAX {
            return wrong(Problem::Tags(TAGS_MAX));
        }
        if let Some(comment) = after.strip_prefix('!') {
            let end = if comment.trim_start().starts_with("--") { "--}}" } else { "}}" };
            let Some((_, behind)) = comment.split_once(end) else {
                return wrong(Problem::Comment);
            };
            rest = behind;
            continue;
        }
        let (tag, behind) = match after.split_once("}}") {
            Some((tag, behind)) if tag.len() <= TAG_MAX_BYTES => (tag, behind),
            _ => return wrong(Problem::LongTag(TAG_MAX_BYTES)),
        };
        let word = tag.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '~'));
        if word.starts_with('#') {
            blocks.push(1);
            depth += 1;
        } else if word.starts_with('/') {
            depth -= blocks.pop().unwrap_or_default();
        } else if let Some(block) = blocks.last_mut()
            && (word.starts_with('^') || word.starts_with("else"))
        {
            *block += 1;
            depth += 1;
        }
        if depth > DEPTH_MAX {
            return wrong(Problem::Depth(DEPTH_MAX));
        }
        rest = behind;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(template: &str, expected: &str) {
        let (line, problem) = check(template).expect_err("refused");
        assert_eq!(format!("{line}: {problem}"), expected);
    }

    #[test]
    fn our_own_templates_stay_far_below_the_bounds() {
        for (_, file, text) in super::super::templates::built_in() {
            assert_eq!(check(text), Ok(()), "{file}");
        }
    }

    #[test]
    fn what_would_take_time_or_stack_is_refused_where_it_is() {
        let deep = "more than 40 blocks stand inside each other, each else counted";
        refused(&"{{#if late}}\n".repeat(100_000), &format!("41: {deep}"));
        refused(&"{{~ #each a}}\n".repeat(41), &format!("41: {deep}"));
        let chain = format!("{{{{#if a}}}}{}", "\n{{else if late}}".repeat(100_000));
        refused(&chain, &format!("41: {deep}"));
        refused(&chain.replace("else if", "^if"), &format!("41: {deep}"));
        refused(
            &"{{late}}\n".repeat(1001),
            "1001: has more than 1000 tags ({{…}}): no message needs as many",
        );
        let long = "a tag has more than 200 bytes: is it closed by }}?";
        refused(&format!("\n{{{{#if {}}}}}", "(".repeat(100_000)), &format!("2: {long}"));
        refused(&format!("{{{{{}", "x".repeat(300_000)), &format!("1: {long}"));
        refused("x\n\n{{x", &format!("3: {long}"));
        refused("{{!-- x }}", "1: a comment is never closed: write {{!-- … --}}");
        refused("{{! x", "1: a comment is never closed: write {{!-- … --}}");
    }

    #[test]
    fn blocks_that_end_and_long_comments_are_none_of_that() {
        let blocks = "{{#if late}}a{{else if computed}}b{{else}}c{{/if}}".repeat(200);
        assert_eq!(check(&blocks), Ok(()));
        let comment = format!("{{{{!-- {} {{{{x}}}} --}}}}", "x".repeat(1000));
        assert_eq!(check(&comment), Ok(()));
    }
}
