import { Box } from '@mui/material';
import type { ReactNode } from 'react';
import { useGetIdentity } from 'react-admin';
import { call } from '../api/index.ts';
import type { IdempotencyKeys } from '../api/index.ts';
import { dataProvider } from '../api/data-provider.ts';
import { ActionButton, Section } from '../kit/index.ts';
import type { User } from './user.ts';
import { nameOf } from './user.ts';

/** Everything that changes whether and how a user can log in. */
export function ProfileActions({ user, hasFactors }: { user: User; hasFactors: boolean }): ReactNode {
  const { identity } = useGetIdentity();
  const isOwn = identity?.id === user.id;
  const post = (action: string) => async (keys: IdempotencyKeys) =>
    await call({ method: 'POST', path: `users/${user.id}/${action}`, keys });
  const name = nameOf(user).slice(0, 80);
  return (
    <Section title="Access">
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1 }}>
        {user.status === 'disabled' ? (
          <ActionButton
            label="Enable"
            variant="outlined"
            confirm={{ title: `Enable ${name}?`, text: 'The password stays the same; schedules stay paused.' }}
            action={post('enable')}
            done="The user was enabled"
          />
        ) : (
          <ActionButton
            label="Disable"
            variant="outlined"
            disabled={isOwn}
            confirm={{
              title: `Disable ${name}?`,
              text: 'All sessions and emailed links are revoked, schedules are paused, and every login is rejected.',
            }}
            action={post('disable')}
            done="The user was disabled"
          />
        )}
        <ActionButton
          label="Reset the password"
          variant="outlined"
          disabled={user.status === 'disabled'}
          confirm={{
            title: `Reset the password of ${name}?`,
            text: 'All sessions are revoked, and an email has a link to choose a new password. Until then the current one is valid.',
          }}
          action={post('password-reset')}
          done="The email was sent"
        />
        <ActionButton
          label="Reset the second factors"
          variant="outlined"
          disabled={!hasFactors}
          confirm={{
            title: `Reset the second factors of ${name}?`,
            text: 'Authenticator apps, passkeys and recovery codes are deleted. Verify first who requests this.',
          }}
          action={post('mfa-reset')}
          done="The second factors were deleted"
        />
        <ActionButton
          label="Delete"
          color="error"
          variant="outlined"
          disabled={isOwn}
          confirm={{ title: `Delete ${name}?`, text: 'The user can be restored on this page for 30 days.' }}
          action={async (keys) => {
            await dataProvider.delete('users', { id: user.id, previousData: user, meta: { keys } });
          }}
          done="The user was deleted"
        />
      </Box>
    </Section>
  );
}
