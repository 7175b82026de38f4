import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import { useHasPermission } from '../auth/permissions.ts';
import type { Column } from '../kit/index.ts';
import { ActionButton, List, ListTable, Muted, TimeText } from '../kit/index.ts';

type ApiKey = components['schemas']['ApiKeyDto'];

const columns: readonly Column<ApiKey>[] = [
  { label: 'Name', render: ({ name }) => name },
  { label: 'Prefix', render: ({ prefix }) => <code>{prefix}</code> },
  { label: 'Scopes', render: ({ scopes }) => (scopes.length === 0 ? <Muted>own account</Muted> : scopes.join(', ')) },
  { label: 'Created', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Expires', render: ({ expiresAt }) => <TimeText value={expiresAt} ago /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
];

/** The keys of the user's programs. */
export function ApiKeysTab({ userId }: { userId: string }): ReactNode {
  const canRevoke = useHasPermission('users:write');
  const path = `users/${userId}/api-keys`;
  const revoke = ({ id, name }: ApiKey): ReactNode => (
    <ActionButton
      label="Revoke"
      color="error"
      size="small"
      confirm={{ title: `Revoke ${name}?`, text: 'Programs that use this key are rejected from now on.' }}
      action={async (keys) => await call({ method: 'DELETE', path: `${path}/${id}`, keys })}
      done="The API key was revoked"
    />
  );
  return (
    <List resource={path} nested empty="The user has no API keys.">
      <ListTable<ApiKey> label="API keys" columns={columns} {...(canRevoke && { actions: revoke })} />
    </List>
  );
}
