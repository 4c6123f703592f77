//! Names that nobody wrote: `t_pkey`, `t_a_key`, `t_a_b_idx`, `t_a_seq`, `t_a_check`, `t_a_fkey`; PostgreSQL's
//! `makeObjectName` and `ChooseRelationName`.

use cairn_sql_catalog::schema::Oid;

use crate::bind::Binder;
use crate::parse::NAME_BYTES_MAX;

/// Names given out in this statement, besides those that exist.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Relations of the schema.
    pub(crate) relations: Vec<String>,
    /// Constraints of the table.
    pub(crate) constraints: Vec<String>,
}

impl Binder<'_> {
    /// A free relation name in a schema.
    pub(crate) fn relation_name(&self, schema: Oid, parts: (&str, &str), label: &str, taken: &mut Taken) -> String {
        let name = first_free(parts, label, |name| {
            self.catalog.relation(schema, name).is_some()
                || taken.relations.iter().chain(&taken.constraints).any(|known| known == name)
        });
        taken.relations.push(name.clone());
        name
    }
}

/// A free constraint name of a table.
pub(crate) fn constraint_name(parts: (&str, &str), label: &str, taken: &mut Taken) -> String {
    let name =
        first_free(parts, label, |name| taken.constraints.iter().chain(&taken.relations).any(|known| known == name));
    taken.constraints.push(name.clone());
    name
}

fn first_free((table, columns): (&str, &str), label: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = |number: u32| match number {
        0 => object_name(table, columns, label),
        number => object_name(table, columns, &format!("{label}{number}")),
    };
    (0..).map(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// `name1_name2_label`, the longer name cut until the whole fits.
fn object_name(first: &str, second: &str, label: &str) -> String {
    let overhead = 1 + label.len() + usize::from(!second.is_empty());
    let room = NAME_BYTES_MAX.saturating_sub(overhead);
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let (first, second) = (cut(first, a), cut(second, b));
    match second.is_empty() {
        true => format!("{first}_{label}"),
        false => format!("{first}_{second}_{label}"),
    }
}

fn cut(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// `a_b`, cut early where there are many columns.
pub(crate) fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for name in names {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(name);
        if joined.len() > NAME_BYTES_MAX {
            break;
        }
    }
    cut(&joined, NAME_BYTES_MAX).to_owned()
}
