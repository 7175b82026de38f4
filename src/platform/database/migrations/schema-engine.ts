import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type * as EngineModule from '@prisma/schema-engine-wasm/schema_engine_bg';
import { StartupError } from '../../config/startup-error.ts';
import { hasCode } from './postgres-errors.ts';
import { ShadowAdapter } from './shadow-adapter.ts';
import type { MigrationFile } from './shipped-migrations.ts';

/** Prisma's schema engine, connected to a shadow database. */
export interface OpenEngine {
  readonly engine: EngineModule.SchemaEngine;
  readonly adapter: ShadowAdapter;
}

/** Excludes nothing from a comparison. */
export const everything: EngineModule.SchemaFilter = { externalTables: [], externalEnums: [] };

/**
 * Opens the engine, a WebAssembly module of a development dependency; only `db:diff` uses it. Nothing is downloaded and
 * no other program runs.
 */
export async function withEngine<T>(shadowUrl: string, work: (open: OpenEngine) => Promise<T>): Promise<T> {
  loading ??= load();
  const { SchemaEngine } = await loading;
  const adapter = new ShadowAdapter(shadowUrl);
  try {
    const bound = bindMigrationAwareSqlAdapterFactory(adapter);
    const engine = await SchemaEngine.new({ datamodels: undefined }, () => undefined, bound);
    try {
      return await work({ engine, adapter });
    } finally {
      engine.free();
    }
  } finally {
    await adapter.close();
  }
}

/** Converts migrations to the engine's type. */
export function migrationList(migrations: readonly MigrationFile[]): EngineModule.MigrationList {
  return {
    baseDir: 'prisma/migrations',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}

let loading: Promise<typeof EngineModule> | undefined;

/** The part of the JavaScript API of WebAssembly that Node's types do not declare. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(
    module: object,
    imports: object,
  ): Promise<{ readonly exports: { readonly __wbindgen_start?: () => void } }>;
};

/** Instantiates the module by hand: an import could not replace its timers, and Node warns that it is experimental. */
async function load(): Promise<typeof EngineModule> {
  const engine = await importEngine();
  const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = await WebAssembly.compile(readFileSync(glue.replace(/\.js$/, '.wasm')));
  const { exports } = await WebAssembly.instantiate(wasm, {
    './schema_engine_bg.js': { ...engine, ...unrefTimers(engine) },
  });
  if (!Reflect.has(globalThis, panics)) Reflect.set(globalThis, panics, { set_message: panicked });
  engine.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  return engine;
}

async function importEngine(): Promise<typeof EngineModule> {
  try {
    return await import('@prisma/schema-engine-wasm/schema_engine_bg');
  } catch (cause) {
    if (!hasCode(cause, 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw new StartupError('Comparing needs the development dependencies: run "npm ci" without --omit=dev.', { cause });
  }
}

/** The engine never clears the timer of its lock timeout, which would keep the process running for 10 s. */
function unrefTimers(engine: object): object {
  const timers = Object.keys(engine).filter((name) => name.startsWith('__wbg_setTimeout_'));
  return Object.fromEntries(
    timers.map((name) => [name, (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref()]),
  );
}

/**
 * The engine reports a panic through this global, which its JavaScript half calls without defining it: Prisma's client
 * defines it when it is loaded, and a process without the client has to. Otherwise a panic would be a TypeError.
 */
const panics = 'PRISMA_WASM_PANIC_REGISTRY';

function panicked(message: string): never {
  throw new Error(`Prisma's schema engine panicked: ${message}`);
}
