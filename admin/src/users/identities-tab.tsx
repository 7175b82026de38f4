import type { ReactNode } from 'react';
import { List, ListTable } from '../kit/index.ts';
import type { Identity } from './identity-columns.tsx';
import { identityColumns } from './identity-columns.tsx';

/** The accounts at providers with which the user can log in. */
export function IdentitiesTab({ userId }: { userId: string }): ReactNode {
  return (
    <List resource={`users/${userId}/identities`} nested empty="No account at a provider is linked.">
      <ListTable<Identity> label="Identities" columns={identityColumns} />
    </List>
  );
}
