import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useRecordContext } from 'react-admin';
import { useParams } from 'react-router';
import { useJobTypes } from '../jobs/job.ts';
import { SchemaInputs } from '../jobs/schema-inputs.tsx';
import { payloadOf } from '../jobs/type-inputs.tsx';
import { EditPage } from '../kit/index.ts';
import type { Schedule } from './schedule.ts';
import { TimeInputs } from './time-inputs.tsx';

/** `#/job-schedules/{id}`. */
export default function ScheduleEdit(): ReactNode {
  const { id = '' } = useParams();
  const types = useJobTypes();
  const show = `/job-schedules/${id}/show`;
  return (
    <EditPage
      title="Edit the schedule"
      parents={[
        { label: 'Schedules', to: '/job-schedules' },
        { label: 'Schedule', to: show },
      ]}
      resource="job-schedules"
      id={id}
      done="The schedule is saved."
      next={() => show}
      transform={(values) => ({ ...values, payload: payloadOf(types, values) })}
    >
      <TimeInputs />
      <PayloadInputs />
    </EditPage>
  );
}

/** A built-in schedule keeps its payload. */
function PayloadInputs(): ReactNode {
  const schedule = useRecordContext<Schedule>();
  const type = useJobTypes().find(({ name }) => name === schedule?.type);
  if (schedule === undefined || schedule.name !== null || type === undefined) return null;
  return (
    <>
      <Typography component="h2" variant="subtitle2">
        Input of each job
      </Typography>
      <SchemaInputs source="payload" schema={type.payload} />
    </>
  );
}
