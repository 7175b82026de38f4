// npm run help: lists the scripts of package.json by group.
import { readFileSync } from 'node:fs';
import { URL } from 'node:url';

const { scripts } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The first matching group lists a script; the last one lists the rest. */
const groups = [
  ['Run', /^(start|dev|build)(:|$)/],
  ['Database', /^db:/],
  ['Accounts and keys', /^(create-admin|secrets|signing-keys)$/],
  ['Tests', /^(test(:|$)|screenshots$)/],
  ['Checks', /^(check|format)(:|$)/],
  ['Benchmarks', /^bench(:|$)/],
  ['Supply chain', /^(audit|sbom)$/],
  ['Generated files', /^(openapi|client|generate)(:|$)/],
  ['Other', /./],
];

const descriptions = {
  start: 'build and run the service for development, with an embedded PostgreSQL',
  'start:prod': 'run the built service in production mode',
  'start:worker': 'build and run a process that only runs jobs, for development',
  'start:worker:prod': 'run a built process that only runs jobs in production mode',
  dev: 'run the service and restart it after every change',
  'dev:admin': 'serve the admin console from its sources, beside npm start',
  build: 'build dist/ from scratch',
  'db:migrate': 'apply pending migrations',
  'db:status': 'list migrations and their state',
  'db:rollback': 'undo the last migration by its down.sql, or all after one: -- --to <name>',
  'db:backfill': 'run the backfill.sql of a migration in batches: -- <migration>; without it, list them',
  'db:diff': 'write a migration for changes of schema.prisma: npm run db:diff -- <name>',
  'db:resolve': 'mark a failed migration: npm run db:resolve -- <name> --applied | --rolled-back',
  'db:backup': 'copy the running database server: -- <new folder>',
  'db:restore': 'restore such a copy into an empty data folder: -- <backup>',
  'create-admin': 'create an administrator or print a password link: -- create | link <email address>',
  'signing-keys': 'list, rotate or revoke the keys of access tokens: -- list | rotate | revoke <kid>',
  secrets: 'show what is encrypted with which APP_SECRET, or encrypt it with the current one: -- status | reencrypt',
  test: 'run the tests; a path selects files: npm test -- test/users',
  'test:faults': 'run a fault-injection scenario, or the short form of all: -- <name> | all',
  'test:previous-release': 'run the previous release on the schema of this one: -- [--ref <commit>]',
  'test:long': 'run the fault scenarios but event-loop-block, the main benchmarks with small loads, and every screen',
  screenshots: 'write a picture of every page into .data/screenshots',
  'test:clients': 'generate clients with other tools and run them',
  'test:containers': 'compare the manifests of docker/ with the schemas of Kubernetes and Compose',
  'test:hostile-settings': 'run the tests on a database with unusual settings',
  'test:least-privilege': 'run the tests with the least database permissions',
  'test:pgbouncer': 'run the tests through PgBouncer',
  'test:redis': 'run the tests on processes that share a Redis',
  'test:cluster': 'run the tests against three API processes and two workers behind a balancer',
  check: 'run all static checks and unit tests',
  'check:architecture': 'check the import rules',
  'check:format': 'check the formatting',
  'check:lint': 'run ESLint',
  'check:migrations': 'find statements of migrations that block writes or lose data',
  'check:openapi': 'lint the OpenAPI document and compare the client types',
  'check:supply-chain': 'check origin, hashes, install scripts and licences of the packages',
  'check:types': 'run the TypeScript compiler',
  'check:unit': 'run the unit tests',
  'check:unused': 'find unused files, exports and dependencies',
  'check:words': 'find words that docs/STYLE.md replaces by terms',
  format: 'format all files',
  bench: 'run the main benchmarks',
  'bench:http': 'compare reads with a hand-written server',
  'bench:graphql': 'compare GraphQL with a bare mercurius server and with REST, and time refused documents',
  'bench:jobs': 'compare jobs with bare BullMQ',
  'bench:keys': 'measure requests with and without idempotency keys',
  'bench:login-load': 'measure other requests during 200 logins',
  'bench:memory': 'hold a mixed load within 512 MiB for 30 minutes',
  'bench:export': 'export a million users and measure the memory',
  'bench:growth': 'measure how cost grows with the number of rows',
  'openapi:baseline': 'make the current OpenAPI document and GraphQL schema the released ones',
  'generate:docs': 'write everything derived: API document, client types, references, permission matrix',
  audit: 'ask the registry for known vulnerabilities of the production packages',
  sbom: 'print the production packages as CycloneDX: npm run sbom --silent > sbom.json',
  rename: 'rename the template: npm run rename -- acme-api "Acme API"',
  generate: 'write the files of a new feature: npm run generate -- feature <plural> [singular] [--graphql]',
  client: 'write the types of the client package',
  help: 'list the scripts',
};

const names = Object.keys(scripts);
const width = Math.max(...names.map((name) => name.length));
const groupOf = (name) => groups.findIndex(([, pattern]) => pattern.test(name));

for (const [index, [title]] of groups.entries()) {
  const members = names.filter((name) => groupOf(name) === index);
  if (members.length === 0) continue;
  console.log(`\n${title}`);
  for (const name of members) console.log(`  npm run ${name.padEnd(width)}  ${descriptions[name] ?? ''}`.trimEnd());
}
