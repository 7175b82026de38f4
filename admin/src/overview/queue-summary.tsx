import type { ReactNode } from 'react';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { DataTable, durationText, Muted, StatusChip } from '../kit/index.ts';

type Queue = components['schemas']['QueueDto'];

const columns: readonly Column<Queue & { id: string }>[] = [
  { label: 'Queue', render: ({ name }) => name },
  {
    label: 'State',
    render: ({ paused }) => (
      <StatusChip value={paused ? 'paused' : 'running'} tones={{ running: 'success', paused: 'warning' }} />
    ),
  },
  { label: 'Waiting', render: ({ counts }) => counts.queued.toLocaleString() },
  {
    label: 'Oldest',
    render: ({ oldestQueuedSeconds: seconds }) =>
      seconds === null ? <Muted>none waits</Muted> : durationText(seconds),
  },
  { label: 'Running', render: ({ counts }) => counts.running.toLocaleString() },
  { label: 'Scheduled', render: ({ counts }) => counts.scheduled.toLocaleString() },
  { label: 'Succeeded, 24 h', render: ({ counts }) => counts.succeeded.toLocaleString() },
  { label: 'Dead, 24 h', render: ({ counts }) => counts.dead.toLocaleString() },
];

/** The numbers of each queue. */
export function QueueSummary({ queues }: { queues: readonly Queue[] }): ReactNode {
  const rows = queues.map((queue) => ({ ...queue, id: queue.name }));
  return <DataTable label="Queues" columns={columns} rows={rows} />;
}
