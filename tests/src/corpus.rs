//! Files of the differential corpus: statements, and PostgreSQL's answers to them.
//!
//! A statement ends with `;` at the end of a line. Lines that begin with `--` are comments, but `-- refused` in front of a
//! statement says that Cairn answers 0A000 where PostgreSQL does not. Behind `COPY ... FROM STDIN` stand its data, ended by
//! a line `\.`. Answers are separated by empty lines.

use std::path::{Path, PathBuf};

/// One statement of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its text, without the semicolon.
    pub text: String,
    /// What COPY FROM STDIN reads.
    pub data: Option<String>,
    /// Cairn does not support it, and says so.
    pub refused: bool,
}

impl Statement {
    /// Whether the rows may come in any order: those of RETURNING do, in both servers.
    pub fn any_order(&self) -> bool {
        let text = self.text.to_ascii_lowercase();
        text.contains("returning") && !text.contains("order by")
    }
}

/// All files, by name. Tests run in their package's directory.
pub fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir("sql")
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus is empty");
    files
}

/// The statements of a file.
pub fn statements(file: &Path) -> Vec<Statement> {
    parse(&std::fs::read_to_string(file).expect("a corpus file"))
}

fn parse(text: &str) -> Vec<Statement> {
    let (mut statements, mut current, mut refused) = (Vec::new(), String::new(), false);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if current.is_empty() && (line.starts_with("--") || line.trim().is_empty()) {
            refused |= line == "-- refused";
            continue;
        }
        let Some(last) = line.strip_suffix(';') else {
            current += &format!("{line}\n");
            continue;
        };
        let text = std::mem::take(&mut current) + last;
        let data = reads_stdin(&text).then(|| copy_data(&mut lines));
        statements.push(Statement { text, data, refused: std::mem::take(&mut refused) });
    }
    assert!(current.is_empty(), "a statement without its semicolon: {current}");
    statements
}

fn reads_stdin(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.starts_with("copy ") && text.contains(" from stdin")
}

fn copy_data<'a>(lines: &mut impl Iterator<Item = &'a str>) -> String {
    lines.take_while(|line| *line != "\\.").map(|line| format!("{line}\n")).collect()
}

/// Recorded answers, in the order of the statements.
pub fn answers(text: &str) -> Vec<String> {
    text.split_terminator("\n\n").map(|block| format!("{}\n", block.trim_end_matches('\n'))).collect()
}

#[cfg(test)]
mod tests {
    use super::{answers, parse};

    #[test]
    fn statements_have_marks_and_data() {
        let found = parse("-- About.\nselect 1;\n\n-- refused\nselect\n  2;\ncopy t from stdin;\n1\n\\.\nselect 3;\n");
        let texts: Vec<_> = found.iter().map(|statement| statement.text.as_str()).collect();
        assert_eq!(texts, ["select 1", "select\n  2", "copy t from stdin", "select 3"]);
        let refused: Vec<_> = found.iter().map(|statement| statement.refused).collect();
        assert_eq!(refused, [false, true, false, false]);
        assert_eq!(found[2].data.as_deref(), Some("1\n"));
    }

    #[test]
    fn answers_end_with_empty_lines() {
        assert_eq!(answers("a:23\n1\nSELECT 1\n\nERROR 22012\n\n"), ["a:23\n1\nSELECT 1\n", "ERROR 22012\n"]);
    }
}
