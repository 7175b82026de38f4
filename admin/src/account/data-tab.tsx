import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useLogout } from 'react-admin';
import { dataProvider } from '../api/data-provider.ts';
import { call } from '../api/index.ts';
import type { IdempotencyKeys } from '../api/index.ts';
import { DownloadButton } from '../jobs/download-button.tsx';
import type { Job } from '../jobs/job.ts';
import { isFinished } from '../jobs/job.ts';
import { useJob } from '../jobs/use-job.ts';
import { ActionButton, ProblemAlert, Section } from '../kit/index.ts';
import type { Me } from './me.ts';

/** The export and the deletion of the account. */
export function DataTab({ me }: { me: Me }): ReactNode {
  return (
    <>
      <ExportSection />
      <DeletionSection me={me} />
    </>
  );
}

function ExportSection(): ReactNode {
  const [jobId, setJobId] = useState<string>();
  const start = async (keys: IdempotencyKeys): Promise<void> => {
    const body = { type: 'account.export', payload: {} };
    const { data } = await call<Job>({ method: 'POST', path: 'jobs', body, keys });
    setJobId(data.id);
  };
  return (
    <Section title="Export your data">
      <Typography sx={{ mb: 2 }}>A JSON file with everything that is stored about your account.</Typography>
      <ActionButton label="Create the file" variant="outlined" action={start} done="The export has started" />
      {jobId !== undefined && <ExportFile key={jobId} jobId={jobId} />}
    </Section>
  );
}

/** The state of the export, and its file once it is complete. */
function ExportFile({ jobId }: { jobId: string }): ReactNode {
  const { query, streamError } = useJob(jobId);
  const { data: job, error } = query;
  return (
    <Box role="status" sx={{ mt: 2 }}>
      <ProblemAlert error={error ?? streamError} />
      {job?.state === 'succeeded' && <DownloadButton jobId={jobId} label="Download the file" />}
      {job !== undefined && job.state !== 'succeeded' && (
        <Typography color="textSecondary">
          {isFinished(job) ? 'The export failed. Create it again.' : 'The file is being written…'}
        </Typography>
      )}
    </Box>
  );
}

function DeletionSection({ me }: { me: Me }): ReactNode {
  const logout = useLogout();
  return (
    <Section title="Delete your account">
      <Typography sx={{ mb: 2 }}>
        All sessions and API keys end at once. An administrator can restore the account for 30 days; then its data is
        deleted permanently.
      </Typography>
      <ActionButton
        label="Delete your account"
        color="error"
        variant="outlined"
        confirm={{ title: 'Delete your account?', text: `The account ${me.email} is deleted, and you are logged out.` }}
        action={async (keys) => {
          await dataProvider.delete('users', { id: 'me', previousData: me, meta: { keys } });
          // Before the page is read again, which the session can no longer do.
          await logout({}, '/login', false);
        }}
        done="Your account was deleted"
      />
    </Section>
  );
}
