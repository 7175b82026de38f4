import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator, Injectable } from '@nestjs/common';
import type { GraphQLResolveInfo } from 'graphql';
import { PermissionChecker } from '../http/auth/permission-checker.ts';
import { fingerprintOf } from '../http/idempotency/fingerprint.ts';
import { parseIdempotencyKey } from '../http/idempotency/idempotency-key.ts';
import { IdempotencyInProgress, IdempotencyKeyReused } from '../http/idempotency/idempotency.errors.ts';
import type { FirstRequest, IdempotencyRecord, RecordId } from '../http/idempotency/idempotency.repository.ts';
import { IdempotencyRepository } from '../http/idempotency/idempotency.repository.ts';
import type { KeyedFingerprint } from '../http/idempotency/keyed-fingerprints.ts';
import { KeyedFingerprints } from '../http/idempotency/keyed-fingerprints.ts';
import { Problem } from '../http/problem/problem.ts';
import type { GraphqlContext } from './graphql-context.ts';

/** A mutation field of an operation. */
export interface MutationCall {
  readonly context: GraphqlContext;
  /** The name of the field in the schema, and its name in the response. */
  readonly field: string;
  readonly responseName: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The call of a mutation, for Mutations: `@Mutates() call: MutationCall`. */
export const Mutates = createParamDecorator((_: unknown, host: ExecutionContext): MutationCall => {
  const info = host.getArgByIndex<GraphQLResolveInfo>(3);
  return {
    context: host.getArgByIndex<GraphqlContext>(2),
    field: info.fieldName,
    responseName: String(info.path.key),
    values: host.getArgByIndex<Readonly<Record<string, unknown>>>(1),
  };
});

/** What a mutation does, and how its result is found again. */
export interface MutationWork<Resource> {
  /** Runs in a transaction if the mutation has a key; again after a serialization failure. */
  readonly run: () => Promise<Resource>;
  readonly idOf: (resource: Resource) => string;
  /** The resource as it is when the mutation is repeated. */
  readonly get: (id: string) => Promise<Resource>;
}

type KeyedMutation = FirstRequest & KeyedFingerprint & { readonly id: RecordId };

/** Executes each mutation with a key once: its effect and the id of its resource commit in one transaction. */
@Injectable()
export class Mutations {
  constructor(
    private readonly records: IdempotencyRepository,
    private readonly fingerprints: KeyedFingerprints,
    private readonly permissions: PermissionChecker,
  ) {}

  /**
   * Runs the mutation, or finds the resource of an earlier one with the same key. Its selection is resolved anew.
   * @throws InvalidIdempotencyKey, IdempotencyInProgress, IdempotencyKeyReused, Forbidden, and the errors of the work
   */
  async execute<Resource>(call: MutationCall, work: MutationWork<Resource>): Promise<Resource> {
    call.context.clearLoaded();
    const keyed = this.keyed(call);
    if (keyed === undefined) return await work.run();
    const outcome = await this.once(keyed, work);
    if (!('state' in outcome)) return outcome.resource;
    const id = await this.storedId(outcome, keyed);
    const resource = await work.get(id);
    call.context.addReplayed(call.responseName);
    return resource;
  }

  /** The same for a mutation that returns the id of a resource and nothing else of it. */
  async executeWithoutResult(call: MutationCall, id: string, run: () => Promise<void>): Promise<string> {
    return await this.execute(call, {
      run: async () => {
        await run();
        return id;
      },
      idOf: () => id,
      get: async () => await Promise.resolve(id),
    });
  }

  private keyed({ context, field, values }: MutationCall): KeyedMutation | undefined {
    const { idempotencyKey: key, ...others } = values;
    if (typeof key !== 'string') return undefined;
    const { userId, permissions } = context.caller;
    const identity = fingerprintOf({
      ...{ method: 'mutation', route: field, parameters: {}, query: {}, contentType: undefined },
      body: others,
      bytes: Buffer.from(JSON.stringify(others)),
    });
    const id = { scope: `user:${userId}`, key: parseIdempotencyKey(key) };
    return { id, permissions, ...this.fingerprints.of(identity) };
  }

  /** The resource of this mutation, or the record of the first one. */
  private async once<Resource>(
    keyed: KeyedMutation,
    { run, idOf }: MutationWork<Resource>,
  ): Promise<{ readonly resource: Resource } | IdempotencyRecord> {
    try {
      return await this.records.transact(keyed.id, async (key) => {
        if (key.state === 'running') throw new IdempotencyInProgress();
        if (key.state === 'done') return key;
        const resource = await run();
        const body = Buffer.from(JSON.stringify({ id: idOf(resource) }));
        this.records.store(keyed.id, keyed, { status: 200, headers: {}, body, omitted: false });
        return { resource };
      });
    } catch (error) {
      // The connection may have been lost after COMMIT succeeded. A problem below 500 was rolled back.
      const isRejected = error instanceof Problem && error.kind.status < 500;
      const stored = isRejected ? undefined : await this.records.findAfterFailure(keyed.id);
      if (stored === undefined) throw error;
      return stored;
    }
  }

  /** The caller must still hold the permissions of the first request. */
  private async storedId(stored: IdempotencyRecord, keyed: KeyedMutation): Promise<string> {
    if (!keyed.isFingerprint(stored.fingerprint)) throw new IdempotencyKeyReused();
    await this.permissions.assertStillGranted(stored.permissions, keyed.permissions);
    const { id } = JSON.parse(Buffer.from(stored.body ?? []).toString()) as { readonly id: string };
    return id;
  }
}
