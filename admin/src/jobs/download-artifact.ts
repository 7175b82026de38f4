import { sendRequest } from '../api/index.ts';

/**
 * Downloads the file of a job. A link cannot send the access token, so the file is read first; browsers keep large ones on
 * the disk.
 * @throws ApiError
 */
export async function downloadArtifact(jobId: string): Promise<void> {
  const response = await sendRequest({ path: `jobs/${jobId}/artifact`, headers: { Accept: '*/*' } });
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = filenameIn(response.headers.get('Content-Disposition')) ?? jobId;
  link.click();
  URL.revokeObjectURL(url);
}

/** `attachment; filename="users.csv"`. */
function filenameIn(disposition: string | null): string | undefined {
  return /filename="?([^";]+)"?/.exec(disposition ?? '')?.[1];
}
