import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentProduct, renameProduct, renameText } from '../../src/cli/rename.ts';

const root = join(import.meta.dirname, '../..');
const product = { name: 'quarry-desk', title: 'Quarry Desk' };
const { name: old, title: oldTitle } = currentProduct;

describe('npm run rename', () => {
  let folder = '';
  let paths: string[] = [];

  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rename-'));
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
    paths = listed.toString().split('\0').filter(Boolean);
    for (const path of paths) cpSync(join(root, path), join(folder, path), { force: true });
    renameProduct(folder, product);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('leaves no old spelling but in the changelog and the licence', () => {
    const forms = [old, old.replaceAll('-', '_'), old.replaceAll('-', ''), oldTitle].map((form) => form.toLowerCase());
    const leftovers = paths
      .filter((path) => !['CHANGELOG.md', 'LICENSE'].includes(path) && !path.endsWith('.png'))
      .filter((path) => forms.some((form) => `${path}\n${read(path)}`.toLowerCase().includes(form)));

    expect(leftovers).toEqual([]);
  });

  it('renames the package, the API, the realm and the development database', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({ name: 'quarry-desk' });
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({ name: 'quarry-desk' });
    expect(JSON.parse(read('docs/openapi.json'))).toMatchObject({ info: { title: 'Quarry Desk' } });
    expect(read('.env.example')).toContain('#APP_NAME=Quarry Desk\n');
    expect(read('README.md')).toMatch(/^# Quarry Desk\n/);
    expect(read('src/features/auth/login/auth.errors.ts')).toContain('realm="quarry-desk"');
    expect(read('docker/compose.yaml')).toContain('POSTGRES_DB: quarry_desk');
  });

  it('can rename the product again', () => {
    expect(read('src/cli/rename.ts')).toContain(
      "currentProduct: Product = { name: 'quarry-desk', title: 'Quarry Desk' }",
    );
  });

  it.each([
    ['{old}_app', 'quarry_desk_app'],
    ['x-{old}-access', 'x-quarry-desk-access'],
    ['globalThis.{old}TestServer', 'globalThis.quarryDeskTestServer'],
    ['{OLD}_URL', 'QUARRY_DESK_URL'],
    ['{Old}Error', 'QuarryDeskError'],
    ['"{Old}" <no-reply@localhost>', '"Quarry Desk" <no-reply@localhost>'],
    ["current_setting('{old}.session')", "current_setting('quarry_desk.session')"],
    ['postgresql://{old}:%s@postgres:5432/{old}', 'postgresql://quarry_desk:%s@postgres:5432/quarry_desk'],
    ['https://api.{old}.example', 'https://api.quarry-desk.example'],
    ['CREATE DATABASE {old} ENCODING', 'CREATE DATABASE quarry_desk ENCODING'],
    ['CREATE ROLE {old} LOGIN', 'CREATE ROLE quarry_desk LOGIN'],
    ['OWNER {old} ENCODING', 'OWNER quarry_desk ENCODING'],
    ['names({ {old}: template })', 'names({ quarry_desk: template })'],
    ['docker build -t {old} .', 'docker build -t quarry-desk .'],
  ])('renames %s', (template, expected) => {
    // In a renamed tree the old name may have several words, whose spelling needs no context.
    if (old.includes('-')) return;
    const text = template.replaceAll('{old}', old).replaceAll('{OLD}', old.toUpperCase()).replaceAll('{Old}', oldTitle);

    expect(renameText(text, 'src/any.ts', product)).toBe(expected);
  });

  it.each([
    { name: 'Acme', title: 'Acme' },
    { name: 'acme_api', title: 'Acme' },
    { name: 'a'.repeat(31), title: 'Acme' },
    { name: 'acme', title: '' },
    { name: 'acme', title: "Acme's" },
  ])('refuses $name, "$title"', (invalid) => {
    expect(() => renameProduct(folder, invalid)).toThrow('Usage: npm run rename');
  });
});
