import { TextField } from '@mui/material';
import type { BaseTextFieldProps, TextFieldProps } from '@mui/material';
import type { ReactNode } from 'react';

interface FormFieldProps extends Pick<
  BaseTextFieldProps,
  'autoComplete' | 'autoFocus' | 'children' | 'id' | 'label' | 'name' | 'required' | 'select' | 'type' | 'value'
> {
  readonly onChange: (value: string) => void;
  /** What the service objects to. */
  readonly error?: string | undefined;
  /** Shown without an error. */
  readonly hint?: string;
  readonly slotProps?: TextFieldProps['slotProps'];
}

/** A text field of a form without react-admin. */
export function FormField({ onChange, error, hint, slotProps = {}, ...field }: FormFieldProps): ReactNode {
  return (
    <TextField
      {...field}
      onChange={(event) => {
        onChange(event.target.value);
      }}
      error={error !== undefined}
      helperText={error ?? hint}
      slotProps={slotProps}
    />
  );
}
