import type { LockedPackage } from './lockfile.ts';
import { Lockfile, manifestSchema, readJson } from './lockfile.ts';
import type { z } from 'zod';

/** Licences (SPDX) of packages that are part of the product. docs/operations/supply-chain.md says how to add one. */
const allowedLicences = new Set(
  ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0', 'Unlicense'].concat(
    // Permissive too; of argparse, which is a translation of Python's.
    'Python-2.0',
  ),
);

/** Packages whose manifest has no SPDX licence, with the one that their files state. */
const statedLicences: Readonly<Record<string, string>> = {
  // The older form of the manifest, `licenses`.
  'passport-strategy@1.0.0': 'MIT',
  // In its Readme.md only.
  'pause@0.0.1': 'MIT',
};

const registry = 'https://registry.npmjs.org/';
const exactVersion = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.-]+)?$/;

if (import.meta.main) {
  const found = findSupplyChainProblems(readJson('package.json'), readJson('package-lock.json'));
  for (const finding of found) console.error(finding);
  if (found.length > 0) {
    console.error(`\n${found.length} problems: docs/operations/supply-chain.md describes each.`);
    process.exitCode = 1;
  }
}

/**
 * Checks package.json and package-lock.json, and returns one line for each problem.
 * @throws ZodError when one of them has another format
 */
export function findSupplyChainProblems(manifest: unknown, content: unknown): string[] {
  const lockfile = new Lockfile(content);
  const parsed = manifestSchema.parse(manifest);
  return [
    ...inexactVersions(parsed),
    ...lockfile.packages.flatMap(originProblems),
    ...scriptProblems(parsed.allowScripts, lockfile.packages),
    ...lockfile.production().flatMap(licenceProblems),
  ];
}

function inexactVersions({ dependencies, devDependencies }: z.infer<typeof manifestSchema>): string[] {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !exactVersion.test(version))
    .map(([name, version]) => `package.json: ${name} has no exact version but "${version}"`);
}

/** The registry is the only source, and npm compares each download with its hash. */
function originProblems({ path, link, resolved, integrity }: LockedPackage): string[] {
  // The lockfile may omit the URL: npm then downloads from the registry that it is configured for.
  const foreign = link === true || (resolved !== undefined && !resolved.startsWith(registry));
  return [
    ...(foreign ? [`package-lock.json: ${path} is not from ${registry} but ${resolved ?? 'a link'}`] : []),
    ...(integrity?.startsWith('sha512-') ? [] : [`package-lock.json: ${path} has no SHA-512 hash`]),
  ];
}

function scriptProblems(allowScripts: Readonly<Record<string, boolean>>, packages: readonly LockedPackage[]): string[] {
  const withScripts = new Set(packages.filter((each) => each.hasInstallScript === true).map(({ name }) => name));
  const undecided = [...withScripts].filter((name) => !(name in allowScripts));
  const unneeded = Object.keys(allowScripts).filter((name) => !withScripts.has(name));
  return [
    ...undecided.map((name) => `package.json: allowScripts does not say whether the install script of ${name} may run`),
    ...unneeded.map((name) => `package.json: allowScripts names ${name}, which has no install script`),
  ];
}

function licenceProblems({ name, version = '', license }: LockedPackage): string[] {
  const licence = license ?? statedLicences[`${name}@${version}`];
  return licence !== undefined && isAllowed(licence) ? [] : [`${name}@${version} has the licence ${licence ?? 'none'}`];
}

/** An SPDX expression without nested parentheses. */
function isAllowed(expression: string): boolean {
  const alternatives = expression.replaceAll(/[()]/g, '').split(' OR ');
  return alternatives.some((each) => each.split(' AND ').every((licence) => allowedLicences.has(licence.trim())));
}
