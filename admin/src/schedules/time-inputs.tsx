import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { AutocompleteInput, FormDataConsumer, required, TextInput } from 'react-admin';
import { timeZones } from '../kit/index.ts';
import { Occurrences } from './occurrences.tsx';

const zoneChoices = timeZones.map((id) => ({ id, name: id }));

/** The zone of the browser, which most users mean. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The times of a schedule, with its next occurrences. */
export function TimeInputs(): ReactNode {
  return (
    <>
      <TextInput
        source="cron"
        label="Cron expression"
        validate={required()}
        helperText="Minute, hour, day of month, month, day of week: 30 2 * * MON-FRI"
      />
      <AutocompleteInput
        source="timezone"
        label="Time zone"
        choices={zoneChoices}
        validate={required()}
        helperText={false}
      />
      <Typography component="h2" variant="subtitle2">
        Next occurrences
      </Typography>
      <FormDataConsumer<Record<string, unknown>>>
        {({ formData }) => <Occurrences cron={textOf(formData['cron'])} timezone={textOf(formData['timezone'])} />}
      </FormDataConsumer>
    </>
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
