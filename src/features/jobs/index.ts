export { JobErrorDto } from './job-error.ts';
export { JobDto } from './job-response.ts';
export { JobsModule } from './jobs.module.ts';
export type { RequiredAccess } from './job-permissions.ts';
export { accessToCreate } from './job-permissions.ts';
export { JobTypeGuard } from './job-type.guard.ts';
