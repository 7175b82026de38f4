import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { call, session } from '../api/index.ts';
import { DialogButton, FormDialog, FormField, Section } from '../kit/index.ts';

type Tokens = Parameters<typeof session.setTokens>[0];

export function PasswordSection({ email }: { email: string }): ReactNode {
  return (
    <Section title="Password">
      <Typography sx={{ mb: 2 }}>A new password ends all other sessions.</Typography>
      <DialogButton label="Change the password">
        {(close) => <PasswordDialog email={email} onClose={close} />}
      </DialogButton>
    </Section>
  );
}

/** The response has the tokens of a session that replaces the present one. */
function PasswordDialog({ email, onClose }: { email: string; onClose: () => void }): ReactNode {
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const notify = useNotify();
  return (
    <FormDialog
      title="Change the password"
      submitLabel="Change"
      disabled={currentPassword === '' || newPassword === ''}
      onClose={onClose}
      onSubmit={async (keys) => {
        const body = { currentPassword, newPassword };
        const headers = { ...session.deliveryHeader };
        const { data } = await call<Tokens>({ method: 'POST', path: 'auth/password/change', body, headers, keys });
        session.setTokens(data);
        notify('The password was changed', { type: 'success' });
        onClose();
      }}
    >
      {(errorOf) => (
        <>
          {/* Password managers store the new password with it. */}
          <input type="hidden" name="username" autoComplete="username" value={email} />
          <FormField
            label="Current password"
            type="password"
            name="current-password"
            autoComplete="current-password"
            value={currentPassword}
            onChange={setCurrent}
            error={errorOf('currentPassword')}
            required
            autoFocus
          />
          <FormField
            label="New password"
            type="password"
            name="new-password"
            autoComplete="new-password"
            value={newPassword}
            onChange={setNew}
            error={errorOf('newPassword')}
            required
          />
        </>
      )}
    </FormDialog>
  );
}
