import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const names = z.record(z.string(), z.string()).default({});

const packageEntry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  link: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  /** An optional package of some platforms. */
  optional: z.boolean().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().optional() })).default({}),
});

const lockfile = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), packageEntry) });

/** A package of package-lock.json, installed at `path` (`node_modules/a/node_modules/b`). */
export interface LockedPackage extends z.infer<typeof packageEntry> {
  readonly path: string;
  readonly name: string;
}

/** The part of package.json that the checks of the supply chain read. */
export const manifestSchema = z.object({
  dependencies: names,
  devDependencies: names,
  allowScripts: z.record(z.string(), z.boolean()).default({}),
});

export const root = join(import.meta.dirname, '../..');

/** Reads a file of the repository as JSON. */
export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

/** The content of package-lock.json: every package, and those of a production installation on any platform. */
export class Lockfile {
  readonly packages: readonly LockedPackage[];
  private readonly byPath: ReadonlyMap<string, LockedPackage>;

  /** @throws ZodError unless the content has the format of npm 7 or later */
  constructor(content: unknown = readJson('package-lock.json')) {
    const all = Object.entries(lockfile.parse(content).packages);
    const entries = all.map(([path, entry]) => ({ ...entry, path, name: path.split('node_modules/').at(-1) ?? '' }));
    this.byPath = new Map(entries.map((entry) => [entry.path, entry]));
    this.packages = entries.filter(({ path }) => path !== '');
  }

  /**
   * What `npm ci --omit=dev` installs from a manifest without development dependencies, as docker/Dockerfile does: the
   * dependencies, and theirs, without optional peers. npm's own marks (`dev`, `devOptional`) do not express that.
   */
  production(): readonly LockedPackage[] {
    const found = new Set<LockedPackage>();
    const pending = [this.byPath.get('')];
    for (let from = pending.pop(); from !== undefined; from = pending.pop()) {
      for (const name of dependenciesOf(from)) {
        const to = this.resolve(from.path, name);
        if (to === undefined || found.has(to)) continue;
        found.add(to);
        pending.push(to);
      }
    }
    return [...found];
  }

  /** As Node does: in the folder of the package, then in those around it. */
  private resolve(path: string, name: string): LockedPackage | undefined {
    const inside = this.byPath.get(`${path === '' ? '' : `${path}/`}node_modules/${name}`);
    if (inside !== undefined || path === '') return inside;
    return this.resolve(path.slice(0, Math.max(path.lastIndexOf('/node_modules/'), 0)), name);
  }
}

function dependenciesOf(entry: LockedPackage): string[] {
  const peers = Object.keys(entry.peerDependencies).filter((name) => !entry.peerDependenciesMeta[name]?.optional);
  return [...Object.keys(entry.dependencies), ...Object.keys(entry.optionalDependencies), ...peers];
}
