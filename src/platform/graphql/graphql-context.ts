import DataLoader from 'dataloader';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/auth/principal.ts';
import { callerOfRequest } from '../http/auth/principal.ts';

/** Reads the values of several keys at once, in any order; the value of a key may be absent. */
export interface BatchSource<Value> {
  read(keys: readonly string[], caller: Principal): Promise<readonly Value[]>;
  keyOf(value: Value): string;
}

/** The context of one operation: the third argument of its resolvers. */
export class GraphqlContext {
  private readonly loaders = new Map<object, DataLoader<string, unknown>>();
  private readonly replayed: string[] = [];

  constructor(
    /** Guards and parameter decorators read the request of the operation from it. */
    readonly reply: FastifyReply,
    /** The operation of the document that the client has chosen. */
    readonly operationName?: string,
  ) {}

  /**
   * The caller, whose access is verified again for each mutation.
   * @throws Unauthenticated
   */
  get caller(): Principal {
    return callerOfRequest(this.reply.request);
  }

  /** The response names of the mutations that were executed by an earlier request with the same key. */
  get replayedFields(): readonly string[] {
    return this.replayed;
  }

  /** Records that a mutation was executed by an earlier request with the same key. */
  addReplayed(responseName: string): void {
    this.replayed.push(responseName);
  }

  /** Lets the next mutation, or the next event of a subscription, read its values anew. */
  clearLoaded(): void {
    this.loaders.clear();
  }

  /**
   * The loader of a kind of values: it reads those that the fields of the operation request at the same time together, and
   * each key once.
   * @param source identifies the kind: pass the same object each time
   */
  loaderOf<Value>(source: BatchSource<Value>): DataLoader<string, Value | undefined> {
    const loader = this.loaders.get(source) ?? this.loaderFor(source);
    this.loaders.set(source, loader);
    return loader as DataLoader<string, Value | undefined>;
  }

  private loaderFor<Value>(source: BatchSource<Value>): DataLoader<string, unknown> {
    return new DataLoader(async (keys) => {
      const values = new Map((await source.read(keys, this.caller)).map((value) => [source.keyOf(value), value]));
      return keys.map((key) => values.get(key));
    });
  }
}
