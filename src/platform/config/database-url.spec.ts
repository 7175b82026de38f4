import { describe, expect, it } from '@jest/globals';
import { errorsOf } from '../../../test/harness/app/config.ts';
import { parseConfig } from './config.ts';
import { readDatabaseUrl } from './database-url.ts';

const base = 'postgresql://plinth:secret@db.example.com';

describe('DATABASE_URL', () => {
  it.each([
    [`${base}/plinth`, 'db.example.com:5432'],
    [`postgres://db.example.com:6543/plinth?sslmode=disable`, 'db.example.com:6543'],
    ['postgresql://u:p@[::1]:5433/db', '::1:5433'],
    ['postgresql://u:p@/db?host=/run/postgresql', '/run/postgresql:5432'],
    ['postgresql:///db?host=/run/postgresql&port=5433', '/run/postgresql:5433'],
    ['postgresql://u:p@%2Frun%2Fpostgresql/db', '/run/postgresql:5432'],
    ['postgresql://u:p%40ss%2Fw%3F%23%25@db.example.com/db', 'db.example.com:5432'],
    ["postgresql://u:!$&'()*+,;=~@db.example.com/db", 'db.example.com:5432'],
  ])('may be %s', (DATABASE_URL, place) => {
    expect(problemsOfUrl(DATABASE_URL)).toEqual([]);
    expect(readDatabaseUrl(DATABASE_URL)).toMatchObject({ place, schema: 'public', options: '' });
  });

  it('separates schema and options, which the session uses, from the connection string', () => {
    expect(readDatabaseUrl(`${base}/plinth?schema=app&sslmode=disable&options=-c%20work_mem%3D8MB`)).toEqual({
      connectionString: `${base}/plinth?sslmode=disable`,
      schema: 'app',
      options: '-c work_mem=8MB',
      place: 'db.example.com:5432',
    });
  });

  it.each([
    ['mysql://u:hunter2@host/db', 'must be a URL such as postgresql://user:password@host:5432/database'],
    ['hunter2', 'must be a URL such as'],
    ['postgresql://u:hunter2@a:5432,b:5432/db', 'must be a URL such as'],
    ['postgresql://u:hunter2?x@host/db', 'must be a URL such as'],
    ['postgresql://u:hunter2/x@host/db', 'must be a URL such as'],
    ['postgresql://u:hunter2%E4@host/db', 'other characters in the password must be percent-encoded'],
    ['postgresql://u:hunter2#x@host/db', 'has a #, which must be written as %23'],
    ['postgresql://u:hunter2%@host/db', 'has a % or a space that is not percent-encoded'],
    [`${base}/db?hunter2@x=1`, 'has an unknown parameter'],
    [`${base}/db?constructor=1`, 'has an unknown parameter constructor'],
    [`${base}/db?sslmod=require`, 'has an unknown parameter sslmod'],
    [
      `${base}/db?sslmode=hunter2`,
      'must have a sslmode of disable, no-verify, prefer, require, verify-ca, verify-full',
    ],
    [`${base}/db?connection_limit=5`, 'has the parameter connection_limit, which is not read: set DATABASE_POOL_MAX'],
    [`${base}/db?pgbouncer=true`, 'which is not read: set DATABASE_DIRECT_URL and DATABASE_PREPARED_STATEMENTS'],
    [`${base}/db?options=-c%20search_path%3Dapp`, 'sets search_path: name the schema by ?schema='],
    [`${base}/db?schema=my-app`, 'must have a schema of at most 55 lower-case letters, digits and underscores'],
    [`${base}/db?schema=`, 'must have a schema of at most 55 lower-case letters, digits and underscores'],
    [`${base}/db?schema=App`, 'must have a schema of at most 55 lower-case letters, digits and underscores'],
    [`${base}/db?schema=pg_app`, 'has a schema that is reserved for PostgreSQL or for the queue'],
    [
      `${base}/db?sslmode=verify-full&sslrootcert=/no/such/ca.pem`,
      'names a sslrootcert that cannot be read: /no/such/ca.pem (ENOENT)',
    ],
  ])('is rejected in one line, without its secrets: %s', (DATABASE_URL, problem) => {
    const problems = problemsOfUrl(DATABASE_URL);

    expect(problems).toEqual([expect.stringContaining(`DATABASE_URL: `)]);
    expect(problems[0]).toContain(problem);
    expect(problems[0]).not.toContain('hunter2');
  });
});

describe('DATABASE_DIRECT_URL', () => {
  const pooler = 'postgresql://u:p@pooler.example.com:6432/plinth';

  it('marks DATABASE_URL as pooled when its host or port differs', () => {
    const { database } = parseConfig({ DATABASE_URL: pooler, DATABASE_DIRECT_URL: `${base}/plinth` });

    expect(database).toMatchObject({ pooled: true, preparedStatements: false });
    expect(
      parseConfig({
        ...{ DATABASE_URL: pooler, DATABASE_DIRECT_URL: `${base}/plinth` },
        DATABASE_PREPARED_STATEMENTS: 'true',
      }).database.preparedStatements,
    ).toBe(true);
  });

  it.each([{}, { DATABASE_URL: `${base}/plinth` }, { DATABASE_URL: pooler, DATABASE_DIRECT_URL: pooler }])(
    'does not mark it as pooled otherwise: %j',
    (variables) => {
      expect(parseConfig(variables).database).toMatchObject({ pooled: false, preparedStatements: true });
    },
  );

  it('is rejected without DATABASE_URL, and with another schema', () => {
    expect(errorsOf({ DATABASE_DIRECT_URL: pooler })).toEqual(['DATABASE_DIRECT_URL: is set without DATABASE_URL']);
    expect(errorsOf({ DATABASE_URL: `${pooler}?schema=app`, DATABASE_DIRECT_URL: `${base}/plinth` })).toEqual([
      'DATABASE_DIRECT_URL: must have the same ?schema= as DATABASE_URL',
    ]);
  });
});

function problemsOfUrl(DATABASE_URL: string): readonly string[] {
  try {
    parseConfig({ DATABASE_URL });
    return [];
  } catch {
    return errorsOf({ DATABASE_URL });
  }
}
