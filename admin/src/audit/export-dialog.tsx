import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Link, MenuItem } from '@mui/material';
import { Stack } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { call } from '../api/index.ts';
import { DownloadButton } from '../jobs/download-button.tsx';
import type { Job } from '../jobs/job.ts';
import { stateTones } from '../jobs/job.ts';
import { useJob } from '../jobs/use-job.ts';
import { FormDialog, FormField, Muted, ProblemAlert, Progress, StatusChip } from '../kit/index.ts';
import { fieldLabel } from '../layout/labels.ts';

interface ExportDialogProps {
  /** The filters of the list. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly onClose: () => void;
}

/** Creates a job `audit.export`, follows it, and downloads its file. */
export function ExportDialog({ filter, onClose }: ExportDialogProps): ReactNode {
  const [jobId, setJobId] = useState<string>();
  return jobId === undefined ? (
    <Options filter={withoutEmpty(filter)} onCreated={setJobId} onClose={onClose} />
  ) : (
    <Running jobId={jobId} onClose={onClose} />
  );
}

const title = 'Export audit events';

function Options({ filter, onCreated, onClose }: ExportDialogProps & { onCreated: (id: string) => void }): ReactNode {
  const [format, setFormat] = useState('csv');
  return (
    <FormDialog
      title={title}
      submitLabel="Export"
      onClose={onClose}
      onSubmit={async (keys) => {
        const body = { type: 'audit.export', payload: { ...filter, format } };
        onCreated((await call<Job>({ method: 'POST', path: 'jobs', body, keys })).data.id);
      }}
    >
      {(errorOf) => (
        <>
          <FormField select label="Format" value={format} onChange={setFormat} error={errorOf('payload.format')}>
            <MenuItem value="csv">CSV</MenuItem>
            <MenuItem value="ndjson">NDJSON</MenuItem>
          </FormField>
          <FilterText filter={filter} />
        </>
      )}
    </FormDialog>
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
    <Dialog open onClose={onClose} fullWidth maxWidth="xs" aria-labelledby="export">
      <DialogTitle id="export">{title}</DialogTitle>
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
    </Dialog>
  );
}

function withoutEmpty(filter: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== '' && value !== undefined));
}
