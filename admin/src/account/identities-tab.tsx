import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { useNotify } from 'react-admin';
import { call } from '../api/index.ts';
import { configuration } from '../configuration.ts';
import { ActionButton, ProblemAlert, Section } from '../kit/index.ts';
import type { Identity } from '../users/identity-columns.tsx';
import { identityColumns } from '../users/identity-columns.tsx';
import { finishLink, startLink } from './provider-link.ts';
import { WholeList } from './whole-list.tsx';

/** Accounts at providers with which the user can log in. */
export function IdentitiesTab(): ReactNode {
  const error = useReturnedLink();
  const unlink = ({ id, provider }: Identity): ReactNode => (
    <ActionButton
      label="Unlink"
      size="small"
      color="error"
      confirm={{
        title: `Unlink the account at ${provider}?`,
        text: 'It can no longer log in. All other sessions end.',
      }}
      action={async (keys) => await call({ method: 'DELETE', path: `auth/identities/${id}`, keys })}
      done="The account was unlinked"
    />
  );
  const link = configuration.providers.map((provider) => (
    <ActionButton
      key={provider}
      label={`Link an account at ${provider}`}
      variant="outlined"
      action={async () => {
        await startLink(provider);
      }}
      done={`The browser continues at ${provider}`}
    />
  ));
  return (
    <Section title="Linked accounts" actions={link}>
      <ProblemAlert error={error} />
      <WholeList<Identity>
        path="auth/identities"
        label="Linked accounts"
        columns={identityColumns}
        actions={unlink}
        empty="No account at a provider is linked."
      />
    </Section>
  );
}

/** Links the account with which a provider has returned to this tab. Returns why it failed. */
function useReturnedLink(): unknown {
  const [error, setError] = useState<unknown>();
  const notify = useNotify();
  const queryClient = useQueryClient();
  useEffect(() => {
    const finish = async (): Promise<void> => {
      if (!(await finishLink())) return;
      notify('The account was linked', { type: 'success' });
      await queryClient.invalidateQueries();
    };
    finish().catch(setError);
  }, [notify, queryClient]);
  return error;
}
