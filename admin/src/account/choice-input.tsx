import { TextField } from '@mui/material';
import type { ReactNode } from 'react';
import { useInput } from 'react-admin';

interface ChoiceInputProps {
  readonly source: string;
  readonly label: string;
  readonly choices: readonly { readonly id: string; readonly name: string }[];
}

/** A choice of many, as the list of the browser: it is searched by typing. */
export function ChoiceInput({ source, label, choices }: ChoiceInputProps): ReactNode {
  const { id, field, fieldState } = useInput({ source });
  return (
    <TextField
      {...field}
      id={id}
      select
      label={label}
      error={fieldState.invalid}
      helperText={fieldState.error?.message}
      slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}
    >
      {choices.map(({ id: value, name }) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </TextField>
  );
}
