SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The language of emails to recipients without an account, and where the request that caused an email came from.
ALTER TABLE "mails" ADD COLUMN "locale" VARCHAR(35) NOT NULL DEFAULT 'en',
  ADD COLUMN "ip" VARCHAR(45),
  ADD COLUMN "browser" VARCHAR(64);
