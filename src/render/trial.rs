//! Tries the operator's templates before the first message: a mistake is an error at start.
//!
//! Each is checked against the fields of its message, and rendered with that message's samples as its channel renders it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::check::{self, Problem, TemplateError};
use super::cut::Cut;
use super::kinds::{Kind, kinds};
use super::mail::{self, MailKind, MailTemplates};
use super::sample::PROBE;
use super::shape::Shape;
use super::templates::{Form, Key, Templates};
use super::view::AnyView;
use super::{RenderError, html, page, room};

/// What makes a mail.
const OF_MAIL: [Form; 3] = [Form::Subject, Form::Text, Form::Html];

/// The built-in templates with the operator's laid over them.
pub(super) fn checked(
    overrides: &[(String, String)],
) -> Result<Arc<Templates>, Vec<TemplateError>> {
    tried(overrides, cfg!(debug_assertions))
}

/// `with_chats`: the built-in templates of chats are tried as well.
fn tried(
    overrides: &[(String, String)],
    with_chats: bool,
) -> Result<Arc<Templates>, Vec<TemplateError>> {
    let (templates, mut errors) = Templates::new(overrides);
    let templates = Arc::new(templates);
    let is_tried = |key: Key| templates.is_own(key) || with_chats;
    for kind in kinds().iter().filter(|kind| is_tried((kind.name, Form::Chat))) {
        errors.extend(of_chat(&templates, kind));
    }
    let mails = MailTemplates::new(Arc::clone(&templates));
    for kind in mail::kinds() {
        let own = OF_MAIL.into_iter().filter(|form| templates.is_own((kind.name, *form)));
        errors.extend(of_mail(&mails, &kind, &own.collect::<Vec<_>>()));
    }
    if errors.is_empty() { Ok(templates) } else { Err(errors) }
}

/// The mistakes of one template, those of the expressions first, for they would cause the others.
fn of_chat(templates: &Templates, kind: &Kind) -> Vec<TemplateError> {
    let Some((file, template)) = templates.source((kind.name, Form::Chat)) else {
        return Vec::new();
    };
    let views = (kind.samples)();
    let errors = check::check(file, template, &shape_of(&views));
    if !errors.is_empty() {
        return errors;
    }
    let fault = views.iter().find_map(|view| try_sample(templates, view));
    fault
        .into_iter()
        .map(|(line, problem)| TemplateError { file: file.to_owned(), line, problem })
        .collect()
}

fn try_sample(templates: &Templates, sample: &AnyView) -> Option<(Option<usize>, Problem)> {
    let fields = match &sample.fields {
        Ok(fields) => fields,
        Err(error) => return Some((None, Problem::Render(error.to_string()))),
    };
    let rooms = [room::of_message(sample.file.is_some()), &room::EMBED];
    let (_, parsed) = match page::fitted(templates, sample.name, fields, "", &rooms) {
        Ok(rendered) => rendered,
        Err(error) => return Some(why(error)),
    };
    let bare = |run: &&html::Run| run.link.is_none() && !run.code && run.text.contains(PROBE);
    parsed.runs.iter().find(bare).map(|run| (None, Problem::PlainText(html::near(run.text.trim()))))
}

/// The line in which a template failed, where one is to blame, and why.
fn why(error: RenderError) -> (Option<usize>, Problem) {
    match error {
        RenderError::Template { cause, .. } => {
            (cause.line_no, Problem::Render(cause.reason().to_string()))
        }
        RenderError::Html { cause, .. } => (None, Problem::Html(cause)),
        RenderError::TooLong { .. } => (None, Problem::TooLong),
        error @ (RenderError::Json(_) | RenderError::NoAnswers | RenderError::NoMailbox) => {
            (None, Problem::Render(error.to_string()))
        }
    }
}

/// The mistakes of the templates of one mail.
fn of_mail(mails: &MailTemplates, kind: &MailKind, tried: &[Form]) -> Vec<TemplateError> {
    if tried.is_empty() {
        return Vec::new();
    }
    let shape = mail_shape(kind);
    let mut errors = Vec::new();
    for form in tried {
        if let Some((file, template)) = mails.templates().source((kind.name, *form)) {
            errors.extend(check::check(file, template, &shape));
        }
    }
    if !errors.is_empty() {
        return errors;
    }
    for fields in (kind.samples)() {
        for form in tried {
            let found = fields.as_ref().map_err(|error| (None, Problem::Render(error.to_string())));
            let found = found.and_then(|fields| {
                mails.try_sample((kind.name, *form), fields).map_err(|fault| match fault {
                    mail::Fault::Failed(error) => why(error),
                    mail::Fault::Html(cause) => (None, Problem::Mail(Box::new(cause))),
                    mail::Fault::Content => (None, Problem::Content),
                })
            });
            if let Err((line, problem)) = found {
                return vec![TemplateError { file: form.file_of(kind.name), line, problem }];
            }
        }
    }
    Vec::new()
}

fn shape_of(views: &[AnyView]) -> Shape {
    let fields: Vec<&Json> = views.iter().filter_map(|view| view.fields.as_ref().ok()).collect();
    Shape::of(&cuts_of(&fields))
}

fn mail_shape(kind: &MailKind) -> Shape {
    let views: Vec<Json> = (kind.samples)().into_iter().flatten().map(Json::Object).collect();
    Shape::of(&cuts_of(&views.iter().collect::<Vec<_>>()))
}

/// The samples as a template gets them: whole, and with every list cut to one item.
fn cuts_of(views: &[&Json]) -> Vec<Json> {
    let cuts = [Cut::NOTHING, Cut { items: 1, ..Cut::NOTHING }];
    cuts.iter().flat_map(|cut| views.iter().map(|fields| cut.apply(fields))).collect()
}

#[cfg(test)]
mod tests {
    use handlebars::Template;

    use super::*;
    use crate::render::templates::built_in;

    /// The mistakes in an alert template of the operator's.
    fn mistakes(text: &str) -> String {
        let overrides = [("alert/telegram.html.hbs".to_owned(), text.to_owned())];
        let errors = checked(&overrides).expect_err("refused");
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_samples_take_every_branch_of_every_built_in_template() {
        let chats = kinds().map(|kind| (kind.name, shape_of(&(kind.samples)())));
        let mails = mail::kinds().map(|kind| (kind.name, mail_shape(&kind)));
        for (key, file, text) in built_in() {
            let of: &[(&str, Shape)] = if key.1 == Form::Chat { &chats } else { &mails };
            let (_, shape) = of.iter().find(|(name, _)| *name == key.0).expect(file);
            let one_sided = check::one_sided(&Template::compile(text).unwrap(), shape);
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
        let chats = kinds().map(|kind| (kind.name, shape_of(&(kind.samples)())));
        let mails = mail::kinds().map(|kind| (kind.name, mail_shape(&kind)));
        for (name, shape) in chats.iter().chain(&mails) {
            let mut all = Vec::new();
            names(shape, &mut all);
            assert!(!all.is_empty());
            all.retain(|name| helpers.contains(&name.as_str()));
            assert_eq!(all, Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn every_file_has_a_message_and_every_message_its_files() {
        let of = |form: Form| {
            let names = built_in().map(|(key, ..)| key).filter(move |key| key.1 == form);
            names.map(|(name, _)| name).collect::<Vec<_>>()
        };
        let mut chats = kinds().map(|kind| kind.name);
        chats.sort_unstable();
        assert_eq!(of(Form::Chat), chats);
        let mut mails = mail::kinds().map(|kind| kind.name);
        mails.sort_unstable();
        assert_eq!((of(Form::Text), of(Form::Html)), (mails.to_vec(), mails.to_vec()));
        let subjects: Vec<_> = mails.into_iter().filter(|name| *name != mail::FRAME).collect();
        assert_eq!(of(Form::Subject), subjects);
        for ((name, form), file, _) in built_in() {
            assert_eq!(form.file_of(name), file);
        }
    }

    /// A start does not: it takes a second where nothing is optimized.
    #[test]
    fn the_built_in_mails_pass_what_an_operators_have_to() {
        let (templates, _) = Templates::new(&[]);
        let mails = MailTemplates::new(Arc::new(templates));
        for kind in mail::kinds() {
            let all = OF_MAIL.into_iter().filter(|form| mails.templates().has((kind.name, *form)));
            assert_eq!(of_mail(&mails, &kind, &all.collect::<Vec<_>>()), []);
        }
    }

    /// The mistakes in a file of the operator's.
    fn mistakes_of(file: &str, text: &str) -> String {
        let errors = tried(&[(file.to_owned(), text.to_owned())], false).expect_err("refused");
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn mistakes_in_a_mail_fail_at_start_with_the_way_out() {
        insta::assert_snapshot!(
            [
                ("alert/email.html.hbs", "<p>{{vidio.title}}</p>\n{{{video.title}}}"),
                ("alert/email.html.hbs", "<p><a href=\"{{video.title}}\">x</a></p>"),
                ("alert/email.html.hbs", "<p title='{{video.title}}'>x</p>"),
                ("alert/email.html.hbs", "<p class=\"{{video.title}}\">x</p>"),
                ("alert/email.html.hbs", "<p><img src=\"https://i.ytimg.com/x.jpg\" alt=\"x\"></p>"),
                ("alert/email.html.hbs", "{{#if late}}<p>{{/if}}x"),
                ("alert/email.html.hbs", ""),
                ("alert/email.subject.hbs", "{{#if late}}x{{/if}}"),
                ("alert/email.text.hbs", "{{lead}}\n{{#each video}}{{/each}}"),
                ("mail/email.html.hbs", "<html><body>x</body></html>"),
                ("mail/email.html.hbs", "<html><body title=\"{{content}}\">x</body></html>"),
                ("mail/email.html.hbs", "<html><body>{{{content}}}</body></html>"),
                ("mail/email.html.hbs", "<p>{{content}}<a href=\"{{contact}}\">x</a></p>"),
                ("mail/email.text.hbs", "{{content}}{{content}}"),
                ("mail/email.subject.hbs", "x"),
            ]
            .map(|(file, text)| mistakes_of(file, text))
            .join("\n"),
            @r#"
        alert/email.html.hbs:1: no field `vidio.title` here; did you mean `video`?; known: budget, channel, coalesced, computed, late, lead, lines, others, rules, video
        alert/email.html.hbs:2: puts `video.title` in unescaped; write {{video.title}}, which escapes it
        alert/email.html.hbs: a link of a mail begins with https://, http:// or mailto:, or is {{unsubscribe_url}} and nothing else (in the rendered line: <p><a href="Never Gonna Give You Up (4K Remaster)">x</a></p>)
        alert/email.html.hbs: the attributes of `<p>` can't be read; write each as name="value", with double quotes (in the rendered line: <p title='Never Gonna Give You Up (4K Remaster)'>x</p>)
        alert/email.html.hbs: text from outside stands inside `class="…"`, where it is no text; put it between tags (in the rendered line: <p class="&lt;/a&gt;&lt;/b&gt;&lt;b&gt;&amp;amp; &quot;'&gt;*_`[x](y) @tubebell_probe #tag /stop {{x}} مرحبا 👩‍👩‍👧‎">x</p>)
        alert/email.html.hbs: an image of a mail comes along with it: write src="cid:picture", inside {{#if picture}} (in the rendered line: <p><img src="https://i.ytimg.com/x.jpg" alt="x"></p>)
        alert/email.html.hbs: `<p>` is never closed (in the rendered line: <p>x)
        alert/email.html.hbs: the text is empty, or too long for a message even with everything cut
        alert/email.subject.hbs: the text is empty, or too long for a message even with everything cut
        alert/email.text.hbs:1: `lead` is no text; print one of its fields: count, growth, other, passed
        alert/email.text.hbs:2: `video` is no list, so #each can't go through it
        mail/email.html.hbs: a frame has {{content}} once, as text between tags: that is where the mail stands
        mail/email.html.hbs: a frame has {{content}} once, as text between tags: that is where the mail stands
        mail/email.html.hbs:1: puts `content` in unescaped; write {{content}}, which escapes it
        mail/email.html.hbs: a link of a mail begins with https://, http:// or mailto:, or is {{unsubscribe_url}} and nothing else (in the rendered line: <p>tubebell-content<a href="">x</a></p>)
        mail/email.text.hbs: a frame has {{content}} once, as text between tags: that is where the mail stands
        mail/email.subject.hbs: no message uses a template of this name; the nearest is mail/email.text.hbs
        "#
        );
        let frame = "<p>{{content}}</p><a href=\"{{unsubscribe_url}}\">x</a>";
        assert!(mistakes_of("mail/email.html.hbs", frame).contains("begins with https://"));
        let own = frame.replace("<a", "{{#if unsubscribe_url}}<a").replace("</a>", "</a>{{/if}}");
        assert!(tried(&[("mail/email.html.hbs".to_owned(), own)], false).is_ok());
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
        let errors = checked(&overrides).expect_err("refused");
        assert_eq!(
            errors[0].to_string(),
            "alarm/telegram.html.hbs: no message uses a template of this name; the nearest is alert/telegram.html.hbs"
        );
    }
}
