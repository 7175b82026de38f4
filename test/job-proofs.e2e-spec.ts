import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Proof } from './support/proofs.ts';
import { prove } from './support/proofs.ts';

/** The scenarios of `npm run prove`, with few jobs and few faults: the figures are those of prove/README.md's long runs. */
const timeoutMs = 180_000;
const kept = { lost: 0, doubled: 0, verdict: 'HOLDS' };

/** Waits for leases to run out most of the time, and lets the others go on meanwhile. */
let poisoned: Promise<Proof>;

beforeAll(() => {
  poisoned = prove('poison', { jobs: 20, rounds: 1 });
}, timeoutMs);

describe('J3: a job whose API process dies', () => {
  it(
    'behind the COMMIT and before the nudge is sent by another process',
    async () => {
      // How soon is for the long run to show; a machine that runs tests has other things to do.
      const { figures } = await prove('api-kill-enqueue', { jobs: 1, rounds: 2 });

      expect(figures).toMatchObject({ 'crashes behind COMMIT, before the nudge': 2, lost: 0, doubled: 0 });
      expect(figures['effects']).toBe(figures['jobs']);
    },
    timeoutMs,
  );

  it(
    'survives a queue that forgets everything',
    async () => {
      const { figures } = await prove('queue-loss', { jobs: 60, rounds: 2 });

      expect(figures).toMatchObject({ ...kept, truncations: 2, jobs: 60, effects: 60 });
    },
    timeoutMs,
  );
});

describe('J3: a process that is stopped while it sends messages', () => {
  it(
    'keeps no other process from sending',
    async () => {
      const { figures } = await prove('relay-freeze', { jobs: 3, rounds: 1 });

      expect(figures).toMatchObject({ ...kept, 'stopped relays': 1 });
      expect(figures['effects']).toBe(figures['jobs']);
    },
    timeoutMs,
  );
});

describe('J4: a worker that is killed', () => {
  it(
    'has its jobs done by another one, once',
    async () => {
      const { figures } = await prove('worker-kill', { jobs: 60, rounds: 4 });

      expect(figures).toMatchObject({ kills: 4, lost: 0, doubled: 0 });
      expect(figures['jobs']).toBeGreaterThanOrEqual(60);
      expect(figures['effects']).toBe(figures['jobs']);
    },
    timeoutMs,
  );
});

describe('J5: a zombie', () => {
  it(
    'rolls back and says so, when others have done its job',
    async () => {
      const { figures } = await prove('zombie', { jobs: 4, rounds: 1 });

      expect(figures).toMatchObject({ ...kept, zombies: 1, jobs: 4, effects: 4 });
      expect(figures['zombie attempts that ended with "lease lost"']).toBe(figures['jobs in the hands of a zombie']);
    },
    timeoutMs,
  );
});

describe('J8: a worker that gets SIGTERM', () => {
  it(
    'finishes what it can and gives back the rest without spending an attempt',
    async () => {
      const { figures } = await prove('worker-stop', { jobs: 4, rounds: 1 });

      expect(figures).toMatchObject({ ...kept, 'exit codes': 0, 'jobs given back': 2, 'attempts spent by that': 0 });
      expect(figures['effects']).toBe(4);
    },
    timeoutMs,
  );
});

describe('J4: a job that kills its process in every attempt', () => {
  it(
    'stops nothing but itself, and ends dead',
    async () => {
      const { figures } = await poisoned;

      expect(figures).toMatchObject({ 'dead after their attempts': 1, 'attempts of a poisoned job': 5 });
      expect(figures).toMatchObject({ 'others lost': 0, doubled: 0, verdict: 'HOLDS' });
    },
    timeoutMs,
  );
});

describe('A service whose database connections are ended under load', () => {
  it(
    'goes on, answers 503 with Retry-After, and loses and doubles neither keys nor jobs',
    async () => {
      const { code, figures } = await prove('connection-cuts', { rounds: 20 });

      expect(figures).toMatchObject({
        'connections cut one by one': 20,
        failovers: 1,
        'keys lost': 0,
        'keys doubled': 0,
        'jobs lost': 0,
        'jobs doubled': 0,
        'exit codes': '0, 0',
        verdict: 'HOLDS',
      });
      expect(figures['keys']).toBeGreaterThan(30);
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});
