SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- AlterTable
ALTER TABLE "users" ADD COLUMN "password_locked_at" TIMESTAMPTZ(6);

-- CreateTable
CREATE TABLE "attempt_buckets" (
    "key" VARCHAR(160) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "open" TIMESTAMPTZ(6)[] NOT NULL DEFAULT ARRAY[]::TIMESTAMPTZ(6)[],
    "last_at" TIMESTAMPTZ(6),
    "told_until" TIMESTAMPTZ(6),
    "ends_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "attempt_buckets_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "attempt_buckets_ends_at_idx" ON "attempt_buckets"("ends_at");

ALTER TABLE "attempt_buckets" ADD CONSTRAINT "attempt_buckets_failures_check" CHECK ("failures" >= 0);

-- What a bucket says of one more attempt at a moment: 'free'; 'full' until when; 'busy' while only attempts that are
-- being made right now fill it. A reservation that nobody has settled within 10 seconds counts as a failure: whoever
-- made it may have died. Behind the limit there is one attempt after each pause, which doubles up to its longest; a pause
-- of 0 lasts until the bucket ends. A limit of NULL only counts.
CREATE FUNCTION "attempts_verdict"("b" "attempt_buckets", "at" timestamptz, "most" integer, "pause" integer, "longest" integer,
  OUT "state" text, OUT "until" timestamptz)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  ended boolean := b.ends_at <= at;
  fresh integer := (SELECT count(*) FROM unnest(b.open) AS o WHERE o > at - interval '10 seconds');
  failed integer := CASE WHEN ended THEN 0 ELSE b.failures + cardinality(b.open) - fresh END;
BEGIN
  state := 'free';
  IF most IS NULL THEN RETURN; END IF;
  IF failed + fresh >= most THEN state := CASE WHEN fresh > 0 THEN 'busy' ELSE 'free' END; END IF;
  IF failed < most THEN RETURN; END IF;
  until := CASE WHEN pause = 0 THEN b.ends_at ELSE
    greatest(b.last_at, (SELECT max(o) FROM unnest(b.open) AS o WHERE o <= at - interval '10 seconds'))
      + make_interval(secs => least(longest::numeric, pause * 2::numeric ^ least(failed - most, 30))::integer) END;
  IF until > at THEN state := 'full'; ELSE until := NULL; END IF;
END $$;

-- Reserves one attempt in all of its buckets, or in none. First a look without locks: who is refused all day long writes
-- nothing. Then every row is locked, in the order of the keys whatever order they came in, so that two attempts wait for
-- each other one way only, and looked at again. With `counts` the attempt needs no settling: it counts as it is. Where that is
-- NULL nothing is reserved: the first look is all.
-- "bucket" is the position of the one that refuses the longest, "news" whether this block of it was not told before.
CREATE FUNCTION "attempts_reserve"("of_keys" text[], "limits" integer[], "windows" integer[], "pauses" integer[],
  "longests" integer[], "counts" boolean)
RETURNS TABLE ("state" text, "bucket" integer, "seconds" integer, "news" boolean, "reserved" text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  at timestamptz := clock_timestamp();
  until timestamptz;
  of_key text;
BEGIN
  FOR pass IN 1..CASE WHEN counts IS NULL THEN 1 ELSE 2 END LOOP
    IF pass = 2 THEN
      FOR of_key IN SELECT k FROM unnest(of_keys) AS k ORDER BY k COLLATE "C" LOOP
        LOOP
          INSERT INTO attempt_buckets (key, ends_at) VALUES (of_key, '-infinity') ON CONFLICT (key) DO NOTHING;
          PERFORM FROM attempt_buckets AS b WHERE b.key = of_key FOR UPDATE;
          -- Else somebody has deleted it in between.
          EXIT WHEN FOUND;
        END LOOP;
      END LOOP;
      at := clock_timestamp();
    END IF;
    SELECT v.state, r.n, v.until INTO state, bucket, until
    FROM unnest(of_keys, limits, pauses, longests) WITH ORDINALITY AS r (key, most, pause, longest, n)
    JOIN attempt_buckets AS b ON b.key = r.key, attempts_verdict(b, at, r.most, r.pause, r.longest) AS v
    WHERE v.state <> 'free' ORDER BY v.state = 'full' DESC, v.until DESC LIMIT 1;
    EXIT WHEN FOUND;
  END LOOP;
  news := false;
  IF state IS NULL AND counts IS NULL THEN
    state := 'free';
  ELSIF state IS NULL THEN
    UPDATE attempt_buckets AS b SET
      failures = CASE WHEN b.ends_at <= at THEN 0 ELSE b.failures END + counts::integer,
      open = ARRAY(SELECT o FROM unnest(b.open) AS o WHERE b.ends_at > at OR o > at - interval '10 seconds')
        || CASE WHEN counts THEN '{}' ELSE ARRAY[at] END,
      last_at = CASE WHEN counts THEN at ELSE b.last_at END,
      ends_at = CASE WHEN b.ends_at <= at THEN at + make_interval(secs => r.span) ELSE b.ends_at END
    FROM unnest(of_keys, windows) AS r (key, span) WHERE b.key = r.key;
    state := 'free';
    reserved := at::text;
  ELSE
    IF state = 'full' THEN
      seconds := ceil(extract(epoch FROM until - at));
      UPDATE attempt_buckets AS b SET told_until = until
      WHERE b.key = of_keys[bucket] AND b.told_until IS DISTINCT FROM until;
      news := FOUND;
    END IF;
    -- Those that were made to be locked.
    DELETE FROM attempt_buckets AS b WHERE b.key = ANY (of_keys) AND b.ends_at = '-infinity';
  END IF;
  RETURN NEXT;
END $$;

-- Ends an attempt in all of its buckets, in the same order: 'failure' makes the reservation final, 'refund' takes it
-- back, 'clear' forgets earlier failures too. A window that slides begins anew with each failure. Returns the failures
-- that each bucket holds then, in the order of the keys as they came. A bucket that has ended meanwhile begins anew.
CREATE FUNCTION "attempts_settle"("of_keys" text[], "windows" integer[], "slides" boolean[], "outcomes" text[], "reserved" timestamptz)
RETURNS integer[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  totals integer[] := array_fill(0, ARRAY[cardinality(of_keys)]);
  total integer;
  at timestamptz;
  n integer;
BEGIN
  FOR n IN SELECT r.n FROM unnest(of_keys) WITH ORDINALITY AS r (key, n) ORDER BY r.key COLLATE "C" LOOP
    IF outcomes[n] = 'failure' THEN
      PERFORM FROM attempt_buckets AS b WHERE b.key = of_keys[n] FOR UPDATE;
      at := clock_timestamp();
      INSERT INTO attempt_buckets AS b (key, failures, last_at, ends_at)
      VALUES (of_keys[n], 1, at, at + make_interval(secs => windows[n]))
      ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN b.ends_at <= at THEN 1 ELSE b.failures + 1 END,
        open = attempts_without(b.open, reserved),
        last_at = at,
        ends_at = CASE WHEN b.ends_at <= at OR slides[n] THEN EXCLUDED.ends_at ELSE b.ends_at END
      RETURNING b.failures INTO total;
    ELSE
      total := 0;
      DELETE FROM attempt_buckets AS b
      WHERE b.key = of_keys[n] AND (b.failures = 0 OR outcomes[n] = 'clear') AND b.open <@ ARRAY[reserved];
      IF NOT FOUND THEN
        UPDATE attempt_buckets AS b SET
          failures = CASE WHEN outcomes[n] = 'clear' THEN 0 ELSE b.failures END,
          open = attempts_without(b.open, reserved)
        WHERE b.key = of_keys[n] RETURNING b.failures INTO total;
      END IF;
    END IF;
    totals[n] := coalesce(total, 0);
  END LOOP;
  RETURN totals;
END $$;

-- The reservations but for one that was made at this moment; of several it does not matter which.
CREATE FUNCTION "attempts_without"("reservations" timestamptz[], "reserved" timestamptz)
RETURNS timestamptz[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(reservations[:p - 1] || reservations[p + 1:], reservations)
  FROM (SELECT array_position(reservations, reserved) AS p) AS found
$$;
