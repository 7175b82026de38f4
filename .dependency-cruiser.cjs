// Architecture rules of src/ (docs/STYLE.md). Each rule says in its comment what it separates, and what to do instead.

/** The layers of src/platform, from the top. A layer imports itself and those below it. */
const platformLayers = [
  ['graphql'],
  ['queue', 'http'],
  ['cache'],
  ['cache-invalidation'],
  ['database', 'dev-postgres', 'redis'],
  ['config', 'crypto', 'async', 'logging', 'telemetry', 'validation', 'feature', 'i18n'],
];

/** The layers of src/platform/http, from the top. */
const httpLayers = [['openapi'], ['pagination'], ['idempotency'], ['auth'], ['validation'], ['server'], ['problem']];

/** Folders that collect files without an owner. */
const catchAll = '(common|shared|core|utils|helpers|lib|types|constants|decorators|guards)/';
const catchAllFolders = [`^src/${catchAll}`, `^src/.+/${catchAll}`];

const spec = '[.]spec[.]ts$';

/** In a feature every file that is not one of the kinds HTTP needs is a service, whatever its name. */
const kindsThatKnowHttp =
  '[.](controller|resolver|loader|module|document|dto|cookie|guard|interceptor|filter|strategy|view|decorators?)[.]ts$';

/** A package by its name, wherever npm has put it, or its bare name when it is not installed. */
const packages = (...names) => `(^|node_modules/)(${names.join('|')})(/|$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'platform-does-not-import-features',
      comment: 'A team replaces the features and keeps the platform. Declare an interface in the platform instead.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/features/' },
    },
    {
      name: 'http-and-queue-are-separate',
      comment: 'A request inserts a job; a job knows no request. What both need belongs below them or in a feature.',
      severity: 'error',
      from: { path: '^src/platform/(http|queue)/' },
      to: { path: '^src/platform/(http|queue)/', pathNot: '^src/platform/$1/' },
    },
    ...layerRules('platform-layers', 'src/platform', platformLayers),
    ...layerRules('http-layers', 'src/platform/http', httpLayers),
    {
      name: 'features-import-index',
      comment: 'The index.ts of a feature is what others may use: its module, services, types and errors.',
      severity: 'error',
      from: { path: '^src/features/((?:auth|jobs)/[^/]+|[^/]+)/' },
      to: { path: '^src/features/', pathNot: ['^src/features/$1/', '/index[.]ts$'] },
    },
    {
      name: 'controllers-do-not-query',
      comment: 'A controller maps HTTP: queries belong in a repository, use cases in a service.',
      severity: 'error',
      from: { path: '[.](controller|resolver)[.]ts$' },
      to: { path: ['[.]repository[.]ts$', '^src/platform/database/'] },
    },
    {
      name: 'services-do-not-know-http',
      comment: 'Use cases work the same from a request, a job and a command: they throw *.errors.ts and return rows.',
      severity: 'error',
      from: { path: '^src/features/', pathNot: [kindsThatKnowHttp, '[.]errors[.]ts$', spec] },
      to: {
        path: [
          '^src/platform/http/',
          '[.]dto[.]ts$',
          packages('fastify', '@fastify/[^/]+', '@nestjs/platform-fastify'),
        ],
      },
    },
    {
      name: 'services-do-not-know-http',
      comment: 'Errors are problems, or extend those of the platform, and know no more of HTTP than that.',
      severity: 'error',
      from: { path: '^src/features/.+[.]errors[.]ts$' },
      to: { path: '^src/platform/http/', pathNot: ['^src/platform/http/problem/', '[.]errors[.]ts$'] },
    },
    {
      name: 'sql-in-repositories',
      comment: 'Only src/platform/database, cache-invalidation and *.repository.ts know the tables.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/platform/(database|cache-invalidation)/', '[.]repository[.]ts$'] },
      to: {
        path: [
          '^src/platform/database/(generated/|transaction(s|-client|-pool)[.]ts$)',
          packages('@prisma/[^/]+', '[.]prisma', 'prisma', 'pg', 'pg-[^/]+', '@types/pg'),
        ],
      },
    },
    {
      name: 'bullmq-in-queue',
      comment: 'The job queue is used through src/platform/queue, which alone knows its transport.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/platform/queue/' },
      to: { path: packages('bullmq', '@nestjs/bullmq') },
    },
    {
      name: 'redis-in-redis',
      comment: 'Redis is optional: only src/platform/redis and src/platform/queue know whether there is one.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/platform/(redis|queue)/' },
      to: { path: packages('ioredis', 'redis', '@redis/[^/]+', 'iovalkey') },
    },
    {
      name: 'telemetry-packages-in-telemetry',
      comment:
        'Telemetry is off by default, and costs nothing then: src/platform/telemetry loads its packages by import().',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: {
        path: packages('prom-client', '@opentelemetry/[^/]+', '@sentry/[^/]+'),
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'graphql-in-resolvers',
      comment: 'GraphQL costs nothing while it is off: only resolvers use it, and their modules load them by import().',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/platform/graphql/', '[.]resolver[.]ts$', '^src/cli/', spec] },
      to: {
        path: [
          '^src/platform/graphql/',
          '[.]resolver[.]ts$',
          packages('graphql', 'graphql-ws', 'ws', 'mercurius', 'dataloader', '@nestjs/(graphql|mercurius)'),
        ],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'environment-in-config',
      comment:
        'The environment is read and validated once, in src/platform/config. eslint.config.js covers process.env.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/platform/config/', '^src/platform/database/generated/', spec] },
      to: { path: '^(node:)?process$' },
    },
    {
      name: 'entry-points-are-not-imported',
      comment: 'src/*.ts and src/cli assemble the modules; what a module needs from them belongs in a module.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/cli/' },
      to: { path: ['^src/[^/]+$', '^src/cli/'] },
    },
    {
      name: 'console-is-separate',
      comment:
        'The admin console is a client of the API: it imports client/ and packages for browsers, and only the build reads it.',
      severity: 'error',
      from: { path: '^admin/src/' },
      to: { path: ['^(src|test|bench)/', '^(node:|fs|path|crypto|process)'] },
    },
    {
      name: 'console-is-separate',
      comment: 'What the service and the console share is in client/.',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { path: '^admin/' },
    },
    ...[
      { from: { path: catchAllFolders }, to: {} },
      { from: {}, to: { path: catchAllFolders } },
    ].map((edge) => ({
      name: 'no-catch-all-folders',
      comment: 'A file belongs beside the code that uses it: find that code, and put it there under its own name.',
      severity: 'error',
      ...edge,
    })),
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or need a third one below them.',
      severity: 'error',
      from: { pathNot: '^src/platform/database/generated/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import resolves to nothing: a wrong path, or a package that is not in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Test clients import what generators write, and what only they have installed.
    exclude: { path: '^test/(fixtures|clients|containers)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: `${__dirname}/tsconfig.json` },
    builtInModules: { add: ['node:sqlite', 'node:test'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};

/** One rule for each layer: it does not import those above it. */
function layerRules(name, folder, layers) {
  return layers.slice(1).map((layer, index) => ({
    name,
    comment: `Imports point down: ${layers.map((names) => names.join(', ')).join(' → ')}.`,
    severity: 'error',
    from: { path: `^${folder}/(${layer.join('|')})/`, pathNot: spec },
    to: {
      path: `^${folder}/(${layers
        .slice(0, index + 1)
        .flat()
        .join('|')})/`,
    },
  }));
}
