export { permissionsToCreate } from './job-permissions.ts';
export { JobTypeGuard } from './job-type.guard.ts';
