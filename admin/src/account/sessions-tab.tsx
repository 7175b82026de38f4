import { Chip } from '@mui/material';
import type { ReactNode } from 'react';
import { call } from '../api/index.ts';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { ActionButton, List, ListTable, Muted, Section, TimeText } from '../kit/index.ts';
import { BrowserText } from './browser-text.tsx';

type OwnSession = components['schemas']['SessionDto'];

const columns: readonly Column<OwnSession>[] = [
  {
    label: 'Browser',
    render: ({ userAgent, current }) => (
      <>
        {current && <Chip size="small" color="primary" label="This session" sx={{ mr: 1 }} />}
        <BrowserText userAgent={userAgent} />
      </>
    ),
  },
  { label: 'IP address', render: ({ ip }) => ip ?? <Muted>unknown</Muted> },
  { label: 'Login', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Last used', render: ({ lastUsedAt }) => <TimeText value={lastUsedAt} ago /> },
  { label: 'Methods', render: ({ amr }) => amr.join(', ') },
];

/** Where the user is logged in. */
export function SessionsTab(): ReactNode {
  const revoke = ({ id, current }: OwnSession): ReactNode =>
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
        <ListTable<OwnSession> label="Sessions" columns={columns} actions={revoke} />
      </List>
    </Section>
  );
}
