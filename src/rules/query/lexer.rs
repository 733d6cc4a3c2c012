//! From text to tokens: words, quoted strings, operators, parentheses.
//!
//! As in Kibana's grammar: words side by side are one token, with the spaces between them. `\t`, `\r`,
//! `\n` and `\uXXXX` stand for what they stand for in JSON. Outside quotes a backslash makes a special
//! character or an operator ordinary and may precede nothing else; inside quotes it does so for `"`
//! and itself, and is itself before anything else (a `u` without its digits included). `and`, `or` and `not` are operators in any case.

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

impl<'a> Lexer<'a> {
    fn token(&mut self) -> Result<Option<(Token, Range<usize>)>, QueryError> {
        while self.next_if(char::is_whitespace).is_some() {}
        let start = self.at();
        let Some(&(_, first)) = self.characters.peek() else { return Ok(None) };
        let token = match first {
            '{' | '}' => {
                let expected = "a field, a value or an operator (records hold no nested documents to \
                                query with braces: name the dotted path)";
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
                Some((_, '\\')) => text.push(self.escaped_in_quotes()),
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
        self.characters_of_word(&mut pieces)?;
        let end = self.at();
        if let Some(operator) = operator(&self.source[start..end]) {
            return Ok(operator);
        }
        while let Some(gap) = self.gap_before_word() {
            for _ in gap.chars() {
                self.characters.next();
            }
            pieces.last_mut().expect("starts with a piece").push_str(gap);
            self.characters_of_word(&mut pieces)?;
        }
        Ok(Token::Word(Text { pieces, span: start..self.at() }))
    }

    /// Appends what there is up to a space or a special character that is not escaped.
    fn characters_of_word(&mut self, pieces: &mut Vec<String>) -> Result<(), QueryError> {
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
        Ok(())
    }

    /// The spaces that part the word just read from one that belongs to the same value.
    fn gap_before_word(&mut self) -> Option<&'a str> {
        let rest = &self.source[self.at()..];
        let next = rest.trim_start();
        let gap = &rest[..rest.len() - next.len()];
        let word = &next[..next.find(is_special).unwrap_or(next.len())];
        let goes_on = next[word.len()..].starts_with(['*', '\\']);
        let is_word = goes_on || (!word.is_empty() && operator(word).is_none());
        (!gap.is_empty() && is_word).then_some(gap)
    }

    /// The character that the escape whose backslash is at `start` stands for, outside quotes.
    fn escaped(&mut self, start: usize) -> Result<char, QueryError> {
        let is_operator = ["and", "or", "not"].iter().any(|operator| self.rest_is(operator));
        match self.characters.peek() {
            Some(&(_, character))
                if is_operator || (is_special(character) && !character.is_whitespace()) =>
            {
                self.characters.next();
                Ok(character)
            }
            Some((_, 't' | 'r' | 'n')) => Ok(self.escaped_in_quotes()),
            Some(&(at, 'u')) => self.unicode().ok_or_else(|| {
                let expected = "`\\u` and four hexadecimal digits";
                error(start..at + 1, expected, format!("`{}`", &self.source[start..at + 1]))
            }),
            found => {
                let end = found.map_or(start + 1, |&(at, character)| at + character.len_utf8());
                let expected = "a special character or an operator after the backslash (or \
                                another backslash)";
                Err(error(start..end, expected, format!("`{}`", &self.source[start..end])))
            }
        }
    }

    /// The character that the escape whose backslash was just read stands for, in quotes.
    fn escaped_in_quotes(&mut self) -> char {
        if let Some(character) = self.unicode() {
            return character;
        }
        match self.next_if(|character| "trn\"\\".contains(character)) {
            Some((_, 't')) => '\t',
            Some((_, 'r')) => '\r',
            Some((_, 'n')) => '\n',
            Some((_, character)) => character,
            None => '\\',
        }
    }

    /// The character of a `u` and four hexadecimal digits, if they come next and mean one.
    fn unicode(&mut self) -> Option<char> {
        let digits = self.source[self.at()..].strip_prefix('u')?.get(..4)?;
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)?;
        let character = char::from_u32(code)?;
        self.characters.nth(4);
        Some(character)
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

/// The operator that a whole word spells, if it does.
fn operator(word: &str) -> Option<Token> {
    let operators = [("and", Token::And), ("or", Token::Or), ("not", Token::Not)];
    operators
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, token)| token)
}

fn error(span: Range<usize>, expected: &str, found: String) -> QueryError {
    QueryError { span, expected: expected.to_owned(), found, nearest: None }
}
