import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux shows the controllers of control groups, of either version. */
const root = '/sys/fs/cgroup';

/** The files of a control group's memory controller. */
interface Layout {
  readonly version: 'v1' | 'v2';
  readonly folder: string;
  readonly limit: string;
  /** The limit of memory and swap; absent where the kernel does not count swap. */
  readonly swap: readonly [file: string, value: (bytes: number) => number];
  readonly peak: string;
}

const layouts: readonly Layout[] = [
  {
    version: 'v2',
    folder: root,
    limit: 'memory.max',
    swap: ['memory.swap.max', () => 0],
    peak: 'memory.peak',
  },
  {
    version: 'v1',
    folder: join(root, 'memory'),
    limit: 'memory.limit_in_bytes',
    swap: ['memory.memsw.limit_in_bytes', (bytes) => bytes],
    peak: 'memory.max_usage_in_bytes',
  },
];

/** A control group with a memory limit, as of a container: a process that exceeds it is killed. */
export class MemoryGroup {
  private constructor(
    private readonly layout: Layout,
    private readonly folder: string,
  ) {}

  /** Creates a group; undefined without the rights or without control groups. */
  static make(limitBytes: number): MemoryGroup | undefined {
    for (const layout of layouts) {
      const folder = join(layout.folder, `plinth-bench-${process.pid}`);
      try {
        if (!readFileSync(join(layout.folder, 'cgroup.procs'), 'utf8')) continue;
        mkdirSync(folder);
        writeFileSync(join(folder, layout.limit), String(limitBytes));
        const [file, value] = layout.swap;
        if (existsSync(join(folder, file))) writeFileSync(join(folder, file), String(value(limitBytes)));
        return new MemoryGroup(layout, folder);
      } catch {
        if (existsSync(folder)) rmdirSync(folder);
      }
    }
    return undefined;
  }

  /** Describes the limit in the report. */
  get name(): string {
    return `memory cgroup ${this.layout.version}`;
  }

  /** Starts a process in it, as a container does: Node reads the limit as it starts. */
  start<T>(start: () => T): T {
    const home = this.homeOfThisProcess();
    this.move(this.folder);
    try {
      return start();
    } finally {
      this.move(home);
    }
  }

  /** The highest usage, the page cache included. */
  peakMib(): number {
    return Number(readFileSync(join(this.folder, this.layout.peak), 'utf8')) / 1024 / 1024;
  }

  /** Removes the group after its process has ended. */
  remove(): void {
    rmdirSync(this.folder);
  }

  private move(folder: string): void {
    writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
  }

  private homeOfThisProcess(): string {
    const line = this.layout.version === 'v2' ? /^0::(.*)$/m : /^\d+:(?:\w+,)*memory(?:,\w+)*:(.*)$/m;
    const [, path = '/'] = line.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
    return join(this.layout.folder, path);
  }
}
