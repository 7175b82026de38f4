import { Chip } from '@mui/material';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { BrowserText, Muted, TimeText } from '../kit/index.ts';

export type Session = components['schemas']['SessionDto'];

export const sessionColumns: readonly Column<Session>[] = [
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
