import { waitUntil } from '../process/wait-until.ts';
import type { Api, ApiResponse } from './api.ts';

interface ExpectedReadiness {
  readonly status: number;
  /** The states of some checks, by name. */
  readonly checks?: Readonly<Record<string, string>>;
}

/**
 * Waits for a response of /readyz with this status and these checks. A single response proves nothing: on a busy machine
 * the check of the database may exceed its 400 ms.
 */
export async function readyz(api: Api, { status, checks = {} }: ExpectedReadiness): Promise<ApiResponse> {
  return await waitUntil(`/readyz with ${status} ${JSON.stringify(checks)}`, async () => {
    const response = await api.get('/readyz');
    const states = (response.body as { checks?: Record<string, string> }).checks ?? {};
    const matches = Object.entries(checks).every(([name, state]) => states[name] === state);
    return response.status === status && matches && response;
  });
}
