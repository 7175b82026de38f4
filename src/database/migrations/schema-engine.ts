import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type * as EngineModule from '@prisma/schema-engine-wasm/schema_engine_bg';
import { MigrationAdapter } from './migration-adapter.ts';
import type { MigrationFile } from './shipped-migrations.ts';

/** Prisma's schema engine on one database. */
export interface OpenEngine {
  readonly engine: EngineModule.SchemaEngine;
  readonly adapter: MigrationAdapter;
}

/** Nothing is hidden from the engine. */
export const everything: EngineModule.SchemaFilter = { externalTables: [], externalEnums: [] };

/**
 * Opens the engine, which is WebAssembly: nothing is downloaded and no other program runs. Loading it takes some 50 ms
 * once per process.
 * @param urls where to work, and a throw-away database for `diff`
 */
export async function withEngine<T>(
  urls: { url: string; shadowUrl?: string },
  work: (open: OpenEngine) => Promise<T>,
): Promise<T> {
  loading ??= load();
  const { SchemaEngine } = await loading;
  const adapter = new MigrationAdapter(urls.url, urls.shadowUrl);
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

/** Migrations as the engine takes them. */
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

/** The part of the JavaScript API of WebAssembly that Node's types leave out. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(
    module: object,
    imports: object,
  ): Promise<{ readonly exports: { readonly __wbindgen_start?: () => void } }>;
};

/** By hand, because Node can't import WebAssembly everywhere. */
async function load(): Promise<typeof EngineModule> {
  const engine = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = await WebAssembly.compile(readFileSync(glue.replace(/\.js$/, '.wasm')));
  const { exports } = await WebAssembly.instantiate(wasm, {
    './schema_engine_bg.js': { ...engine, ...looseTimers(engine) },
  });
  if (!Reflect.has(globalThis, panics)) Reflect.set(globalThis, panics, { set_message: panicked });
  engine.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  return engine;
}

/** The engine never clears the timer of its time limit for locks: the process would live 10 s longer for each. */
function looseTimers(engine: object): object {
  const timers = Object.keys(engine).filter((name) => name.startsWith('__wbg_setTimeout_'));
  return Object.fromEntries(
    timers.map((name) => [name, (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref()]),
  );
}

/** Where the engine's panics go; Prisma's client has one of its own. */
const panics = 'PRISMA_WASM_PANIC_REGISTRY';

function panicked(message: string): never {
  throw new Error(`Prisma's schema engine panicked: ${message}`);
}
