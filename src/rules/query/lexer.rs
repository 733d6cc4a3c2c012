//! From text to tokens: words, quoted strings, operators, parentheses.
//!
//! A backslash makes the next character ordinary, in words and in quoted strings; `\t`, `\r`, `\n`
//! and `\uXXXX` stand for what they stand for in JSON. `and`, `or` and `not` are operators in any
//! case, and values when quoted or escaped.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use super::QueryError;
use super::ast::{Comparison, Text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Text),
    Comparison(Comparison),
    Colon,
    Open,
    Close,
    And,
    Or,
    Not,
}

/// The tokens of `source`, each with its bytes.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, Range<usize>)>, QueryError> {
    let mut lexer = Lexer { source, characters: source.char_indices().peekable() };
    std::iter::from_fn(|| lexer.token().transpose()).collect()
}

/// Whether the character ends a word unless escaped.
pub(super) fn is_special(character: char) -> bool {
    character.is_whitespace() || r#"\():<>"*{}"#.contains(character)
}

struct Lexer<'a> {
    source: &'a str,
    characters: Peekable<CharIndices<'a>>,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Option<(Token, Range<usize>)>, QueryError> {
        while self.next_if(char::is_whitespace).is_some() {}
        let start = self.at();
        let Some(&(_, first)) = self.characters.peek() else { return Ok(None) };
        let token = match first {
            '{' | '}' => {
                let expected = "a field, a value or an operator (nested queries are not supported)";
                return Err(error(start..start + 1, expected, format!("`{first}`")));
            }
            '"' => self.quoted(start)?,
            ':' => self.single(Token::Colon),
            '(' => self.single(Token::Open),
            ')' => self.single(Token::Close),
            '<' => self.comparison(Comparison::Less, Comparison::LessOrEqual),
            '>' => self.comparison(Comparison::Greater, Comparison::GreaterOrEqual),
            _ => self.word(start)?,
        };
        Ok(Some((token, start..self.at())))
    }

    fn single(&mut self, token: Token) -> Token {
        self.characters.next();
        token
    }

    fn comparison(&mut self, strict: Comparison, inclusive: Comparison) -> Token {
        self.characters.next();
        let equal = self.next_if(|character| character == '=').is_some();
        Token::Comparison(if equal { inclusive } else { strict })
    }

    fn quoted(&mut self, start: usize) -> Result<Token, QueryError> {
        self.characters.next();
        let mut text = String::new();
        loop {
            match self.characters.next() {
                Some((_, '"')) => break,
                Some((at, '\\')) => text.push(self.escaped(at)?),
                Some((_, character)) => text.push(character),
                None => {
                    let end = self.source.len();
                    let found = "the end of the query".to_owned();
                    return Err(error(start..end, "a closing quotation mark", found));
                }
            }
        }
        Ok(Token::Word(Text { pieces: vec![text], span: start..self.at() }))
    }

    fn word(&mut self, start: usize) -> Result<Token, QueryError> {
        let mut pieces = vec![String::new()];
        while let Some((at, character)) =
            self.next_if(|character| matches!(character, '\\' | '*') || !is_special(character))
        {
            let ends_in_wildcard = pieces.len() > 1 && pieces.last().is_some_and(String::is_empty);
            match character {
                '*' if ends_in_wildcard => {}
                '*' => pieces.push(String::new()),
                _ => {
                    let literal = if character == '\\' { self.escaped(at)? } else { character };
                    pieces.last_mut().expect("starts with a piece").push(literal);
                }
            }
        }
        let span = start..self.at();
        Ok(match self.source[span.clone()].to_ascii_lowercase().as_str() {
            "and" => Token::And,
            "or" => Token::Or,
            "not" => Token::Not,
            _ => Token::Word(Text { pieces, span }),
        })
    }

    /// The character that the escape whose backslash is at `start` stands for.
    fn escaped(&mut self, start: usize) -> Result<char, QueryError> {
        match self.characters.next() {
            Some((_, 't')) => Ok('\t'),
            Some((_, 'r')) => Ok('\r'),
            Some((_, 'n')) if !self.rest_is("ot") => Ok('\n'),
            Some((at, 'u')) => {
                let digits = self.source.get(at + 1..at + 5).unwrap_or_default();
                let decoded = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                let Some(character) = decoded else {
                    let found = format!("`{}`", &self.source[start..at + 1]);
                    return Err(error(start..at + 1, "`\\u` and four hexadecimal digits", found));
                };
                self.characters.nth(3);
                Ok(character)
            }
            Some((_, character)) => Ok(character),
            None => {
                let found = "the end of the query".to_owned();
                Err(error(start..start + 1, "a character after the backslash", found))
            }
        }
    }

    /// Whether `tail` and then no further word character follow: tells `\not` from `\n`.
    fn rest_is(&mut self, tail: &str) -> bool {
        let at = self.at();
        let rest = &self.source[at..];
        rest.get(..tail.len()).is_some_and(|head| head.eq_ignore_ascii_case(tail))
            && !rest[tail.len()..].starts_with(|next| !is_special(next))
    }

    fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<(usize, char)> {
        self.characters.next_if(|&(_, character)| wanted(character))
    }

    fn at(&mut self) -> usize {
        self.characters.peek().map_or(self.source.len(), |&(at, _)| at)
    }
}

fn error(span: Range<usize>, expected: &str, found: String) -> QueryError {
    QueryError { span, expected: expected.to_owned(), found, nearest: None }
}
