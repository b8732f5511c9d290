//! A row of a file becomes a user as an org document describes one.

use super::csv;
use super::line::{Line, Lines};
use crate::directory::{Attribute, EVERYONE};
use crate::login::PasswordHash;
use serde_json::{Map, Value, json};
use std::io::{self, BufRead};

/// A user and the line where they stand, or what is wrong with that.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) line: u64,
    pub(super) user: Result<Value, String>,
}

/// The rows of a file.
pub(super) enum Rows<R> {
    Json(Lines<R>),
    Csv { lines: Lines<R>, columns: Vec<Column>, delimiter: char, separator: char },
}

/// What a column of CSV is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Status,
    Groups,
    Password,
    /// Of the profile.
    Attribute(Attribute),
    /// It is passed over.
    Nothing,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("{0}")]
    Columns(String),
}

impl<R: BufRead> Rows<R> {
    /// Of JSON, a user a line.
    pub(super) fn of_json(reader: R) -> Self {
        Self::Json(Lines::new(reader))
    }

    /// Of CSV, whose first record names the columns; `renamed` says what some are called here.
    pub(super) fn of_csv(
        reader: R,
        (delimiter, separator): (char, char),
        renamed: &[(String, String)],
        schema: &[Attribute],
    ) -> Result<Self, Unreadable> {
        let mut lines = Lines::new(reader);
        let wrong = |words: &str| Unreadable::Columns(words.to_owned());
        let Some((_, names)) = csv::next(&mut lines, delimiter)? else {
            return Err(wrong("the file is empty; its first line names the columns"));
        };
        let names = names.map_err(|why| wrong(&why))?;
        let columns: Result<Vec<Column>, String> =
            names.iter().map(|name| column(name.trim(), renamed, schema)).collect();
        let columns = columns.map_err(Unreadable::Columns)?;
        for (index, column) in columns.iter().enumerate() {
            let is_twice =
                *column != Column::Nothing && columns.iter().skip(index + 1).any(|c| c == column);
            if is_twice {
                let name = names.get(index).map(|name| name.trim()).unwrap_or_default();
                return Err(wrong(&format!("two columns are `{name}`")));
            }
        }
        let is_login =
            |column: &Column| matches!(column, Column::Attribute(a) if a.name == "login");
        if !columns.iter().any(is_login) {
            return Err(wrong("no column is `login`; --column NAME=login says which it is"));
        }
        Ok(Self::Csv { lines, columns, delimiter, separator })
    }

    /// The next row.
    pub(super) fn next(&mut self) -> io::Result<Option<Read>> {
        match self {
            Self::Json(lines) => {
                while let Some(Line { number: line, text }) = lines.next()? {
                    let user = match text {
                        Ok(text) if text.trim().is_empty() => continue,
                        Ok(text) => of_json(&text),
                        Err(why) => Err(why.to_owned()),
                    };
                    return Ok(Some(Read { line, user }));
                }
                Ok(None)
            }
            Self::Csv { lines, columns, delimiter, separator } => {
                let Some((line, fields)) = csv::next(lines, *delimiter)? else { return Ok(None) };
                let user = fields.and_then(|fields| of_fields(&fields, columns, *separator));
                Ok(Some(Read { line, user }))
            }
        }
    }
}

fn column(
    name: &str,
    renamed: &[(String, String)],
    schema: &[Attribute],
) -> Result<Column, String> {
    let renamed = renamed.iter().find(|(known, _)| known == name);
    let name = renamed.map_or(name, |(_, attribute)| attribute);
    let own = name.strip_prefix("profile.");
    match own.unwrap_or(name) {
        "" if renamed.is_some() => Ok(Column::Nothing),
        "id" if own.is_none() => Ok(Column::Id),
        "status" if own.is_none() => Ok(Column::Status),
        "groups" if own.is_none() => Ok(Column::Groups),
        "password" if own.is_none() => Ok(Column::Password),
        name => match schema.iter().find(|attribute| attribute.name == name) {
            Some(attribute) => Ok(Column::Attribute(attribute.clone())),
            None => Err(format!(
                "the user schema has no attribute `{name}`; --column '{name}=ATTRIBUTE' says which \
                 it is, --column '{name}=' passes over it"
            )),
        },
    }
}

fn of_fields(fields: &[String], columns: &[Column], separator: char) -> Result<Value, String> {
    if fields.len() != columns.len() {
        return Err(format!("expected {} fields, found {}", columns.len(), fields.len()));
    }
    let mut user = Map::new();
    let mut profile = Map::new();
    for (field, column) in fields.iter().zip(columns) {
        let field = field.trim();
        if field.is_empty() {
            continue;
        }
        match column {
            Column::Nothing => {}
            Column::Id => drop(user.insert("id".to_owned(), json!(field))),
            Column::Status => drop(user.insert("status".to_owned(), json!(field))),
            Column::Password => drop(user.insert("password".to_owned(), json!(field))),
            Column::Groups => {
                let names = field.split(separator).map(str::trim).filter(|name| !name.is_empty());
                user.insert("groups".to_owned(), names.collect());
            }
            Column::Attribute(Attribute { name, type_name, .. }) => {
                let value = value(field, type_name, separator);
                let value = value.ok_or_else(|| {
                    format!("`{name}`: expected {type_name}, found `{}`", shortened(field))
                })?;
                profile.insert(name.clone(), value);
            }
        }
    }
    user.insert("profile".to_owned(), profile.into());
    completed(user)
}

/// A field as a value of this type.
fn value(field: &str, type_name: &str, separator: char) -> Option<Value> {
    if let Some(element) = type_name.strip_prefix("array of ") {
        return field.split(separator).map(|part| value(part.trim(), element, separator)).collect();
    }
    match type_name {
        "integer" => field.parse::<i64>().ok().map(Value::from),
        "number" => field.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        "boolean" => match field.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => Some(json!(field)),
    }
}

/// What is told of a field.
fn shortened(field: &str) -> String {
    const MOST: usize = 40;
    let mut text: String = field.chars().take(MOST).collect();
    if text.len() < field.len() {
        text.push('…');
    }
    text
}

fn of_json(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(user)) => completed(user),
        Ok(_) => Err("expected an object".to_owned()),
        Err(error) => Err(format!("this is no JSON: {error}")),
    }
}

/// The user, whose hash can be checked, and who is not told to be in the group that everybody is in.
fn completed(mut user: Map<String, Value>) -> Result<Value, String> {
    match user.get("password") {
        None => {}
        Some(Value::String(hash)) => {
            let read = PasswordHash::parse(hash);
            read.map_err(|error| format!("`password`: {error}"))?;
        }
        Some(_) => return Err("`password`: expected the hash of one".to_owned()),
    }
    // Whom somebody is linked to may stand further down.
    if user.contains_key("linkedObjects") {
        return Err("`linkedObjects`: users are linked by the management API".to_owned());
    }
    if let Some(groups) = user.get_mut("groups").and_then(Value::as_array_mut) {
        groups.retain(|name| name != EVERYONE);
    }
    Ok(user.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, type_name: &str) -> Attribute {
        let (name, type_name) = (name.to_owned(), type_name.to_owned());
        Attribute { name, type_name, required: false }
    }

    fn schema() -> Vec<Attribute> {
        [
            ("login", "string"),
            ("email", "string"),
            ("level", "integer"),
            ("share", "number"),
            ("remote", "boolean"),
            ("projects", "array of string"),
        ]
        .map(|(name, type_name)| attribute(name, type_name))
        .to_vec()
    }

    fn all(text: &str, renamed: &[(&str, &str)]) -> Result<Vec<Result<Value, String>>, String> {
        let own = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        let renamed: Vec<(String, String)> = renamed.iter().map(own).collect();
        let schema = schema();
        let rows = Rows::of_csv(text.as_bytes(), (',', ';'), &renamed, &schema);
        let mut rows = rows.map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        while let Some(read) = rows.next().unwrap() {
            all.push(read.user);
        }
        Ok(all)
    }

    #[test]
    fn a_row_becomes_a_user_by_the_types_of_the_attributes() {
        let text = "login,Mail,level,share,remote,projects,groups,status,Notes\n\
                    a@x.org,m@x.org,3,0.5,TRUE,one; two,Everyone;Buyers,STAGED,whatever\n\
                    b@x.org,,,,,,,,";
        let read = all(text, &[("Mail", "profile.email"), ("Notes", "")]).unwrap();
        let first = json!({
            "profile": {"login": "a@x.org", "email": "m@x.org", "level": 3, "share": 0.5,
                        "remote": true, "projects": ["one", "two"]},
            "groups": ["Buyers"], "status": "STAGED",
        });
        assert_eq!(read, [Ok(first), Ok(json!({"profile": {"login": "b@x.org"}}))]);
    }

    #[test]
    fn what_is_wrong_is_told_of_the_row_or_of_the_file() {
        let hash = "$2a$10$".to_owned() + &"a".repeat(53);
        let text = format!(
            "login,level,password\na@x.org,three,\nb@x.org\nc@x.org,1,secret\nd@x.org,1,{hash}\n"
        );
        let read = all(&text, &[]).unwrap();
        assert_eq!(read[0], Err("`level`: expected integer, found `three`".to_owned()));
        assert_eq!(read[1], Err("expected 3 fields, found 1".to_owned()));
        assert!(read[2].as_ref().is_err_and(|why| why.starts_with("`password`: ")), "{read:?}");
        assert!(read[2].as_ref().is_err_and(|why| !why.contains("secret")));
        assert_eq!(read[3].as_ref().unwrap()["password"], json!(hash));
        for (text, told) in [
            ("", "the file is empty"),
            ("login,nosuch\n", "no attribute `nosuch`"),
            ("login,login\n", "two columns are `login`"),
            ("email\n", "no column is `login`"),
        ] {
            assert!(all(text, &[]).is_err_and(|why| why.contains(told)), "{text}");
        }
    }
}
