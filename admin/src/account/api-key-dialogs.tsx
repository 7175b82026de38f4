import { Checkbox, FormControlLabel, FormGroup, FormHelperText, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import { FormDialog, FormField } from '../kit/index.ts';

type ApiKey = components['schemas']['ApiKeyDto'];
type CreatedApiKey = components['schemas']['CreatedApiKeyDto'];

interface ApiKeyDialogProps {
  readonly onClose: () => void;
  /** With the key, which is not returned again. */
  readonly onCreated: (key: string) => void;
}

/** The lifetimes that are offered; the service accepts at most 365 days. */
const lifetimes = [7, 30, 90, 180, 365];

export function CreateApiKeyDialog({
  permissions,
  onClose,
  onCreated,
}: ApiKeyDialogProps & { permissions: readonly string[] }): ReactNode {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [days, setDays] = useState(90);
  return (
    <FormDialog
      title="Create an API key"
      submitLabel="Create"
      disabled={name.trim() === ''}
      onClose={onClose}
      onSubmit={async (keys) => {
        const body = { name: name.trim(), scopes, expiresAt: endOf(days) };
        const { data } = await call<CreatedApiKey>({ method: 'POST', path: 'auth/api-keys', body, keys });
        onCreated(data.key);
      }}
    >
      {(errorOf) => (
        <>
          <FormField
            label="Name"
            value={name}
            onChange={setName}
            error={errorOf('name')}
            hint="What the key is for"
            autoFocus
            required
          />
          <Scopes permissions={permissions} scopes={scopes} onChange={setScopes} error={errorOf('scopes')} />
          <Lifetime days={days} onChange={setDays} error={errorOf('expiresAt')} />
        </>
      )}
    </FormDialog>
  );
}

export function RotateApiKeyDialog({ apiKey, onClose, onCreated }: ApiKeyDialogProps & { apiKey: ApiKey }): ReactNode {
  const [days, setDays] = useState(90);
  const [overlapHours, setOverlap] = useState(24);
  return (
    <FormDialog
      title="Rotate the API key"
      submitLabel="Rotate"
      onClose={onClose}
      onSubmit={async (keys) => {
        const path = `auth/api-keys/${apiKey.id}/rotate`;
        const body = { overlapHours, expiresAt: endOf(days) };
        onCreated((await call<CreatedApiKey>({ method: 'POST', path, body, keys })).data.key);
      }}
    >
      {(errorOf) => (
        <>
          <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            Creates a new key with the name and the scopes of {apiKey.name}. The former one stays valid for a while, so
            that programs can change to the new one.
          </Typography>
          <FormField
            label="Hours that the former key stays valid"
            type="number"
            value={overlapHours}
            onChange={(hours) => {
              setOverlap(Number(hours));
            }}
            slotProps={{ htmlInput: { min: 0 } }}
            error={errorOf('overlapHours')}
          />
          <Lifetime days={days} onChange={setDays} error={errorOf('expiresAt')} />
        </>
      )}
    </FormDialog>
  );
}

interface ScopesProps {
  readonly permissions: readonly string[];
  readonly scopes: readonly string[];
  readonly onChange: (scopes: readonly string[]) => void;
  readonly error: string | undefined;
}

function Scopes({ permissions, scopes, onChange, error }: ScopesProps): ReactNode {
  if (permissions.length === 0)
    return <Typography color="textSecondary">The key can call the operations that require no permission.</Typography>;
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <Typography component="legend" variant="subtitle2">
        Scopes
      </Typography>
      <FormGroup>
        {permissions.map((permission) => (
          <FormControlLabel
            key={permission}
            label={permission}
            control={
              <Checkbox
                checked={scopes.includes(permission)}
                onChange={(_, checked) => {
                  onChange([...scopes.filter((scope) => scope !== permission), ...(checked ? [permission] : [])]);
                }}
              />
            }
          />
        ))}
      </FormGroup>
      <FormHelperText error={error !== undefined}>
        {error ?? 'Without any, the key can call the operations that require no permission.'}
      </FormHelperText>
    </fieldset>
  );
}

interface LifetimeProps {
  readonly days: number;
  readonly onChange: (days: number) => void;
  readonly error: string | undefined;
}

function Lifetime({ days, onChange, error }: LifetimeProps): ReactNode {
  return (
    <FormField
      id="lifetime"
      select
      label="Expires after"
      value={days}
      onChange={(value) => {
        onChange(Number(value));
      }}
      slotProps={{ select: { native: true } }}
      error={error}
    >
      {lifetimes.map((each) => (
        <option key={each} value={each}>
          {each} days
        </option>
      ))}
    </FormField>
  );
}

/** A minute before the end of the last day, which the service may count a second earlier. */
function endOf(days: number): string {
  return new Date(Date.now() + days * 86_400_000 - 60_000).toISOString();
}
