//! House rules that a compiler does not check.

use std::path::{Path, PathBuf};

const MOST_LINES: usize = 800;
const ESSAY_LINES: usize = 15;

fn root() -> PathBuf {
    PathBuf::from("..")
}

/// Every tracked or new file with this extension, without build products.
fn files(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![root()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && name != "target" && name != "cairn-data" && !name.starts_with('.') {
                directories.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn files_are_short() {
    for path in files("rs") {
        let text = read(&path);
        let code = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count();
        let header: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let excused = header.contains("long because");
        assert!(code <= MOST_LINES || excused, "{} has {code} lines of code and no \"long because\"", path.display());
    }
}

#[test]
fn nothing_is_left_undone() {
    // Put together here so that this file does not find itself.
    let marks = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    for path in files("rs") {
        for (number, line) in read(&path).lines().enumerate() {
            let comment = line.trim_start().starts_with("//");
            let found = marks.iter().any(|mark| line.contains(mark.as_str()));
            assert!(comment || !found, "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

#[test]
fn every_crate_opens_with_an_essay() {
    let opens = |path: &PathBuf| {
        path.ends_with("src/lib.rs") || path.ends_with("src/main.rs") && !path.with_file_name("lib.rs").exists()
    };
    for path in files("rs").into_iter().filter(opens) {
        let lines = read(&path).lines().take_while(|line| line.starts_with("//!")).count();
        assert!(lines >= ESSAY_LINES, "{} opens with {lines} lines of documentation", path.display());
    }
}

#[test]
fn links_in_documents_lead_somewhere() {
    for path in files("md") {
        let folder = path.parent().expect("a folder");
        for link in links(&read(&path)) {
            let target = link.split('#').next().unwrap_or_default();
            let outside = link.contains("://") || link.starts_with("mailto:") || target.is_empty();
            assert!(outside || folder.join(target).exists(), "{}: dead link to {link}", path.display());
        }
    }
}

/// The targets of `[text](target)`, outside of code blocks.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        for rest in line.split("](").skip(1) {
            links.extend(rest.split(')').next().filter(|target| !target.contains(' ')).map(str::to_owned));
        }
    }
    links
}
