import { Box } from '@mui/material';
import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import { useHasPermission } from '../auth/permissions.ts';
import { ActionButton, List, ListTable } from '../kit/index.ts';
import type { Session } from './session-columns.tsx';
import { sessionColumns } from './session-columns.tsx';

/** The active sessions of a user. */
export function SessionsTab({ userId }: { userId: string }): ReactNode {
  const canRevoke = useHasPermission('sessions:write');
  const path = `users/${userId}/sessions`;
  const revoke = ({ id, userAgent }: Session): ReactNode => (
    <ActionButton
      label="Revoke"
      color="error"
      size="small"
      confirm={{ title: 'Revoke the session?', text: userAgent ?? 'The browser is unknown.' }}
      action={async (keys) => await call({ method: 'DELETE', path: `${path}/${id}`, keys })}
      done="The session was revoked"
    />
  );
  return (
    <>
      {canRevoke && (
        <Box sx={{ mb: 2 }}>
          <ActionButton
            label="Revoke all sessions"
            variant="outlined"
            color="error"
            confirm={{ title: 'Revoke all sessions?', text: 'The user has to log in again on every device.' }}
            action={async (keys) => await call({ method: 'DELETE', path, keys })}
            done="All sessions were revoked"
          />
        </Box>
      )}
      <List resource={path} nested empty="The user is not logged in.">
        <ListTable<Session> label="Sessions" columns={sessionColumns} {...(canRevoke && { actions: revoke })} />
      </List>
    </>
  );
}
