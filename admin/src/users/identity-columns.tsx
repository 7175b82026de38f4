import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { Muted, TimeText } from '../kit/index.ts';

export type Identity = components['schemas']['IdentityDto'];

export const identityColumns: readonly Column<Identity>[] = [
  { label: 'Provider', render: ({ provider }) => provider },
  { label: 'Email there', render: ({ email }) => email ?? <Muted>none</Muted> },
  { label: 'Linked', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
];
