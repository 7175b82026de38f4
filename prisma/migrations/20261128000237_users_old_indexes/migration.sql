SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- What the indexes before this take the place of: of all users, deleted ones too; by address twice; by role without order.
DROP INDEX "users_created_at_idx";
DROP INDEX "users_email_idx";
DROP INDEX "users_roles_idx";
