import { createApp } from '../../src/app.setup.ts';
import { AccessInvalidationBus } from '../../src/platform/cache-invalidation/access-invalidation-bus.ts';
import { parseConfig } from '../../src/platform/config/config.ts';
import { readEnvironment } from '../../src/platform/config/environment.ts';
import { Dispatcher } from '../../src/platform/queue/dispatch/dispatcher.ts';
import { runTestProcess } from '../faults/test-process-entry.ts';
import { clusterFeatures } from './features.ts';

const environment = readEnvironment();
const config = parseConfig(environment);
const app = await createApp(config, clusterFeatures(environment));
const bus = app.get(AccessInvalidationBus);
bus.subscribe({
  // A test waits until every process has received an invalidation.
  onInvalidation: ({ userId }) => process.send?.({ userId }),
  invalidateAll: () => undefined,
});
await app.listen(config.http.port, config.http.host);
bus.start();
app.get(Dispatcher).begin();
runTestProcess({ url: await app.getUrl() }, async () => {
  await app.close();
});
