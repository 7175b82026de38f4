import { Box, Link } from '@mui/material';
import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import type { AuditEvent } from '../audit/audit-event.ts';
import { outcomeTones } from '../audit/audit-event.ts';
import type { Column } from '../kit/index.ts';
import { List, ListTable, Muted, StatusChip, TimeText } from '../kit/index.ts';

const columns: readonly Column<AuditEvent>[] = [
  { label: 'Event', render: ({ event }) => <code>{event}</code> },
  { label: 'Time', render: ({ at }) => <TimeText value={at} /> },
  { label: 'Outcome', render: ({ outcome }) => <StatusChip value={outcome} tones={outcomeTones} /> },
  { label: 'Details', render: ({ reason }) => reason ?? <Muted>none</Muted> },
  { label: 'IP address', render: ({ ip }) => ip ?? <Muted>none</Muted> },
];

/** What happened with the account, newest first. */
export function AuditTab({ userId }: { userId: string }): ReactNode {
  const filter = encodeURIComponent(JSON.stringify({ subjectId: userId }));
  return (
    <>
      <List resource={`users/${userId}/audit-events`} nested empty="There are no events.">
        <ListTable<AuditEvent> label="Audit events" columns={columns} />
      </List>
      <Box sx={{ mt: 2 }}>
        <Link component={RouterLink} to={`/audit-events?filter=${filter}`}>
          Show them in the audit log
        </Link>
      </Box>
    </>
  );
}
