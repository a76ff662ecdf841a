//! The built-in templates, and the operator's over them.
//!
//! A file of the operator's folder replaces the built-in one of the same path, and is compiled here; what it says is checked
//! before the first message is sent (`trial`). The built-in ones never change: tests check them in the same way, and a start
//! does not.

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;

use handlebars::{Context, Handlebars, RenderErrorReason, Template, TemplateErrorReason};

use super::check::{self, Problem, TemplateError};
use super::{RenderError, bounds, html};

/// What a template makes. The name of its file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// The text of a chat, of which other services make theirs.
    Chat,
    /// The subject of a mail.
    Subject,
    /// The plain text of a mail.
    Text,
    /// The HTML of a mail.
    Html,
}

impl Form {
    const fn file(self) -> &'static str {
        match self {
            Form::Chat => "telegram.html.hbs",
            Form::Subject => "email.subject.hbs",
            Form::Text => "email.text.hbs",
            Form::Html => "email.html.hbs",
        }
    }

    /// The path of a message's template, relative to the folder of templates.
    pub(super) fn file_of(self, name: &str) -> String {
        format!("{name}/{}", self.file())
    }

    /// How a value is written into it. In plain text there is nothing that could be taken for markup.
    fn escape(self) -> fn(&str) -> String {
        match self {
            Form::Chat | Form::Html => html::escape,
            Form::Subject | Form::Text => str::to_owned,
        }
    }
}

/// Which template: the name of its message, and what it makes of that.
pub(super) type Key = (&'static str, Form);

struct BuiltIn {
    key: Key,
    path: &'static str,
    text: &'static str,
}

macro_rules! built_in {
    ($($form:ident $file:literal: [$($name:literal),* $(,)?])*) => {
        /// All files of the folder of templates.
        const BUILT_IN: &[BuiltIn] = &[$($(BuiltIn {
            key: ($name, Form::$form),
            path: concat!($name, "/", $file),
            text: include_str!(concat!("../../templates/", $name, "/", $file)),
        },)*)*];
    };
}
built_in!(
    Chat "telegram.html.hbs": [
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
        "link",
        "list",
        "me",
        "mute",
        "not-allowed",
        "operator",
        "quiet",
        "rules",
        "settings",
        "start",
        "stats",
        "test",
        "unlink",
        "unwatch",
        "watch",
        "watch-offer",
        "welcome-invited",
        "why",
    ]
    Subject "email.subject.hbs": ["alert", "alerts", "confirm", "digest", "operator", "test"]
    Text "email.text.hbs": ["alert", "alerts", "confirm", "digest", "mail", "operator", "test"]
    Html "email.html.hbs": ["alert", "alerts", "confirm", "digest", "mail", "operator", "test"]
);

/// The files that there are, with their built-in texts.
#[cfg(test)]
pub(super) fn built_in() -> impl Iterator<Item = (Key, &'static str, &'static str)> {
    BUILT_IN.iter().map(|file| (file.key, file.path, file.text))
}

/// The templates of all messages.
#[derive(Debug)]
pub(super) struct Templates {
    files: BTreeMap<Key, File>,
}

/// One template.
#[derive(Debug)]
struct File {
    path: &'static str,
    built_in: &'static str,
    is_own: bool,
    /// Holds it alone, under the name of its message.
    compiled: OnceLock<Handlebars<'static>>,
}

impl Templates {
    /// The built-in ones with the operator's laid over them, which are compiled here, and the mistakes in these: the built-in
    /// one stands in for one that can't be read.
    pub(super) fn new(overrides: &[(String, String)]) -> (Templates, Vec<TemplateError>) {
        let mut errors = unknown_files(overrides);
        let mut files = BTreeMap::new();
        for BuiltIn { key, path, text } in BUILT_IN {
            let compiled = OnceLock::new();
            let of_operator = overrides.iter().rev().find(|(file, _)| file == path);
            // A copy of what is built in says nothing else, and whoever starts with the folder as it comes need not wait for it.
            if let Some((_, text)) = of_operator.filter(|(_, own)| own != text) {
                match template(path, text) {
                    Ok(template) => {
                        compiled.get_or_init(|| registry(*key, template));
                    }
                    Err(error) => errors.push(error),
                }
            }
            let is_own = compiled.get().is_some();
            files.insert(*key, File { path, built_in: text, is_own, compiled });
        }
        (Templates { files }, errors)
    }

    /// Whether there is such a template.
    pub(super) fn has(&self, key: Key) -> bool {
        self.files.contains_key(&key)
    }

    /// Whether it is the operator's.
    pub(super) fn is_own(&self, key: Key) -> bool {
        self.files.get(&key).is_some_and(|file| file.is_own)
    }

    /// Its file and its expressions.
    pub(super) fn source(&self, key: Key) -> Option<(&'static str, &Template)> {
        let path = self.files.get(&key)?.path;
        Some((path, self.compiled(key)?.get_template(key.0)?))
    }

    /// Renders a view. `None`: its text has no end.
    pub(super) fn render(&self, key: Key, view: &Context) -> Result<Option<String>, RenderError> {
        let failed = |cause| RenderError::Template { file: key.1.file_of(key.0), cause };
        let Some(compiled) = self.compiled(key) else {
            return Err(failed(RenderErrorReason::TemplateNotFound(key.0.to_owned()).into()));
        };
        let mut sheet = Sheet::default();
        let rendered = compiled.render_with_context_to_write(key.0, view, &mut sheet);
        if sheet.is_full {
            return Ok(None);
        }
        rendered.map_err(failed)?;
        let text = String::from_utf8(sheet.bytes);
        Ok(Some(text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into())))
    }

    /// Compiling takes most of a millisecond: a built-in template is compiled when it is first used.
    fn compiled(&self, key: Key) -> Option<&Handlebars<'static>> {
        let file = self.files.get(&key)?;
        let compile = || {
            let template = Template::compile(file.built_in).expect("tests compile each of them");
            registry(key, template)
        };
        Some(file.compiled.get_or_init(compile))
    }
}

/// Longest text that is rendered before it is cut, in bytes: many times what fits into a message with all its tags.
const PAGE_MAX_BYTES: usize = 256 * 1024;

/// What a template writes on.
#[derive(Default)]
struct Sheet {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Sheet {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + text.len() > PAGE_MAX_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn registry((name, form): Key, template: Template) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(form.escape());
    registry.register_template(name, template);
    registry
}

fn unknown_files(overrides: &[(String, String)]) -> Vec<TemplateError> {
    let known = || BUILT_IN.iter().map(|file| file.path);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_what_is_built_in_is_no_template_of_the_operators() {
        let copies = |change: &str| -> Vec<(String, String)> {
            built_in().map(|(_, path, text)| (path.to_owned(), format!("{text}{change}"))).collect()
        };
        for (change, is_own) in [("", false), ("\n", true)] {
            let (templates, errors) = Templates::new(&copies(change));
            assert!(errors.is_empty(), "{errors:?}");
            for (key, path, _) in built_in() {
                assert_eq!(templates.is_own(key), is_own, "{path}");
            }
        }
    }
}
