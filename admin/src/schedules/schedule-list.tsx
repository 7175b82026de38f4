import AddIcon from '@mui/icons-material/Add';
import { Button } from '@mui/material';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Column } from '../kit/index.ts';
import { ListPage, ListTable, Muted, StatusChip, TimeText } from '../kit/index.ts';
import type { Schedule } from './schedule.ts';
import { nameOf, stateOf, stateTones } from './schedule.ts';

const columns: readonly Column<Schedule>[] = [
  { label: 'Schedule', render: nameOf },
  { label: 'Jobs', render: ({ type }) => type },
  { label: 'State', render: (schedule) => <StatusChip value={stateOf(schedule)} tones={stateTones} /> },
  { label: 'Cron expression', render: ({ cron }) => <code>{cron}</code> },
  { label: 'Time zone', render: ({ timezone }) => timezone },
  {
    label: 'Next',
    render: ({ nextRunAt }) => (nextRunAt === null ? <Muted>paused</Muted> : <TimeText value={nextRunAt} />),
  },
  { label: 'Last', render: ({ lastRunAt }) => <TimeText value={lastRunAt} ago /> },
];

/** `#/job-schedules`. */
export default function ScheduleList(): ReactNode {
  const create = (
    <Button component={Link} to="/job-schedules/create" variant="contained" startIcon={<AddIcon />}>
      Create a schedule
    </Button>
  );
  return (
    <ListPage title="Schedules" resource="job-schedules" empty="There is no schedule." actions={create}>
      <ListTable<Schedule> label="Schedules" columns={columns} linkTo={({ id }) => `/job-schedules/${id}/show`} />
    </ListPage>
  );
}
