import { describe, expect, it } from '@jest/globals';
import { readyz } from '../harness/http/readyz.ts';
import { admin, itFinishesRequests, start, timeoutMs } from './stopping.ts';

/* stop.long-spec.ts has other signals and connections, and a service that was killed. */

describe('SIGTERM', () => {
  itFinishesRequests('SIGTERM');
});

describe('A service that receives SIGTERM', () => {
  it(
    'is not ready but continues to serve while it drains, and closes connections',
    async () => {
      const { service, api } = await start({ SHUTDOWN_DRAIN_MS: '20000' });
      await readyz(api, { status: 200 });

      service.signal('SIGTERM');
      const checks = { database: 'up', migrations: 'up', process: 'draining' };
      const ready = await readyz(api, { status: 503, checks });
      expect(ready).toBeProblem('not-ready', 503);
      const served = await api.post('/v1/auth/login', admin, { Connection: 'keep-alive' });
      expect({ status: served.status, connection: served.headers['connection'] }).toEqual({
        status: 200,
        connection: 'close',
      });
      expect((await api.get('/livez')).status).toBe(200);
      expect(await service.ended).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});
