import { Button } from '@mui/material';
import type { ReactNode } from 'react';
import type { RaRecord } from 'react-admin';
import { useGetOne, useRedirect } from 'react-admin';
import { Link, useParams } from 'react-router';
import { patch, remove } from '../api/conditional-writes.ts';
import { ActionButton, CopyableText, Facts, JsonText, Muted } from '../kit/index.ts';
import { Page, Pending, ProblemAlert, Section, StatusChip, TimeText } from '../kit/index.ts';
import { UserLink } from '../users/user-link.tsx';
import { Occurrences } from './occurrences.tsx';
import type { Schedule } from './schedule.ts';
import { nameOf, stateOf, stateTones } from './schedule.ts';

const parents = [{ label: 'Schedules', to: '/job-schedules' }];

/** `#/job-schedules/{id}/show`. */
export default function SchedulePage(): ReactNode {
  const { id = '' } = useParams();
  const { data, error, refetch } = useGetOne<Schedule & RaRecord>(
    'job-schedules',
    { id },
    { onError: () => undefined },
  );
  if (data === undefined) {
    return (
      <Page title="Schedule" parents={parents}>
        <Pending error={error} refetch={refetch} />
      </Page>
    );
  }
  return (
    <Page
      title={nameOf(data)}
      mark={<StatusChip value={stateOf(data)} tones={stateTones} />}
      parents={parents}
      actions={<Actions schedule={data} />}
    >
      <ProblemAlert error={error} onRetry={() => void refetch()} />
      <ScheduleFacts schedule={data} />
      <Section title={data.paused ? 'Occurrences, if it were resumed' : 'Next occurrences'}>
        <Occurrences cron={data.cron} timezone={data.timezone} />
      </Section>
      <Section title="Payload of each job">
        <JsonText value={data.payload} label="Payload" />
      </Section>
    </Page>
  );
}

function ScheduleFacts({ schedule }: { schedule: Schedule }): ReactNode {
  const { id, type, cron, timezone, nextRunAt, lastRunAt, ownerId, createdAt, updatedAt } = schedule;
  return (
    <Section title="Details">
      <Facts
        values={{
          Jobs: type,
          'Cron expression': <code>{cron}</code>,
          'Time zone': timezone,
          Next: nextRunAt === null ? <Muted>paused</Muted> : <TimeText value={nextRunAt} />,
          Last: <TimeText value={lastRunAt} />,
          Owner: ownerId === null ? <Muted>the service</Muted> : <UserLink id={ownerId}>{ownerId}</UserLink>,
          Created: <TimeText value={createdAt} />,
          Updated: <TimeText value={updatedAt} />,
          Id: <CopyableText value={id} label="id of the schedule" />,
        }}
      />
    </Section>
  );
}

/** Each change is sent for the version that is shown. */
function Actions({ schedule }: { schedule: Schedule & RaRecord }): ReactNode {
  const redirect = useRedirect();
  const { id, paused, name } = schedule;
  const path = `job-schedules/${id}`;
  return (
    <>
      <ActionButton
        label={paused ? 'Resume' : 'Pause'}
        variant="outlined"
        {...(!paused && {
          confirm: { title: 'Pause this schedule?', text: 'Occurrences during the pause create no jobs.' },
        })}
        action={async (keys) => await patch({ path, before: schedule, changes: { paused: !paused }, keys })}
        done={paused ? 'The schedule is resumed.' : 'The schedule is paused.'}
      />
      <Button component={Link} to={`/job-schedules/${id}`} variant="outlined">
        Edit
      </Button>
      {name === null && (
        <ActionButton
          label="Delete"
          color="error"
          variant="outlined"
          confirm={{ title: 'Delete this schedule?', text: 'It creates no further jobs; its existing jobs remain.' }}
          action={async (keys) => {
            await remove({ path, before: schedule, keys });
          }}
          done="The schedule is deleted."
          onDone={() => {
            redirect('/job-schedules');
          }}
        />
      )}
    </>
  );
}
