import { NotFound } from '../../../platform/http/problem/http.errors.ts';

/** No queue has this name. */
export class QueueNotFound extends NotFound {}
