import { describe, expect, it } from '@jest/globals';
import { parseScript } from './migration-script.ts';

const settings = "-- why\nSET lock_timeout = '5s';\nSET statement_timeout TO '60s';";

describe('parseScript', () => {
  it('splits the text after its leading settings', () => {
    expect(parseScript(`${settings}\n\nCREATE TABLE a (id int);\nSET lock_timeout = 0;\n`)).toMatchObject({
      settings,
      body: 'CREATE TABLE a (id int);\nSET lock_timeout = 0;',
    });
  });

  it('accepts a text without settings or without statements', () => {
    expect(parseScript('SELECT 1;')).toMatchObject({ settings: '', body: 'SELECT 1;' });
    expect(parseScript('-- nothing')).toMatchObject({ settings: '-- nothing', body: '' });
  });

  it.each([
    ['CREATE INDEX CONCURRENTLY users_a ON users (a)', 'users_a'],
    ['create unique index concurrently if not exists Users_A on users (a)', 'users_a'],
    ['CREATE INDEX CONCURRENTLY "Users_A" ON users (a)', 'Users_A'],
    ['CREATE INDEX users_a ON users (a)', undefined],
  ])('returns the index that a failed %s leaves', (sql, index) => {
    expect(parseScript(`${settings}\n${sql};`).concurrentIndex).toBe(index);
  });

  it.each([
    ['CREATE TABLE a (id int);', true],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND;\n$$;', true],
    ['BEGIN;\nCREATE TABLE a (id int);\nCOMMIT;', false],
    ['CREATE TABLE a (id int);\ncommit work;', false],
    ['START TRANSACTION ISOLATION LEVEL SERIALIZABLE;', false],
  ])('returns whether a failure leaves nothing: %j', (sql, repeatable) => {
    expect(parseScript(sql).repeatable).toBe(repeatable);
  });

  it.each([
    ['CREATE TABLE a (id int);', true],
    ['DO $$\nBEGIN\n  PERFORM 1;\nEND;\n$$;', true],
    ['BEGIN;\nCREATE TABLE a (id int);\nCOMMIT;', false],
    ['DO $$ BEGIN PERFORM 1; COMMIT; END $$;', false],
    ['DROP INDEX CONCURRENTLY a_id;', false],
    ['VACUUM a;', false],
  ])('returns whether its record can be finished in the same transaction: %j', (sql, atomic) => {
    expect(parseScript(sql).atomic).toBe(atomic);
  });
});
