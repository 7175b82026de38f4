import { createApp } from '../../src/app.setup.ts';
import { parseConfig } from '../../src/platform/config/config.ts';
import { readEnvironment } from '../../src/platform/config/environment.ts';
import { Dispatcher } from '../../src/platform/queue/dispatch/dispatcher.ts';
import { startTracing } from '../../src/platform/telemetry/trace-exporter.ts';
import { runTestProcess } from './test-process-entry.ts';
import { features } from './features.ts';

const config = parseConfig(readEnvironment());
const { tracing } = config.telemetry;
if (tracing !== undefined) await startTracing(tracing);
const app = await createApp(config, features);
await app.listen(config.http.port, config.http.host);
app.get(Dispatcher).begin();
runTestProcess({ url: await app.getUrl() }, async () => {
  await app.close();
});
