import { Box, Stack, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { ArrayInput, BooleanInput, DateInput, NumberInput, required, SelectArrayInput, SelectInput } from 'react-admin';
import { SimpleFormIterator, TextInput } from 'react-admin';
import { TimeInput } from '../kit/index.ts';
import { fieldLabel } from '../layout/labels.ts';
import type { JsonSchema } from './json-schema.ts';
import { kindOf } from './json-schema.ts';

interface ValueProps {
  readonly source: string;
  readonly label: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** Inputs for the members of an object, by its JSON Schema. */
export function SchemaInputs({ source, schema }: { source: string; schema: JsonSchema }): ReactNode {
  const members = Object.entries(schema.properties ?? {});
  if (members.length === 0) return <Typography color="text.secondary">Jobs of this type need no input.</Typography>;
  return (
    <Stack spacing={2} useFlexGap>
      {members.map(([name, member]) => (
        <ValueInput
          key={name}
          source={`${source}.${name}`}
          label={fieldLabel(name)}
          schema={member}
          isRequired={schema.required?.includes(name) === true}
        />
      ))}
    </Stack>
  );
}

function ValueInput(props: ValueProps): ReactNode {
  const { schema, source, label, isRequired } = props;
  const input = {
    ...{ source, label, helperText: schema.description ?? false },
    ...(isRequired && { validate: required() }),
    ...(schema.default !== undefined && { defaultValue: schema.default }),
  };
  switch (kindOf(schema)) {
    case 'enum':
      return <SelectInput {...input} choices={choicesOf(schema)} {...(isRequired && { emptyText: '' })} />;
    case 'time':
      return (
        <TimeInput source={source} label={label} helperText={schema.description ?? false} isRequired={isRequired} />
      );
    case 'date':
      return <DateInput {...input} />;
    case 'number':
      return <NumberInput {...input} {...limitsOf(schema)} />;
    case 'boolean':
      return isRequired ? <BooleanInput {...input} /> : <SelectInput {...input} choices={yesAndNo} />;
    case 'text':
      return <TextInput {...input} multiline={(schema.maxLength ?? 0) > 500} />;
    case 'list':
      return <ListInput {...props} />;
    case 'object':
      return <Group {...props} />;
    case 'json':
      return <TextInput {...input} multiline minRows={3} format={jsonText} parse={jsonValue} />;
  }
}

/** A list of choices, or entries that are added one by one. */
function ListInput({ source, label, schema, isRequired }: ValueProps): ReactNode {
  const { items = {}, description } = schema;
  const input = { source, label, helperText: description ?? false, ...(isRequired && { validate: required() }) };
  if (kindOf(items) === 'enum') return <SelectArrayInput {...input} choices={choicesOf(items)} />;
  return (
    <ArrayInput {...input}>
      <SimpleFormIterator inline disableReordering>
        {kindOf(items) === 'object' ? (
          Object.entries(items.properties ?? {}).map(([name, member]) => (
            <ValueInput
              key={name}
              source={name}
              label={fieldLabel(name)}
              schema={member}
              isRequired={items.required?.includes(name) === true}
            />
          ))
        ) : (
          <ValueInput source="" label="Entry" schema={items} isRequired />
        )}
      </SimpleFormIterator>
    </ArrayInput>
  );
}

function Group({ source, label, schema }: ValueProps): ReactNode {
  return (
    <Box component="fieldset" sx={{ border: 1, borderColor: 'divider', borderRadius: 1, p: 2, m: 0, minWidth: 0 }}>
      <Typography component="legend" variant="subtitle2" sx={{ px: 0.5 }}>
        {label}
      </Typography>
      <SchemaInputs source={source} schema={schema} />
    </Box>
  );
}

const yesAndNo = [
  { id: true, name: 'Yes' },
  { id: false, name: 'No' },
];

function choicesOf({ enum: values = [] }: JsonSchema): { id: unknown; name: string }[] {
  return values
    .filter((value) => value !== null)
    .map((id) => ({ id, name: typeof id === 'string' ? id : JSON.stringify(id) }));
}

function limitsOf({ minimum, maximum, type }: JsonSchema): { min?: number; max?: number; step?: number | 'any' } {
  return {
    ...(minimum !== undefined && { min: minimum }),
    ...(maximum !== undefined && { max: maximum }),
    step: [type].flat().includes('integer') ? 1 : 'any',
  };
}

/** Text that is no JSON stays text, which the service rejects with the pointer of this member. */
function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function jsonText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
