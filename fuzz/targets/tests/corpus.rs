//! Every committed seed and every past finding, through the functions that the fuzzers call, on any toolchain.
//!
//! A file that fails is named in the output; `make fuzz TARGET=... FILE=...` runs it under the sanitizer.

use std::path::{Path, PathBuf};

use cairn_fuzz_targets::TARGETS;

/// The folder with the fuzzers.
fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder lists").path()).collect();
    files.sort();
    files
}

/// Runs the files of one target.
fn check(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    let seeds = files(&fuzz().join("corpus").join(name));
    assert!(seeds.len() >= 10, "{name} has {} seeds", seeds.len());
    for path in seeds.into_iter().chain(files(&fuzz().join("regressions").join(name))) {
        println!("{}", path.display());
        (target.run)(&std::fs::read(&path).expect("the file reads"));
    }
}

#[test]
fn keys() {
    check("keys");
}

#[test]
fn wire() {
    check("wire");
}

#[test]
fn sql() {
    check("sql");
}

#[test]
fn log() {
    check("log");
}

#[test]
fn image() {
    check("image");
}

#[test]
fn engine() {
    check("engine");
}

#[test]
fn config() {
    check("config");
}

/// A target that is added has a binary, and every folder of files belongs to a target.
#[test]
fn every_target_has_a_fuzzer() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    for name in &names {
        let program = std::fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs")));
        let program = program.unwrap_or_else(|error| panic!("the fuzzer of {name}: {error}"));
        assert!(program.contains(&format!("cairn_fuzz_targets::{name}::run")), "{name}");
    }
    for folder in ["corpus", "regressions"] {
        for path in files(&fuzz().join(folder)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            assert!(names.contains(&&*name), "{} belongs to no target", path.display());
        }
    }
}
