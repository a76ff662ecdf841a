//! Pull queries: `SELECT columns FROM table WHERE key = 'value';` of tables that a query writes by `LATEST_BY_OFFSET` alone.

use serde_json::{Value, json};

use super::catalog::{Catalog, Source};
use super::errors::Refusal;
use super::syntax::{Expression, Query, Role, SourceKind};
use super::types::item_name;

/// The columns and the rows of an answer.
pub(super) struct Answer {
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Catalog {
    /// Answers a pull query; `is_behind`: the table has not read yet what was inserted.
    pub(super) fn pull(&self, query: &Query, is_behind: bool) -> Result<Answer, Refusal> {
        let name = &query.from.name;
        let missing = || Refusal::statement(format!("{name} does not exist."));
        let table = self.sources.get(name).ok_or_else(missing)?;
        let (SourceKind::Table, Some(selects)) = (table.kind, &table.selects) else {
            return Err(Refusal::statement(format!(
                "The {name} isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_{name} AS SELECT * FROM {name}'."
            )));
        };
        if self.query_of(name).is_none() {
            return Err(Refusal::statement(format!(
                "Materialized data for table {name} is not available: its query was terminated"
            )));
        }
        let names: Vec<String> =
            query.items.iter().enumerate().map(|(at, item)| item_name(at, item, query)).collect();
        for item in &query.items {
            match &item.0 {
                Expression::Column { name, .. }
                    if table.columns.iter().any(|column| column.name == *name) => {}
                Expression::Column { name, .. } => {
                    return Err(Refusal::statement(format!("Column '{name}' cannot be resolved.")));
                }
                _ => return Err(Refusal::statement("only columns are simulated in a pull query")),
            }
        }
        let key = wanted_key(table, query)?;
        let source = self.sources.get(&selects.from.name).ok_or_else(missing)?;
        let rows = source.rows.iter().filter(|_| !is_behind);
        let key_at = source.columns.iter().position(|column| column.role == Role::Key);
        let of_key: Vec<&Vec<Option<String>>> = rows
            .filter(|row| {
                key_at.is_some_and(|at| {
                    row.get(at).is_some_and(|value| value.as_deref() == Some(key))
                })
            })
            .collect();
        if of_key.is_empty() {
            return Ok(Answer { names, rows: Vec::new() });
        }
        let values = names.iter().map(|name| latest(selects, source, &of_key, name, key)).collect();
        Ok(Answer { names, rows: vec![values] })
    }
}

/// The key that is asked for.
fn wanted_key<'a>(table: &Source, query: &'a Query) -> Result<&'a str, Refusal> {
    let key = table.columns.iter().find(|column| column.role == Role::PrimaryKey);
    match &query.filter {
        Some(Expression::Compare(left, right)) => match (left.as_ref(), right.as_ref()) {
            (Expression::Column { name, .. }, Expression::Literal(_, Some(value)))
                if key.is_some_and(|key| key.name == *name) =>
            {
                Ok(value)
            }
            _ => Err(Refusal::statement("only a look-up by the key is simulated")),
        },
        _ => Err(Refusal::statement("only a look-up by the key is simulated")),
    }
}

/// The last value, not NULL, of the column behind a column of the table.
fn latest(
    selects: &Query,
    source: &Source,
    rows: &[&Vec<Option<String>>],
    name: &str,
    key: &str,
) -> Value {
    let item =
        selects.items.iter().enumerate().find(|(at, item)| item_name(*at, item, selects) == name);
    let column = match item.map(|(_, item)| &item.0) {
        Some(Expression::Call { arguments, .. }) => match arguments.first() {
            Some(Expression::Column { name, .. }) => name,
            _ => return Value::Null,
        },
        Some(_) => return json!(key),
        None => return Value::Null,
    };
    let Some(at) = source.columns.iter().position(|known| known.name == *column) else {
        return Value::Null;
    };
    let values = rows.iter().rev().filter_map(|row| row.get(at).cloned().flatten());
    values.map(Value::from).next().unwrap_or_default()
}
