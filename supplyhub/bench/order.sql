-- One order of three lines a call, by the product's own function: a script of pgbench.
-- Household after household in a scattered order; one that comes again changes its order, as over HTTP.
\set turn (:n * :clients + :client_id) / :homes
\set home permute((:n * :clients + :client_id) % :homes, :homes)
\set n :n + 1
\set account :first_account + :home
\set home :first_home + :home
\set units :turn + 1
\set total 3 * :units * :price
\set start random(0, :items - 1)
\set one :first_item + :start
\set start (:start + random(1, :step)) % :items
\set two :first_item + :start
\set start (:start + random(1, :step)) % :items
\set three :first_item + :start
SELECT outcome, data FROM put_orders(
  ARRAY[:menu]::bigint[], ARRAY[:home]::bigint[], ARRAY[:account]::bigint[], ARRAY['web'], ARRAY[nullif(:turn, 0)]::bigint[],
  ARRAY[:total]::bigint[], ARRAY[''], ARRAY[1, 1, 1]::bigint[], ARRAY[:one, :two, :three]::bigint[],
  ARRAY[:units, :units, :units]::bigint[], ARRAY['less', 'less', 'less'], ARRAY[NULL, NULL, NULL]::bigint[],
  ARRAY[NULL, NULL, NULL]::bigint[]);
