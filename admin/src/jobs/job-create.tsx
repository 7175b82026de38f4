import type { ReactNode } from 'react';
import { NumberInput } from 'react-admin';
import { CreatePage, TimeInput } from '../kit/index.ts';
import { useJobTypes } from './job.ts';
import { NoTypes, payloadOf, TypeInputs } from './type-inputs.tsx';

/** `#/jobs/create`. */
export default function JobCreate(): ReactNode {
  const types = useJobTypes();
  if (types.length === 0) return <NoTypes />;
  return (
    <CreatePage
      title="Create a job"
      parents={[{ label: 'Jobs', to: '/jobs' }]}
      resource="jobs"
      saveLabel="Create"
      done="The job is created."
      next={({ id }) => `/jobs/${String(id)}/show`}
      defaultValues={{ payload: {} }}
      transform={(values) => ({
        type: values['type'],
        payload: payloadOf(types, values),
        ...optional('runAt', values['runAt']),
        ...optional('priority', values['priority']),
      })}
    >
      <TypeInputs types={types} />
      <TimeInput source="runAt" label="Run from" helperText="At once when empty." />
      <NumberInput
        source="priority"
        min={-100}
        max={100}
        step={1}
        helperText="A lower number runs sooner; 0 when empty."
      />
    </CreatePage>
  );
}

function optional(name: string, value: unknown): object {
  return value === undefined || value === null || value === '' ? {} : { [name]: value };
}
