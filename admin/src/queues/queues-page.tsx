import { Box } from '@mui/material';
import type { ReactNode } from 'react';
import type { components } from '../api/index.ts';
import { call, useRead } from '../api/index.ts';
import { ActionButton, durationText, Facts, Loading, Muted, Page, ProblemAlert, Section } from '../kit/index.ts';
import { StatusChip } from '../kit/index.ts';
import { isFinished } from '../jobs/job.ts';
import { valueLabel } from '../layout/labels.ts';

type Queue = components['schemas']['QueueDto'];

const refreshMs = 5000;

/** `#/queues`. */
export default function QueuesPage(): ReactNode {
  const { data, error, refetch } = useRead<{ readonly data: readonly Queue[] }>('queues', refreshMs);
  return (
    <Page title="Queues">
      <ProblemAlert error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <Loading />}
      {data?.data.map((queue) => (
        <QueueSection key={queue.name} queue={queue} />
      ))}
    </Page>
  );
}

function QueueSection({ queue }: { queue: Queue }): ReactNode {
  const { name, paused, counts, countsAreExact, oldestQueuedSeconds, finishedLastMinute } = queue;
  const values = Object.entries(counts).map(([state, count]): [string, string] => [
    `${valueLabel(state)}${isFinished({ state }) ? ', last 24 h' : ''}`,
    count.toLocaleString(),
  ]);
  return (
    <Section title={name} actions={paused ? <Resume name={name} /> : <Pause name={name} />}>
      <Box sx={{ mb: 2 }}>
        <StatusChip value={paused ? 'paused' : 'running'} tones={{ running: 'success', paused: 'warning' }} />
      </Box>
      <Facts
        values={{
          ...Object.fromEntries(values),
          'Oldest waiting job':
            oldestQueuedSeconds === null ? <Muted>none waits</Muted> : durationText(oldestQueuedSeconds),
          'Finished in the last minute': finishedLastMinute.toLocaleString(),
        }}
      />
      {!countsAreExact && <Muted>Counting stops at 100,000 jobs of a kind.</Muted>}
    </Section>
  );
}

function Pause({ name }: { name: string }): ReactNode {
  return (
    <ActionButton
      label="Pause"
      color="warning"
      variant="outlined"
      confirm={{
        title: `Pause the queue ${name}?`,
        text: 'No further jobs start until it is resumed. Running jobs continue.',
      }}
      action={async (keys) => await call({ method: 'POST', path: `queues/${name}/pause`, keys })}
      done={`The queue ${name} is paused.`}
    />
  );
}

function Resume({ name }: { name: string }): ReactNode {
  return (
    <ActionButton
      label="Resume"
      variant="contained"
      action={async (keys) => await call({ method: 'POST', path: `queues/${name}/resume`, keys })}
      done={`The queue ${name} is resumed.`}
    />
  );
}
