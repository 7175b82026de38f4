import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { Muted, PreciseTime, StatusChip } from '../kit/index.ts';
import { stateTones } from './job.ts';
import type { JobEvent } from './job-events.ts';

/** The events of a job in order: its states, attempts, progress and end. */
export function Timeline({ events }: { events: readonly JobEvent[] }): ReactNode {
  if (events.length === 0) return <Muted>No events yet.</Muted>;
  return (
    <Box component="ol" sx={{ m: 0, p: 0, listStyle: 'none' }}>
      {events.map((event) => (
        <Box
          key={event.id}
          component="li"
          sx={{
            display: 'flex',
            gap: 1.5,
            alignItems: 'baseline',
            pl: 2,
            pb: 1.5,
            borderLeft: 2,
            borderColor: 'divider',
          }}
        >
          <Typography variant="body2" color="text.secondary" sx={{ minWidth: 28 }}>
            {event.id}
          </Typography>
          <Box sx={{ flex: 1, minWidth: 0 }}>
            <EventText event={event} />
          </Box>
          <Muted>
            <PreciseTime value={event.data.at} />
          </Muted>
        </Box>
      ))}
    </Box>
  );
}

function EventText({ event }: { event: JobEvent }): ReactNode {
  if (event.kind === 'progress') {
    const { done, total } = event.data;
    return `Progress: ${done.toLocaleString()}${total === null ? '' : ` of ${total.toLocaleString()}`}`;
  }
  const { state, attempt, error } = event.data;
  return (
    <>
      <StatusChip value={state} tones={stateTones} /> {attempt !== undefined && `attempt ${attempt}`}
      {error !== undefined && error !== null && (
        <Typography color="error" variant="body2" sx={{ mt: 0.5, overflowWrap: 'anywhere' }}>
          {error.name}: {error.message}
        </Typography>
      )}
    </>
  );
}
