import type { createBullBoard } from '@bull-board/api';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { FastifyPluginCallback } from 'fastify';
import { QueueBoard } from '../../queue-board.ts';
import { Transport } from './transport.ts';

type BoardServer = Parameters<typeof createBullBoard>[0]['serverAdapter'];

/** bull-board, which only shows the queues: the jobs table would not know of its changes. */
@Injectable()
export class BullMqBoard extends QueueBoard {
  private show: ((queues: readonly Queue[]) => void) | undefined;
  private shown: readonly Queue[] = [];

  constructor(private readonly transport: Transport) {
    super();
  }

  /** Loaded here: processes without HTTP need none of it. */
  async plugin(basePath: string): Promise<FastifyPluginCallback> {
    const [{ createBullBoard: createBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/fastify'),
    ]);
    const server = new FastifyAdapter().setBasePath(basePath);
    const { setQueues } = createBoard({
      queues: [],
      // It declares the same types a second time, with a private member.
      serverAdapter: server as unknown as BoardServer,
      options: { uiConfig: { boardTitle: 'Queues', hideRedisDetails: true } },
    });
    this.show = (queues) => {
      setQueues(queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })));
    };
    return server.registerPlugin();
  }

  /** The queues are opened while Redis is available, and again if that has failed. */
  async prepare(): Promise<void> {
    const queues = await this.transport.open();
    if (queues.every((queue, at) => queue === this.shown[at])) return;
    this.show?.(queues);
    this.shown = queues;
  }
}
