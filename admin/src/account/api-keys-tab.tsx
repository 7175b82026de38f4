import { Box, Button } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { ActionButton, List, ListTable, Muted, Section, TimeText } from '../kit/index.ts';
import { CreateApiKeyDialog, RotateApiKeyDialog } from './api-key-dialogs.tsx';
import type { Me } from './me.ts';
import { SecretsDialog } from './secrets-dialog.tsx';

type ApiKey = components['schemas']['ApiKeyDto'];

const columns: readonly Column<ApiKey>[] = [
  { label: 'Name', render: ({ name }) => name },
  { label: 'Prefix', render: ({ prefix }) => <code>{prefix}</code> },
  { label: 'Scopes', render: ({ scopes }) => (scopes.length === 0 ? <Muted>none</Muted> : scopes.join(', ')) },
  { label: 'Expires', render: ({ expiresAt }) => <TimeText value={expiresAt} ago /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
];

/** Keys with which programs act for the user. */
export function ApiKeysTab({ me }: { me: Me }): ReactNode {
  /** The key that is rotated, or `new`. */
  const [changed, setChanged] = useState<ApiKey | 'new'>();
  const [secret, setSecret] = useState<string>();
  const close = (): void => {
    setChanged(undefined);
  };
  const created = (key: string): void => {
    close();
    setSecret(key);
  };
  const actions = (apiKey: ApiKey): ReactNode => (
    <Box sx={{ display: 'inline-flex', gap: 1 }}>
      <Button
        size="small"
        disabled={apiKey.rotatedAt !== null}
        onClick={() => {
          setChanged(apiKey);
        }}
      >
        Rotate
      </Button>
      <ActionButton
        label="Revoke"
        size="small"
        color="error"
        confirm={{
          title: `Revoke ${apiKey.name.slice(0, 80)}?`,
          text: 'Programs that use this key are rejected from now on.',
        }}
        action={async (keys) => await call({ method: 'DELETE', path: `auth/api-keys/${apiKey.id}`, keys })}
        done="The API key was revoked"
      />
    </Box>
  );
  const add = (
    <Button
      variant="outlined"
      onClick={() => {
        setChanged('new');
      }}
    >
      Create an API key
    </Button>
  );
  return (
    <Section title="API keys" actions={add}>
      <List resource="auth/api-keys" nested empty="You have no API keys.">
        <ListTable<ApiKey> label="API keys" columns={columns} actions={actions} />
      </List>
      {changed === 'new' && <CreateApiKeyDialog permissions={me.permissions} onClose={close} onCreated={created} />}
      {changed !== undefined && changed !== 'new' && (
        <RotateApiKeyDialog apiKey={changed} onClose={close} onCreated={created} />
      )}
      {secret !== undefined && (
        <SecretsDialog
          title="API key"
          explanation="The key is shown only now: store it where only the program can read it. Send it in the header X-API-Key."
          secrets={[secret]}
          fileName="api-key.txt"
          onClose={() => {
            setSecret(undefined);
          }}
        />
      )}
    </Section>
  );
}
