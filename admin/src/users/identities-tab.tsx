import type { ReactNode } from 'react';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { List, ListTable, Muted, TimeText } from '../kit/index.ts';

type Identity = components['schemas']['IdentityDto'];

const columns: readonly Column<Identity>[] = [
  { label: 'Provider', render: ({ provider }) => provider },
  { label: 'Email there', render: ({ email }) => email ?? <Muted>none</Muted> },
  { label: 'Linked', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
];

/** The accounts at providers with which the user can log in. */
export function IdentitiesTab({ userId }: { userId: string }): ReactNode {
  return (
    <List resource={`users/${userId}/identities`} nested empty="No account at a provider is linked.">
      <ListTable<Identity> label="Identities" columns={columns} />
    </List>
  );
}
