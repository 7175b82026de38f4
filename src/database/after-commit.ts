import { ClsServiceManager } from 'nestjs-cls';

const key = 'database:after-commit';

/** What waits for the end of a transaction. */
interface Waiting {
  readonly committed: (() => void)[];
  readonly ended: (() => Promise<void>)[];
}

/** Runs when the transaction that is open here has committed, never when it rolls back; at once when none is open. */
export function afterCommit(work: () => void): void {
  const waiting = waitingHere();
  if (waiting === undefined) work();
  else waiting.committed.push(work);
}

/**
 * Does work that no rollback may undo: at once when no transaction is open, else behind the end of the one that is,
 * however that ends. Whoever opened it is answered behind this; no second connection is asked for while one is held.
 */
export async function outsideTransaction(work: () => Promise<void>): Promise<void> {
  const waiting = waitingHere();
  if (waiting === undefined) await work();
  else waiting.ended.push(work);
}

/** Collects what `run` wants done after its transaction, and does it once that has ended. */
export async function collectAfterCommit<T>(run: () => Promise<T>): Promise<T> {
  const cls = ClsServiceManager.getClsService();
  const waiting: Waiting = { committed: [], ended: [] };
  try {
    const result = await cls.run({ ifNested: 'inherit' }, async () => {
      cls.set(key, waiting);
      return await run();
    });
    for (const work of waiting.committed) work();
    return result;
  } finally {
    for (const work of waiting.ended) await work();
  }
}

function waitingHere(): Waiting | undefined {
  const cls = ClsServiceManager.getClsService();
  return cls.isActive() ? cls.get<Waiting | undefined>(key) : undefined;
}
