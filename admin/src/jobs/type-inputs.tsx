import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { FormDataConsumer, required, SelectInput } from 'react-admin';
import { useRead } from '../api/index.ts';
import { Muted, Pending } from '../kit/index.ts';
import type { JobType } from './job.ts';
import type { JsonSchema } from './json-schema.ts';
import { toContent } from './json-schema.ts';
import { SchemaInputs } from './schema-inputs.tsx';

/** Instead of a form that has no types to choose from: they are read, cannot be read, or there are none. */
export function NoTypes(): ReactNode {
  const { data, error, refetch } = useRead('job-types');
  if (error !== null || data === undefined) return <Pending error={error} refetch={refetch} />;
  return <Muted>Your roles permit no type of job.</Muted>;
}

/** The type of a job, and the inputs of its payload. */
export function TypeInputs({ types }: { types: readonly JobType[] }): ReactNode {
  const choices = types.map((each) => ({ id: each.name, name: each.name }));
  return (
    <FormDataConsumer<Record<string, unknown>>>
      {({ formData }) => {
        const type = typeOf(types, formData);
        return (
          <>
            <SelectInput
              source="type"
              choices={choices}
              validate={required()}
              helperText={type?.description ?? false}
            />
            {type !== undefined && (
              <>
                <Typography component="h2" variant="subtitle2">
                  Input of the job
                </Typography>
                <SchemaInputs key={type.name} source="payload" schema={type.payload} />
              </>
            )}
          </>
        );
      }}
    </FormDataConsumer>
  );
}

/** The payload of a form, by the schema of its type: without the inputs of a type that was chosen before. */
export function payloadOf(types: readonly JobType[], form: Record<string, unknown>): unknown {
  const schema: JsonSchema | undefined = typeOf(types, form)?.payload;
  return schema === undefined ? form['payload'] : toContent(schema, form['payload']);
}

function typeOf(types: readonly JobType[], form: Record<string, unknown>): JobType | undefined {
  return types.find(({ name }) => name === form['type']);
}
