import { describe, expect, it } from '@jest/globals';
import { thingsApp } from '../../harness/app/things-app.ts';

interface Response {
  readonly headers?: object;
  readonly content?: Readonly<Partial<Record<string, { examples: object }>>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: object;
}

interface Reference {
  readonly $ref: string;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly responses: ReadonlyMap<string, Response>;
}

const { api } = await thingsApp();
const { body } = await api.get('/docs/openapi.json');
interface Written {
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly responses: Record<string, Response | Reference>;
}
const { paths, components } = body as {
  paths: Record<string, Record<string, Written>>;
  components: { responses: Record<string, Response>; parameters: Record<string, Parameter> };
};

/** Resolves a reference. */
function resolved<Part extends object>(part: Part | Reference, named: Record<string, Part>): Part[] {
  if (!('$ref' in part)) return [part];
  return [named[part.$ref.slice(part.$ref.lastIndexOf('/') + 1)]].filter((target) => target !== undefined);
}

function operationOf({ parameters = [], responses }: Written): Operation {
  const statuses = Object.entries(responses).flatMap(([status, response]) =>
    resolved(response, components.responses).map((target) => [status, target] as const),
  );
  return {
    parameters: parameters.flatMap((parameter) => resolved(parameter, components.parameters)),
    responses: new Map(statuses),
  };
}

/** `POST /v1/jobs` by its operation. */
const operations = new Map<string, Operation>(
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operationOf(operation)] as const,
    ),
  ),
);

function keyOf(operation: Operation | undefined): { required: boolean } | undefined {
  return operation?.parameters?.find(({ name }) => name === 'Idempotency-Key');
}

function problems(operation: Operation | undefined, status: number): string[] {
  const content = operation?.responses.get(String(status))?.content ?? {};
  const examples = content['application/problem+json']?.examples ?? {};
  return Object.keys(examples).filter((slug) => slug.includes('idempotency-'));
}

const ignoring = [
  'POST /v1/auth/api-keys',
  'POST /v1/auth/api-keys/{id}/rotate',
  'POST /v1/auth/identities',
  'POST /v1/auth/identities/{provider}/link',
  'POST /v1/auth/oauth/exchange',
  'POST /v1/auth/oauth/{provider}/backchannel-logout',
  'POST /v1/auth/reauthenticate/oauth',
  'POST /v1/auth/reauthenticate/oauth/{provider}',
  'POST /v1/auth/register',
  'POST /v1/auth/email/change',
  'POST /v1/auth/email/verify/resend',
  'POST /v1/auth/password/forgot',
  'POST /v1/auth/magic-link',
  'POST /v1/auth/magic-link/verify',
  'POST /v1/auth/login',
  'POST /v1/auth/refresh',
  'POST /v1/auth/reauthenticate',
  'POST /v1/auth/reauthenticate/passkey/options',
  'POST /v1/auth/mfa/verify',
  'POST /v1/auth/mfa/passkey/options',
  'POST /v1/auth/passkeys',
  'POST /v1/auth/passkeys/options',
  'POST /v1/auth/passkeys/login',
  'POST /v1/auth/passkeys/login/options',
  'POST /v1/auth/mfa/totp',
  'POST /v1/auth/mfa/totp/{id}/activate',
  'POST /v1/auth/mfa/recovery-codes',
  'POST /v1/auth/logout',
  'POST /v1/auth/password/change',
  'POST /v1/job-schedules/preview',
  'POST /v1/queues/dashboard',
  'POST /v1/queues/{name}/pause',
  'POST /v1/queues/{name}/resume',
  'POST /v1/things/loose',
];

describe('The document', () => {
  it('has the header for every unsafe operation except those that ignore it', () => {
    const without = [...operations].filter(([, operation]) => keyOf(operation) === undefined).map(([name]) => name);

    expect(without.filter((name) => !name.startsWith('GET ')).sort()).toEqual(ignoring.sort());
    expect([...operations].filter(([name]) => name.startsWith('GET ')).every(([, o]) => keyOf(o) === undefined)).toBe(
      true,
    );
  });

  it('has the response headers and problems of keys for exactly these operations', () => {
    for (const [name, operation] of operations) {
      const offered = keyOf(operation) !== undefined;
      const success = [...operation.responses].filter(([status]) => status.startsWith('2'));
      for (const [, response] of success) {
        const headers = response.headers ?? {};
        expect({ name, has: 'Idempotency-Replayed' in headers }).toEqual({ name, has: offered });
        const omits = offered && response.content !== undefined;
        expect({ name, has: 'Idempotency-Omitted' in headers }).toEqual({ name, has: omits });
      }
      expect({ name, found: problems(operation, 409) }).toEqual({
        name,
        found: offered ? ['idempotency-in-progress'] : [],
      });
      expect({ name, found: problems(operation, 422) }).toEqual({
        name,
        found: offered ? ['idempotency-key-reused'] : [],
      });
      expect({ name, found: problems(operation, 400).includes('invalid-idempotency-key') }).toEqual({
        name,
        found: offered,
      });
    }
  });

  it('marks the header as required where the route requires it', () => {
    expect(keyOf(operations.get('POST /v1/jobs'))).toMatchObject({ required: false, in: 'header' });
    expect(keyOf(operations.get('POST /v1/things/strict'))).toMatchObject({ required: true });
    expect(problems(operations.get('POST /v1/things/strict'), 400)).toContain('idempotency-key-required');
    expect(problems(operations.get('POST /v1/jobs'), 400)).not.toContain('idempotency-key-required');
  });

  it('contains no internal extension', () => {
    expect(JSON.stringify(body)).not.toContain('x-plinth-');
  });
});
