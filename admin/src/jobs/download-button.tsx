import type { ReactNode } from 'react';
import { openStream } from '../api/index.ts';
import { ActionButton, saveFile } from '../kit/index.ts';

/** Downloads the file of a job. */
export function DownloadButton({ jobId, label = 'Download' }: { jobId: string; label?: string }): ReactNode {
  return (
    <ActionButton
      label={label}
      variant="contained"
      action={async () => {
        await downloadArtifact(jobId);
      }}
      done="The file is downloaded."
    />
  );
}

/** A link cannot send the access token, so the file is read first; browsers keep large ones on the disk. */
async function downloadArtifact(jobId: string): Promise<void> {
  const response = await openStream({ path: `jobs/${jobId}/artifact`, headers: { Accept: '*/*' } });
  const name = filenameIn(response.headers.get('Content-Disposition')) ?? jobId;
  saveFile(name, await response.blob());
}

/** `attachment; filename="users.csv"`. */
function filenameIn(disposition: string | null): string | undefined {
  return /filename="?([^";]+)"?/.exec(disposition ?? '')?.[1];
}
