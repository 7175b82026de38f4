import { Link } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { SelectInput, TextInput } from 'react-admin';
import type { Column } from '../kit/index.ts';
import { ListPage, ListTable, Muted, StatusChip, TimeInput, TimeText } from '../kit/index.ts';
import { UserLink } from '../users/user-link.tsx';
import type { AuditEvent } from './audit-event.ts';
import { outcomeChoices, outcomeTones } from './audit-event.ts';
import { EventDialog } from './event-dialog.tsx';
import { ExportButton } from './export-button.tsx';

const columnsAfterName: readonly Column<AuditEvent>[] = [
  { label: 'Outcome', render: ({ outcome }) => <StatusChip value={outcome} tones={outcomeTones} /> },
  { label: 'Time', sortBy: 'at', render: ({ at }) => <TimeText value={at} /> },
  { label: 'Details', render: ({ reason }) => reason ?? <Muted>none</Muted> },
  { label: 'Actor', render: ({ actorId }) => <User id={actorId} /> },
  { label: 'About', render: ({ subjectId }) => <User id={subjectId} /> },
  { label: 'IP address', render: ({ ip }) => ip ?? <Muted>none</Muted> },
];

const filters = (
  <>
    <TextInput source="event" label="Event" helperText={false} resettable />
    <SelectInput source="outcome" choices={outcomeChoices} helperText={false} />
    <TextInput source="actorId" label="Actor id" helperText={false} resettable />
    <TextInput source="subjectId" label="User id" helperText={false} resettable />
    <TimeInput source="since" label="From" />
    <TimeInput source="until" label="Before" />
    <ExportButton />
  </>
);

/** `#/audit-events`. */
export default function AuditList(): ReactNode {
  const [shown, setShown] = useState<AuditEvent>();
  const name: Column<AuditEvent> = {
    label: 'Event',
    render: (event) => (
      <Link
        component="button"
        color="inherit"
        aria-label={`Show ${event.event}`}
        onClick={() => {
          setShown(event);
        }}
        sx={{ fontWeight: 600, textAlign: 'start', overflowWrap: 'normal' }}
      >
        {event.event}
      </Link>
    ),
  };
  return (
    <ListPage
      title="Audit log"
      resource="audit-events"
      sort={{ field: 'at', order: 'DESC' }}
      filters={filters}
      empty="No event matches these filters."
    >
      <ListTable<AuditEvent> label="Audit events" columns={[name, ...columnsAfterName]} />
      <EventDialog
        event={shown}
        onClose={() => {
          setShown(undefined);
        }}
      />
    </ListPage>
  );
}

function User({ id }: { id: string | null }): ReactNode {
  if (id === null) return <Muted>none</Muted>;
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <UserLink id={id}>{id.slice(-8)}</UserLink>
    </span>
  );
}
