export { JobsModule } from './jobs.module.ts';
export { permissionsToCreate } from './job-permissions.ts';
export { JobTypeGuard } from './job-type.guard.ts';
