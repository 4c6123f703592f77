-- What Cairn does not support: it says so, and never answers wrongly.
create table r (id int primary key, a int, b text);
insert into r values (1, 10, 'x'), (2, 20, 'y');
-- refused
with moved as (delete from r where id = 99 returning *) select * from moved;
-- refused
with ins as (insert into r (id) select 5 where false returning id) select * from ins;
-- refused
with upd as (update r set a = a returning id) select count(*) from upd;
-- refused
with recursive t (id) as (select 1 union all select id + 1 from t where id < 3) search depth first by id set o select id from t order by o;
-- refused
with recursive t (id) as (select 1 union all select id % 3 + 1 from t) cycle id set looped using path select id, looped from t order by 1, 2;
-- refused
select x, sum(x) over (order by x rows between unbounded preceding and current row exclude current row) from (values (1), (2), (2)) v (x) order by x;
-- refused
select rank(15) within group (order by a) from r;
-- refused
select (select sum(r.a) from (values (1)) v (x)) from r;
-- refused
select row(1, 2) = (select 1, 2);
-- refused
select jsonb_path_query('{"a": [1, 2]}', '$.a[*]');
-- refused
select * from json_to_record('{"a": 1, "b": "x"}') as r (a int, b text);
-- refused
select * from jsonb_to_recordset('[{"a": 1}, {"a": 2}]') as r (a int);
-- refused
select * from rows from (generate_series(1, 2), generate_series(1, 3)) as t (a, b);
-- refused
select count(*) from r tablesample bernoulli (100);
-- refused
select B'101', X'1F';
-- refused
select '10:00+02'::timetz;
-- refused
select '12.50'::money;
-- refused
select '192.168.0.1'::inet;
-- refused
select '(1,2)'::point;
-- refused
select '[1,5)'::int4range;
-- refused
select to_tsvector('english', 'a cat');
-- refused
select '<a/>'::xml;
-- refused
select xmlelement(name a);
-- refused
select make_date(year => 2024, month => 1, day => 2);
-- refused
select ctid from r where false;
-- refused
select xmin from r where false;
-- refused
select 'a' < 'B' collate "en_US";
-- refused
select current_time is not null;
-- refused
select * from unnest(array[1, 2], array['a', 'b']) u (x, y);
-- refused
merge into r using (values (1)) v (x) on r.id = v.x when matched then do nothing;
-- refused
alter table r alter column a type int;
-- refused
alter table r owner to postgres;
-- refused
alter table r set (fillfactor = 70);
-- refused
alter table r cluster on r_pkey;
-- refused
alter table r disable trigger all;
-- refused
alter table r replica identity full;
-- refused
create index r_lower on r (lower(b));
-- refused
create index r_part on r (a) where a > 5;
-- refused
create index r_incl on r (a) include (b);
-- refused
create index concurrently r_conc on r (a);
-- refused
create temp table r_temp (a int);
-- refused
create unlogged table r_unlogged (a int);
-- refused
create table r_like (like r);
-- refused
create table r_parted (a int) partition by range (a);
-- refused
create table r_kid () inherits (r);
-- refused
create table r_later (id int primary key, o int references r deferrable initially deferred);
-- refused
create table r_gen (a int, b int generated always as (a * 2) stored);
-- refused
create table r_excl (a int, exclude using btree (a with =));
-- refused
create table r_col (a text collate "unicode");
-- refused
create materialized view r_mv as select 1;
-- refused
comment on table r is 'text';
-- refused
create type r_color as enum ('red', 'green');
-- refused
create type r_pair as (a int, b int);
-- refused
create domain r_posint as int check (value > 0);
-- refused
create function r_f() returns int language sql as 'select 1';
-- refused
create function r_g(x int) returns int as $$ begin return x + 1; end $$ language plpgsql;
-- refused
do $$ begin perform 1; end $$;
-- refused
call nosuch();
-- refused
create rule r_rule as on insert to r do also nothing;
-- refused
create statistics r_st on a, b from r;
-- refused
create role postgres;
-- refused
grant select on r to public;
-- refused
revoke all on r from public;
-- refused
reindex table r;
-- refused
cluster r using r_pkey;
-- refused
listen channel;
-- refused
notify channel, 'payload';
-- refused
unlisten *;
-- refused
prepare transaction 'x';
-- refused
set constraints all immediate;
-- refused
security label on table r is 'x';
-- refused
copy r to '/nonexistent/file';
-- refused
copy r to program 'cat';
-- refused
explain (format json) select 1;
-- refused
declare c binary cursor with hold for select 1;
-- refused
create database postgres;
-- refused
set role postgres;
-- refused
set session authorization postgres;
lock table only r in share mode;
create view r_view as select id, a from r;
-- refused
alter table r rename column a to c;
