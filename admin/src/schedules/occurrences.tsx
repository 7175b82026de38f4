import { Alert, Box, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { components } from '../api/index.ts';
import { ApiError, call } from '../api/index.ts';
import { ProblemAlert } from '../kit/index.ts';

type Preview = components['schemas']['SchedulePreviewDto'];

interface OccurrencesProps {
  readonly cron: string;
  readonly timezone: string;
}

const typingMs = 400;

/** When a schedule with these times would create its next jobs, in its time zone. */
export function Occurrences(props: OccurrencesProps): ReactNode {
  const { cron, timezone } = useSettled(props);
  const { data, error, refetch } = useQuery({
    queryKey: ['occurrences', cron, timezone],
    queryFn: async ({ signal }) => {
      const request = { method: 'POST', path: 'job-schedules/preview', body: { cron, timezone } } as const;
      const { data: preview } = await call<Preview>({ ...request, isRead: true, signal });
      return preview.occurrences;
    },
    enabled: cron !== '' && timezone !== '',
  });
  if (error instanceof ApiError && error.body.errors !== undefined)
    return <Alert severity="warning">{violationsText(error.body.errors)}</Alert>;
  if (error !== null) return <ProblemAlert error={error} onRetry={() => void refetch()} />;
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

function violationsText(errors: NonNullable<ApiError['body']['errors']>): string {
  return Object.entries(errors)
    .map(([field, text]) => `${field}: ${text}`)
    .join(' ');
}
