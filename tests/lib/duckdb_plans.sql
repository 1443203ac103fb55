select count(*) as q01 from t where b < 6
select a as q02, count(*), sum(b) from t group by a order by 2 desc, 1 limit 10
select t.c as q03 from t join u on u.t_id = t.id where u.v < 5
select distinct c as q04 from t where id < 30000
select id as q05 from t where id between 1000 and 70000 and b = 3
select id as q06 from t order by c, id desc limit 7
select id as q07, row_number() over (partition by a order by c), sum(b) over (partition by b) from t where id < 50000
select id as q08 from t where a = 5 union all select t_id from u where v = 7
select id as q09 from t where a = 5 union select t_id from u where v = 7
select t_id as q10 from u except select id from t where a < 50
select t.id as q11 from t left join u on u.t_id = t.id and u.v = 3 where t.id < 5000
select count(*) as q12 from u x join u y on x.v = y.v and x.t_id < y.t_id where x.t_id < 3000
select x.a as q13, max(y.v) from t x join u y on x.id = y.t_id join t z on z.id = x.id group by x.a having max(y.v) > 40
select id as q14 from t where exists (select 1 from u where u.t_id = t.id and u.v = 11)
select id as q15 from t limit 5000 offset 777
with recursive r(n) as (select 1 union all select n + 1 from r where n < 50) select count(*) as q16 from r
select unnest([1, 2, id]) as q17 from t where id < 3000
select quantile_cont(id, 0.5) as q18, b from t group by b
select c as q19 from t using sample 100 rows (reservoir, 7)
select sum(id) filter (where a = 3) as q20, lag(sum(id)) over (order by b) from t group by b
select x.v as q21 from u x, (select min(t_id) as m from u group by v) y where x.t_id = y.m
select t.id as q22 from t asof join u on t.id >= u.t_id where t.id < 2000
create or replace table q23 as select id, c from t where id < 40000
insert into q24 select t_id, 'new' from u where v = 1
update q25 set c = 'changed' where id < 10
delete from q26 where id < 500
select r as q27, h from w order by h
select h as q28, count(*) from w group by h order by 2 desc, 1 limit 3
