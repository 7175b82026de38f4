import type { ReactNode } from 'react';
import { useJobTypes } from '../jobs/job.ts';
import { NoTypes, payloadOf, TypeInputs } from '../jobs/type-inputs.tsx';
import { CreatePage } from '../kit/index.ts';
import { ownZone, TimeInputs } from './time-inputs.tsx';

/** `#/job-schedules/create`. */
export default function ScheduleCreate(): ReactNode {
  const types = useJobTypes();
  if (types.length === 0) return <NoTypes />;
  return (
    <CreatePage
      title="Create a schedule"
      parents={[{ label: 'Schedules', to: '/job-schedules' }]}
      resource="job-schedules"
      saveLabel="Create"
      done="The schedule is created."
      next={({ id }) => `/job-schedules/${String(id)}/show`}
      defaultValues={{ payload: {}, timezone: ownZone }}
      transform={(values) => ({
        type: values['type'],
        payload: payloadOf(types, values),
        cron: values['cron'],
        timezone: values['timezone'],
      })}
    >
      <TypeInputs types={types} />
      <TimeInputs />
    </CreatePage>
  );
}
