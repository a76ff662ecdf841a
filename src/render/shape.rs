//! The fields that a template may name, learned from the samples of its view.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// What the samples showed of one value.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The fields, where it is an object.
    pub(super) fields: BTreeMap<String, Shape>,
    /// Its items, where it is a list.
    pub(super) item: Option<Box<Shape>>,
    /// Whether a sample has a text here.
    pub(super) is_text: bool,
    /// Whether an `if` on it was taken by a sample.
    pub(super) seen_true: bool,
    /// Whether an `if` on it was not taken by a sample.
    pub(super) seen_false: bool,
    objects: usize,
}

impl Shape {
    /// A text that is always there: `@index` and its like.
    pub(super) const fn text() -> Shape {
        Shape {
            fields: BTreeMap::new(),
            item: None,
            is_text: true,
            seen_true: true,
            seen_false: true,
            objects: 0,
        }
    }

    /// The union of all samples.
    pub(super) fn of(samples: &[Json]) -> Shape {
        let mut shape = Shape::default();
        for sample in samples {
            shape.absorb(sample);
        }
        shape
    }

    fn absorb(&mut self, value: &Json) {
        let truthy = match value {
            Json::Null => false,
            Json::Bool(value) => *value,
            Json::Number(number) => number.as_f64() != Some(0.0),
            Json::String(text) => !text.is_empty(),
            Json::Array(items) => !items.is_empty(),
            Json::Object(fields) => !fields.is_empty(),
        };
        if truthy {
            self.seen_true = true;
        } else {
            self.seen_false = true;
        }
        match value {
            Json::Null => {}
            Json::Bool(_) | Json::Number(_) | Json::String(_) => self.is_text = true,
            Json::Array(items) => {
                let shape = self.item.get_or_insert_default();
                for item in items {
                    shape.absorb(item);
                }
            }
            Json::Object(fields) => {
                for (name, known) in &mut self.fields {
                    known.seen_false |= !fields.contains_key(name);
                }
                for (name, field) in fields {
                    let known = self.fields.entry(name.clone()).or_insert_with(|| Shape {
                        seen_false: self.objects > 0,
                        ..Shape::default()
                    });
                    known.absorb(field);
                }
                self.objects += 1;
            }
        }
    }
}
