create table x (a int, a int)
create table t (a int)
create table if not exists t (a int)
create table nosch.x (a int)
create table x (a nosuch)
create table x (a int primary key, b int primary key)
create table x (a int primary key, primary key (a))
create table x (a int, primary key (b))
create table x (a int, primary key (a, a))
create table x (a int, unique (nosuch))
create table x (a int check (b > 0))
create table x (a int check (a))
create table x (a int check (count(*) > 0))
create table x (a int check ((select 1) > 0))
create table x (a int default 'x')
create table x (a int default b)
create table x (a int default 1 default 2)
create table x (a int default count(*))
create table x (a date default 5)
create table x (a int null not null)
create table x (a int not null null)
create table x (a int references nosuch)
create table x (a int references v)
create table x (a int references t(b))
create table x (a text references t)
create table x (a int references t(nosuch))
create table x (a int, foreign key (a) references s2.w(a, k))
create table x (a int, b text, foreign key (a, b) references s2.w(a, k))
create table x (a int references t on delete cascade on update set null)
create table x (a int, foreign key (nosuch) references t)
create table x (a json primary key)
create table x (a serial, b bigserial primary key)
create table x (a text generated always as identity)
create table x (a int generated always as identity default 1)
create table x (a int constraint c check (a > 0), constraint c check (a < 5))
create table x (a int) with (fillfactor = 50)
create table x (a int) with (fillfactor = 5)
create table x (a int) with (nosuch = 5)
create table x (ctid int)
create table x (a varchar(10), b char(3) not null default 'abc', c numeric(5,2) check (c > 0), unique (a, b))
create table x (a numeric(1001))
create table x (a varchar(0))
create table x as select a, b from t
create table x as select 1, 2
create table x as select 1 as a, 2 as a
create table x (p, q) as select a, b from t
create table x (p, q, r) as select a, b from t
create table x as select a from t with no data
create schema s2
create schema if not exists s2
create schema pg_x
create index on t (b)
create index i on t (nosuch)
create index t on t (b)
create unique index i on t (b, c desc nulls last)
create index i on nosuch (a)
create index i on v (js)
create index i on t using nosuch (a)
create index if not exists t_pkey on t (a)
create sequence q
create sequence ser_id_seq
create sequence q increment 0
create sequence q minvalue 5 maxvalue 4
create sequence q start 5 maxvalue 4
create sequence q as smallint maxvalue 100000
create sequence q increment -1
create sequence q cache 0
create sequence q increment 1 increment 2
create sequence q owned by t.a
create sequence q owned by t.nosuch
create sequence q as text
alter sequence ser_id_seq restart with 10
alter sequence ser_id_seq maxvalue 0
alter sequence nosuch restart
alter sequence if exists nosuch restart
create view x as select a from t
create view x as select a, a from t
create view x (p, q) as select a from t
create view tv as select 1
create or replace view tv as select a, b, 1 as c from t
create or replace view tv as select b, a from t
create or replace view tv as select a from t
create or replace view t as select 1
create view x as select nosuch from t
alter table t add column z int
alter table t add z int not null default 5
alter table t add column b text
alter table t add column if not exists b text
alter table t drop column nosuch
alter table t drop column if exists nosuch
alter table t drop column b
alter table t rename column b to bb
alter table t rename column nosuch to bb
alter table t rename column b to c
alter table t rename b to ctid
alter table t alter column b set default 'x'
alter table t alter column a set default 'x'
alter table t alter b drop default
alter table t alter nosuch set not null
alter table t alter a drop not null
alter table t add primary key (b)
alter table v add primary key (x)
alter table v add primary key (nosuch)
alter table t add unique (b)
alter table t add constraint t_pkey unique (b)
alter table t add constraint cc check (a > 0)
alter table t add check (nosuch > 0)
alter table emp add foreign key (boss) references emp
alter table emp add foreign key (name) references emp
alter table u add foreign key (id) references t (b)
alter table t drop constraint nosuch
alter table t drop constraint if exists nosuch
alter table t rename to tt
alter table t rename to u
alter table nosuch rename to tt
alter table if exists nosuch rename to tt
alter table nosuch add column a int
alter table if exists nosuch add column a int
alter table tv add column zz int
alter table ser alter m set default 1
alter table t rename constraint nosuch to x
alter index t_pkey rename to tp
alter index t rename to tp
drop table nosuch
drop table if exists nosuch
drop table acc
drop table tv
drop view t
drop index t
drop index nosuch
drop index emp_dept_name
drop sequence t
drop sequence nosuch
drop schema nosuch
drop schema if exists nosuch
drop view tv
drop table if exists a1, b1, acc
truncate nosuch
truncate acc, v
truncate tv
copy t from stdin
copy t (a, nosuch) from stdin
copy t (a, a) from stdin
copy nosuch from stdin
copy t to stdout (format csv, header, delimiter ';')
copy t to stdout (delimiter 'ab')
copy t to stdout (quote 'x')
copy t to stdout (format csv, quote ',')
copy t to stdout (format csv, format text)
copy t to stdout (force_quote *)
copy (select nosuch from t) to stdout
copy tv to stdout
copy t to stdout with csv header
lock table nosuch
lock table t in share mode
create temp table x (a int)
create table x (a int) partition by range (a)
create unlogged table x (a int)
