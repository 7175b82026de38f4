import { ClsServiceManager } from 'nestjs-cls';

const key = 'database:after-commit';

/** Work to be done when a transaction ends. */
interface TransactionHooks {
  readonly committed: (() => void)[];
  readonly ended: (() => Promise<void>)[];
}

/** Runs `work` when the current transaction commits, not when it rolls back; immediately without a transaction. */
export function afterCommit(work: () => void): void {
  const hooks = currentHooks();
  if (hooks === undefined) work();
  else hooks.committed.push(work);
}

/**
 * Does work that no rollback may undo: immediately without a transaction, otherwise after the current one has ended,
 * whether it committed or rolled back. The call that opened the transaction returns after this work. Waiting for the
 * end avoids requesting a second connection from the pool while one is held.
 */
export async function runAfterTransaction(work: () => Promise<void>): Promise<void> {
  const hooks = currentHooks();
  if (hooks === undefined) await work();
  else hooks.ended.push(work);
}

/** Collects the hooks that `run` registers, and calls them when its transaction has ended. */
export async function withAfterCommitHooks<T>(run: () => Promise<T>): Promise<T> {
  const cls = ClsServiceManager.getClsService();
  const hooks: TransactionHooks = { committed: [], ended: [] };
  try {
    const result = await cls.run({ ifNested: 'inherit' }, async () => {
      cls.set(key, hooks);
      return await run();
    });
    for (const work of hooks.committed) work();
    return result;
  } finally {
    for (const work of hooks.ended) await work();
  }
}

function currentHooks(): TransactionHooks | undefined {
  const cls = ClsServiceManager.getClsService();
  return cls.isActive() ? cls.get<TransactionHooks | undefined>(key) : undefined;
}
