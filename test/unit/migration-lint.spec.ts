import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const settings = "SET lock_timeout = '5s';\nSET statement_timeout = '60s';\n";
const config = readFileSync(join(root, '.squawk.toml'), 'utf8');
const [rules = '', paths = ''] = config.split('excluded_paths');
const excludedPaths = quoted(paths);

/** The rules that these files, or this text as a new migration, violate. */
function violations(args: readonly string[], input = ''): string[] {
  const squawk = join(root, 'node_modules/.bin/squawk');
  const planted = input === '' ? [] : ['--stdin-filepath', 'prisma/migrations/99990101000000_planted/migration.sql'];
  const run = spawnSync(squawk, ['--reporter', 'json', ...planted, ...args], { cwd: root, input, encoding: 'utf8' });
  return (JSON.parse(run.stdout) as { file: string; rule_name: string }[]).map(
    ({ file, rule_name }) => `${args.length > 0 ? `${file} ` : ''}${rule_name}`,
  );
}

function quoted(list: string): string[] {
  return [...list.matchAll(/^ {2}"(.+)",$/gm)].map(([, value = '']) => value);
}

describe('npm run check:migrations', () => {
  it('reports statements that block writes or lose data', () => {
    const planted = {
      'CREATE INDEX users_x ON users (x);': 'require-concurrent-index-creation',
      'DROP INDEX users_x;': 'require-concurrent-index-deletion',
      'ALTER TABLE users ADD COLUMN x text NOT NULL;': 'adding-required-field',
      'ALTER TABLE users ALTER COLUMN email SET NOT NULL;': 'adding-not-nullable-field',
      'ALTER TABLE users ADD CONSTRAINT c CHECK (version > 1);': 'constraint-missing-not-valid',
      'ALTER TABLE users ALTER COLUMN version TYPE bigint;': 'changing-column-type',
      'ALTER TABLE users RENAME COLUMN email TO mail;': 'renaming-column',
      'ALTER TABLE users DROP COLUMN email;': 'ban-drop-column',
      'DROP TABLE users;': 'ban-drop-table',
    };

    expect(violations([], settings + Object.keys(planted).join('\n'))).toEqual(Object.values(planted));
  });

  it('reports a migration without timeouts', () => {
    expect(violations([], 'ALTER TABLE users ADD COLUMN x text;')).toEqual([
      'require-lock-timeout',
      'require-statement-timeout',
    ]);
  });

  it('accepts a waiver for one statement', () => {
    const waived = '-- No release has read it since 1.4.\n-- squawk-ignore ban-drop-column\n';
    const statement = 'ALTER TABLE users DROP COLUMN x;\n';

    expect(violations([], settings + waived + statement)).toEqual([]);
    expect(violations([], settings + waived + statement + statement)).toEqual(['ban-drop-column']);
  });

  it('excludes those of the first migrations that violate a rule, and no other', () => {
    const excludedRules = quoted(rules).flatMap((rule) => ['--exclude', rule]);
    const found = violations([
      ...['--config', '/dev/null', '--assume-in-transaction', '--pg-version', '14.0'],
      ...excludedRules,
      ...excludedPaths,
    ]);

    expect([...new Set(found.map((each) => each.split(' ')[0]))].sort()).toEqual([...excludedPaths].sort());
    expect(excludedPaths.filter((path) => path > 'prisma/migrations/20261129610000')).toEqual([]);
  });
});

describe('A waiver in a migration', () => {
  const waivers = globSync('prisma/migrations/*/*.sql', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?:^(.*)\n)?^-- squawk-ignore(.*)$/gm)].map(
      ([, before = '', rest = '']) => ({ file, before, rest }),
    ),
  );

  it('has its reason on the line before, and names the rules of one statement', () => {
    const bare = waivers.filter(({ before, rest }) => !/^-- \S/.test(before) || !/^ [a-z]/.test(rest));
    expect(bare).toEqual([]);
  });
});
