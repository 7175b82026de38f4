import { Alert, Box, Button, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { browserPasskeys } from '../../../client/browser-passkeys.ts';
import { call } from '../api/index.ts';
import type { components, IdempotencyKeys } from '../api/index.ts';
import { hasPasskeys } from '../auth/login-steps.ts';
import type { Column } from '../kit/index.ts';
import { ActionButton, FormDialog, FormField, Section, TimeText } from '../kit/index.ts';
import { WholeList } from './whole-list.tsx';

type Passkey = components['schemas']['PasskeyDto'];
type Registered = components['schemas']['RegisteredPasskeyDto'];
type CreationOptions = components['schemas']['PasskeyCreationOptionsDto'];

const columns: readonly Column<Passkey>[] = [
  { label: 'Name', render: ({ name }) => name },
  { label: 'Added', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
  { label: 'Stored', render: ({ backedUp }) => (backedUp ? 'on several devices' : 'on one device') },
];

/** Passkeys log in without a password. */
export function PasskeysSection({ onCodes }: { onCodes: (codes: readonly string[]) => void }): ReactNode {
  /** The passkey that is renamed, or `new`. */
  const [named, setNamed] = useState<Passkey | 'new'>();
  const close = (): void => {
    setNamed(undefined);
  };
  const actions = (passkey: Passkey): ReactNode => (
    <Box sx={{ display: 'inline-flex', gap: 1 }}>
      <Button
        size="small"
        onClick={() => {
          setNamed(passkey);
        }}
      >
        Rename
      </Button>
      <ActionButton
        label="Delete"
        size="small"
        color="error"
        confirm={{
          title: `Delete ${passkey.name.slice(0, 80)}?`,
          text: 'It can no longer log in. Delete it in the settings of the device, too.',
        }}
        action={async (keys) => await call({ method: 'DELETE', path: `auth/passkeys/${passkey.id}`, keys })}
        done="The passkey was deleted"
      />
    </Box>
  );
  const add = (
    <Button
      variant="outlined"
      disabled={!hasPasskeys}
      onClick={() => {
        setNamed('new');
      }}
    >
      Add a passkey
    </Button>
  );
  return (
    <Section title="Passkeys" actions={add}>
      {!hasPasskeys && (
        <Alert severity="info" sx={{ mb: 2 }}>
          This browser has no passkeys at this URL: they need HTTPS and a domain, or localhost.
        </Alert>
      )}
      <WholeList<Passkey>
        path="auth/passkeys"
        label="Passkeys"
        columns={columns}
        actions={actions}
        empty="You have no passkeys. They log in without a password."
      />
      {named === 'new' && (
        <NameDialog
          onClose={close}
          save={async (name, keys) => {
            await register(name, keys, onCodes);
          }}
        />
      )}
      {named !== undefined && named !== 'new' && (
        <NameDialog
          initial={named.name}
          onClose={close}
          save={async (name, keys) => {
            await call({ method: 'PATCH', path: `auth/passkeys/${named.id}`, body: { name }, keys });
          }}
        />
      )}
    </Section>
  );
}

interface NameDialogProps {
  readonly initial?: string;
  readonly onClose: () => void;
  readonly save: (name: string, keys: IdempotencyKeys) => Promise<void>;
}

function NameDialog({ initial, onClose, save }: NameDialogProps): ReactNode {
  const [name, setName] = useState(initial ?? 'Passkey');
  const notify = useNotify();
  const isNew = initial === undefined;
  return (
    <FormDialog
      title={isNew ? 'Add a passkey' : 'Rename the passkey'}
      submitLabel={isNew ? 'Continue' : 'Save'}
      disabled={name.trim() === ''}
      onClose={onClose}
      onSubmit={async (keys) => {
        if (
          !(await isSaved(async () => {
            await save(name.trim(), keys);
          }))
        )
          return;
        notify(isNew ? 'The passkey was added' : 'The passkey was renamed', { type: 'success' });
        onClose();
      }}
    >
      {(errorOf) => (
        <>
          {isNew && (
            <Typography color="textSecondary">
              The browser asks next where to store it. All other sessions end.
            </Typography>
          )}
          <FormField
            label="Name"
            value={name}
            onChange={setName}
            error={errorOf('name')}
            hint="To recognize it in the list"
            autoFocus
            required
          />
        </>
      )}
    </FormDialog>
  );
}

/** False when the user has closed the dialog of the browser: the name that was typed stays. */
async function isSaved(save: () => Promise<void>): Promise<boolean> {
  try {
    await save();
    return true;
  } catch (error) {
    if (error instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(error.name)) return false;
    throw error;
  }
}

/** @throws DOMException when the user cancels the dialog of the browser */
async function register(
  name: string,
  keys: IdempotencyKeys,
  onCodes: (codes: readonly string[]) => void,
): Promise<void> {
  const { data: options } = await call<CreationOptions>({ method: 'POST', path: 'auth/passkeys/options' });
  const credential = await browserPasskeys.create(options);
  const body = { name, credential };
  const { data } = await call<Registered>({ method: 'POST', path: 'auth/passkeys', body, keys });
  if (data.recoveryCodes !== undefined) onCodes(data.recoveryCodes);
}
