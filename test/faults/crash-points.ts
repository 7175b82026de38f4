import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Dispatcher } from '../../src/platform/queue/dispatch/dispatcher.ts';
import { JobExecutor } from '../../src/platform/queue/execution/job-executor.ts';

/**
 * Sends itself SIGKILL, or the signal in SCENARIO_CRASH_BY, at the point that SCENARIO_CRASH_AT names: `committed` is
 * between the COMMIT of a job and its notification, `claimed` between the claim of a job and its execution.
 */
@Injectable()
export class CrashPoints implements OnModuleInit {
  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    const point = process.env['SCENARIO_CRASH_AT'];
    if (point === 'committed') this.modules.get(Dispatcher, { strict: false }).notify = crash;
    if (point !== 'claimed') return;
    this.modules.get(JobExecutor, { strict: false }).execute = async () => {
      crash();
      await new Promise(() => undefined);
    };
  }
}

function crash(): void {
  process.kill(process.pid, process.env['SCENARIO_CRASH_BY'] ?? 'SIGKILL');
}
