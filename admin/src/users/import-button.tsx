import UploadIcon from '@mui/icons-material/Upload';
import { Checkbox, FormControlLabel } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../api/index.ts';
import type { Job } from '../jobs/job.ts';
import { DialogButton, FormDialog, Muted } from '../kit/index.ts';

/** Creates users from a file. */
export function ImportButton(): ReactNode {
  return (
    <DialogButton label="Import" startIcon={<UploadIcon />}>
      {(close) => <ImportDialog onClose={close} />}
    </DialogButton>
  );
}

/** Uploads the file, and shows the job that imports it. */
function ImportDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [file, setFile] = useState<File>();
  const [invite, setInvite] = useState(false);
  const navigate = useNavigate();
  return (
    <FormDialog
      title="Import users"
      submitLabel="Import"
      disabled={file === undefined}
      onClose={onClose}
      onSubmit={async (keys) => {
        // The media type of the browser depends on the programs that are installed.
        const csv = file?.slice(0, file.size, 'text/csv');
        const { data } = await call<Job>({ method: 'POST', path: 'users/import', query: { invite }, file: csv, keys });
        await navigate(`/jobs/${data.id}/show`);
      }}
    >
      {() => (
        <>
          <input
            type="file"
            accept=".csv,text/csv"
            aria-label="CSV file"
            onChange={({ target }) => {
              setFile(target.files?.[0]);
            }}
          />
          <Muted>
            The first line names the columns: email, and any of displayName, locale, timezone and roles. Rows whose
            email address has an account are skipped.
          </Muted>
          <FormControlLabel
            label="Send each new user an invitation"
            control={
              <Checkbox
                checked={invite}
                onChange={({ target }) => {
                  setInvite(target.checked);
                }}
              />
            }
          />
        </>
      )}
    </FormDialog>
  );
}
