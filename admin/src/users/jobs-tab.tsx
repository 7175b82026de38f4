import type { ReactNode } from 'react';
import type { Job } from '../jobs/job.ts';
import { stateTones } from '../jobs/job.ts';
import type { Column } from '../kit/index.ts';
import { List, ListTable, StatusChip, TimeText } from '../kit/index.ts';

const columns: readonly Column<Job>[] = [
  { label: 'Type', render: ({ type }) => type },
  { label: 'State', render: ({ state }) => <StatusChip value={state} tones={stateTones} /> },
  { label: 'Created', sortBy: 'createdAt', render: ({ createdAt }) => <TimeText value={createdAt} /> },
];

/** The jobs that the user has created. */
export function JobsTab({ userId }: { userId: string }): ReactNode {
  return (
    <List
      resource="jobs"
      filter={{ owner: userId }}
      sort={{ field: 'createdAt', order: 'DESC' }}
      nested
      empty="The user has created no jobs."
    >
      <ListTable<Job> label="Jobs" columns={columns} linkTo={({ id }) => `/jobs/${id}/show`} />
    </List>
  );
}
