import { Button, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useLogout } from 'react-admin';
import { dataProvider } from '../api/data-provider.ts';
import { call, sendRequest } from '../api/index.ts';
import type { components, IdempotencyKeys } from '../api/index.ts';
import { ActionButton, ProblemAlert, Section } from '../kit/index.ts';
import type { Me } from './me.ts';
import { download } from './secrets-dialog.tsx';

type Job = components['schemas']['JobPage']['data'][number];

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
  const [failure, setFailure] = useState<unknown>();
  const { data: job, error } = useQuery({
    queryKey: ['account', 'export', jobId],
    queryFn: async ({ signal }) => (await call<Job>({ path: `jobs/${jobId}`, signal })).data,
    refetchInterval: ({ state }) => (isFinal(state.data) ? false : 1000),
  });
  const save = async (): Promise<void> => {
    setFailure(undefined);
    try {
      const response = await sendRequest({ path: `jobs/${jobId}/artifact`, headers: { Accept: '*/*' } });
      download(`account-${new Date().toISOString().slice(0, 10)}.json`, await response.blob());
    } catch (reason) {
      setFailure(reason);
    }
  };
  return (
    <div role="status">
      <ProblemAlert error={error ?? failure} />
      {job?.state === 'succeeded' && (
        <Button variant="contained" sx={{ mt: 2 }} onClick={() => void save()}>
          Download the file
        </Button>
      )}
      {job !== undefined && job.state !== 'succeeded' && (
        <Typography color="textSecondary" sx={{ mt: 2 }}>
          {isFinal(job) ? 'The export failed. Create it again.' : 'The file is being written…'}
        </Typography>
      )}
    </div>
  );
}

function isFinal(job: Job | undefined): boolean {
  return job !== undefined && ['succeeded', 'dead', 'cancelled'].includes(job.state);
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
