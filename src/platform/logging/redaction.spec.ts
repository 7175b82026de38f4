import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { redactedPaths } from './redaction.ts';

const canary = 'a-canary-secret';

/** Logs an object and returns the line. */
function logged(fields: object): string {
  let written = '';
  const destination = { write: (line: string): void => void (written += line) };
  pino({ redact: { paths: redactedPaths, censor: '[redacted]' } }, destination).info(fields, 'a line');
  return written;
}

const members = [
  'accessToken',
  'apiKey',
  'authorization',
  'cookie',
  'csrfToken',
  'currentPassword',
  'mfaToken',
  'newPassword',
  'otpauthUri',
  'password',
  'passwordHash',
  'recoveryCodes',
  'refreshToken',
  'secret',
  'token',
];

describe('redactedPaths', () => {
  it.each(members)('keep %s out of the log at every depth', (member) => {
    const secret = { [member]: canary };

    const line = logged({ ...secret, inner: { ...secret, innermost: { ...secret } } });

    expect(line).not.toContain(canary);
    const censored = { [member]: '[redacted]' };
    expect(JSON.parse(line)).toMatchObject({ ...censored, inner: { ...censored, innermost: censored } });
  });

  it('keep the headers that carry credentials out of the log', () => {
    const line = logged({
      req: { headers: { authorization: canary, cookie: canary, 'x-api-key': canary, 'x-csrf-token': canary } },
      res: { headers: { 'set-cookie': canary } },
    });

    expect(line).not.toContain(canary);
  });

  it('keep the arguments of a failed Redis command, which may be a password, out of the log', () => {
    const error = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['user', canary] } });

    expect(logged({ err: error })).not.toContain(canary);
  });

  it("keep PostgreSQL's detail of an error, which quotes rows, out of the log", () => {
    const detail = `Failing row contains (1, ${canary}).`;
    const line = logged({
      err: Object.assign(new Error('new row violates check constraint'), { code: '23514', detail }),
    });
    const wrapped = Object.assign(new Error('P2010'), { meta: { driverAdapterError: { cause: { detail } } } });

    expect(line + logged({ err: wrapped })).not.toContain(canary);
    expect(line).toContain('23514');
  });

  it('leave everything else unchanged', () => {
    const fields = { userId: 'u1', tokens: 3, nested: { passwordMinLength: 15 } };

    expect(JSON.parse(logged(fields))).toMatchObject(fields);
  });
});
