import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import type { components } from '../api/index.ts';
import type { Column } from '../kit/index.ts';
import { DataTable, Muted, TimeText } from '../kit/index.ts';

type FailedJob = components['schemas']['FailedJobDto'];

const columns: readonly Column<FailedJob>[] = [
  { label: 'Type', render: ({ type }) => type },
  { label: 'Error', render: ({ error }) => error?.message ?? <Muted>unknown</Muted> },
  { label: 'Attempts', render: ({ attempts }) => attempts },
  { label: 'Failed', render: ({ finishedAt }) => <TimeText value={finishedAt} ago /> },
];

/** The jobs that failed last, each with a link. */
export function Failures({ jobs }: { jobs: readonly FailedJob[] }): ReactNode {
  if (jobs.length === 0) return <Typography color="text.secondary">No job is dead.</Typography>;
  return <DataTable label="Latest dead jobs" columns={columns} rows={jobs} linkTo={({ id }) => `/jobs/${id}/show`} />;
}
