import type { Area } from './area.ts';
import { account } from './account/index.ts';
import { audit } from './audit/index.ts';
import { jobs } from './jobs/index.ts';
import { overview } from './overview/index.ts';
import { queues } from './queues/index.ts';
import { schedules } from './schedules/index.ts';
import { users } from './users/index.ts';

/** The areas of the console in the order of the menu. A new one is a folder with an index.ts, and a line here. */
export const areas: readonly Area[] = [overview, users, jobs, schedules, queues, audit, account];
