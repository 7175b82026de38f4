import { Alert, Box, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { components } from '../api/index.ts';
import { ApiError, call } from '../api/index.ts';

interface OccurrencesProps {
  readonly cron: string;
  readonly timezone: string;
}

const typingMs = 400;

/** When a schedule with these times would create its next jobs, in its time zone. */
export function Occurrences(props: OccurrencesProps): ReactNode {
  const { cron, timezone } = useSettled(props);
  const { data, error } = useQuery({
    queryKey: ['occurrences', cron, timezone],
    queryFn: async ({ signal }) => {
      const request = { method: 'POST', path: 'job-schedules/preview', body: { cron, timezone }, signal } as const;
      return (await call<components['schemas']['SchedulePreviewDto']>(request)).data.occurrences;
    },
    enabled: cron !== '' && timezone !== '',
  });
  if (error !== null) return <Alert severity="warning">{reasonOf(error)}</Alert>;
  if (data === undefined)
    return <Typography color="text.secondary">Enter a cron expression and a time zone.</Typography>;
  return (
    <Box component="ol" sx={{ m: 0, pl: 3 }} aria-live="polite">
      {data.map(({ at }) => (
        <li key={at}>
          <time dateTime={at}>{localText(at, timezone)}</time>
        </li>
      ))}
    </Box>
  );
}

/** The times once they have not changed for a moment: not each letter that is typed is a request. */
function useSettled(times: OccurrencesProps): OccurrencesProps {
  const { cron, timezone } = times;
  const [settled, setSettled] = useState(times);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled({ cron, timezone });
    }, typingMs);
    return () => {
      clearTimeout(timer);
    };
  }, [cron, timezone]);
  return settled;
}

/** With the offset: a local time occurs twice when daylight saving time ends. */
function localText(time: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat(undefined, {
    ...{ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', timeZoneName: 'shortOffset', timeZone },
  });
  return format.format(new Date(time));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return 'The next occurrences cannot be computed.';
  const reasons = Object.entries(error.body.errors ?? {}).map(([field, text]) => `${field}: ${text}`);
  return reasons.length === 0 ? error.message : reasons.join(' ');
}
