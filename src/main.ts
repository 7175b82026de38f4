import { setSourceMapsSupport } from 'node:module';

// Before the application is loaded. The source maps of packages would take 10 MiB.
setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
await import('./api-process.ts');
