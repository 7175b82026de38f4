import type { FastifyPluginCallback } from 'fastify';

/** Pages that show what a message broker holds, for dispatchers that use one. */
export abstract class QueueBoard {
  /** The routes of the pages; `basePath` is their path for browsers. */
  abstract plugin(basePath: string): Promise<FastifyPluginCallback>;

  /**
   * Prepares the pages for a request.
   * @throws when the broker is unavailable
   */
  abstract prepare(): Promise<void>;
}
