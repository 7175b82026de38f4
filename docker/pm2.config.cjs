const { join } = require('node:path');

/**
 * For pm2 (AGPL-3.0; installed by the operator): `npm run build`, `npm run db:migrate`, then `pm2 start docker/pm2.config.cjs`
 * with the variables of the service. `pm2 reload plinth-api` restarts one instance after the other without a failed
 * request; docs/operations/resilience.md describes it.
 */
const common = {
  cwd: join(__dirname, '..'),
  node_args: '--max-semi-space-size=16',
  // The process sends `ready` when it serves requests. Then the old one gets SIGINT.
  wait_ready: true,
  listen_timeout: 30_000,
  // Above the 25 s within which the service ends itself.
  kill_timeout: 30_000,
};

/**
 * Each process needs a port of its own for its metrics: instances that shared one would answer in turn. With METRICS_PORT=9464
 * the worker has 9464 and the API instances have 9465, 9466 …
 */
const { METRICS_PORT: metricsPort } = process.env;

module.exports = {
  apps: [
    {
      ...common,
      name: 'plinth-api',
      script: 'dist/main.js',
      // The instances share the port.
      exec_mode: 'cluster',
      instances: 2,
      ...(metricsPort ? { increment_var: 'METRICS_PORT' } : {}),
      env: {
        NODE_ENV: 'production',
        WORKER: 'off',
        ...(metricsPort ? { METRICS_PORT: Number(metricsPort) + 1 } : {}),
      },
    },
    { ...common, name: 'plinth-worker', script: 'dist/worker.js', env: { NODE_ENV: 'production' } },
  ],
};
