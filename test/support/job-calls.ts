import type { Api, Reply } from './api.ts';
import { until } from './running.ts';

/** A job as the API shows it. */
export interface ShownJob {
  readonly id: string;
  readonly state: string;
  readonly [member: string]: unknown;
}

/** Asks for a job and returns its id. */
export async function ask(api: Api, body: object): Promise<string> {
  const reply = await api.post('/v1/jobs', body);
  if (reply.status !== 202) throw new Error(`The job was refused: ${reply.text}`);
  return (reply.body as ShownJob).id;
}

/** Waits until the API shows the job in this state. */
export async function reaches(api: Api, id: string, state: string): Promise<ShownJob> {
  let reply: Reply | undefined;
  await until(`job ${id} is ${state}`, async () => {
    reply = await api.get(`/v1/jobs/${id}`);
    return (reply.body as ShownJob).state === state;
  });
  return reply?.body as ShownJob;
}
