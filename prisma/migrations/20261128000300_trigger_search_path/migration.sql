SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- A trigger runs in the session of whoever changes the table: an operator in psql, a tool, a role with a search_path of
-- its own. Its function finds the tables and functions of this schema there too, and nothing else by their names.
DO $$
DECLARE
  name regprocedure;
BEGIN
  FOR name IN
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proconfig IS NULL
      AND (p.proname = 'access_change' OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid))
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', name, current_schema());
  END LOOP;
END;
$$;
