"""psycopg 3 against a server: types both ways and in both formats, transactions, retries, COPY, cancel, pipelines."""

import datetime as dt
import decimal
import os
import threading
import time
import uuid

import psycopg
from psycopg import errors, pq, sql
from psycopg.rows import dict_row
from psycopg.types import TypeInfo
from psycopg.types.json import Json

from checks import USING, check, equal, main

UTC = dt.timezone.utc
Dec = decimal.Decimal

# Type, and values that must come back as they went.
VALUES = [
    ("bool", [True, False]),
    ("int2", [-32768, 0, 32767]),
    ("int4", [-(2**31), 0, 2**31 - 1]),
    ("int8", [-(2**63), 0, 2**63 - 1]),
    ("float4", [0.0, -1.5, 2.0**20, float("inf"), float("-inf")]),
    ("float8", [0.0, -1.5, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf")]),
    ("numeric", [Dec("0"), Dec("-1.50"), Dec("12345678901234567890.123456789"), Dec("0.000001"), Dec("1E+3"), Dec("10000")]),
    ("text", ["", "ascii", "Grüße, Привет, 你好 🦀", "a\\b'c\"d\ne\tf", "x" * 100_000]),
    ("varchar", ["", "one"]),
    ("char(3)", ["abc", "   "]),
    ("bytea", [b"", b"\x00\xff\\x", bytes(range(256))]),
    ("date", [dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(2000, 2, 29), dt.date(9999, 12, 31)]),
    ("timestamp", [dt.datetime(1, 1, 1), dt.datetime(2024, 2, 29, 23, 59, 59, 999999)]),
    ("timestamptz", [dt.datetime(1970, 1, 1, tzinfo=UTC), dt.datetime(2024, 6, 1, 12, 30, 0, 1, tzinfo=UTC)]),
    ("time", [dt.time(0, 0), dt.time(23, 59, 59, 999999)]),
    ("interval", [dt.timedelta(0), dt.timedelta(days=-3, seconds=4, microseconds=5), dt.timedelta(days=40, hours=5)]),
    ("uuid", [uuid.UUID(int=0), uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]),
]
# How the driver's own value is wrapped where it has to be told the type.
JSON = [None, True, 12, 1.5, "text", [1, "two", None], {"a": {"b": [1, 2]}, "ü": "é"}]


def connect(**options):
    """A connection by libpq's environment."""
    return psycopg.connect(**options)


def scalar(connection, query, parameters=None, binary=False):
    """The one value of a query."""
    with connection.cursor(binary=binary) as cursor:
        return cursor.execute(query, parameters).fetchone()[0]


def fresh(connection, name, columns):
    """An empty table of this name."""
    connection.execute(f"drop table if exists {name}")
    connection.execute(f"create table {name} ({columns}){USING}")


@check
def connection_is_what_was_asked_for():
    with connect() as connection:
        info = connection.info
        assert info.server_version >= 150000, info.server_version
        equal(info.encoding, "utf-8")
        equal(info.parameter_status("integer_datetimes"), "on")
        equal(info.parameter_status("standard_conforming_strings"), "on")
        equal(info.transaction_status, pq.TransactionStatus.IDLE)
        equal(connection.pgconn.ssl_in_use, os.environ.get("PGSSLMODE") == "require", "TLS")
        if os.environ.get("PGPASSWORD"):
            assert connection.pgconn.used_password, "the server asked for no password"


@check
def a_wrong_password_is_refused():
    if not os.environ.get("PGPASSWORD"):
        return
    try:
        connect(password="wrong").close()
    except psycopg.OperationalError as error:
        assert "password authentication failed" in str(error), error
    else:
        raise AssertionError("a wrong password was accepted")


@check
def every_type_goes_and_comes_in_both_formats():
    with connect(autocommit=True) as connection:
        for type_name, values in VALUES:
            for value in values:
                for parameter in ("%t", "%b"):
                    for binary in (False, True):
                        query = f"select {parameter}::{type_name}"
                        found = scalar(connection, query, [value], binary)
                        equal(found, value, f"{query}, binary={binary}")
                        equal(type(found), type(value), f"{query}, binary={binary}")
            for binary in (False, True):
                equal(scalar(connection, f"select %s::{type_name}", [None], binary), None, f"NULL {type_name}")
        for value in JSON:
            for parameter in ("%t", "%b"):
                for binary in (False, True):
                    for type_name in ("json", "jsonb"):
                        found = scalar(connection, f"select {parameter}::{type_name}", [Json(value)], binary)
                        equal(found, value, type_name)
        for special in ("NaN",):
            found = scalar(connection, "select %b::numeric", [Dec(special)], True)
            assert found.is_nan(), found


@check
def arrays_go_and_come_in_both_formats():
    with connect(autocommit=True) as connection:
        for type_name, values in VALUES:
            if type_name == "char(3)":
                continue
            for shape in ([], values, [values[0], None, values[-1]], [values[:2], values[-2:]]):
                for parameter in ("%t", "%b"):
                    for binary in (False, True):
                        query = f"select {parameter}::{type_name}[]"
                        equal(scalar(connection, query, [shape], binary), shape, f"{query}, binary={binary}")


@check
def columns_of_every_type_are_stored():
    names = [f"c{number}" for number in range(len(VALUES))]
    with connect(autocommit=True) as connection:
        columns = ", ".join(f"{name} {type_name}" for name, (type_name, _) in zip(names, VALUES))
        arrays = ", ".join(f"a{name} {type_name}[]" for name, (type_name, _) in zip(names, VALUES))
        fresh(connection, "every", f"id int primary key, {columns}, {arrays}, j json, jb jsonb")
        places = ", ".join(["%s"] * (3 + 2 * len(VALUES)))
        rows = []
        for row in range(3):
            plain = [values[row % len(values)] for _, values in VALUES]
            lists = [[values[row % len(values)], None] for _, values in VALUES]
            rows.append((row, *plain, *lists, Json(JSON[row]), Json(JSON[-1 - row])))
        rows.append((3, *[None] * (2 + 2 * len(VALUES))))
        connection.cursor().executemany(f"insert into every values ({places})", rows)
        for binary in (False, True):
            with connection.cursor(binary=binary) as cursor:
                found = cursor.execute("select * from every order by id").fetchall()
            for expected, got in zip(rows, found, strict=True):
                plain = tuple(value.obj if isinstance(value, Json) else value for value in expected)
                equal(got, plain, f"binary={binary}")


@check
def result_columns_are_described():
    with connect(autocommit=True) as connection:
        fresh(connection, "described", "id int primary key, name varchar(20), price numeric(8,2), at timestamptz")
        cursor = connection.execute("select id, name, price, at from described")
        found = [(column.name, column.type_code, column.internal_size) for column in cursor.description]
        expected = [("id", 23, 4), ("name", 1043, None), ("price", 1700, None), ("at", 1184, 8)]
        equal(found, expected)
        equal(cursor.description[1].display_size, 20)
        equal((cursor.description[2].precision, cursor.description[2].scale), (8, 2))
        info = TypeInfo.fetch(connection, "uuid")
        equal((info.name, info.oid, info.array_oid), ("uuid", 2950, 2951))


@check
def statements_are_prepared_and_used_again():
    with connect(autocommit=True) as connection:
        fresh(connection, "prepared", "id int primary key, name text")
        connection.prepare_threshold = 2
        for number in range(20):
            connection.execute("insert into prepared values (%s, %s)", [number, f"name {number}"])
        for number in range(20):
            name = scalar(connection, "select name from prepared where id = %s", [number])
            equal(name, f"name {number}")
        equal(scalar(connection, "select count(*) from prepared where id between 0 and 99"), 20)
        connection.execute("deallocate all")
        equal(scalar(connection, "select name from prepared where id = %s", [7]), "name 7")


@check
def a_prepared_statement_notices_a_changed_table():
    with connect(autocommit=True) as connection:
        fresh(connection, "changing", "id int primary key, name text")
        connection.execute("insert into changing values (1, 'one')")
        equal(connection.execute("select * from changing where id = %s", [1], prepare=True).fetchone(), (1, "one"))
        with connect(autocommit=True) as other:
            other.execute("alter table changing add column more int default 7")
        try:
            connection.execute("select * from changing where id = %s", [1], prepare=True)
        except errors.FeatureNotSupported as error:
            assert "cached plan must not change result type" in str(error), error
        else:
            raise AssertionError("the result type changed without an error")


@check
def batches_insert_many_rows():
    with connect(autocommit=True) as connection:
        fresh(connection, "batch", "id serial primary key, name text not null")
        with connection.cursor() as cursor:
            cursor.executemany("insert into batch (name) values (%s)", [(f"n{number}",) for number in range(500)])
            equal(cursor.rowcount, 500)
            cursor.executemany("insert into batch (name) values (%s) returning id", [("a",), ("b",)], returning=True)
            ids = []
            while True:
                ids.append(cursor.fetchone()[0])
                if not cursor.nextset():
                    break
        equal(ids, [501, 502])
        equal(scalar(connection, "select count(*) from batch"), 502)


@check
def transactions_roll_back_and_savepoints_nest():
    with connect() as connection:
        connection.autocommit = True
        fresh(connection, "nested", "id int primary key")
        connection.autocommit = False
        connection.execute("insert into nested values (1)")
        equal(connection.info.transaction_status, pq.TransactionStatus.INTRANS)
        connection.rollback()
        equal(connection.info.transaction_status, pq.TransactionStatus.IDLE)
        with connection.transaction():
            connection.execute("insert into nested values (2)")
            try:
                with connection.transaction():
                    connection.execute("insert into nested values (3)")
                    connection.execute("insert into nested values (2)")
            except errors.UniqueViolation as error:
                equal(error.diag.constraint_name, "nested_pkey")
                equal(error.diag.table_name, "nested")
                equal(error.diag.message_detail, "Key (id)=(2) already exists.")
            with connection.transaction(savepoint_name="named") as named:
                connection.execute("insert into nested values (4)")
                raise psycopg.Rollback(named)
            connection.execute("insert into nested values (5)")
        found = [row[0] for row in connection.execute("select id from nested order by id")]
        equal(found, [2, 5])
        connection.rollback()
        try:
            connection.execute("select 1/0")
        except errors.DivisionByZero:
            equal(connection.info.transaction_status, pq.TransactionStatus.INERROR)
        try:
            connection.execute("select 1")
        except errors.InFailedSqlTransaction:
            connection.rollback()


@check
def transaction_modes_are_set():
    with connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        equal(scalar(connection, "show transaction_isolation"), "repeatable read")
        equal(scalar(connection, "show transaction_read_only"), "on")
        try:
            connection.execute("create table never (id int)")
        except errors.ReadOnlySqlTransaction:
            pass
        else:
            raise AssertionError("a read-only transaction created a table")
        connection.rollback()
        connection.read_only = None
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        equal(scalar(connection, "show transaction_isolation"), "serializable")


@check
def a_serialization_failure_is_retried():
    with connect(autocommit=True) as setup:
        fresh(setup, "skew", "id int primary key, on_call bool not null")
        setup.execute("insert into skew values (1, true), (2, true)")
    with connect() as one, connect() as two:
        one.isolation_level = two.isolation_level = psycopg.IsolationLevel.SERIALIZABLE

        def leave(connection, doctor):
            """Goes off call if another doctor stays."""
            others = scalar(connection, "select count(*) from skew where on_call and id between 1 and 2 and id <> %s", [doctor])
            if others > 0:
                connection.execute("update skew set on_call = false where id = %s", [doctor])
            return others

        equal(leave(one, 1), 1)
        equal(leave(two, 2), 1)
        one.commit()
        failures = 0
        while True:
            try:
                if failures:
                    equal(leave(two, 2), 0, "the second try sees the first transaction")
                two.commit()
                break
            except errors.SerializationFailure as error:
                equal(error.sqlstate, "40001")
                failures += 1
                two.rollback()
        equal(failures, 1, "serialization failures")
        equal(scalar(one, "select count(*) from skew where on_call"), 1)


@check
def copy_goes_in_and_out():
    rows = [(1, "one", Dec("1.50"), dt.date(2024, 2, 29)), (2, "tab\there, back\\slash, new\nline", None, None), (3, "", Dec("-3"), dt.date(1, 1, 1))]
    with connect(autocommit=True) as connection:
        fresh(connection, "copied", "id int primary key, name text, price numeric, day date")
        with connection.cursor() as cursor:
            with cursor.copy("copy copied (id, name, price, day) from stdin") as copy:
                for row in rows:
                    copy.write_row(row)
            equal(cursor.rowcount, 3)
            with cursor.copy("copy copied to stdout") as copy:
                copy.set_types(["int4", "text", "numeric", "date"])
                equal(list(copy.rows()), rows)
            with cursor.copy("copy (select id, name from copied where id <> 2 order by id) to stdout (format csv, header)") as copy:
                equal(b"".join(bytes(part) for part in copy), b'id,name\n1,one\n3,""\n')
            with cursor.copy("copy copied from stdin (format csv, header true)") as copy:
                copy.write("id,name,price,day\n")
                for number in range(1000, 3000):
                    copy.write(f'{number},"say ""{number}""",,\n')
            equal(cursor.rowcount, 2000)
            equal(cursor.execute("select name from copied where id = 2999").fetchone()[0], 'say "2999"')
            try:
                with cursor.copy("copy copied (id) from stdin") as copy:
                    copy.write("9000\nnot a number\n")
            except errors.InvalidTextRepresentation as error:
                equal(error.diag.context, 'COPY copied, line 2, column id: "not a number"')
            else:
                raise AssertionError("COPY took a word for a number")
            try:
                with cursor.copy("copy copied (id) from stdin") as copy:
                    copy.write("9000\n")
                    raise RuntimeError("changed my mind")
            except RuntimeError:
                pass
            equal(cursor.execute("select count(*) from copied where id = 9000").fetchone()[0], 0)


@check
def a_long_query_is_cancelled():
    with connect(autocommit=True) as connection:
        for query in ("select pg_sleep(60)", "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b where a % 7 = b % 11"):
            timer = threading.Timer(0.5, connection.cancel_safe)
            timer.start()
            began = time.monotonic()
            try:
                connection.execute(query)
            except errors.QueryCanceled as error:
                equal(error.sqlstate, "57014")
            else:
                raise AssertionError(f"{query} was not cancelled")
            finally:
                timer.join()
            assert time.monotonic() - began < 20, "cancelling took too long"
            equal(scalar(connection, "select 1"), 1)


@check
def statement_timeout_ends_a_query():
    with connect(autocommit=True) as connection:
        connection.execute("set statement_timeout = '200ms'")
        try:
            connection.execute("select pg_sleep(60)")
        except errors.QueryCanceled as error:
            assert "statement timeout" in str(error), error
        else:
            raise AssertionError("no timeout")


@check
def pipelines_answer_in_order():
    with connect(autocommit=True) as connection:
        fresh(connection, "piped", "id int primary key, name text")
        with connection.pipeline():
            cursors = []
            for number in range(50):
                connection.execute("insert into piped values (%s, %s)", [number, str(number)])
                cursors.append(connection.execute("select name from piped where id = %s", [number]))
            equal([cursor.fetchone()[0] for cursor in cursors], [str(number) for number in range(50)])
        try:
            with connection.pipeline():
                connection.execute("insert into piped values (100, 'lost with the error behind it')")
                connection.execute("insert into piped values (1, 'twice')")
                connection.execute("insert into piped values (101, 'skipped')")
        except errors.UniqueViolation:
            pass
        else:
            raise AssertionError("a duplicate key in a pipeline passed")
        equal(scalar(connection, "select count(*) from piped where id >= 100"), 0)
        with connection.pipeline() as pipeline:
            connection.execute("insert into piped values (200, 'kept')")
            pipeline.sync()
            failing = connection.execute("insert into piped values (200, 'twice')")
            try:
                pipeline.sync()
                failing.fetchall()
            except psycopg.Error:
                pass
            kept = connection.execute("select name from piped where id = 200")
            equal(kept.fetchone(), ("kept",))
        with connection.pipeline():
            with connection.transaction():
                connection.execute("insert into piped values (300, 'in a block')")
        equal(scalar(connection, "select name from piped where id = 300"), "in a block")


@check
def server_side_cursors_fetch_in_portions():
    with connect() as connection:
        with connection.cursor(name="walk", scrollable=True, binary=False) as cursor:
            cursor.execute("select g, g * 2 from generate_series(1, 1000) g order by g")
            cursor.itersize = 100
            equal([row[0] for row in cursor], list(range(1, 1001)))
            cursor.scroll(0, mode="absolute")
            equal(cursor.fetchmany(3), [(1, 2), (2, 4), (3, 6)])
            cursor.scroll(-2)
            equal(cursor.fetchone(), (2, 4))
        connection.commit()
        with connection.cursor(name="kept", withhold=True) as cursor:
            cursor.execute("select g from generate_series(1, 5) g order by g")
            connection.commit()
            equal(cursor.fetchall(), [(1,), (2,), (3,), (4,), (5,)])


@check
def results_are_streamed():
    with connect() as connection:
        with connection.cursor() as cursor:
            numbers = [row[0] for row in cursor.stream("select g from generate_series(1, 5000) g order by g")]
        equal(numbers, list(range(1, 5001)))


@check
def several_statements_in_one_query():
    with connect(autocommit=True) as connection:
        fresh(connection, "several", "id int primary key")
        cursor = connection.execute("insert into several values (1); select count(*) from several; select 'last' as word")
        equal(cursor.statusmessage, "INSERT 0 1")
        assert cursor.nextset()
        equal(cursor.fetchone(), (1,))
        assert cursor.nextset()
        equal(cursor.fetchone(), ("last",))
        assert not cursor.nextset()
        try:
            connection.execute("insert into several values (2); select 1/0")
        except errors.DivisionByZero:
            pass
        equal(scalar(connection, "select count(*) from several"), 1, "one Query is one transaction")
        try:
            connection.execute("select %s; select 2", [1])
        except errors.SyntaxError as error:
            assert "cannot insert multiple commands into a prepared statement" in str(error), error


@check
def notices_and_errors_carry_their_fields():
    notices = []
    with connect(autocommit=True) as connection:
        connection.add_notice_handler(lambda diag: notices.append((diag.severity, diag.sqlstate, diag.message_primary)))
        connection.execute("drop table if exists not_there")
        equal(notices, [("NOTICE", "00000", 'table "not_there" does not exist, skipping')])
        try:
            connection.execute("select * from not_there")
        except errors.UndefinedTable as error:
            equal(error.diag.message_primary, 'relation "not_there" does not exist')
            equal(error.diag.statement_position, "15")
            equal(error.diag.severity_nonlocalized, "ERROR")
        fresh(connection, "strict", "id int primary key, amount int not null check (amount > 0)")
        for query, expected, column in [
            ("insert into strict values (1, null)", errors.NotNullViolation, "amount"),
            ("insert into strict values (1, -1)", errors.CheckViolation, None),
        ]:
            try:
                connection.execute(query)
            except expected as error:
                equal((error.diag.schema_name, error.diag.table_name, error.diag.column_name), ("public", "strict", column))
            else:
                raise AssertionError(f"{query} passed")


@check
def statements_are_composed_and_rows_are_dictionaries():
    with connect(autocommit=True, row_factory=dict_row) as connection:
        fresh(connection, '"Odd ""name"""', '"Id" int primary key, "sel ect" text')
        table = sql.Identifier('Odd "name"')
        values = [sql.Literal(1), sql.Literal("it's \\ here")]
        connection.execute(sql.SQL("insert into {} values ({})").format(table, sql.SQL(", ").join(values)))
        row = connection.execute(sql.SQL("select * from {}").format(table)).fetchone()
        equal(row, {"Id": 1, "sel ect": "it's \\ here"})
        for value in [value for _, values in VALUES for value in values if not isinstance(value, (bytes, float))]:
            found = connection.execute(sql.SQL("select {} as v").format(sql.Literal(value))).fetchone()["v"]
            equal(found, value, "literal")


@check
def client_side_and_raw_placeholders_work():
    with connect(autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        equal(connection.execute("select %s, %s, %s", [1, "it's", [1, 2]]).fetchone(), (1, "it's", [1, 2]))
    with connect(autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
        equal(connection.execute("select $2::text, $1::int", [1, "two"]).fetchone(), ("two", 1))


main("psycopg")
