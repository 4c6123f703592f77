"""DuckDB for `bench-suite tpch`: loads the tables, then answers a query a line.

Called with the directory of the data; the schema comes as the first line of standard input. Every line in either direction
is JSON: in a text of SQL, out {"version"}, {"rows", "ms"} or {"error"}. Values are text, as a person would read them, or null.
"""

import json
import sys
import time

import duckdb


def text(value):
    return None if value is None else str(value)


def tell(**what):
    print(json.dumps(what), flush=True)


def load(connection, directory, schema):
    connection.execute(schema)
    for (table,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
        connection.execute(f"COPY {table} FROM '{directory}/{table}' (DELIMITER '|', HEADER false)")


def answer(connection, sql):
    rows = []
    begun = time.perf_counter()
    for statement in filter(str.strip, sql.split(";")):
        rows += connection.execute(statement).fetchall()
    return {"ms": (time.perf_counter() - begun) * 1e3, "rows": [[text(value) for value in row] for row in rows]}


def main():
    connection = duckdb.connect()
    # It would be written among the answers.
    connection.execute("SET enable_progress_bar = false")
    load(connection, sys.argv[1], json.loads(sys.stdin.readline()))
    tell(version=duckdb.__version__)
    for line in sys.stdin:
        try:
            tell(**answer(connection, json.loads(line)))
        except duckdb.Error as error:
            tell(error=str(error))


main()
