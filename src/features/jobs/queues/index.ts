export { QueueDto } from './queue.ts';
export { QueuesModule } from './queues.module.ts';
export type { Queue } from './queues.service.ts';
export { QueuesService } from './queues.service.ts';
