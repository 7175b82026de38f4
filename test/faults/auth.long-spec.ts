import { describe, expect, it } from '@jest/globals';
import { runScenario } from '../harness/process/scenarios.ts';

/** With few rounds, time limits say nothing: `npm run test:faults` checks them. */
const timeoutMs = 180_000;
const onlyOnce = '50 presented, 1 accepted, 0 double spends';

/** What may be used once, presented fifty times at once. */
const credentials = [
  ...['verify-email', 'reset-password', 'invitation', 'email-change'],
  ...['TOTP code at login', 'TOTP code at step-up', 'TOTP code at login and step-up'],
  ...['TOTP code at activation, login and step-up', 'recovery code', 'token of a login', 'rotation of an API key'],
  'code of a provider login',
  ...['passkey assertion at login', 'passkey challenge at login', 'passkey as second factor', 'passkey at step-up'],
  'registration of a passkey',
];

describe('Concurrent uses of credentials on two processes', () => {
  it(
    'fork no session, accept no credential twice and no excess guess, lock out no user and deadlock nowhere',
    async () => {
      const { figures } = await runScenario('auth-races', { rounds: 1 });

      expect(figures).toMatchObject({
        'new generations': 1,
        'refreshes rejected': 0,
        'sessions revoked': 0,
        ...Object.fromEntries(credentials.map((name) => [`${name} × 50 × 1`, onlyOnce])),
        'enrolment × 50 × 1': '50 presented, 10 accepted, 0 double spends',
        'registrations of an account × 50 × 1': '50 presented, 19 accepted, 0 double spends',
        'accounts whose recovery codes are not those of one activation': 0,
        'guesses at once': 50,
        'guesses verified': 5,
        'logins at once to one account': expect.stringMatching(/^10 succeeded, 0 locked out,/),
        'logins at once to as many accounts': expect.stringMatching(/^10 succeeded, 0 locked out,/),
        'sessions with a reused token': 1,
        'refreshes that succeeded after it': 0,
        'sessions revoked under load': 2,
        'sessions accepted in the end': 0,
        'API keys revoked under load': 2,
        'API keys accepted in the end': 0,
        'API keys of disabled owners revoked under load': 2,
        'API keys of disabled owners accepted in the end': 0,
        'first logins of one account × 6 × 1': '6 succeeded, 1 accounts linked',
        deadlocks: 0,
        result: 'PASS',
      });
      expect(figures).toHaveProperty('within time limits');
    },
    timeoutMs,
  );
});

describe('The response times of different causes', () => {
  it(
    'are compared',
    async () => {
      const { figures } = await runScenario('auth-timing', { rounds: 5 });

      const names = [
        ...['login', 'register', 'forgot', 'login after a raised hashing cost'].map(
          (operation) => `${operation}, known against unknown`,
        ),
        ...['expired against unknown token', 'wrong code against unknown token', 'used against wrong code'].map(
          (causes) => `second factor, ${causes}`,
        ),
        'second factor, wrong recovery code against unknown token',
        ...['wrong verifier', 'expired'].map((cause) => `code of a provider login, ${cause} against unknown`),
        'passkey, invalid assertion of a disabled against one of an enabled account',
        'passkey, invalid assertion against unknown passkey',
        ...['wrong secret', 'revoked', 'expired', 'disabled owner'].map((cause) => `API key, ${cause} against unknown`),
      ];
      for (const name of names) expect(figures[name]).toMatch(/^AUC [01]\.\d{3} of 5 \+ 5;/);
    },
    timeoutMs,
  );
});

describe('A user with 10,000 sessions', () => {
  it(
    'loses all of them by one request, whichever it is',
    async () => {
      const { figures } = await runScenario('many-sessions', { rounds: 1 });

      expect(figures).toMatchObject({ 'sessions of each user': 10_000, result: 'PASS' });
      for (const name of ['logout-all', 'disable', 'delete by an administrator', 'delete by the owner'])
        expect(figures[name]).toMatch(/^\d+ ms; \/livez meanwhile at most \d+ ms$/);
    },
    timeoutMs,
  );
});
