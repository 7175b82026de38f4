import type { ReactNode } from 'react';
import { useGetIdentity } from 'react-admin';
import { call } from '../api/index.ts';
import { useAccess } from '../auth/permissions.ts';
import { ActionButton } from '../kit/index.ts';
import { DownloadButton } from './download-button.tsx';
import type { Job } from './job.ts';
import { isFinished } from './job.ts';

/** What the user may do with a job. */
export function JobActions({ job }: { job: Job }): ReactNode {
  const { identity } = useGetIdentity();
  const { permissions } = useAccess();
  const isOwner = identity !== undefined && job.ownerId === identity.id;
  const canChange = isOwner || permissions.includes('jobs:write');
  return (
    <>
      {isOwner && hasArtifact(job) && <DownloadButton jobId={job.id} />}
      {canChange && (job.state === 'dead' || job.state === 'cancelled') && (
        <ActionButton
          label="Retry"
          variant="outlined"
          confirm={{ title: 'Retry this job?', text: 'It is queued again with all its attempts.' }}
          action={async (keys) => await call({ method: 'POST', path: `jobs/${job.id}/retry`, keys })}
          done="The job is queued again."
        />
      )}
      {canChange && !isFinished(job) && (
        <ActionButton
          label="Cancel the job"
          color="error"
          variant="outlined"
          confirm={{
            title: 'Cancel this job?',
            text: 'A waiting job ends at once. A running one is requested to stop, and ends when it has.',
          }}
          action={async (keys) => await call({ method: 'POST', path: `jobs/${job.id}/cancel`, keys })}
          done="The cancellation is requested."
        />
      )}
    </>
  );
}

/** Types that write a file report its size. Only the owner can download it. */
function hasArtifact({ state, result }: Job): boolean {
  return state === 'succeeded' && result !== null && 'bytes' in result;
}
