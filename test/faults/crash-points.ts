import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { OutboxRelay } from '../../src/platform/queue/dispatch/bullmq/outbox-relay.ts';
import { Transport } from '../../src/platform/queue/dispatch/bullmq/transport.ts';

/** Where an enqueue is interrupted: between its COMMIT and the dispatch, or between addBulk and the relay's COMMIT. */
export const crashPoints = ['committed', 'published'] as const;

/** Sends itself SIGKILL, or the signal in SCENARIO_CRASH_BY, at the point that SCENARIO_CRASH_AT names. */
@Injectable()
export class CrashPoints implements OnModuleInit {
  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    const point = process.env['SCENARIO_CRASH_AT'];
    const relay = this.modules.get(OutboxRelay, { strict: false });
    const transport = this.modules.get(Transport, { strict: false });
    if (point === 'committed') relay.notify = crash;
    if (point !== 'published') return;
    const send = transport.send.bind(transport);
    transport.send = async (queue, messages) => {
      await send(queue, messages);
      crash();
    };
  }
}

function crash(): void {
  process.kill(process.pid, process.env['SCENARIO_CRASH_BY'] ?? 'SIGKILL');
}
