import AddIcon from '@mui/icons-material/Add';
import { Button } from '@mui/material';
import type { ReactNode } from 'react';
import { SelectInput, TextInput } from 'react-admin';
import { Link } from 'react-router';
import type { Column } from '../kit/index.ts';
import { ListPage, ListTable, Muted, Progress, StatusChip, TimeInput, TimeText } from '../kit/index.ts';
import { valueLabel } from '../layout/labels.ts';
import type { Job } from './job.ts';
import { internalTypes, stateTones, useJobTypes } from './job.ts';

const columns: readonly Column<Job>[] = [
  { label: 'Type', render: ({ type }) => type },
  { label: 'State', render: ({ state }) => <StatusChip value={state} tones={stateTones} /> },
  { label: 'Progress', render: (job) => <JobProgress job={job} /> },
  { label: 'Queue', render: ({ queue }) => queue },
  { label: 'Attempts', render: ({ attempts, maxAttempts }) => `${attempts} of ${maxAttempts}` },
  { label: 'Created', sortBy: 'createdAt', render: ({ createdAt }) => <TimeText value={createdAt} /> },
  { label: 'Finished', render: ({ finishedAt }) => <TimeText value={finishedAt} ago /> },
];

const states = Object.keys(stateTones).map((id) => ({ id, name: valueLabel(id) }));
const refreshMs = 5000;

/** `#/jobs`. */
export default function JobList(): ReactNode {
  const types = useJobTypes();
  const choices = [...types.map(({ name }) => name), ...internalTypes].sort().map((id) => ({ id, name: id }));
  const create = (
    <Button component={Link} to="/jobs/create" variant="contained" startIcon={<AddIcon />}>
      Create a job
    </Button>
  );
  return (
    <ListPage
      title="Jobs"
      resource="jobs"
      sort={{ field: 'createdAt', order: 'DESC' }}
      refreshEvery={refreshMs}
      filters={
        <>
          <SelectInput source="type" choices={choices} helperText={false} />
          <SelectInput source="state" choices={states} helperText={false} />
          <TextInput source="owner" label="Owner id" helperText={false} resettable />
          <TimeInput source="createdAfter" label="Created after" />
          <TimeInput source="createdBefore" label="Created before" />
        </>
      }
      empty="No job matches these filters."
      actions={types.length > 0 && create}
    >
      <ListTable<Job> label="Jobs" columns={columns} linkTo={({ id }) => `/jobs/${id}/show`} />
    </ListPage>
  );
}

function JobProgress({ job: { progress, type } }: { job: Job }): ReactNode {
  return progress === null ? <Muted>none</Muted> : <Progress label={`Progress of ${type}`} {...progress} />;
}
