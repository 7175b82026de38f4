import { runWorkerThread } from '../../src/worker-thread-application.ts';
import { features } from './features.ts';

await runWorkerThread(features);
