selec 1
select 1 +
select (1
select 1)
select 1 2
select 'abc
select "abc
select "" from t
select /* x
select from where
select a b c from t
insert t values (1)
insert into t values
update t
update t set
delete t
delete from t where
create table
create table x (a)
create table x (a int,)
create table x (a int b)
select a from t where a = = 1
select a = b = c from t
select a < b < c from t
select 1 between 2
select case end
select case when 1 end
select a.b.c.d.e from t
select * * from t
select 1 as
select 1 as select
select 1 from from t
select a from t order
select a from t order by
select a from t group by
select a from t limit
select a from t where
select f(1,
select f(1,)
select array[1
select 1::
select cast(1 as)
select cast(1 int)
select $
select $0
select 123abc
select 1.5e
select 0x1F
select a from t join u
select a from t left u
select a from t natural u
select a from t join u using a
select a from t join u on
values
values (1
begin; select
drop
drop tabel t
alter table t
alter table t add
truncate
explain
explain foo
set
set x
show
copy t
copy t from
copy t from stdin with (format nosuch)
copy t from stdin (nosuch 1)
copy t to stdout (header match)
fetch
declare c cursor
prepare p
execute
grant select on t to x
foo bar
;;; select 1 +
select 1 --comment
select -- x
select é from t
select 'é' x nosuch
select 'é', nosuch
select U&"\0061" from t
select U&'\00'
select E'\'x'
select 1 is not
select a is foo from t
select not
select interval '1' foo
select a from t for
select a from t for update of
select a from t for foo
with x select 1
with x as select 1
select over from t
select sum(a) over from t
select sum(a) over ( from t
select distinct on a from t
select a, from t
select , a from t
select exists 1
select row(
select trim(
select extract(year d) from t
select position('a', 'b')
select a between 1 and from t
select a in 1 from t
select a in () from t
select a like from t
select all from t
select user.x from t
select "T" from "t"
select a from t a b
select a from t as
select 1 union
select 1 union select
select 1 except all
select 1 order by 1 union select 2
select 1 limit 1 union select 2
