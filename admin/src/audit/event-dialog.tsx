import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from '@mui/material';
import type { ReactNode } from 'react';
import { CopyableText, Facts, Muted, StatusChip, TimeText } from '../kit/index.ts';
import { UserLink } from '../users/user-link.tsx';
import type { AuditEvent } from './audit-event.ts';
import { outcomeTones } from './audit-event.ts';

interface EventDialogProps {
  /** Undefined shows no dialog. */
  readonly event: AuditEvent | undefined;
  readonly onClose: () => void;
}

/** One event of the audit log, with all its fields. */
export function EventDialog({ event, onClose }: EventDialogProps): ReactNode {
  if (event === undefined) return null;
  const { actorId, subjectId, sessionId, requestId } = event;
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby="audit-event">
      <DialogTitle id="audit-event" sx={{ overflowWrap: 'anywhere' }}>
        {event.event}
      </DialogTitle>
      <DialogContent>
        <Facts
          values={{
            Outcome: <StatusChip value={event.outcome} tones={outcomeTones} />,
            Time: <TimeText value={event.at} />,
            Details: event.reason ?? <Muted>none</Muted>,
            Actor: actorId === null ? <Muted>none</Muted> : <UserLink id={actorId}>{actorId}</UserLink>,
            'About the user':
              subjectId === null ? <Muted>none</Muted> : <UserLink id={subjectId}>{subjectId}</UserLink>,
            Session: sessionId ?? <Muted>none</Muted>,
            'IP address': event.ip ?? <Muted>none</Muted>,
            'User agent': event.userAgent ?? <Muted>none</Muted>,
            'Request id':
              requestId === null ? <Muted>none</Muted> : <CopyableText value={requestId} label="request id" />,
            Id: <CopyableText value={event.id} label="id of the event" />,
          }}
        />
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
