//! The built-in templates, and the operator's over them.
//!
//! A file of the operator's folder replaces the built-in one of the same path. It is parsed, checked against the fields of its
//! message and rendered with that message's samples before the first message is sent, so that a mistake is an error at
//! start. The built-in ones never change: tests check them in the same way, and a start does not.

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;

use handlebars::{Context, Handlebars, RenderErrorReason, Template, TemplateErrorReason};
use serde_json::Value as Json;

use super::check::{self, Problem, TemplateError};
use super::cut::Cut;
use super::kinds::Kind;
use super::sample::PROBE;
use super::shape::Shape;
use super::view::AnyView;
use super::{RenderError, bounds, html, page, room};

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        /// The text of each message: its name, the path of its file, its text.
        const BUILT_IN: &[(&str, &str, &str)] = &[$((
            $name,
            concat!($name, "/telegram.html.hbs"),
            include_str!(concat!("../../templates/", $name, "/telegram.html.hbs")),
        )),*];
    };
}
built_in!(
    "alert",
    "alerts",
    "card",
    "cards",
    "digest",
    "digests",
    "error",
    "feed",
    "help",
    "invite",
    "list",
    "mute",
    "not-allowed",
    "operator",
    "quiet",
    "rules",
    "settings",
    "start",
    "stats",
    "test",
    "unwatch",
    "watch",
    "watch-offer",
    "welcome-invited",
    "why",
);

/// The files that there are, with their built-in texts.
#[cfg(test)]
pub(super) fn built_in() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILT_IN.iter().map(|(_, file, text)| (*file, *text))
}

/// The templates of all messages.
#[derive(Debug, Default)]
pub(super) struct Templates {
    messages: BTreeMap<&'static str, Message>,
}

/// The template of one message.
#[derive(Debug)]
struct Message {
    built_in: &'static str,
    /// Holds it alone, under the name of the message.
    compiled: OnceLock<Handlebars<'static>>,
}

impl Templates {
    /// The built-in ones with the operator's laid over them, which are compiled and checked here.
    pub(super) fn new(
        overrides: &[(String, String)],
        kinds: &[Kind],
    ) -> Result<Templates, Vec<TemplateError>> {
        let mut errors = unknown_files(overrides);
        let mut templates = Templates::default();
        for (name, file, built_in) in BUILT_IN {
            let Some(kind) = kinds.iter().find(|kind| kind.name == *name) else { continue };
            let compiled = OnceLock::new();
            let of_operator = overrides.iter().rev().find(|(path, _)| path == file);
            if let Some((_, text)) = of_operator {
                match template(file, text) {
                    Ok(template) => compiled.get_or_init(|| registry(name, template)),
                    Err(error) => {
                        errors.push(error);
                        continue;
                    }
                };
            }
            templates.messages.insert(name, Message { built_in, compiled });
            if of_operator.is_some() || cfg!(debug_assertions) {
                errors.extend(templates.mistakes(kind, file));
            }
        }
        if errors.is_empty() { Ok(templates) } else { Err(errors) }
    }

    /// Renders a view of the message of this name.
    pub(super) fn render(
        &self,
        name: &str,
        view: &Context,
        to: impl io::Write,
    ) -> Result<(), handlebars::RenderError> {
        let Some(compiled) = self.compiled(name) else {
            return Err(RenderErrorReason::TemplateNotFound(name.to_owned()).into());
        };
        compiled.render_with_context_to_write(name, view, to)
    }

    /// Compiling takes most of a millisecond: a built-in template is compiled when it is first used.
    fn compiled(&self, name: &str) -> Option<&Handlebars<'static>> {
        let message = self.messages.get(name)?;
        let compile = || {
            let template = Template::compile(message.built_in).expect("tests compile each of them");
            registry(name, template)
        };
        Some(message.compiled.get_or_init(compile))
    }

    /// The mistakes of one template, those of the expressions first, for they would cause the others.
    fn mistakes(&self, kind: &Kind, file: &str) -> Vec<TemplateError> {
        let compiled = self.compiled(kind.name);
        let Some(template) = compiled.and_then(|compiled| compiled.get_template(kind.name)) else {
            return Vec::new();
        };
        let views = (kind.samples)();
        let errors = check::check(file, template, &Shape::of(&cuts_of(&views)));
        if !errors.is_empty() {
            return errors;
        }
        let fault = views.iter().find_map(|view| self.try_sample(view));
        fault
            .into_iter()
            .map(|(line, problem)| TemplateError { file: file.to_owned(), line, problem })
            .collect()
    }

    fn try_sample(&self, sample: &AnyView) -> Option<(Option<usize>, Problem)> {
        let fields = match &sample.fields {
            Ok(fields) => fields,
            Err(error) => return Some((None, Problem::Render(error.to_string()))),
        };
        let rooms = [&room::MESSAGE, &room::EMBED];
        let (_, parsed) = match page::fitted(self, sample.name, fields, &rooms) {
            Ok(rendered) => rendered,
            Err(RenderError::Template { cause, .. }) => {
                let problem = Problem::Render(cause.reason().to_string());
                return Some((cause.line_no, problem));
            }
            Err(RenderError::Html { cause, .. }) => return Some((None, Problem::Html(cause))),
            Err(RenderError::TooLong { .. }) => return Some((None, Problem::TooLong)),
            Err(error @ (RenderError::Json(_) | RenderError::NoAnswers)) => {
                return Some((None, Problem::Render(error.to_string())));
            }
        };
        let bare = |run: &&html::Run| run.link.is_none() && !run.code && run.text.contains(PROBE);
        parsed
            .runs
            .iter()
            .find(bare)
            .map(|run| (None, Problem::PlainText(html::near(run.text.trim()))))
    }
}

fn registry(name: &str, template: Template) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(html::escape);
    registry.register_template(name, template);
    registry
}

fn unknown_files(overrides: &[(String, String)]) -> Vec<TemplateError> {
    let known = || BUILT_IN.iter().map(|(_, file, _)| *file);
    overrides
        .iter()
        .filter(|(path, _)| !known().any(|file| file == path))
        .map(|(path, _)| {
            let nearest = check::nearest(path, known()).unwrap_or("alert/telegram.html.hbs");
            let problem = Problem::UnknownFile { nearest: nearest.to_owned() };
            TemplateError { file: path.clone(), line: None, problem }
        })
        .collect()
}

fn template(file: &str, text: &str) -> Result<Template, TemplateError> {
    bounds::check(text).map_err(|(line, problem)| TemplateError {
        file: file.to_owned(),
        line: Some(line),
        problem,
    })?;
    Template::compile_with_name(text, file.to_owned()).map_err(|error| {
        let line = error.pos().map(|(line, _)| line);
        let problem = Problem::Syntax(match error.reason() {
            // The parser's own words list its grammar.
            TemplateErrorReason::InvalidSyntax(_) => {
                "can't be read on from here; is every {{#if …}} and {{#each …}} closed?".to_owned()
            }
            other => other.to_string(),
        });
        TemplateError { file: file.to_owned(), line, problem }
    })
}

/// The samples as a template gets them: whole, and with every list cut to one item.
fn cuts_of(views: &[AnyView]) -> Vec<Json> {
    let cuts = [Cut::NOTHING, Cut { items: 1, ..Cut::NOTHING }];
    let fields = || views.iter().filter_map(|view| view.fields.as_ref().ok());
    cuts.iter().flat_map(|cut| fields().map(|fields| cut.apply(fields))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::kinds::kinds;

    /// The mistakes in an alert template of the operator's.
    fn mistakes(text: &str) -> String {
        let overrides = [("alert/telegram.html.hbs".to_owned(), text.to_owned())];
        let errors = Templates::new(&overrides, &kinds()).expect_err("refused");
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_samples_take_every_branch_of_every_built_in_template() {
        for kind in kinds() {
            let (_, file, text) = BUILT_IN.iter().find(|(name, ..)| *name == kind.name).unwrap();
            let template = Template::compile(text).unwrap();
            let one_sided = check::one_sided(&template, &Shape::of(&cuts_of(&(kind.samples)())));
            assert_eq!(one_sided, Vec::<String>::new(), "{file}");
        }
    }

    /// `{{len}}` would call the helper of that name instead of printing the field.
    #[test]
    fn no_field_is_called_like_a_helper() {
        fn names(shape: &Shape, all: &mut Vec<String>) {
            all.extend(shape.fields.keys().cloned());
            shape.fields.values().for_each(|field| names(field, all));
            shape.item.iter().for_each(|item| names(item, all));
        }
        let helpers = [
            "if", "unless", "each", "with", "lookup", "raw", "log", "eq", "ne", "gt", "gte", "lt",
            "lte", "and", "or", "not", "len",
        ];
        for kind in kinds() {
            let mut all = Vec::new();
            names(&Shape::of(&cuts_of(&(kind.samples)())), &mut all);
            assert!(!all.is_empty());
            all.retain(|name| helpers.contains(&name.as_str()));
            assert_eq!(all, Vec::<String>::new(), "{}", kind.name);
        }
    }

    #[test]
    fn every_file_has_a_message_and_every_message_a_file() {
        let mut kinds: Vec<_> = kinds().iter().map(|kind| kind.name).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, BUILT_IN.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
        for (name, file, _) in BUILT_IN {
            assert_eq!(page::file_of(name), *file);
        }
    }

    #[test]
    fn a_misspelt_name_is_found_at_start_even_in_an_if() {
        insta::assert_snapshot!(mistakes("<b>{{vidio.url}}</b>\n{{#if chanel}}\nx\n{{/if}}\n{{#each lines.items}}{{count.lable}}{{../nothing}}{{/each}}\n{{#each video}}x{{/each}}{{lines.items}}{{video}}"), @r#"
    alert/telegram.html.hbs:1: no field `vidio.url` here; did you mean `video`?; known: budget, channel, coalesced, computed, late, lines, others, rules, video
    alert/telegram.html.hbs:2: no field `chanel` here; did you mean `channel`?; known: budget, channel, coalesced, computed, late, lines, others, rules, video
    alert/telegram.html.hbs:5: no field `count.lable` here; did you mean `label`?; known: current, difference, icon, label, percent, previous
    alert/telegram.html.hbs:5: no field `../nothing` here; known: budget, channel, coalesced, computed, late, lines, others, rules, video
    alert/telegram.html.hbs:6: `video` is no list, so #each can't go through it
    alert/telegram.html.hbs:6: `lines.items` is a list; write {{#each lines.items}}{{this}}{{/each}}
    alert/telegram.html.hbs:6: `video` is no text; print one of its fields: title, url
    "#);
    }

    #[test]
    fn every_way_around_the_escape_is_refused_with_the_way_out() {
        insta::assert_snapshot!(mistakes("{{{video.title}}}\n{{&video.title}}\n{{> alert}}\n{{#*inline \"x\"}}y{{/inline}}\n{{lookup video \"title\"}}\n{{#with video}}{{title}}{{/with}}\n{{#if (eq 1 1)}}x{{/if}}{{../../late}}{{@root.late}}\n{{{{raw}}}}{{x}}{{{{/raw}}}}\n{{#if late}}a{{else}}\n{{{computed}}}{{/if}}"), @r#"
        alert/telegram.html.hbs:1: puts `video.title` in unescaped; write {{video.title}}, which escapes it
        alert/telegram.html.hbs:2: puts `video.title` in unescaped; write {{video.title}}, which escapes it
        alert/telegram.html.hbs:3: partials ({{> …}}) can't be used; write their text here
        alert/telegram.html.hbs:4: decorators ({{* …}}, {{#*inline}}) can't be used; write the text where it is needed
        alert/telegram.html.hbs:5: `lookup` can't be used; templates know #if, #unless, #each and else, with one field each
        alert/telegram.html.hbs:6: `#with video` can't be used; templates know #if, #unless, #each and else, with one field each
        alert/telegram.html.hbs:7: `#if (eq …)` can't be used; templates know #if, #unless, #each and else, with one field each
        alert/telegram.html.hbs:7: `../../late` goes up further than there are {{#each}} around it
        alert/telegram.html.hbs:7: `@root.late` can't be used; templates know #if, #unless, #each and else, with one field each
        alert/telegram.html.hbs:8: `#raw` can't be used; templates know #if, #unless, #each and else, with one field each
        alert/telegram.html.hbs:10: puts `computed` in unescaped; write {{computed}}, which escapes it
        "#);
    }

    #[test]
    fn what_telegram_would_refuse_fails_at_start() {
        insta::assert_snapshot!(
            [
                "<b><a href=\"{{video.url}}\">{{video.title}}</b></a>",
                "{{#if late}}<b>{{/if}}x",
                "<p>{{others}}</p>",
                "title: {{video.title}}",
                "<b>{{video.title}}</b>",
                "<a href='{{video.url}}'>{{video.title}}</a>",
                "{{#if late}}",
                "{{#if late}}x{{/each}}",
            ]
            .map(mistakes)
            .join("\n"),
            @r#"
        alert/telegram.html.hbs: `</b>` closes nothing here; `</a>` is due (in the rendered line: <b><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">Never Gonna Give You Up (4K Remaster)</b></a>)
        alert/telegram.html.hbs: `<b>` is never closed (in the rendered line: <b>x)
        alert/telegram.html.hbs: `<p>` is no tag of Telegram's; it knows a, b, i, u, s, code, pre, blockquote, span class="tg-spoiler" (in the rendered line: <p>1 comment</p>)
        alert/telegram.html.hbs: text from outside stands in plain text, where it can ping people; put it inside <a href="…"> or <code> (rendered: title: </a></b><b>&amp; "'>*_`[x](y) @tubebell_probe #tag /stop {{x}} مرحبا 👩‍👩‍👧‎)
        alert/telegram.html.hbs: text from outside stands in plain text, where it can ping people; put it inside <a href="…"> or <code> (rendered: </a></b><b>&amp; "'>*_`[x](y) @tubebell_probe #tag /stop {{x}} مرحبا 👩‍👩‍👧‎)
        alert/telegram.html.hbs: the attributes of `<a>` are not as Telegram wants them; write <a href="https://…"> (in the rendered line: <a href='https://www.youtube.com/watch?v=dQw4w9WgXcQ'>Never Gonna Give You Up (4K Remaster)</a>)
        alert/telegram.html.hbs:1: can't be read on from here; is every {{#if …}} and {{#each …}} closed?
        alert/telegram.html.hbs:1: helper "if" was opened, but "each" is closing
        "#
        );
        for text in ["x".repeat(5000), " {{!-- nothing --}}\n".to_owned()] {
            assert_eq!(
                mistakes(&text),
                "alert/telegram.html.hbs: the text is empty, or too long for a message even with everything cut"
            );
        }
    }

    #[test]
    fn what_would_take_time_without_end_is_refused_in_one_line() {
        insta::assert_snapshot!(
            [
                "<b>".repeat(20_000),
                "{{#if late}}".repeat(20_000),
                "{{late}}".repeat(20_000),
                format!("{{{{#if {}}}}}", "(".repeat(20_000)),
                "{{#each lines.items}}{{#each ../lines.items}}x{{/each}}{{/each}}".to_owned(),
            ]
            .map(|text| mistakes(&text))
            .join("\n"),
            @r#"
        alert/telegram.html.hbs: `<b>` stands inside 20 other tags: no text needs that many (in the rendered line: <b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><)
        alert/telegram.html.hbs:1: more than 40 blocks stand inside each other, each else counted
        alert/telegram.html.hbs:1: has more than 1000 tags ({{…}}): no message needs as many
        alert/telegram.html.hbs:1: a tag has more than 200 bytes: is it closed by }}?
        alert/telegram.html.hbs:1: `#each ../lines.items` inside another #each goes through a list that is not its item's own
        "#
        );
        // More text for each item than the machine has room for.
        let text = format!("{{{{#each lines.items}}}}{}{{{{/each}}}}", "x".repeat(1_000_000));
        assert!(mistakes(&text).ends_with("too long for a message even with everything cut"));
    }

    #[test]
    fn an_unknown_file_is_refused_with_the_nearest_name() {
        let overrides = [("alarm/telegram.html.hbs".to_owned(), String::new())];
        let errors = Templates::new(&overrides, &kinds()).expect_err("refused");
        assert_eq!(
            errors[0].to_string(),
            "alarm/telegram.html.hbs: no message uses a template of this name; the nearest is alert/telegram.html.hbs"
        );
    }
}
