// The import law of src/. Each rule says in its comment what it keeps apart, and what to do instead.

/** From the top floor to the cellar: a room imports its own floor and those below. */
const floors = [['features'], ['http', 'queue'], ['redis', 'database'], ['telemetry'], ['logging'], ['config']];

/** Folders that would collect things which have not found their owner. */
const drawer = '(common|shared|core|utils|helpers|lib|types|constants|decorators|guards)/';
const drawers = [`^src/${drawer}`, `^src/.+/${drawer}`];

const spec = '[.]spec[.]ts$';

/** In a feature everything that isn't one of the kinds HTTP needs keeps the rules, whatever it is called. */
const kindsThatKnowHttp = '[.](controller|module|document|dto|guard|interceptor|filter|strategy|decorators?)[.]ts$';

/** A package by its name, wherever npm has put it, or its bare name when it isn't installed. */
const packages = (...names) => `(^|node_modules/)(${names.join('|')})(/|$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'http-and-queue-never-meet',
      comment: 'A request writes a job row; a job knows no request. What both need belongs below them or in a feature.',
      severity: 'error',
      from: { path: '^src/(http|queue)/' },
      to: { path: '^src/(http|queue)/', pathNot: '^src/$1/' },
    },
    {
      name: 'features-meet-through-services',
      comment:
        'A feature is reached through its service, which its module exports. Its errors may be named too: a controller ' +
        'that calls another feature has to say in its document how that feature can fail.',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/', pathNot: ['^src/features/$1/', '[.](service|module|errors)[.]ts$'] },
    },
    {
      name: 'features-meet-through-services',
      comment: 'Two features that need each other are one feature, or a third one is hidden between them.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/features/[^/]+$' },
      to: { circular: true, path: '^src/features/' },
    },
    {
      name: 'controllers-do-not-query',
      comment: 'A controller is a menu: the question belongs in a repository, the rule in a service.',
      severity: 'error',
      from: { path: '[.]controller[.]ts$' },
      to: { path: ['[.]repository[.]ts$', '^src/database/'] },
    },
    {
      name: 'services-do-not-know-http',
      comment: 'Rules work the same from a request, a job and a command: they throw from *.errors.ts and return rows.',
      severity: 'error',
      from: { path: '^src/features/', pathNot: [kindsThatKnowHttp, '[.]errors[.]ts$', spec] },
      to: {
        path: ['^src/http/', '[.]dto[.]ts$', packages('fastify', '@fastify/[^/]+', '@nestjs/platform-fastify')],
      },
    },
    {
      name: 'services-do-not-know-http',
      comment: 'Errors are problems, and know no more of HTTP than that.',
      severity: 'error',
      from: { path: '^src/features/.+[.]errors[.]ts$' },
      to: { path: '^src/http/', pathNot: '^src/http/problem/' },
    },
    {
      name: 'sql-lives-in-repositories',
      comment: 'Tables are known to database/ and to *.repository.ts; everyone else asks one of them.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/database/', '[.]repository[.]ts$'] },
      to: {
        path: [
          '^src/database/(generated/|(transactions|transaction-connection)[.]ts$)',
          packages('@prisma/[^/]+', '[.]prisma', 'prisma', 'pg', 'pg-[^/]+', '@types/pg'),
        ],
      },
    },
    {
      name: 'bullmq-redis-and-env-stay-home',
      comment: 'The queue is reached through queue/, which alone knows what it is made of.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/queue/' },
      to: { path: packages('bullmq', '@nestjs/bullmq') },
    },
    {
      name: 'bullmq-redis-and-env-stay-home',
      comment: 'Redis is optional: only redis/ and queue/ know whether there is one.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(redis|queue)/' },
      to: { path: packages('ioredis', 'redis', '@redis/[^/]+', 'iovalkey') },
    },
    {
      name: 'bullmq-redis-and-env-stay-home',
      comment:
        'The environment is read and checked once, in config/. The global process.env is eslint.config.js’s part.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/config/', '^src/database/generated/', spec] },
      to: { path: '^(node:)?process$' },
    },
    ...floors.flatMap(roomsLookDown),
    {
      name: 'rooms-do-not-import-the-doors',
      comment: 'src/*.ts and src/cli put the rooms together; what a room needs from them belongs in a room.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/cli/' },
      to: { path: ['^src/[^/]+$', '^src/cli/'] },
    },
    ...[
      { from: { path: drawers }, to: {} },
      { from: {}, to: { path: drawers } },
    ].map((edge) => ({
      name: 'no-drawers',
      comment: 'A thing lives with what it serves: find its owner, and put it there under its own name.',
      severity: 'error',
      ...edge,
    })),
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or a third one is hidden between them.',
      severity: 'error',
      from: { pathNot: '^src/database/generated/' },
      to: { circular: true },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'The import leads nowhere: a wrong path, or a package that is not in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Test clients import what generators write, and what only they have installed.
    exclude: { path: '^test/(fixtures|clients)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: `${__dirname}/tsconfig.json` },
    builtInModules: { add: ['node:sqlite', 'node:test'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};

function roomsLookDown(rooms, floor) {
  const above = floors.slice(0, floor).flat();
  if (above.length === 0) return [];
  return {
    name: 'rooms-look-down',
    comment: 'Arrows point one way: features → http, queue → redis, database → telemetry → logging → config.',
    severity: 'error',
    from: { path: `^src/(${rooms.join('|')})/` },
    to: { path: `^src/(${above.join('|')})/` },
  };
}
