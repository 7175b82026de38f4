import type { ReactNode } from 'react';
import { useGetIdentity } from 'react-admin';
import { useParams } from 'react-router';
import { CopyableText, Facts, JsonText, Muted, Page, Pending } from '../kit/index.ts';
import { ProblemAlert, Progress, Section, StatusChip, TimeText } from '../kit/index.ts';
import { UserLink } from '../users/user-link.tsx';
import type { Job } from './job.ts';
import { isFinished, stateTones } from './job.ts';
import { JobActions } from './job-actions.tsx';
import { Timeline } from './timeline.tsx';
import { useJob } from './use-job.ts';

const parents = [{ label: 'Jobs', to: '/jobs' }];

/** `#/jobs/{id}/show`. */
export default function JobPage(): ReactNode {
  const { id = '' } = useParams();
  const { query, events, streamError } = useJob(id);
  const { data: job, error, refetch } = query;
  if (job === undefined) {
    return (
      <Page title="Job" parents={parents}>
        <Pending error={error} refetch={refetch} />
      </Page>
    );
  }
  return (
    <Page
      title={job.type}
      mark={<StatusChip value={job.state} tones={stateTones} />}
      parents={parents}
      actions={<JobActions job={job} />}
    >
      <ProblemAlert error={error} onRetry={() => void refetch()} />
      {job.error !== null && (
        <Section title={isFinished(job) ? 'Error' : 'Error of the latest attempt'}>
          <Facts values={{ Kind: job.error.name, Message: job.error.message }} />
        </Section>
      )}
      <Section title="Progress">
        <div aria-live="polite">
          {job.progress === null ? (
            <Muted>{isFinished(job) ? 'The job reported none.' : 'The job has reported none yet.'}</Muted>
          ) : (
            <Progress label="Progress of the job" {...job.progress} />
          )}
        </div>
      </Section>
      <JobFacts job={job} />
      {job.result !== null && (
        <Section title="Result">
          <JsonText value={job.result} label="Result" />
        </Section>
      )}
      <Section title="Timeline">
        <ProblemAlert error={streamError} />
        <Timeline events={events} />
      </Section>
    </Page>
  );
}

function JobFacts({ job }: { job: Job }): ReactNode {
  const { identity } = useGetIdentity();
  const owner =
    job.ownerId === null ? (
      <Muted>the service</Muted>
    ) : (
      <UserLink id={job.ownerId}>{job.ownerId === identity?.id ? 'you' : job.ownerId}</UserLink>
    );
  return (
    <Section title="Details">
      <Facts
        values={{
          Queue: job.queue,
          Priority: job.priority,
          Attempts: `${job.attempts} of ${job.maxAttempts}`,
          Owner: owner,
          Created: <TimeText value={job.createdAt} />,
          'Runs from': <TimeText value={job.runAt} />,
          Started: <TimeText value={job.startedAt} />,
          Finished: <TimeText value={job.finishedAt} />,
          Id: <CopyableText value={job.id} label="id of the job" />,
        }}
      />
    </Section>
  );
}
