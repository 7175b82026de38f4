import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { required, SelectInput } from 'react-admin';
import { useFormContext, useWatch } from 'react-hook-form';
import type { JobType } from './job.ts';
import type { JsonSchema } from './json-schema.ts';
import { initialValues, toContent } from './json-schema.ts';
import { SchemaInputs } from './schema-inputs.tsx';

/** The type of a job, and the inputs of its payload. */
export function TypeInputs({ types }: { types: readonly JobType[] }): ReactNode {
  const { setValue, clearErrors } = useFormContext();
  const name: unknown = useWatch({ name: 'type' });
  const type = types.find((each) => each.name === name);
  const choices = types.map((each) => ({ id: each.name, name: each.name }));
  const reset = (chosen: unknown): void => {
    const next = types.find((each) => each.name === chosen);
    clearErrors('payload');
    setValue('payload', next === undefined ? {} : initialValues(next.payload as JsonSchema));
  };
  return (
    <>
      <SelectInput
        source="type"
        choices={choices}
        validate={required()}
        helperText={type?.description ?? false}
        onChange={(event: unknown) => {
          reset(valueIn(event));
        }}
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
}

/** The payload of a form, by the schema of its type. */
export function payloadOf(types: readonly JobType[], { type, payload }: Record<string, unknown>): unknown {
  const schema = types.find(({ name }) => name === type)?.payload;
  return schema === undefined ? payload : toContent(schema, payload);
}

function valueIn(event: unknown): unknown {
  const target: unknown = typeof event === 'object' && event !== null ? Reflect.get(event, 'target') : undefined;
  return typeof target === 'object' && target !== null ? Reflect.get(target, 'value') : event;
}
