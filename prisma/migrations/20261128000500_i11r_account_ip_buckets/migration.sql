SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The failures of an account from each IP address, which a password reset clears together.
CREATE INDEX CONCURRENTLY "rate_limit_buckets_account_ip_idx" ON "rate_limit_buckets" ("key" varchar_pattern_ops)
  WHERE "key" LIKE 'login-account-address:%';
