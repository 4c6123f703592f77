#!/usr/bin/env python3
"""Records PostgreSQL 15's answers to the statements in golden/*.sql into golden/*.txt.

usage: record.py <connection string>       (an empty scratch database; psycopg 3)
Every line is a statement. It is parsed and described, not run; definitions and utility statements
(which PostgreSQL checks only when they run) are run inside a transaction that is rolled back. Blocks of an existing .txt
file that begin with `cairn:` are known differences and are kept.
"""
import pathlib
import sys

import psycopg
from psycopg.pq import DiagnosticField as F, ExecStatus

HERE = pathlib.Path(__file__).parent / "golden"
RUN = ("create", "alter", "drop", "truncate", "copy", "lock", "vacuum", "comment")


def error(result):
    field = lambda f: (result.error_field(f) or b"").decode()
    text = "ERROR " + field(F.SQLSTATE)
    if field(F.STATEMENT_POSITION):
        text += " at " + field(F.STATEMENT_POSITION)
    text += ": " + field(F.MESSAGE_PRIMARY)
    for label, f in (("detail", F.MESSAGE_DETAIL), ("hint", F.MESSAGE_HINT)):
        if field(f):
            text += f"\n{label}: " + field(f)
    return text


def main():
    connection = psycopg.connect(sys.argv[1], autocommit=True)
    pg = connection.pgconn
    cache = {}

    def type_name(oid, modifier=-1):
        key = (oid, modifier)
        if key not in cache:
            cache[key] = connection.execute("select format_type(%s::oid, %s::int)", key).fetchone()[0]
        return cache[key]

    connection.execute("drop schema if exists s2 cascade")
    connection.execute("drop schema public cascade; create schema public")
    connection.execute((HERE / "schema.sql").read_text())

    def answer(statement):
        if statement.split()[0].lower() in RUN:
            pg.exec_(b"begin")
            result = pg.exec_(statement.encode())
            failed = result.status == ExecStatus.FATAL_ERROR
            if result.status == ExecStatus.COPY_IN:
                pg.put_copy_end()
            if result.status == ExecStatus.COPY_OUT:
                while pg.get_copy_data(0)[0] > 0:
                    pass
            while pg.get_result():
                pass
            pg.exec_(b"rollback")
            return error(result) if failed else "ok"
        result = pg.prepare(b"", statement.encode())
        if result.status == ExecStatus.FATAL_ERROR:
            return error(result)
        described = pg.describe_prepared(b"")
        text = ""
        if described.nparams:
            params = [type_name(described.param_type(i)) for i in range(described.nparams)]
            text += "params: " + ", ".join(params) + "\n"
        columns = [
            described.fname(i).decode() + " " + type_name(described.ftype(i), described.fmod(i))
            for i in range(described.nfields)
        ]
        return text + ("columns: " + " | ".join(columns) if columns else "ok")

    for source in sorted(HERE.glob("*.sql")):
        if source.name == "schema.sql":
            continue
        target = source.with_suffix(".txt")
        kept = {}
        if target.exists():
            for block in target.read_text().split("\n\n"):
                if "\n----\ncairn:\n" in block:
                    statement, expected = block.split("\n----\n", 1)
                    kept[statement.strip()] = expected.rstrip()
        blocks = []
        for statement in source.read_text().split("\n"):
            statement = statement.strip()
            if not statement or statement.startswith("-- "):
                continue
            blocks.append(statement + "\n----\n" + (kept.get(statement) or answer(statement)))
        target.write_text("\n\n".join(blocks) + "\n")
        print(source.name, len(blocks))


main()
