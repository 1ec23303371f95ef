-- The same code as before, in one expression: the planner writes it into the statement instead of calling a function for
-- each row, which was a quarter of what a batch of parcels cost.
CREATE OR REPLACE FUNCTION short_code(n bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', (((((((n * 374761393 + 97531) & 1073741823) # (((n * 374761393 + 97531) & 1073741823) >> 15)) * 668265263) & 1073741823) >> 0) & 31)::integer + 1, 1)
  || substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', (((((((n * 374761393 + 97531) & 1073741823) # (((n * 374761393 + 97531) & 1073741823) >> 15)) * 668265263) & 1073741823) >> 5) & 31)::integer + 1, 1)
  || substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', (((((((n * 374761393 + 97531) & 1073741823) # (((n * 374761393 + 97531) & 1073741823) >> 15)) * 668265263) & 1073741823) >> 10) & 31)::integer + 1, 1)
  || substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', (((((((n * 374761393 + 97531) & 1073741823) # (((n * 374761393 + 97531) & 1073741823) >> 15)) * 668265263) & 1073741823) >> 15) & 31)::integer + 1, 1)
  || substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', (((((((n * 374761393 + 97531) & 1073741823) # (((n * 374761393 + 97531) & 1073741823) >> 15)) * 668265263) & 1073741823) >> 20) & 31)::integer + 1, 1)
  || substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', (((((((n * 374761393 + 97531) & 1073741823) # (((n * 374761393 + 97531) & 1073741823) >> 15)) * 668265263) & 1073741823) >> 25) & 31)::integer + 1, 1)
);
