import { RouteNotFound } from '../../http/problem/edge.errors.ts';

/** No queue has this name. */
export class QueueNotFound extends RouteNotFound {}
