import { ClsServiceManager } from 'nestjs-cls';

const key = 'database:after-commit';

/** Runs when the transaction that is open here has committed, never when it rolls back; at once when none is open. */
export function afterCommit(work: () => void): void {
  const cls = ClsServiceManager.getClsService();
  const waiting = cls.isActive() ? cls.get<(() => void)[] | undefined>(key) : undefined;
  if (waiting === undefined) work();
  else waiting.push(work);
}

/** Collects what `run` wants done after its commit, and does it once `run` has succeeded. */
export async function collectAfterCommit<T>(run: () => Promise<T>): Promise<T> {
  const cls = ClsServiceManager.getClsService();
  const waiting: (() => void)[] = [];
  const result = await cls.run({ ifNested: 'inherit' }, async () => {
    cls.set(key, waiting);
    return await run();
  });
  for (const work of waiting) work();
  return result;
}
