import { Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { AutocompleteInput, required, TextInput } from 'react-admin';
import { useWatch } from 'react-hook-form';
import { Occurrences } from './occurrences.tsx';

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
const zoneChoices = zones.map((id) => ({ id, name: id }));

/** The zone of the browser, which most users mean. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The times of a schedule, with its next occurrences. */
export function TimeInputs(): ReactNode {
  const [cron, timezone] = useWatch({ name: ['cron', 'timezone'] }) as readonly unknown[];
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
      <Occurrences cron={textOf(cron)} timezone={textOf(timezone)} />
    </>
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
