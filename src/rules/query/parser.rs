//! From tokens to the tree: recursive descent, one function per level of precedence.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use super::QueryError;
use super::ast::{Test, Text, Tree};
use super::lexer::{Token, tokens};
use super::target::{Target, error};

/// Parentheses may nest this deep: far beyond any readable query, far below any stack.
const MAX_DEPTH: usize = 32;

/// The tree of `source`; `None` for an empty query.
pub(super) fn parse(source: &str) -> Result<Option<Tree<Test>>, QueryError> {
    let tokens = tokens(source)?.into_iter().peekable();
    let mut parser = Parser { source, tokens, depth: 0 };
    if parser.tokens.peek().is_none() {
        return Ok(None);
    }
    let tree = parser.alternatives(Parser::test)?;
    match parser.tokens.next() {
        None => Ok(Some(tree)),
        Some(colon @ (Token::Colon, _)) => {
            let expected =
                "`and`, `or` or the end of the query (a value with a colon needs quotes)";
            Err(parser.error(Some(colon), expected))
        }
        other => Err(parser.error(other, "`and`, `or` or the end of the query")),
    }
}

type Leaf<'a, L> = fn(&mut Parser<'a>) -> Result<L, QueryError>;
type Spanned = (Token, Range<usize>);

struct Parser<'a> {
    source: &'a str,
    tokens: Peekable<IntoIter<Spanned>>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn alternatives<L>(&mut self, leaf: Leaf<'a, L>) -> Result<Tree<L>, QueryError> {
        let first = self.conjunction(leaf)?;
        if !self.next_is(&Token::Or) {
            return Ok(first);
        }
        let mut operands = vec![first, self.conjunction(leaf)?];
        while self.next_is(&Token::Or) {
            operands.push(self.conjunction(leaf)?);
        }
        Ok(Tree::Or(operands))
    }

    fn conjunction<L>(&mut self, leaf: Leaf<'a, L>) -> Result<Tree<L>, QueryError> {
        let first = self.negation(leaf)?;
        if !self.next_is(&Token::And) {
            return Ok(first);
        }
        let mut operands = vec![first, self.negation(leaf)?];
        while self.next_is(&Token::And) {
            operands.push(self.negation(leaf)?);
        }
        Ok(Tree::And(operands))
    }

    fn negation<L>(&mut self, leaf: Leaf<'a, L>) -> Result<Tree<L>, QueryError> {
        if self.next_is(&Token::Not) {
            Ok(Tree::Not(Box::new(self.primary(leaf)?)))
        } else {
            self.primary(leaf)
        }
    }

    fn primary<L>(&mut self, leaf: Leaf<'a, L>) -> Result<Tree<L>, QueryError> {
        let Some(open) = self.tokens.next_if(|(token, _)| *token == Token::Open) else {
            return leaf(self).map(Tree::Leaf);
        };
        if self.depth == MAX_DEPTH {
            let expected = format!("at most {MAX_DEPTH} nested parentheses");
            return Err(self.error(Some(open), &expected));
        }
        self.depth += 1;
        let tree = self.alternatives(leaf)?;
        self.depth -= 1;
        match self.tokens.next() {
            Some((Token::Close, _)) => Ok(tree),
            other => Err(self.error(other, "`and`, `or` or a closing parenthesis")),
        }
    }

    /// `field: values`, `field >= bound`, or a value alone.
    fn test(&mut self) -> Result<Test, QueryError> {
        let first = self.text("a field or a value")?;
        if self.next_is(&Token::Colon) {
            return Ok(Test::Values { field: first, values: self.primary(Self::value)? });
        }
        let compares = |(token, _): &Spanned| matches!(token, Token::Comparison(_));
        match self.tokens.next_if(compares) {
            Some((Token::Comparison(comparison), _)) => {
                Ok(Test::Range { field: first, comparison, bound: self.value()? })
            }
            _ => self.anywhere(first),
        }
    }

    /// A value without a field. One that begins with the name of a field is rather a test that lacks
    /// its colon.
    fn anywhere(&self, value: Text) -> Result<Test, QueryError> {
        let first = value.pieces[0].split_whitespace().next().unwrap_or_default();
        let is_quoted = self.source[value.span.clone()].starts_with('"');
        if !is_quoted && Target::is_name(first) {
            let expected = "`:` or a comparison after the field (in quotes it is a value to look for \
                            in every canonical field)";
            return Err(error(&value, expected, []));
        }
        let field =
            Text { pieces: vec![String::new(); 2], span: value.span.start..value.span.start };
        Ok(Test::Values { field, values: Tree::Leaf(value) })
    }

    fn value(&mut self) -> Result<Text, QueryError> {
        self.text("a value")
    }

    fn text(&mut self, expected: &str) -> Result<Text, QueryError> {
        match self.tokens.next() {
            Some((Token::Word(text), _)) => Ok(text),
            other => Err(self.error(other, expected)),
        }
    }

    fn next_is(&mut self, wanted: &Token) -> bool {
        self.tokens.next_if(|(token, _)| token == wanted).is_some()
    }

    fn error(&self, found: Option<Spanned>, expected: &str) -> QueryError {
        let end = self.source.len();
        let (span, found) = match found {
            Some((_, span)) => (span.clone(), format!("`{}`", &self.source[span])),
            None => (end..end, "the end of the query".to_owned()),
        };
        QueryError { span, expected: expected.to_owned(), found, nearest: None }
    }
}
