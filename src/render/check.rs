//! Reads a template as data and refuses what could go wrong later.
//!
//! Handlebars' strict mode finds a misspelt name only when that line is rendered, and never inside `{{#if …}}`; and
//! some of its forms put text in unescaped. Both are decided here, from the parsed template, before any message.

use std::fmt;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, PathSeg, Template};

use super::html::HtmlError;
use super::hypertext::MailError;
use super::shape::Shape;

/// Why a template can't be used. All mistakes of all files are reported at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The file, relative to the folder of templates.
    pub file: String,
    /// The line, counted from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub problem: Problem,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

impl std::error::Error for TemplateError {}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No message has this file.
    #[error("no message uses a template of this name; the nearest is {nearest}")]
    UnknownFile {
        /// The nearest name known.
        nearest: String,
    },
    /// Blocks without end inside each other.
    #[error("more than {0} blocks stand inside each other, each else counted")]
    Depth(usize),
    /// Tags without end.
    #[error("has more than {0} tags ({{{{…}}}}): no message needs as many")]
    Tags(usize),
    /// A tag that is never closed, or names far more than a field.
    #[error("a tag has more than {0} bytes: is it closed by }}}}?")]
    LongTag(usize),
    /// A comment without end.
    #[error("a comment is never closed: write {{{{!-- … --}}}}")]
    Comment,
    /// A list that is gone through anew for each item of another.
    #[error("`#each {0}` inside another #each goes through a list that is not its item's own")]
    OuterList(String),
    /// Not handlebars.
    #[error("{0}")]
    Syntax(String),
    /// `{{{x}}}` or `{{&x}}`.
    #[error("puts `{0}` in unescaped; write {{{{{0}}}}}, which escapes it")]
    Unescaped(String),
    /// A partial.
    #[error("partials ({{{{> …}}}}) can't be used; write their text here")]
    Partial,
    /// A decorator, such as an inline partial.
    #[error(
        "decorators ({{{{* …}}}}, {{{{#*inline}}}}) can't be used; write the text where it is needed"
    )]
    Decorator,
    /// A helper that is not offered.
    #[error(
        "`{0}` can't be used; templates know #if, #unless, #each and else, with one field each"
    )]
    Helper(String),
    /// A field that the message does not have.
    #[error("no field `{field}` here{}; known: {}", .nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default(), .known.join(", "))]
    UnknownField {
        /// The field as written.
        field: String,
        /// The nearest field known.
        nearest: Option<String>,
        /// All fields at this place.
        known: Vec<String>,
    },
    /// More `../` than blocks.
    #[error("`{0}` goes up further than there are {{{{#each}}}} around it")]
    TooFarUp(String),
    /// A field of fields, printed.
    #[error("`{field}` is no text; print one of its fields: {}", .known.join(", "))]
    NotText {
        /// The field as written.
        field: String,
        /// What it has.
        known: Vec<String>,
    },
    /// A list, printed.
    #[error("`{0}` is a list; write {{{{#each {0}}}}}{{{{this}}}}{{{{/each}}}}")]
    PrintedList(String),
    /// `each` over something that is no list.
    #[error("`{0}` is no list, so #each can't go through it")]
    NotAList(String),
    /// The samples could not be rendered.
    #[error("{0}")]
    Render(String),
    /// Telegram would refuse the result.
    #[error("{0}")]
    Html(HtmlError),
    /// Text from outside stands where Telegram would make mentions, hashtags and commands of it.
    #[error(
        "text from outside stands in plain text, where it can ping people; put it inside <a href=\"…\"> or <code> (rendered: {0})"
    )]
    PlainText(String),
    /// Programs that read mails would refuse the result, or show something else.
    #[error("{0}")]
    Mail(Box<MailError>),
    /// The frame of all mails is to hold a mail once.
    #[error(
        "a frame has {{{{content}}}} once, as text between tags: that is where the mail stands"
    )]
    Content,
    /// A message that is empty, or can't be made short enough.
    #[error("the text is empty, or too long for a message even with everything cut")]
    TooLong,
}

/// Checks every expression of `template` against the fields that its view has.
pub(super) fn check(file: &str, template: &Template, shape: &Shape) -> Vec<TemplateError> {
    let mut walk = Walk { file, scopes: vec![shape], errors: Vec::new(), one_sided: Vec::new() };
    walk.template(template, 1);
    walk.errors
}

/// The fields on which `template` branches although the samples take only one branch.
#[cfg(test)]
pub(super) fn one_sided(template: &Template, shape: &Shape) -> Vec<String> {
    let mut walk =
        Walk { file: "", scopes: vec![shape], errors: Vec::new(), one_sided: Vec::new() };
    walk.template(template, 1);
    walk.one_sided
}

struct Walk<'a> {
    file: &'a str,
    /// The shapes of `this`, outermost first; `each` adds one.
    scopes: Vec<&'a Shape>,
    errors: Vec<TemplateError>,
    one_sided: Vec<String>,
}

impl<'a> Walk<'a> {
    fn fail(&mut self, line: usize, problem: Problem) {
        self.errors.push(TemplateError { file: self.file.to_owned(), line: Some(line), problem });
    }

    fn template(&mut self, template: &Template, start_line: usize) {
        for (index, element) in template.elements.iter().enumerate() {
            // An `else if` has no place of its own; the block's start is near enough.
            let line = template.mapping.get(index).map_or(start_line, |at| at.0);
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::Expression(expression) => self.expression(expression, line),
                TemplateElement::HtmlExpression(expression) => {
                    self.fail(line, Problem::Unescaped(print(&expression.name)));
                }
                TemplateElement::HelperBlock(block) => self.block(block, line),
                TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                    self.fail(line, Problem::Decorator);
                }
                TemplateElement::PartialExpression(_) | TemplateElement::PartialBlock(_) => {
                    self.fail(line, Problem::Partial);
                }
                // The enum may grow; what is not known here is not let through.
                other => self.fail(line, Problem::Helper(format!("{other:?}"))),
            }
        }
    }

    fn expression(&mut self, expression: &HelperTemplate, line: usize) {
        if !expression.params.is_empty() || !expression.hash.is_empty() {
            return self.fail(line, Problem::Helper(print(&expression.name)));
        }
        let Some(shape) = self.resolve(&expression.name, line) else { return };
        let field = print(&expression.name);
        if shape.item.is_some() {
            self.fail(line, Problem::PrintedList(field));
        } else if !shape.is_text && !shape.fields.is_empty() {
            let known = shape.fields.keys().cloned().collect();
            self.fail(line, Problem::NotText { field, known });
        }
    }

    fn block(&mut self, block: &HelperTemplate, line: usize) {
        let name = print(&block.name);
        let plain = block.hash.is_empty() && block.block_param.is_none();
        let ("if" | "unless" | "each", [param @ Parameter::Path(_)], true) =
            (name.as_str(), block.params.as_slice(), plain)
        else {
            let params = block.params.iter().map(|param| format!(" {}", print(param)));
            return self
                .fail(line, Problem::Helper(format!("#{name}{}", params.collect::<String>())));
        };
        let Some(shape) = self.resolve(param, line) else { return };
        let mut scope = None;
        if name == "each" {
            let Some(item) = &shape.item else {
                return self.fail(line, Problem::NotAList(print(param)));
            };
            // Lists that multiply each other take more time than any message is worth.
            if path(param).is_some_and(|(ups, _)| ups > 0) {
                return self.fail(line, Problem::OuterList(print(param)));
            }
            scope = Some(item.as_ref());
        } else if !(shape.seen_true && shape.seen_false) {
            self.one_sided.push(print(param));
        }
        if let Some(inside) = &block.template {
            self.scopes.extend(scope);
            self.template(inside, line);
            if scope.is_some() {
                self.scopes.pop();
            }
        }
        if let Some(inverse) = &block.inverse {
            self.template(inverse, line);
        }
    }

    /// The shape of a field; reports one that is not known.
    fn resolve(&mut self, parameter: &Parameter, line: usize) -> Option<&'a Shape> {
        let field = print(parameter);
        let Some((ups, names)) = path(parameter) else {
            self.fail(line, Problem::Helper(field));
            return None;
        };
        let depth = self.scopes.len().checked_sub(1 + ups);
        let Some(mut shape) = depth.and_then(|depth| self.scopes.get(depth).copied()) else {
            self.fail(line, Problem::TooFarUp(field));
            return None;
        };
        if let (Parameter::Path(Path::Local((_, name, _))), 2..) = (parameter, self.scopes.len())
            && matches!(name.as_str(), "first" | "last" | "index")
        {
            static LOCAL: Shape = Shape::text();
            return Some(&LOCAL);
        }
        for name in &names {
            let Some(next) = shape.fields.get(name) else {
                let known: Vec<String> = shape.fields.keys().cloned().collect();
                let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
                self.fail(line, Problem::UnknownField { field, nearest, known });
                return None;
            };
            shape = next;
        }
        Some(shape)
    }
}

/// How many blocks a path goes up, and the names that it then follows.
fn path(parameter: &Parameter) -> Option<(usize, Vec<String>)> {
    match parameter {
        Parameter::Name(name) => Some((0, vec![name.clone()])),
        Parameter::Path(Path::Relative((segments, raw))) if !raw.starts_with('@') => {
            let names: Vec<String> = segments
                .iter()
                .filter_map(|segment| match segment {
                    PathSeg::Named(name) => Some(name.clone()),
                    _ => None,
                })
                .collect();
            Some((segments.len() - names.len(), names))
        }
        Parameter::Path(Path::Local((_, name, _))) => Some((0, vec![format!("@{name}")])),
        Parameter::Path(_) | Parameter::Literal(_) | Parameter::Subexpression(_) => None,
        _ => None,
    }
}

/// A parameter as it was written.
fn print(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Name(name) => name.clone(),
        Parameter::Path(Path::Relative((_, raw)) | Path::Local((_, _, raw))) => raw.clone(),
        Parameter::Literal(value) => value.to_string(),
        Parameter::Subexpression(inner) => format!("({} …)", inner.name()),
        other => format!("{other:?}"),
    }
}

/// The known name most like `name`, when one is alike enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}
