#!/usr/bin/env python3
"""Fills in PostgreSQL's answers: ask_postgres.py FILE... (server from PGHOST, PGPORT, PGUSER as psql reads them).

A line is `operation | argument | ... => answer`; `set | name | value` changes a session setting for the lines below.
An answer that begins with `!` is an error: SQLSTATE, message, and the detail after ` // `.
"""
import subprocess
import sys

ASK = """
create function pg_temp.ask(q text) returns text language plpgsql as $$
declare r text; m text; d text; s text;
begin
  execute q into r;
  return coalesce(r, 'NULL');
exception when others then
  get stacked diagnostics m = message_text, d = pg_exception_detail, s = returned_sqlstate;
  return '!' || s || ' ' || m || case when d = '' then '' else ' // ' || d end;
end $$;
"""

def lit(text):
    return "'" + text.replace("'", "''") + "'"

def binary(op):
    return lambda a, b: f"select {lit(a)}::numeric {op} {lit(b)}::numeric"

TYPE_OF = """
create function pg_temp.type_of(name text) returns text language plpgsql as $$
declare r text;
begin
  execute 'create temp table probe (x ' || name || ')';
  select format_type(atttypid, atttypmod) into r from pg_attribute where attrelid = 'probe'::regclass and attname = 'x';
  drop table probe;
  return r;
end $$;
"""

SQL = {
    "text": lambda ty, v: f"select cast(cast({lit(v)} as {ty}) as text)" if ty != "bpchar" else f"select {lit(v)}",
    "send": lambda ty, v: f"select encode({send(ty)}({lit(v)}::{ty}), 'hex')",
    "compare": lambda ty, a, b: f"select case when {lit(a)}::{ty} < {lit(b)}::{ty} then '<' when {lit(a)}::{ty} = {lit(b)}::{ty} then '=' else '>' end",
    "add": binary("+"), "sub": binary("-"), "mul": binary("*"), "div": binary("/"), "mod": binary("%"),
    "power": binary("^"),
    "log": lambda a, b: f"select log({lit(a)}::numeric, {lit(b)}::numeric)",
    "quotient": lambda a, b: f"select div({lit(a)}::numeric, {lit(b)}::numeric)",
    "round": lambda a, n: f"select round({lit(a)}::numeric, {n})",
    "trunc": lambda a, n: f"select trunc({lit(a)}::numeric, {n})",
    "numeric": lambda f, a: f"select {f}({lit(a)}::numeric)",
    "typmod": lambda p, s, a: f"select {lit(a)}::numeric({p},{s})",
    "cast": lambda source, target, a: f"select {lit(a)}::{source}::{target}",
    "plus": lambda ty, a, i: f"select {lit(a)}::{ty} + {lit(i)}::interval",
    "minus": lambda ty, a, b: f"select {lit(a)}::{ty} - {lit(b)}::{ty}",
    "justify": lambda f, i: f"select {f}({lit(i)}::interval)",
    "age": lambda a, b: f"select age({lit(a)}::timestamp, {lit(b)}::timestamp)",
    "extract": lambda f, ty, a: f"select extract({f} from {lit(a)}::{ty})",
    "date_trunc": lambda f, ty, a: f"select date_trunc({lit(f)}, {lit(a)}::{ty})",
    "date_bin": lambda s, a, o: f"select date_bin({lit(s)}::interval, {lit(a)}::timestamp, {lit(o)}::timestamp)",
    "to_char": lambda ty, v, f: f"select to_char({lit(v)}::{ty}, {lit(f)})",
    "to_timestamp": lambda t, f: f"select to_timestamp({lit(t)}, {lit(f)})",
    "to_date": lambda t, f: f"select to_date({lit(t)}, {lit(f)})",
    "to_number": lambda t, f: f"select to_number({lit(t)}, {lit(f)})",
    "zone": lambda z, ty, a: f"select {lit(a)}::{ty} at time zone {lit(z)}",
    "make_date": lambda *a: f"select make_date({','.join(a)})",
    "make_time": lambda *a: f"select make_time({','.join(a)})",
    "make_timestamp": lambda *a: f"select make_timestamp({','.join(a)})",
    "make_interval": lambda *a: f"select make_interval({','.join(a)})",
    "epoch": lambda a: f"select to_timestamp({lit(a)}::float8)",
    "type": lambda name: f"select pg_temp.type_of({lit(name)})",
    "info": lambda name: "select concat_ws(' ', oid, typlen, typbyval, typcategory, typispreferred, typtype, typdelim, typalign, typstorage, typcollation, typelem, typarray, typinput, typoutput, typreceive, typsend) from pg_type where typname = " + lit(name),
    "format_type": lambda oid, mod: f"select format_type({oid}, {mod})",
}

def send(ty):
    if ty.endswith("[]"):
        return "array_send"
    names = {"int": "int4send", '"char"': "charsend", "bpchar": "bpcharsend"}
    plain = {"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "name", "oid", "bytea"}
    return names.get(ty) or (ty + "send" if ty in plain else ty + "_send")

def ask(path):
    lines = open(path, encoding="utf-8").read().split("\n")
    script = [ASK, TYPE_OF, "\\t on", "\\a", "\\pset null NULL", "set timezone to 'UTC';"]
    wanted = []
    for at, line in enumerate(lines):
        question = line.split(" => ")[0].rstrip()
        if not question or question.startswith("#"):
            continue
        parts = [part.strip().replace("\\n", "\n").replace("\\p", "|") for part in question.split(" | ")]
        parts = [part[1:-1] if len(part) >= 2 and part[0] == part[-1] == "`" else part for part in parts]
        if parts[0] == "set":
            script.append(f"set {parts[1]} to {lit(parts[2])};")
            continue
        wanted.append((at, question))
        script.append(f"select replace(pg_temp.ask({lit(SQL[parts[0]](*parts[1:]))}), E'\\n', '\\n');")
    run = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"], input="\n".join(script), capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    answers = run.stdout.split("\n")[:-1]
    if len(answers) != len(wanted):
        sys.exit(f"{path}: {len(wanted)} questions, {len(answers)} answers")
    for (at, question), answer in zip(wanted, answers):
        ours = lines[at].partition(" ## ")[2]
        lines[at] = f"{question} => {answer}" + (f" ## {ours}" if ours else "")
    open(path, "w", encoding="utf-8").write("\n".join(lines))

for path in sys.argv[1:]:
    ask(path)
