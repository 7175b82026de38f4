SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- How deep a trigger runs says nothing of who runs it: whoever may make a temporary table can give it a trigger of their
-- own. current_user does: within the functions that run as their owner it is the owner, whoever has called, and within a
-- trigger of somebody else it is that one. Depth is asked all the same, so that the owner does not do it by mistake.
CREATE OR REPLACE FUNCTION "audit_events_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 1 AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
    IF TG_OP = 'DELETE' THEN
      IF OLD."at" < now() - interval '30 days' THEN
        RETURN OLD;
      END IF;
    ELSIF TG_OP = 'UPDATE' THEN
      IF NEW."ip" IS NULL AND NEW."user_agent" IS NULL
        AND to_jsonb(NEW) - '{ip,user_agent}'::text[] = to_jsonb(OLD) - '{ip,user_agent}'::text[]
      THEN
        RETURN NEW;
      END IF;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = '42501';
END;
$$;

-- What went, and when, stays too, and is written by audit_events_expire alone: who writes it otherwise would make events
-- go. The name comes before that of the trigger that deletes them, which is the order they run in.
CREATE FUNCTION "audit_expiries_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_expiries is written by audit_events_expire, and append-only' USING ERRCODE = '42501';
END;
$$;

CREATE TRIGGER "audit_expiries_append_only" BEFORE INSERT OR UPDATE OR DELETE ON "audit_expiries"
  FOR EACH ROW EXECUTE FUNCTION "audit_expiries_refuse_change"();

CREATE TRIGGER "audit_expiries_no_truncate" BEFORE TRUNCATE ON "audit_expiries"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_expiries_refuse_change"();

-- Nor may anybody hang the functions that run as their owner on a table of their own, with users or times made up in it.
-- Triggers that are there need nobody's permission to run.
REVOKE EXECUTE ON FUNCTION "audit_events_forget_users"() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION "audit_events_delete_expired"() FROM PUBLIC;

-- Those that refuse run as their caller, who decides what names mean unless they find nothing but what was meant, as the
-- others do.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_events_refuse_change()', 'audit_expiries_refuse_change()'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', name, current_schema());
  END LOOP;
END;
$$;
