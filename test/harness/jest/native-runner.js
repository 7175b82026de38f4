import { createScriptTransformer } from '@jest/transform';
import { defaultMaxListeners } from 'node:events';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';
import { keepEnvironment } from './environment-variables.ts';

const require = createRequire(import.meta.url);
const { default: runCircus } = require('jest-circus/runner');
/** The sources of this repository, and a package whose module belongs to the one WebAssembly instance that it is given. */
const isPerFile = (url) =>
  url.includes('/node_modules/') ? url.includes('/@prisma/schema-engine-wasm/') : url.endsWith('.ts');
const globalsUrl = new URL('native-globals.js', import.meta.url).href;
/** Marks the modules that are evaluated for one test file. */
const marked = /\?file=\d+$/;

let fileNumber = 0;
let transformer;
let sourceMaps;

/** What `@jest/globals` exports to the test file. */
export let globals;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const mark = marked.exec(context.parentURL ?? '')?.[0];
    if (mark === undefined) return nextResolve(specifier, context);
    if (specifier === '@jest/globals') return { url: globalsUrl + mark, format: 'module', shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    return isPerFile(resolved.url) ? { ...resolved, url: resolved.url + mark } : resolved;
  },
  load(url, context, nextLoad) {
    if (!/\.ts\?file=\d+$/.test(url)) return nextLoad(url, context);
    const { code, sourceMapPath } = transformer.transform(fileURLToPath(url), { supportsStaticESM: true });
    sourceMaps.set(url, sourceMapPath);
    return { format: 'module', source: code, shortCircuit: true };
  },
});

/**
 * Runs a test file with jest-circus, as Jest does, but imports it with Node instead of Jest's own module system: packages
 * are evaluated once per worker process. The sources of this repository are evaluated for every test file, so that no file
 * sees state that another has left in their modules.
 */
export default async function runFile(globalConfig, projectConfig, environment, runtime, testPath, sendMessage) {
  fileNumber += 1;
  transformer = await createScriptTransformer(projectConfig);
  sourceMaps = runtime.getSourceMaps();
  const restore = keepGlobals();
  // Beside the listeners that the modules of earlier files have left.
  process.setMaxListeners(defaultMaxListeners + process.listenerCount('exit'));
  // Jest prints what this receives with the results of the file.
  globalThis.console = environment.global.console;
  // Not awaited here: this function would appear in the stack traces of all tests.
  return runCircus(globalConfig, projectConfig, environment, nativeRuntime(environment), testPath, sendMessage).finally(
    () => {
      environment.moduleMocker.restoreAllMocks();
      restore();
    },
  );
}

/** Returns a function that sets the global state that files may change to what it is now. */
function keepGlobals() {
  const { console } = globalThis;
  const restoreEnvironment = keepEnvironment();
  return () => {
    globalThis.console = console;
    restoreEnvironment();
  };
}

/** What jest-circus uses of Jest's module system. */
function nativeRuntime(environment) {
  return {
    requireInternalModule: requireFresh,
    requireModule: require,
    setGlobalsForRuntime(values) {
      globals = { ...values, jest: environment.moduleMocker };
    },
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (path) => import(`${pathToFileURL(path).href}?file=${fileNumber}`),
    enterTestCode() {},
    leaveTestCode() {},
  };
}

/** jest-circus keeps the tests of a file in its module and its event handlers in a global. */
function requireFresh(path) {
  delete globalThis[Symbol.for('EVENT_HANDLERS')];
  delete require.cache[path];
  return require(path);
}
