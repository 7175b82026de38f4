import { describe, expect, it } from '@jest/globals';
import { findSupplyChainProblems } from '../../src/cli/check-supply-chain.ts';
import { Lockfile, readJson } from '../../src/cli/lockfile.ts';

const integrity = 'sha512-AAAA';
const ok = { version: '1.0.0', integrity, license: 'MIT' };

/** The problems of a product that depends on `a`, with these packages and this manifest. */
function problems(packages: Record<string, object>, manifest: object = {}): string[] {
  const root = { dependencies: { a: '1.0.0' }, devDependencies: { tool: '1.0.0' } };
  return findSupplyChainProblems(
    { ...root, ...manifest },
    { lockfileVersion: 3, packages: { '': root, 'node_modules/a': ok, ...packages } },
  );
}

describe('npm run check:supply-chain', () => {
  it.each([
    [
      'another registry',
      { resolved: 'https://mirror.example.com/a.tgz' },
      /^package-lock.json: node_modules\/a is not/,
    ],
    ['a URL without TLS', { resolved: 'http://registry.npmjs.org/a/-/a-1.0.0.tgz' }, /is not from/],
    ['a git repository', { resolved: 'git+ssh://git@github.com/o/a.git#1' }, /is not from/],
    ['a link', { link: true }, /is not from .* but a link$/],
    ['no hash', { integrity: undefined }, /has no SHA-512 hash$/],
    ['a weak hash', { integrity: 'sha1-AAAA' }, /has no SHA-512 hash$/],
    ['an install script without a decision', { hasInstallScript: true }, /allowScripts does not say .* of a may run$/],
    ['a licence that is not allowed', { license: 'AGPL-3.0-only' }, /^a@1\.0\.0 has the licence AGPL-3\.0-only$/],
    ['no licence', { license: undefined }, /^a@1\.0\.0 has the licence none$/],
    ['two licences of which one is not allowed', { license: '(MIT AND GPL-3.0-only)' }, /has the licence/],
  ])('reports a package with %s', (_, change, problem) => {
    const found = problems({ 'node_modules/a': { ...ok, ...change } });

    expect(found).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    ['a choice of licences', { license: '(GPL-2.0-only OR MIT)' }, {}],
    ['the registry as its origin', { resolved: 'https://registry.npmjs.org/a/-/a-1.0.0.tgz' }, {}],
    ['an install script with a decision', { hasInstallScript: true }, { allowScripts: { a: false } }],
    ['an alias', {}, { dependencies: { a: 'npm:@scope/b@1.0.0-rc.1' } }],
  ])('accepts %s', (_, change, manifest) => {
    expect(problems({ 'node_modules/a': { ...ok, ...change } }, manifest)).toEqual([]);
  });

  it('reports a range of versions, and a decision about a package without an install script', () => {
    expect(problems({}, { dependencies: { a: '^1.0.0' }, allowScripts: { a: false } })).toEqual([
      'package.json: a has no exact version but "^1.0.0"',
      'package.json: allowScripts names a, which has no install script',
    ]);
  });

  it('checks the licences of the production packages, wherever they are installed', () => {
    const gpl = { ...ok, license: 'GPL-3.0-only' };
    const packages = {
      'node_modules/a': { ...ok, dependencies: { b: '1' }, peerDependencies: { c: '1', d: '1' } },
      'node_modules/a/node_modules/b': { ...ok, dependencies: { c: '1' } },
      'node_modules/b': gpl,
      'node_modules/c': gpl,
      'node_modules/d': gpl,
      'node_modules/tool': gpl,
    };
    const withOptionalPeer = { ...packages['node_modules/a'], peerDependenciesMeta: { d: { optional: true } } };

    expect(problems(packages)).toEqual([
      'c@1.0.0 has the licence GPL-3.0-only',
      'd@1.0.0 has the licence GPL-3.0-only',
    ]);
    expect(problems({ ...packages, 'node_modules/a': withOptionalPeer })).toEqual([
      'c@1.0.0 has the licence GPL-3.0-only',
    ]);
  });

  it('counts no development dependency of this repository as a production package', () => {
    const names = new Set(new Lockfile().production().map(({ name }) => name));

    expect(names).toContain('pg');
    expect(['jest', 'prisma', 'typescript', 'squawk-cli'].filter((name) => names.has(name))).toEqual([]);
    expect(findSupplyChainProblems(readJson('package.json'), readJson('package-lock.json'))).toEqual([]);
  });
});
