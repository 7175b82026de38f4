SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Ending all sessions of a user is one statement, whose cost beside the rows themselves does not grow with their number.

-- A UUIDv7 (RFC 9562) for a row that a statement makes inside the database: the time in milliseconds, the place of the
-- row among those of its statement (26 bits), and 48 random bits. Rows of one statement sort by their place.
CREATE FUNCTION "uuid_v7"("place" bigint) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT (
    lpad(to_hex(floor(extract(epoch FROM now()) * 1000)::bigint), 12, '0')
      || to_hex(x'7000'::int + ((place >> 14) & 4095)) || to_hex(x'8000'::int + (place & 16383))
      || right(gen_random_uuid()::text, 12)
  )::uuid
$$;

-- A change for each session and a notification for each change cost more than ending the sessions, and every process
-- has to read them all. Of one transaction the first session of a user is told by itself, all further ones together, as
-- a change of the user's access. What was told is kept in a setting that ends with the transaction. A statement trigger
-- with transition tables would do the same with a join over them, which is planned without knowing how many rows they
-- hold (25,000 sessions: 70 s, this: 0.2 s), and it would run at every refresh, where the condition of this one is false.
CREATE OR REPLACE FUNCTION "sessions_access_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told text := current_setting('plinth.access_changed', true);
BEGIN
  IF told = 'all of ' || OLD."user_id" THEN
    RETURN NULL;
  ELSIF told = 'one of ' || OLD."user_id" THEN
    PERFORM "access_change"(NULL, OLD."user_id", NULL);
    PERFORM set_config('plinth.access_changed', 'all of ' || OLD."user_id", true);
  ELSE
    PERFORM "access_change"(OLD."id", NULL, NULL);
    PERFORM set_config('plinth.access_changed', 'one of ' || OLD."user_id", true);
  END IF;
  RETURN NULL;
END;
$$;
