// What screens use of the API besides react-admin's hooks, which use the data provider.
export { call, openStream } from './call.ts';
export { ApiError, toApiError } from './problem.ts';
export { IdempotencyKeys } from './idempotency-keys.ts';
export { useRead } from './use-read.ts';
export { session } from './session.ts';
export type { components } from '../../../client/api.d.ts';
