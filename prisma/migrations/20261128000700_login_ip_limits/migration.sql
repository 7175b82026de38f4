SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The rate limits of logins are named after what they count: IP addresses, and consecutive failures.
UPDATE "rate_limit_buckets" SET "key" = CASE split_part("key", ':', 1)
    WHEN 'login-address' THEN 'login-ip'
    WHEN 'login-account-address' THEN 'login-account-ip'
    ELSE 'login-consecutive'
  END || substr("key", strpos("key", ':'))
  WHERE split_part("key", ':', 1) IN ('login-address', 'login-account-address', 'login-row');

-- DropIndex
DROP INDEX "rate_limit_buckets_account_ip_idx";
