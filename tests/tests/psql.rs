//! psql's backslash commands: their catalog queries run, and their answers name what is there.

use cairn_tests::Server;
use cairn_tests::tools::require_program;

/// Command, and what its answer must hold.
const COMMANDS: &[(&str, &[&str])] = &[
    ("\\d", &["author", "book", "book_id_seq", "sequence", "public"]),
    ("\\dt", &["author", "book", "table"]),
    ("\\di", &["book_pkey", "book_title", "index"]),
    ("\\dn", &["public"]),
    ("\\l", &["postgres", "UTF8"]),
    (
        "\\d book",
        &[
            "title",
            "character varying(80)",
            "not null",
            "\"book_pkey\" PRIMARY KEY",
            "\"book_title\"",
            "book_author_fkey",
        ],
    ),
    ("\\d author", &["Referenced by", "integer"]),
    ("\\d+ book", &["Access method", "vinyl"]),
    ("\\ds", &["book_id_seq"]),
    ("\\du", &["postgres"]),
    ("\\conninfo", &["postgres"]),
];

#[test]
fn backslash_commands_answer() {
    require_program("psql");
    let server = Server::start(&[]);
    let schema = "create table author (id int primary key, name text) using memtx;
        create table book (id serial primary key, author int references author, title varchar(80) not null) using vinyl;
        create index book_title on book (title);";
    let created = server.psql(&["-q", "-c", schema]);
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    let mut wrong = String::new();
    for (command, expected) in COMMANDS {
        let output = server.psql(&["-c", command]);
        let text = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        let missing: Vec<_> = expected.iter().filter(|name| !text.contains(**name)).collect();
        if !output.status.success() || !missing.is_empty() || !error.is_empty() {
            wrong += &format!("{command}: status {}, missing {missing:?}\n{error}{text}\n", output.status);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
