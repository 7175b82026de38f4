import { createScriptTransformer } from '@jest/transform';
import { defaultMaxListeners } from 'node:events';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';
import { builtModule } from './built-sources.js';
import { keepEnvironment } from './environment-variables.ts';

const require = createRequire(import.meta.url);
const { default: runCircus } = require('jest-circus/runner');
const sources = new URL('../../../src/', import.meta.url).href;
/** Modules of test that are evaluated once per worker process: they compile the schemas of the OpenAPI document. */
const sharedOfTest = ['api-document', 'document-schemas', 'openapi-assertions'].map(
  (name) => new URL(`../openapi/${name}.ts`, import.meta.url).href,
);
const globalsUrl = new URL('native-globals.js', import.meta.url).href;
/** Marks the modules that this runner transforms: those of one test file by its number, the shared ones by 0. */
const marked = /\?file=\d+$/;

let fileNumber = 0;
/** While Jest watches, modules may change between two files and are evaluated for each of them. */
let isWatching = false;
let transformer;
let sourceMaps;
const sourceMapsOfShared = new Map();

/** What `@jest/globals` exports to the test file. */
export let globals;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const mark = marked.exec(context.parentURL ?? '')?.[0];
    if (mark === undefined) return nextResolve(specifier, context);
    if (specifier === '@jest/globals') return { url: globalsUrl + mark, format: 'module', shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    if (resolved.url.includes('/node_modules/') || !resolved.url.endsWith('.ts')) return resolved;
    const builtUrl = isWatching ? undefined : builtModule(resolved.url);
    if (builtUrl !== undefined) {
      sourceMapsOfShared.set(builtUrl, `${fileURLToPath(builtUrl)}.map`);
      return { url: builtUrl, format: 'module', shortCircuit: true };
    }
    const isShared = !isWatching && (resolved.url.startsWith(sources) || sharedOfTest.includes(resolved.url));
    return { ...resolved, url: resolved.url + (isShared ? '?file=0' : mark) };
  },
  load(url, context, nextLoad) {
    if (!/\.ts\?file=\d+$/.test(url)) return nextLoad(url, context);
    const { code, sourceMapPath } = transformer.transform(fileURLToPath(url), { supportsStaticESM: true });
    sourceMaps.set(url, sourceMapPath);
    if (url.endsWith('?file=0')) sourceMapsOfShared.set(url, sourceMapPath);
    return { format: 'module', source: code, shortCircuit: true };
  },
});

/**
 * Runs a test file with jest-circus, as Jest does, but imports it with Node instead of Jest's own module system: packages
 * and src are evaluated once per worker process, as in the processes of a product; src as it was built, if it has not
 * changed since. Test files and what they import from test are evaluated for every file, except what compiles the
 * OpenAPI document.
 */
export default async function runFile(globalConfig, projectConfig, environment, jestRuntime, testPath, sendMessage) {
  fileNumber += 1;
  transformer = await createScriptTransformer(projectConfig);
  isWatching = globalConfig.watch || globalConfig.watchAll;
  sourceMaps = jestRuntime.getSourceMaps();
  for (const [url, path] of sourceMapsOfShared) sourceMaps.set(url, path);
  const restore = keepGlobals();
  // Beside the listeners that the modules of earlier files have left.
  process.setMaxListeners(defaultMaxListeners + process.listenerCount('exit'));
  // Jest prints what this receives with the results of the file.
  globalThis.console = environment.global.console;
  // Not awaited here: this function would appear in the stack traces of all tests.
  const timers = new environment.fakeTimersModern.constructor({ config: projectConfig, global: globalThis });
  const runtime = nativeRuntime(environment.moduleMocker, timers);
  return runCircus(globalConfig, projectConfig, environment, runtime, testPath, sendMessage).finally(() => {
    environment.moduleMocker.restoreAllMocks();
    timers.useRealTimers();
    restore();
  });
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
function nativeRuntime(mocks, timers) {
  return {
    requireInternalModule: requireFresh,
    requireModule: require,
    setGlobalsForRuntime(values) {
      globals = { ...values, jest: jestObject(mocks, timers) };
    },
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (path) => import(`${pathToFileURL(path).href}?file=${fileNumber}`),
    enterTestCode() {},
    leaveTestCode() {},
  };
}

/** The functions of `jest` that need no module system: those of Jest's mocks, and of its fake timers. */
function jestObject(mocks, timers) {
  const get = (_, name) => {
    const owner = name in timers ? timers : mocks;
    return typeof owner[name] === 'function' ? owner[name].bind(owner) : owner[name];
  };
  return new Proxy({}, { get });
}

/** jest-circus keeps the tests of a file in its module and its event handlers in a global. */
function requireFresh(path) {
  delete globalThis[Symbol.for('EVENT_HANDLERS')];
  delete require.cache[path];
  return require(path);
}
