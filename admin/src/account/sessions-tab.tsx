import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import { ActionButton, List, ListTable, Section } from '../kit/index.ts';
import type { Session } from '../users/session-columns.tsx';
import { sessionColumns } from '../users/session-columns.tsx';

/** Where the user is logged in. */
export function SessionsTab(): ReactNode {
  const revoke = ({ id, current }: Session): ReactNode =>
    current ? null : (
      <ActionButton
        label="Log out"
        size="small"
        color="error"
        confirm={{ title: 'Log out there?', text: 'The browser or program has to log in again.' }}
        action={async (keys) => await call({ method: 'DELETE', path: `auth/sessions/${id}`, keys })}
        done="The session was ended"
      />
    );
  const revokeOthers = (
    <ActionButton
      label="Log out everywhere else"
      variant="outlined"
      confirm={{ title: 'Log out everywhere else?', text: 'All sessions except this one end.' }}
      action={async (keys) => await call({ method: 'POST', path: 'auth/logout-all', body: { scope: 'others' }, keys })}
      done="The other sessions were ended"
    />
  );
  return (
    <Section title="Sessions" actions={revokeOthers}>
      <List resource="auth/sessions" nested empty="There are no sessions.">
        <ListTable<Session> label="Sessions" columns={sessionColumns} actions={revoke} />
      </List>
    </Section>
  );
}
