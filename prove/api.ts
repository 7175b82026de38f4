import { createApp } from '../src/app.setup.ts';
import { parseConfig } from '../src/config/config.ts';
import { surroundings } from '../src/config/environment.ts';
import { Worker } from '../src/queue/worker.ts';
import { act } from './actor.ts';
import { ProveModule } from './prove.module.ts';

const config = parseConfig(surroundings());
const app = await createApp(config, [ProveModule]);
await app.listen(config.http.port, config.http.host);
app.get(Worker).begin();
act({ url: await app.getUrl() }, async () => {
  await app.close();
});
