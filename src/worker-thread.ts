import { setSourceMapsSupport } from 'node:module';

// Before the application is loaded. The source maps of packages would take 10 MiB.
setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
const { runWorkerThread } = await import('./worker-thread-application.ts');
await runWorkerThread();
