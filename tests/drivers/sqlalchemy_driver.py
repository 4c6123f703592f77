"""SQLAlchemy Core over psycopg 3 against a server: schema, reflection, every type, batches, savepoints, retries, streams."""

import datetime as dt
import decimal
import socket
import threading
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from checks import ENGINE, check, equal, main

UTC = dt.timezone.utc
Dec = decimal.Decimal

# Host, user and the rest come from libpq's environment; the dialect has to be named.
engine = sa.create_engine("postgresql+psycopg://")
metadata = sa.MetaData()

if ENGINE:

    @sa.event.listens_for(engine, "connect")
    def _choose_engine(connection, _record):
        """SQLAlchemy's CREATE TABLE has no USING of its own for Cairn's engines, so the session's default chooses."""
        with connection.cursor() as cursor:
            cursor.execute(f"set default_table_access_method = {ENGINE}")
        connection.commit()


author = sa.Table(
    "sa_author",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("born", sa.Date),
)
book = sa.Table(
    "sa_book",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("author_id", sa.ForeignKey("sa_author.id", name="sa_book_author"), nullable=False),
    sa.Column("title", sa.Text, nullable=False, server_default="untitled"),
    sa.Column("price", sa.Numeric(8, 2), sa.CheckConstraint("price >= 0", name="sa_book_price")),
    sa.UniqueConstraint("author_id", "title", name="sa_book_once"),
    sa.Index("sa_book_title", "title"),
)
# Column name, type, and values that must come back as they went.
TYPES = [
    ("flag", sa.Boolean, [True, False]),
    ("small", sa.SmallInteger, [-32768, 32767]),
    ("whole", sa.Integer, [-(2**31), 2**31 - 1]),
    ("big", sa.BigInteger, [-(2**63), 2**63 - 1]),
    ("real", sa.REAL, [0.5, float("inf")]),
    ("double", sa.Double, [0.1, -1e300]),
    ("exact", sa.Numeric(30, 10), [Dec("1.5000000000"), Dec("-12345678901234567890.0123456789")]),
    ("words", sa.Text, ["", "Grüße 🦀 it's \\ \""]),
    ("short", sa.String(5), ["", "abcde"]),
    ("fixed", sa.CHAR(3), ["abc", "x  "]),
    ("bytes", sa.LargeBinary, [b"", bytes(range(256))]),
    ("day", sa.Date, [dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    ("clock", sa.Time, [dt.time(0), dt.time(23, 59, 59, 999999)]),
    ("moment", sa.DateTime, [dt.datetime(2024, 2, 29, 1, 2, 3, 4)]),
    ("instant", sa.DateTime(timezone=True), [dt.datetime(2024, 2, 29, 1, 2, 3, 4, UTC)]),
    ("span", sa.Interval, [dt.timedelta(days=3, seconds=5), dt.timedelta(microseconds=-1)]),
    ("uid", sa.Uuid, [uuid.UUID(int=0), uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]),
    ("doc", sa.JSON, [{"a": [1, None, "ü"]}, [1, 2]]),
    ("docb", pg.JSONB, [{"a": [1, None, "ü"]}, "word"]),
    ("numbers", sa.ARRAY(sa.Integer), [[], [1, None, 3]]),
    ("strings", sa.ARRAY(sa.Text), [["a,b", 'c"d', None, ""]]),
]
every = sa.Table(
    "sa_every",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    *[sa.Column(name, kind) for name, kind, _ in TYPES],
)


@check
def tables_are_created():
    metadata.drop_all(engine)
    metadata.create_all(engine)
    metadata.create_all(engine)  # Finds them and does nothing.
    for table in (author, book, every):
        assert sa.inspect(engine).has_table(table.name), table.name
    assert not sa.inspect(engine).has_table("sa_not_there")
    if ENGINE:
        with engine.connect() as connection:
            query = "select amname from pg_class c join pg_am a on a.oid = c.relam where relname = 'sa_book'"
            equal(connection.execute(sa.text(query)).scalar(), ENGINE)


@check
def the_dialect_knows_the_server():
    with engine.connect() as connection:
        assert connection.dialect.server_version_info >= (15,), connection.dialect.server_version_info
        equal(connection.dialect.default_schema_name, "public")
        equal(connection.get_isolation_level() in ("SERIALIZABLE", "READ COMMITTED"), True)


@check
def tables_are_reflected():
    inspector = sa.inspect(engine)
    assert "public" in inspector.get_schema_names()
    assert {"sa_author", "sa_book", "sa_every"} <= set(inspector.get_table_names())
    columns = {column["name"]: column for column in inspector.get_columns("sa_book")}
    equal(list(columns), ["id", "author_id", "title", "price"])
    equal(str(columns["price"]["type"]), "NUMERIC(8, 2)")
    equal(columns["title"]["nullable"], False)
    assert "untitled" in columns["title"]["default"], columns["title"]
    assert "nextval" in columns["id"]["default"], columns["id"]
    equal(inspector.get_pk_constraint("sa_book")["constrained_columns"], ["id"])
    equal(inspector.get_pk_constraint("sa_book")["name"], "sa_book_pkey")
    keys = inspector.get_foreign_keys("sa_book")
    equal([(key["name"], key["constrained_columns"], key["referred_table"]) for key in keys], [("sa_book_author", ["author_id"], "sa_author")])
    equal([unique["name"] for unique in inspector.get_unique_constraints("sa_book")], ["sa_book_once"])
    equal([constraint["name"] for constraint in inspector.get_check_constraints("sa_book")], ["sa_book_price"])
    indexes = {index["name"]: index for index in inspector.get_indexes("sa_book")}
    equal(indexes["sa_book_title"]["column_names"], ["title"])
    equal(indexes["sa_book_title"]["unique"], False)
    assert "sa_book_id_seq" in inspector.get_sequence_names()
    reflected = sa.MetaData()
    reflected.reflect(engine, only=["sa_book", "sa_every"])
    equal(set(reflected.tables), {"sa_author", "sa_book", "sa_every"})
    again = {column.name: column.type for column in reflected.tables["sa_every"].columns}
    dialect = engine.dialect
    for name, kind, _ in TYPES:
        declared = sa.types.to_instance(kind).compile(dialect)
        expected = {"FLOAT": "DOUBLE PRECISION"}.get(declared, declared)
        equal(again[name].compile(dialect), expected, name)


@check
def every_type_is_stored():
    rows = [
        {"id": number, **{name: values[number % len(values)] for name, _, values in TYPES}} for number in range(4)
    ] + [{"id": 9, **{name: (sa.null() if name.startswith("doc") else None) for name, _, _ in TYPES}}]
    with engine.begin() as connection:
        connection.execute(sa.delete(every))
        connection.execute(sa.insert(every), rows[:-1])
        connection.execute(sa.insert(every).values(rows[-1]))
    with engine.connect() as connection:
        found = connection.execute(sa.select(every).order_by(every.c.id)).mappings().all()
    for row, got in zip(rows[:-1], found):
        for name, value in row.items():
            equal(got[name], value, name)
    equal({value for name, value in found[-1].items() if name != "id"}, {None})
    for name, _, values in TYPES:
        if name in ("doc", "docb", "numbers", "strings"):
            continue
        with engine.connect() as connection:
            for number in range(min(len(values), 2)):
                ids = connection.execute(sa.select(every.c.id).where(every.c[name] == values[number]).order_by(every.c.id)).scalars().all()
                assert number in ids, f"{name} = {values[number]!r} found {ids}"


@check
def batches_return_generated_keys():
    with engine.begin() as connection:
        connection.execute(sa.delete(book))
        connection.execute(sa.delete(author))
        connection.execute(sa.insert(author), [{"id": number, "name": f"author {number}"} for number in range(1, 4)])
        rows = [{"author_id": 1 + number % 3, "title": f"title {number}", "price": number} for number in range(2500)]
        ids = connection.execute(sa.insert(book).returning(book.c.id, sort_by_parameter_order=True), rows).scalars().all()
        equal(len(set(ids)), 2500)
        one = connection.execute(sa.insert(book).values(author_id=1))
        assert one.inserted_primary_key[0] not in ids
        equal(connection.execute(sa.select(book.c.title).where(book.c.id == one.inserted_primary_key[0])).scalar(), "untitled")
        equal(connection.execute(sa.select(book.c.title).where(book.c.id == ids[77])).scalar(), "title 77")


@check
def queries_join_group_and_page():
    with engine.connect() as connection:
        counts = (
            sa.select(author.c.name, sa.func.count(book.c.id).label("books"), sa.func.sum(book.c.price))
            .join_from(author, book)
            .where(book.c.title.like("title %"))
            .group_by(author.c.name)
            .having(sa.func.count() > 10)
            .order_by(sa.desc("books"), author.c.name)
        )
        equal([row[:2] for row in connection.execute(counts)], [("author 1", 834), ("author 2", 833), ("author 3", 833)])
        ranked = sa.select(book.c.title, sa.func.row_number().over(partition_by=book.c.author_id, order_by=book.c.price.desc()).label("place")).where(book.c.price.is_not(None)).cte("ranked")
        best = sa.select(ranked.c.title).where(ranked.c.place == 1).order_by(ranked.c.title)
        equal(connection.execute(best).scalars().all(), ["title 2497", "title 2498", "title 2499"])
        page = sa.select(book.c.id).order_by(book.c.price.nulls_last(), book.c.id).limit(3).offset(5)
        equal(len(connection.execute(page).all()), 3)
        prices = [Dec(5), Dec(7)]
        equal(connection.execute(sa.select(sa.func.count()).select_from(book).where(book.c.price.in_(prices))).scalar(), 2)
        exists = sa.select(author.c.id).where(sa.exists().where(book.c.author_id == author.c.id)).order_by(author.c.id)
        equal(connection.execute(exists).scalars().all(), [1, 2, 3])
        cased = sa.select(sa.case((author.c.id < 2, "low"), else_="high")).order_by(author.c.id)
        equal(connection.execute(cased).scalars().all(), ["low", "high", "high"])


@check
def rows_change_and_are_returned():
    with engine.begin() as connection:
        changed = connection.execute(sa.update(book).where(book.c.title == "title 1").values(price=book.c.price + 1).returning(book.c.price))
        equal(changed.scalars().all(), [Dec("2.00")])
        gone = connection.execute(sa.delete(book).where(book.c.title.in_(["title 1", "title 2"])))
        equal(gone.rowcount, 2)
        upsert = pg.insert(author).values(id=1, name="renamed")
        upsert = upsert.on_conflict_do_update(index_elements=[author.c.id], set_={"name": upsert.excluded.name})
        equal(connection.execute(upsert.returning(author.c.name)).scalar(), "renamed")
        ignored = connection.execute(pg.insert(author).values(id=1, name="again").on_conflict_do_nothing().returning(author.c.id))
        equal(ignored.all(), [])
        connection.execute(sa.update(author).where(author.c.id == sa.bindparam("which")).values(born=sa.bindparam("day")), [{"which": 1, "day": dt.date(1900, 1, 1)}, {"which": 2, "day": None}])
        locked = connection.execute(sa.select(author.c.name).where(author.c.id == 1).with_for_update(nowait=True))
        equal(locked.scalar(), "renamed")


@check
def transactions_roll_back_and_savepoints_nest():
    with engine.connect() as connection:
        with connection.begin() as outer:
            connection.execute(sa.insert(author).values(id=100, name="outer"))
            savepoint = connection.begin_nested()
            connection.execute(sa.insert(author).values(id=101, name="inner"))
            savepoint.rollback()
            try:
                with connection.begin_nested():
                    connection.execute(sa.insert(author).values(id=100, name="twice"))
            except sa.exc.IntegrityError as error:
                equal(error.orig.sqlstate, "23505")
            with connection.begin_nested():
                connection.execute(sa.insert(author).values(id=102, name="kept"))
            found = connection.execute(sa.select(author.c.id).where(author.c.id >= 100).order_by(author.c.id))
            equal(found.scalars().all(), [100, 102])
            outer.rollback()
        count = sa.select(sa.func.count()).select_from(author).where(author.c.id >= 100)
        equal(connection.execute(count).scalar(), 0)


@check
def a_serialization_failure_is_retried():
    with engine.begin() as connection:
        connection.execute(sa.update(author).values(born=dt.date(2000, 1, 1)))
    strict = engine.execution_options(isolation_level="SERIALIZABLE")

    def move(connection, reader, writer):
        """Writes one row because of what it read in another."""
        day = connection.execute(sa.select(author.c.born).where(author.c.id == reader)).scalar()
        connection.execute(sa.update(author).where(author.c.id == writer).values(born=day + dt.timedelta(days=1)))

    with strict.connect() as one, strict.connect() as two:
        equal(one.get_isolation_level(), "SERIALIZABLE")
        move(one, 1, 2)
        move(two, 2, 1)
        one.commit()
        failures = 0
        while True:
            try:
                if failures:
                    move(two, 2, 1)
                two.commit()
                break
            except sa.exc.OperationalError as error:
                equal(error.orig.sqlstate, "40001")
                failures += 1
                two.rollback()
        equal(failures, 1, "serialization failures")
        equal(one.execute(sa.select(author.c.born).where(author.c.id == 1)).scalar(), dt.date(2000, 1, 3))


@check
def results_are_streamed():
    with engine.connect().execution_options(stream_results=True, yield_per=100) as connection:
        titles = [row.title for row in connection.execute(sa.select(book.c.title).order_by(book.c.id))]
        expected = connection.execute(sa.select(sa.func.count()).select_from(book)).scalar()
    equal(len(titles), expected)
    assert expected > 1000, expected


@check
def a_long_query_is_cancelled():
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        timer = threading.Timer(0.5, driver.cancel_safe)
        timer.start()
        try:
            connection.execute(sa.select(sa.func.pg_sleep(60)))
        except sa.exc.OperationalError as error:
            equal(error.orig.sqlstate, "57014")
        else:
            raise AssertionError("not cancelled")
        finally:
            timer.join()


@check
def copy_goes_through_the_driver():
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        with cursor.copy("copy sa_author (id, name) from stdin") as copy:
            for number in range(500, 600):
                copy.write_row((number, f"copied {number}"))
        with cursor.copy("copy (select id, name from sa_author where id = 555) to stdout (format csv)") as copy:
            equal(b"".join(bytes(part) for part in copy), b"555,copied 555\n")
        connection.connection.rollback()
        equal(connection.execute(sa.select(sa.func.count()).select_from(author).where(author.c.id >= 500)).scalar(), 0)


@check
def the_pool_notices_a_closed_connection():
    pooled = sa.create_engine("postgresql+psycopg://", pool_size=1, pool_pre_ping=True)
    with pooled.connect() as connection:
        process = connection.execute(sa.func.pg_backend_pid()).scalar()
        driver = connection.connection.driver_connection
    with socket.fromfd(driver.fileno(), socket.AF_INET, socket.SOCK_STREAM) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    with pooled.connect() as connection:
        assert connection.execute(sa.func.pg_backend_pid()).scalar() != process
    pooled.dispose()


@check
def tables_are_dropped():
    metadata.drop_all(engine)
    for table in (author, book, every):
        assert not sa.inspect(engine).has_table(table.name), table.name


main("SQLAlchemy Core")
