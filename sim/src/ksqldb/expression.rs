//! Expressions from tokens, by how tightly they bind.

use super::cursor::Parser;
use super::errors::Refusal;
use super::lexer::Kind;
use super::syntax::{Expression, Type};

impl Parser<'_> {
    /// OR binds least.
    pub(super) fn expression(&mut self) -> Result<Expression, Refusal> {
        let mut left = self.conjunction()?;
        while self.takes("OR") {
            left = Expression::And(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression, Refusal> {
        let mut left = self.negation()?;
        while self.takes("AND") {
            left = Expression::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression, Refusal> {
        if self.takes("NOT") {
            return Ok(Expression::Not(Box::new(self.negation()?)));
        }
        let left = self.value()?;
        if self.takes("IS") {
            self.takes("NOT");
            if self.takes("NULL") {
                return Ok(Expression::IsNull(Box::new(left)));
            }
            self.word("DISTINCT")?;
            self.word("FROM")?;
            return Ok(Expression::Compare(Box::new(left), Box::new(self.value()?)));
        }
        for sign in ["=", "<>", "!=", "<=", ">=", "<", ">"] {
            if self.takes_sign(sign) {
                return Ok(Expression::Compare(Box::new(left), Box::new(self.value()?)));
            }
        }
        Ok(left)
    }

    /// A sum or less.
    pub(super) fn value(&mut self) -> Result<Expression, Refusal> {
        let mut left = self.product()?;
        loop {
            let sign = match self.peek() {
                Some(Kind::Sign(sign @ ("+" | "-"))) => *sign,
                _ => return Ok(left),
            };
            self.sign(sign)?;
            left = Expression::Arithmetic(Box::new(left), sign, Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, Refusal> {
        let mut left = self.primary()?;
        loop {
            let sign = match self.peek() {
                Some(Kind::Sign(sign @ ("*" | "/"))) => *sign,
                _ => return Ok(left),
            };
            self.sign(sign)?;
            left = Expression::Arithmetic(Box::new(left), sign, Box::new(self.primary()?));
        }
    }

    fn primary(&mut self) -> Result<Expression, Refusal> {
        let mut found = self.atom()?;
        while self.takes_sign("[") {
            let index = self.value()?;
            self.sign("]")?;
            found = Expression::Index(Box::new(found), Box::new(index));
        }
        Ok(found)
    }

    fn atom(&mut self) -> Result<Expression, Refusal> {
        let literal = |of, text: String| Ok(Expression::Literal(of, Some(text)));
        let next = match self.peek() {
            Some(next) => next.clone(),
            None => return Err(self.wrong("an expression")),
        };
        match next {
            Kind::Integer(number) => {
                self.next();
                let of = if i32::try_from(number).is_ok() { Type::Integer } else { Type::Bigint };
                literal(of, number.to_string())
            }
            Kind::Fraction { is_double } => {
                self.next();
                literal(if is_double { Type::Double } else { Type::Decimal }, String::new())
            }
            Kind::Text(text) => {
                self.next();
                literal(Type::Text, text)
            }
            Kind::Sign("-") => {
                self.next();
                match self.primary()? {
                    Expression::Literal(of, Some(text)) => literal(of, format!("-{text}")),
                    other => Ok(other),
                }
            }
            Kind::Sign("(") => {
                self.next();
                let inner = self.expression()?;
                self.sign(")")?;
                Ok(inner)
            }
            Kind::Word(word) => match word.as_str() {
                "TRUE" | "FALSE" => {
                    self.next();
                    literal(Type::Boolean, word)
                }
                "NULL" => {
                    self.next();
                    Ok(Expression::Literal(Type::Null, None))
                }
                "CASE" => self.case(),
                "CAST" => {
                    self.next();
                    self.sign("(")?;
                    let inner = self.expression()?;
                    self.word("AS")?;
                    let of = self.of()?;
                    self.sign(")")?;
                    Ok(Expression::Cast(Box::new(inner), of))
                }
                _ => self.named(),
            },
            Kind::Quoted(_) => self.named(),
            Kind::Sign(_) | Kind::Variable => Err(self.wrong("an expression")),
        }
    }

    /// A column, or the call of a function.
    fn named(&mut self) -> Result<Expression, Refusal> {
        let name = self.name()?;
        if self.takes_sign(".") {
            return Ok(Expression::Column { of: Some(name), name: self.name()? });
        }
        if !matches!(self.peek(), Some(Kind::Sign("("))) {
            return Ok(Expression::Column { of: None, name });
        }
        self.sign("(")?;
        if self.takes_sign("*") {
            self.sign(")")?;
            return Ok(Expression::Call { name, arguments: Vec::new(), is_star: true });
        }
        let mut arguments = Vec::new();
        if !self.takes_sign(")") {
            arguments.push(self.expression()?);
            while self.takes_sign(",") {
                arguments.push(self.expression()?);
            }
            self.sign(")")?;
        }
        Ok(Expression::Call { name, arguments, is_star: false })
    }

    fn case(&mut self) -> Result<Expression, Refusal> {
        self.word("CASE")?;
        let mut whens = Vec::new();
        while self.takes("WHEN") {
            let condition = self.expression()?;
            self.word("THEN")?;
            whens.push((condition, self.expression()?));
        }
        if whens.is_empty() {
            return Err(self.wrong("WHEN"));
        }
        let otherwise = if self.takes("ELSE") { Some(Box::new(self.expression()?)) } else { None };
        self.word("END")?;
        Ok(Expression::Case { whens, otherwise })
    }
}
