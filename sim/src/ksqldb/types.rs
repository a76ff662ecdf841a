//! What type an expression has, and whether it means anything over its sources.

use super::errors::Refusal;
use super::syntax::{Expression, Query, Type};

/// The columns that an expression may name.
pub(super) struct Scope {
    /// Alias of the source, name, type.
    pub(super) columns: Vec<(String, String, Type)>,
    /// Whether rows are grouped, and by which columns.
    pub(super) grouped_by: Option<Vec<String>>,
    pub(super) is_windowed: bool,
}

const AGGREGATES: [&str; 6] =
    ["COUNT", "SUM", "MIN", "MAX", "LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET"];

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::statement(message)
}

fn mismatch(left: &Type, right: &Type) -> Refusal {
    wrong(format!("Cannot compare or join {} with {}", left.word(), right.word()))
}

impl Scope {
    /// The type of an expression of a projection or a condition.
    pub(super) fn type_of(&self, expression: &Expression) -> Result<Type, Refusal> {
        self.typed(expression, false)
    }

    fn typed(&self, expression: &Expression, in_aggregate: bool) -> Result<Type, Refusal> {
        let typed = |expression: &Expression| self.typed(expression, in_aggregate);
        match expression {
            Expression::Column { of, name } => self.column(of.as_deref(), name, in_aggregate),
            Expression::Literal(of, _) => Ok(of.clone()),
            Expression::Call { name, arguments, is_star } => {
                self.call(name, arguments, *is_star, in_aggregate)
            }
            Expression::Index(list, index) => match (typed(list)?, index.as_ref()) {
                (Type::Array(item), Expression::Literal(Type::Integer, Some(text)))
                    if text != "0" =>
                {
                    Ok(*item)
                }
                (Type::Array(_), _) => Err(wrong("ARRAY indexes start from 1")),
                (other, _) => Err(wrong(format!("Subscript not supported on {}", other.word()))),
            },
            Expression::Case { whens, otherwise } => {
                let mut result = Type::Null;
                for (condition, value) in whens {
                    if typed(condition)? != Type::Boolean {
                        return Err(wrong("WHEN needs a BOOLEAN"));
                    }
                    result = common(result, typed(value)?)?;
                }
                match otherwise {
                    Some(value) => common(result, typed(value)?),
                    None => Ok(result),
                }
            }
            Expression::Cast(inner, of) => typed(inner).map(|_| of.clone()),
            Expression::Arithmetic(left, sign, right) => {
                let (left, right) = (typed(left)?, typed(right)?);
                if *sign == "+" && left == Type::Text && right == Type::Text {
                    return Ok(Type::Text);
                }
                if !left.is_number() || !right.is_number() {
                    let (left, right) = (left.word(), right.word());
                    return Err(wrong(format!(
                        "Unsupported arithmetic types. {left} {sign} {right}"
                    )));
                }
                common(left, right)
            }
            Expression::Compare(left, right) => {
                common(typed(left)?, typed(right)?)?;
                Ok(Type::Boolean)
            }
            Expression::IsNull(inner) => typed(inner).map(|_| Type::Boolean),
            Expression::Not(inner) => self.condition(&[inner], in_aggregate),
            Expression::And(left, right) => self.condition(&[left, right], in_aggregate),
        }
    }

    fn condition(&self, parts: &[&Expression], in_aggregate: bool) -> Result<Type, Refusal> {
        for part in parts {
            if self.typed(part, in_aggregate)? != Type::Boolean {
                return Err(wrong("AND, OR and NOT need a BOOLEAN"));
            }
        }
        Ok(Type::Boolean)
    }

    fn column(&self, of: Option<&str>, name: &str, in_aggregate: bool) -> Result<Type, Refusal> {
        if of.is_none() && self.is_windowed && ["WINDOWSTART", "WINDOWEND"].contains(&name) {
            return Ok(Type::Bigint);
        }
        let is_meant = |alias: &str| of.is_none_or(|of| of == alias);
        let mut found =
            self.columns.iter().filter(|(alias, known, _)| known == name && is_meant(alias));
        let Some((_, _, of)) = found.next() else {
            return Err(wrong(format!("Column '{name}' cannot be resolved.")));
        };
        if found.next().is_some() {
            return Err(wrong(format!("Column '{name}' is ambiguous.")));
        }
        let is_free = |by: &Vec<String>| !in_aggregate && !by.iter().any(|by| by == name);
        if self.grouped_by.as_ref().is_some_and(is_free) {
            return Err(wrong(format!(
                "Non-aggregate SELECT expression(s) not part of GROUP BY: {name}"
            )));
        }
        Ok(of.clone())
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Expression],
        is_star: bool,
        in_aggregate: bool,
    ) -> Result<Type, Refusal> {
        if !AGGREGATES.contains(&name) {
            return match (name, arguments) {
                ("AS_VALUE", [one]) => self.typed(one, in_aggregate),
                _ => Err(wrong(format!("Can't find any functions with the name '{name}'"))),
            };
        }
        if in_aggregate {
            return Err(wrong(format!("Aggregate functions can not be nested: {name}")));
        }
        if self.grouped_by.is_none() {
            return Err(wrong("Use of aggregate functions requires a GROUP BY clause."));
        }
        if is_star {
            return if name == "COUNT" {
                Ok(Type::Bigint)
            } else {
                Err(wrong(format!("Function '{name}' does not accept parameters (*)")))
            };
        }
        let (first, rest) = match arguments {
            [first, rest @ ..] => (self.typed(first, true)?, rest),
            [] => return Err(wrong(format!("Function '{name}' does not accept parameters ()"))),
        };
        let literals: Vec<&Type> = rest
            .iter()
            .filter_map(|one| match one {
                Expression::Literal(of, _) => Some(of),
                _ => None,
            })
            .collect();
        match (name, literals.as_slice(), rest.len()) {
            ("COUNT", [], 0) => Ok(Type::Bigint),
            ("SUM", [], 0) if first.is_number() => Ok(first),
            ("MIN" | "MAX", [], 0) => Ok(first),
            ("LATEST_BY_OFFSET" | "EARLIEST_BY_OFFSET", [] | [Type::Boolean], 0 | 1) => Ok(first),
            (
                "LATEST_BY_OFFSET" | "EARLIEST_BY_OFFSET",
                [Type::Integer] | [Type::Integer, Type::Boolean],
                1 | 2,
            ) => Ok(Type::Array(Box::new(first))),
            _ => Err(wrong(format!("Function '{name}' does not accept such parameters"))),
        }
    }
}

fn rank(of: &Type) -> Option<u8> {
    match of {
        Type::Integer => Some(0),
        Type::Bigint => Some(1),
        Type::Decimal => Some(2),
        Type::Double => Some(3),
        Type::Boolean | Type::Text | Type::Array(_) | Type::Null => None,
    }
}

/// The type that two have in common.
pub(super) fn common(left: Type, right: Type) -> Result<Type, Refusal> {
    match (&left, &right) {
        (Type::Null, _) => return Ok(right),
        (_, Type::Null) => return Ok(left),
        _ => {}
    }
    match (rank(&left), rank(&right)) {
        (Some(a), Some(b)) => Ok(if a >= b { left } else { right }),
        _ if left == right => Ok(left),
        _ => Err(mismatch(&left, &right)),
    }
}

/// The name that an item of a projection has.
pub(super) fn item_name(at: usize, item: &(Expression, Option<String>), query: &Query) -> String {
    match item {
        (_, Some(alias)) => alias.clone(),
        (Expression::Column { of: Some(of), name }, None) if query.join.is_some() => {
            format!("{of}_{name}")
        }
        (Expression::Column { name, .. }, None) => name.clone(),
        _ => format!("KSQL_COL_{at}"),
    }
}
