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

    def definitions(statement):
        """What a CREATE TABLE made: defaults, checks and names, as the catalog shows them."""
        pg.exec_(b"begin")
        pg.exec_(statement.encode())
        table = "(select max(oid) from pg_class where relkind = 'r')"
        lines = []
        queries = (
            f"""select format('default %s: %s', attname, pg_get_expr(adbin, adrelid)) from pg_attrdef
                join pg_attribute on attrelid = adrelid and attnum = adnum where adrelid = {table} order by adnum""",
            f"""select format('check %s: %s', conname, pg_get_expr(conbin, conrelid)) from pg_constraint
                where conrelid = {table} and contype = 'c' order by conname collate "C" """,
            f"""select format('%s %s', case contype when 'p' then 'primary key' when 'u' then 'unique' else 'foreign key' end,
                conname) from pg_constraint where conrelid = {table} and contype in ('p', 'u', 'f')
                order by contype, conname collate "C" """,
            f"""select 'sequence ' || c.relname from pg_class c join pg_depend d on d.objid = c.oid
                where c.relkind = 'S' and d.refobjid = {table}""",
        )
        for query in queries:
            result = pg.exec_(query.encode())
            lines += [result.get_value(i, 0).decode() for i in range(result.ntuples)]
        pg.exec_(b"rollback")
        return "\n".join(lines)

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
        ask = definitions if source.name == "definitions.sql" else answer
        blocks = []
        for statement in source.read_text().split("\n"):
            statement = statement.strip()
            if not statement or statement.startswith("-- "):
                continue
            blocks.append(statement + "\n----\n" + (kept.get(statement) or ask(statement)))
        target.write_text("\n\n".join(blocks) + "\n")
        print(source.name, len(blocks))


main()
