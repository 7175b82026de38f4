import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Relay } from '../src/queue/relay.ts';
import { Transport } from '../src/queue/transport.ts';

/** Where an enqueue can be cut: behind its COMMIT and before the nudge, or behind addBulk and before the relay's COMMIT. */
export const crashPoints = ['committed', 'published'] as const;

/** Kills this process, as the power would, or stops it (PROVE_CRASH_BY), at the point that PROVE_CRASH_AT names. */
@Injectable()
export class CrashPoints implements OnModuleInit {
  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    const point = process.env['PROVE_CRASH_AT'];
    const relay = this.modules.get(Relay, { strict: false });
    const transport = this.modules.get(Transport, { strict: false });
    if (point === 'committed') relay.nudge = die;
    if (point !== 'published') return;
    const send = transport.send.bind(transport);
    transport.send = async (queue, messages) => {
      await send(queue, messages);
      die();
    };
  }
}

function die(): void {
  process.kill(process.pid, process.env['PROVE_CRASH_BY'] ?? 'SIGKILL');
}
