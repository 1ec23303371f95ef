-- A six-character code for a number below 2^30, without 0/O/1/I. Different numbers give different codes (an odd
-- factor and a xor-shift are permutations of 30 bits); neighbours look unlike each other. It is no secret.
CREATE FUNCTION short_code(n bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  WITH scrambled AS (
    SELECT ((first # (first >> 15)) * 668265263) & 1073741823 AS bits
    FROM (SELECT (n * 374761393 + 97531) & 1073741823 AS first) AS step
  )
  SELECT string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', ((bits >> shift) & 31)::integer + 1, 1), '' ORDER BY shift)
  FROM scrambled, generate_series(0, 25, 5) AS shift
);
