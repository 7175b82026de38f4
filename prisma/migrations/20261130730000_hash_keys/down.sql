SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Recovery codes whose key is not derived from the current APP_SECRET would become invalid.
DO $$
BEGIN
    IF EXISTS (SELECT FROM "hash_keys") AND EXISTS (SELECT FROM "recovery_codes") THEN
        RAISE EXCEPTION 'recovery codes need the keys in hash_keys';
    END IF;
END
$$;

DROP TABLE "hash_keys";
