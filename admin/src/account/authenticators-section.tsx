import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { ActionButton, DialogButton, Section, TimeText } from '../kit/index.ts';
import { EnrolDialog } from './enrol-dialog.tsx';
import { WholeList } from './whole-list.tsx';

type Factor = components['schemas']['MfaFactorDto'];

const columns: readonly Column<Factor>[] = [
  { label: 'Name', render: ({ name, type }) => (type === 'totp' ? name : `${name} (passkey)`) },
  { label: 'Added', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
  { label: 'State', render: ({ lockedAt }) => (lockedAt === null ? 'active' : 'locked') },
];

/** Apps that show a code every 30 seconds; passkeys have a section of their own. */
export function AuthenticatorsSection({ onCodes }: { onCodes: (codes: readonly string[]) => void }): ReactNode {
  const remove = ({ id, type, name }: Factor): ReactNode =>
    type === 'totp' && (
      <ActionButton
        label="Delete"
        size="small"
        color="error"
        confirm={{
          title: `Delete ${name.slice(0, 80)}?`,
          text: 'Without another second factor, logins require none, and the recovery codes are deleted.',
        }}
        action={async (keys) => await call({ method: 'DELETE', path: `auth/mfa/totp/${id}`, keys })}
        done="The authenticator app was deleted"
      />
    );
  const add = (
    <DialogButton label="Add an authenticator app">
      {(close) => <EnrolDialog onCodes={onCodes} onClose={close} />}
    </DialogButton>
  );
  return (
    <Section title="Second factors" actions={add}>
      <WholeList<Factor>
        path="auth/mfa/factors"
        label="Second factors"
        columns={columns}
        actions={remove}
        empty="Logins require no second factor. Add one to protect your account."
      />
    </Section>
  );
}
