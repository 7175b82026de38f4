import type { KeyRotationService, ListedSigningKey } from '../features/auth/signing-keys/key-rotation.service.ts';
import { applicationCommand } from './application-command.ts';
import { UsageError } from './database-command.ts';

/** The operation on the signing keys of access tokens. */
type SigningKeyCommand = { readonly verb: 'list' | 'rotate' } | { readonly verb: 'revoke'; readonly kid: string };

await applicationCommand({
  readArguments,
  work: async (app, args) => {
    const rotation = await import('../features/auth/signing-keys/key-rotation.service.ts');
    const keys = app.get(rotation.KeyRotationService);
    try {
      console.log(await runCommand(keys, args));
      return 0;
    } catch (error) {
      if (error instanceof rotation.UnknownKey || error instanceof rotation.NextKeyTooYoung)
        throw new UsageError(error.message);
      throw error;
    }
  },
});

async function runCommand(keys: KeyRotationService, args: SigningKeyCommand): Promise<string> {
  switch (args.verb) {
    case 'list':
      return table(await keys.list());
    case 'rotate': {
      const { active, rotated } = await keys.rotate();
      if (rotated) return `Active key: ${active}. Existing sessions stay valid.`;
      return `Active key unchanged: ${active}. The next key was published just now; rotate again in ten minutes.`;
    }
    case 'revoke': {
      const { active } = await keys.revoke(args.kid);
      return (
        `Revoked key: ${args.kid}. Its access tokens become invalid within 1 s; sessions stay valid. ` +
        `Active key: ${active}.`
      );
    }
  }
}

function table(keys: readonly ListedSigningKey[]): string {
  if (keys.length === 0) return 'There are no keys yet: the first login creates them.';
  return keys
    .map(({ kid, state, createdAt, activatedAt, retiredAt }) => {
      const since = { active: activatedAt, retired: retiredAt }[state] ?? createdAt;
      return `${kid}  ${state.padEnd(8)} since ${since.toISOString()}`;
    })
    .join('\n');
}

function readArguments(): SigningKeyCommand {
  const [verb, kid, ...others] = process.argv.slice(2);
  if (others.length === 0) {
    if ((verb === 'list' || verb === 'rotate') && kid === undefined) return { verb };
    if (verb === 'revoke' && kid !== undefined) return { verb, kid };
  }
  throw new UsageError('Usage: npm run signing-keys -- list | rotate | revoke <kid>');
}
