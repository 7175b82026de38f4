import type { ReactNode } from 'react';
import { DateTimeInput } from 'react-admin';

interface TimeInputProps {
  readonly source: string;
  readonly label: string;
  readonly helperText?: string | false;
  readonly isRequired?: boolean;
}

/** A time of the API, entered in the zone of the browser. */
export function TimeInput({ helperText = false, ...props }: TimeInputProps): ReactNode {
  return (
    <DateTimeInput {...props} helperText={helperText} parse={toApiTime} slotProps={shrunk} sx={{ minWidth: 230 }} />
  );
}

// The browser shows its own placeholder below the label.
const shrunk = { inputLabel: { shrink: true } } as const;

function toApiTime(local: string): string | undefined {
  return local === '' ? undefined : new Date(local).toISOString();
}
