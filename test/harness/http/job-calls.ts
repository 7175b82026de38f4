import type { Api, ApiResponse } from './api.ts';
import { waitUntil } from '../process/wait-until.ts';

/** A job as the API shows it. */
export interface JobView {
  readonly id: string;
  readonly state: string;
  readonly [member: string]: unknown;
}

/** Creates a job and returns its id. */
export async function createJob(api: Api, body: object): Promise<string> {
  const reply = await api.post('/v1/jobs', body);
  if (reply.status !== 202) throw new Error(`The job was rejected: ${reply.text}`);
  return (reply.body as JobView).id;
}

/** Waits until the API shows the job in this state. */
export async function waitForState(api: Api, id: string, state: string): Promise<JobView> {
  let reply: ApiResponse | undefined;
  await waitUntil(`job ${id} is ${state}`, async () => {
    reply = await api.get(`/v1/jobs/${id}`);
    return (reply.body as JobView).state === state;
  });
  return reply?.body as JobView;
}
