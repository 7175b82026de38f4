import type { ListedSigningKey } from '../features/sessions/key-rotation.service.ts';
import { KeyRotationService, NextKeyTooYoung, UnknownKey } from '../features/sessions/key-rotation.service.ts';
import { applicationCommand } from './application-command.ts';
import { UsageError } from './database-command.ts';

/** What to do with the keys that sign access tokens. */
type Task = { readonly verb: 'list' | 'rotate' } | { readonly verb: 'revoke'; readonly kid: string };

await applicationCommand({
  readArguments,
  work: async (app, task) => {
    const keys = app.get(KeyRotationService);
    try {
      console.log(await carryOut(keys, task));
      return 0;
    } catch (error) {
      if (error instanceof UnknownKey || error instanceof NextKeyTooYoung) throw new UsageError(error.message);
      throw error;
    }
  },
});

async function carryOut(keys: KeyRotationService, task: Task): Promise<string> {
  switch (task.verb) {
    case 'list':
      return table(await keys.list());
    case 'rotate': {
      const { active, rotated } = await keys.rotate();
      if (rotated) return `${active} signs now. Nobody is logged out.`;
      return `${active} goes on: a next key has just been published. Rotate again in ten minutes.`;
    }
    case 'revoke': {
      const { active } = await keys.revoke(task.kid);
      return `${task.kid} is revoked: its access tokens end within a second, sessions go on. ${active} signs now.`;
    }
  }
}

function table(keys: readonly ListedSigningKey[]): string {
  if (keys.length === 0) return 'There are no keys yet: the first login makes them.';
  return keys
    .map(({ kid, state, createdAt, activatedAt, retiredAt }) => {
      const since = { active: activatedAt, retired: retiredAt }[state] ?? createdAt;
      return `${kid}  ${state.padEnd(8)} since ${since.toISOString()}`;
    })
    .join('\n');
}

function readArguments(): Task {
  const [verb, kid, ...others] = process.argv.slice(2);
  if (others.length === 0) {
    if ((verb === 'list' || verb === 'rotate') && kid === undefined) return { verb };
    if (verb === 'revoke' && kid !== undefined) return { verb, kid };
  }
  throw new UsageError('Usage: npm run keys -- list | rotate | revoke <kid>');
}
