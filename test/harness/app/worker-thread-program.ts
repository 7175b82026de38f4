import type { Type } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { workerThreadEntry } from '../../../src/platform/queue/threads/worker-threads.ts';

/** Returns a module that makes worker threads run this program; list it beside the features of a test application. */
export function workerThreadProgram(entry: URL): Type {
  @Global()
  @Module({ providers: [{ provide: workerThreadEntry, useValue: entry }], exports: [workerThreadEntry] })
  class WorkerThreadProgramModule {}
  return WorkerThreadProgramModule;
}
