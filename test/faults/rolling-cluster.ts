import { EventEmitter, once } from 'node:events';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import type { TestProcess } from '../harness/process/test-process.ts';

type Variables = Readonly<Record<string, string>>;

interface Target {
  readonly program: TestProcess;
  readonly url: string;
  inFlight: number;
}

/** API processes behind a balancer, and a worker, which are restarted one after the other under load. */
export class RollingCluster {
  readonly exitCodes = new Set<number | null>();
  restarts = 0;
  private targets: readonly Target[] = [];
  private worker: TestProcess | undefined;
  private next = 0;
  private readonly idle = new EventEmitter();

  constructor(
    private readonly cluster: TestCluster,
    private readonly size: number,
  ) {}

  /** Starts the first processes with these variables, or replaces each of those that run. */
  async restartWith(variables: Variables): Promise<void> {
    const former = this.targets;
    for (let at = 0; at < this.size; at += 1) {
      const program = this.cluster.api(variables);
      const url = await program.ready();
      const replaced = former[at];
      this.targets = [...this.targets.filter((target) => target !== replaced), { program, url, inFlight: 0 }];
      if (replaced !== undefined) await this.stop(replaced);
    }
    const formerWorker = this.worker;
    this.worker = this.cluster.worker(variables);
    await this.worker.ready();
    if (formerWorker !== undefined) await this.end(formerWorker);
  }

  /** Sends a request to the next process. */
  async send<T>(request: (url: string) => Promise<T>): Promise<T> {
    const target = this.targets[this.next++ % this.targets.length];
    if (target === undefined) throw new Error('No process runs');
    target.inFlight += 1;
    try {
      return await request(target.url);
    } finally {
      target.inFlight -= 1;
      if (target.inFlight === 0) this.idle.emit(target.url);
    }
  }

  /** As a balancer does: no new requests, the last response, then SIGTERM. */
  private async stop(target: Target): Promise<void> {
    if (target.inFlight > 0) await once(this.idle, target.url);
    await this.end(target.program);
  }

  private async end(program: TestProcess): Promise<void> {
    program.signal('SIGTERM');
    this.exitCodes.add(await program.ended);
    this.restarts += 1;
  }
}
