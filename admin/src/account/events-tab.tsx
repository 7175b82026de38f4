import type { ReactNode } from 'react';
import type { components } from '../api/index.ts';
import { outcomeTones } from '../audit/audit-event.ts';
import type { Column } from '../kit/index.ts';
import { BrowserText, List, ListTable, Muted, Section, StatusChip, TimeText } from '../kit/index.ts';

type SecurityEvent = components['schemas']['SecurityEventDto'];

const columns: readonly Column<SecurityEvent>[] = [
  { label: 'Event', render: ({ event, reason }) => (reason === null ? event : `${event}: ${reason}`) },
  { label: 'Time', render: ({ at }) => <TimeText value={at} /> },
  { label: 'Outcome', render: ({ outcome }) => <StatusChip value={outcome} tones={outcomeTones} /> },
  { label: 'By', render: ({ actor }) => ({ self: 'you', other: 'another user', unknown: 'unknown' })[actor] },
  { label: 'IP address', render: ({ ip }) => ip ?? <Muted>none</Muted> },
  { label: 'Browser', render: ({ userAgent }) => <BrowserText userAgent={userAgent} /> },
];

/** What happened with the account: activity that the user does not recognize is a reason to change the password. */
export function EventsTab(): ReactNode {
  return (
    <Section title="Security events">
      <List resource="auth/security-events" nested empty="There are no events.">
        <ListTable<SecurityEvent> label="Security events" columns={columns} />
      </List>
    </Section>
  );
}
