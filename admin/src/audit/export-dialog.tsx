import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Link, MenuItem } from '@mui/material';
import { Stack, TextField } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { call, IdempotencyKeys } from '../api/index.ts';
import { DownloadButton } from '../jobs/download-button.tsx';
import type { Job } from '../jobs/job.ts';
import { stateTones } from '../jobs/job.ts';
import { useJob } from '../jobs/use-job.ts';
import { Muted, ProblemAlert, Progress, StatusChip } from '../kit/index.ts';
import { fieldLabel } from '../layout/labels.ts';

interface ExportDialogProps {
  /** The filters of the list. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly onClose: () => void;
}

/** Creates a job `audit.export`, follows it, and downloads its file. */
export function ExportDialog({ filter, onClose }: ExportDialogProps): ReactNode {
  const [jobId, setJobId] = useState<string>();
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="xs" aria-labelledby="export">
      <DialogTitle id="export">Export audit events</DialogTitle>
      {jobId === undefined ? (
        <Options filter={filter} onCreated={setJobId} onClose={onClose} />
      ) : (
        <Running jobId={jobId} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Options({ filter, onCreated, onClose }: ExportDialogProps & { onCreated: (id: string) => void }): ReactNode {
  const [format, setFormat] = useState('csv');
  const [keys] = useState(() => new IdempotencyKeys());
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const create = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const body = { type: 'audit.export', payload: { ...withoutEmpty(filter), format } };
      onCreated((await call<Job>({ method: 'POST', path: 'jobs', body, keys })).data.id);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <DialogContent>
        <ProblemAlert error={error} />
        <Stack spacing={2} sx={{ pt: 1 }}>
          <TextField
            select
            label="Format"
            value={format}
            onChange={(event) => {
              setFormat(event.target.value);
            }}
          >
            <MenuItem value="csv">CSV</MenuItem>
            <MenuItem value="ndjson">NDJSON</MenuItem>
          </TextField>
          <FilterText filter={withoutEmpty(filter)} />
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="contained" loading={busy} onClick={() => void create()}>
          Export
        </Button>
      </DialogActions>
    </>
  );
}

function FilterText({ filter }: { filter: Readonly<Record<string, unknown>> }): ReactNode {
  const parts = Object.entries(filter).map(([name, value]) => `${fieldLabel(name)}: ${String(value)}`);
  return <Muted>{parts.length === 0 ? 'All events.' : `Only events with these filters: ${parts.join(', ')}`}</Muted>;
}

function Running({ jobId, onClose }: { jobId: string; onClose: () => void }): ReactNode {
  const { query, streamError } = useJob(jobId);
  const { data: job } = query;
  return (
    <>
      <DialogContent>
        <ProblemAlert error={query.error ?? streamError} />
        <Stack spacing={2} aria-live="polite">
          {job !== undefined && (
            <span>
              <StatusChip value={job.state} tones={stateTones} />
            </span>
          )}
          <Progress label="Progress of the export" {...(job?.progress ?? { done: 0, total: null })} />
          {job?.error && <Muted>{job.error.message}</Muted>}
          <Link component={RouterLink} to={`/jobs/${jobId}/show`}>
            Show the job
          </Link>
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
        {job?.state === 'succeeded' && <DownloadButton jobId={jobId} />}
      </DialogActions>
    </>
  );
}

function withoutEmpty(filter: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== '' && value !== undefined));
}
