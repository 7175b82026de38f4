import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { ActionButton, Muted, Section, TimeText } from '../kit/index.ts';
import { WholeList } from './whole-list.tsx';

type Identity = components['schemas']['IdentityDto'];

const columns: readonly Column<Identity>[] = [
  { label: 'Provider', render: ({ provider }) => provider },
  { label: 'Email there', render: ({ email }) => email ?? <Muted>none</Muted> },
  { label: 'Linked', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
];

/** Accounts at providers with which the user can log in. */
export function IdentitiesTab(): ReactNode {
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
  return (
    <Section title="Linked accounts">
      <WholeList<Identity>
        path="auth/identities"
        label="Linked accounts"
        columns={columns}
        actions={unlink}
        empty="No account at a provider is linked."
      />
    </Section>
  );
}
